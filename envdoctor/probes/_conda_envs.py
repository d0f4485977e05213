"""Where conda, mamba and micromamba keep environments, read from their files: no conda is run."""

from __future__ import annotations

import posixpath
from typing import Iterator, List, Tuple

from ..host import Host
from ..reading import Known, value_or
from ._prefix import home_of, there

_IN_HOME = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".local/share/mamba", "miniconda")
_FOR_ALL = ("/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3", "/opt/mambaforge")


def roots(host: Host) -> Tuple[str, ...]:
    """Installations of conda or a relative that this user would meet, the one in use first."""
    environ, home = host.environ, home_of(host)
    found: List[str] = []
    if environ.get("CONDA_EXE"):
        found.append(posixpath.dirname(posixpath.dirname(environ["CONDA_EXE"])))
    found += [environ[name] for name in ("_CONDA_ROOT", "CONDA_ROOT", "MAMBA_ROOT_PREFIX") if environ.get(name)]
    prefix = environ.get("CONDA_PREFIX", "")
    if prefix:
        above = posixpath.dirname(prefix)
        found.append(posixpath.dirname(above) if posixpath.basename(above) == "envs" else prefix)
    for name in ("conda", "mamba"):
        for path in host.which(name)[:1]:
            found.append(posixpath.dirname(posixpath.dirname(str(value_or(host.realpath(path), path)))))
    found += [posixpath.join(home, name) for name in _IN_HOME] if home else []
    found += _FOR_ALL
    return tuple(root for root in dict.fromkeys(found) if is_root(host, root))


def is_root(host: Host, prefix: str) -> bool:
    """Whether a prefix is an installation of conda itself, and not one environment of it."""
    return any(there(host, posixpath.join(prefix, sign)) for sign in ("condabin", "envs", "bin/conda"))


def envs_dirs(host: Host) -> Tuple[str, ...]:
    """Folders whose children conda knows by name, in its order."""
    environ, home = host.environ, home_of(host)
    found: List[str] = []
    for name in ("CONDA_ENVS_DIRS", "CONDA_ENVS_PATH"):
        found += [path for path in environ.get(name, "").split(":") if path]
    files = [environ.get("CONDARC", "")]
    files += [
        posixpath.join(home, name) for name in (".condarc", ".conda/.condarc", ".config/conda/.condarc", ".mambarc")
    ]
    every = roots(host)
    files += [posixpath.join(root, ".condarc") for root in every]
    for path in [*files, "/etc/conda/.condarc"]:
        text = host.read(path) if path else None
        if isinstance(text, Known):
            found += _listed(text.value, ("envs_dirs", "envs_path"))
    found = [home + path[1:] if path.startswith("~/") else path for path in found]
    found += [posixpath.join(root, "envs") for root in every]
    found += [posixpath.join(home, ".conda", "envs")] if home else []
    return tuple(dict.fromkeys(posixpath.normpath(path) for path in found if path.startswith("/")))


def _listed(text: str, keys: Tuple[str, ...]) -> List[str]:
    """The items of a list in a .condarc: `key: [a, b]`, `key: a` or one `- a` a line. Just enough YAML for that."""
    found: List[str] = []
    inside = False
    for line in text.splitlines():
        words = line.split(" #")[0].strip()
        if inside and words.startswith("- "):
            found.append(words[2:].strip(" \"'"))
        elif words and not words.startswith("#"):
            key, colon, rest = words.partition(":")
            inside = bool(colon) and key.strip() in keys
            if inside and rest.strip():
                found += [item.strip(" \"'") for item in rest.strip(" []").split(",")]
    return [item for item in found if item]


def registered(host: Host) -> Tuple[str, ...]:
    """Prefixes in ~/.conda/environments.txt: every environment this user made, wherever it lies."""
    text = host.read(posixpath.join(home_of(host), ".conda", "environments.txt"))
    lines = text.value.splitlines() if isinstance(text, Known) else []
    return tuple(line.strip() for line in lines if line.strip().startswith("/"))


def in_envs_dirs(host: Host) -> Iterator[str]:
    """Environments in the folders that conda looks in, and the installations themselves."""
    for folder in envs_dirs(host):
        names = host.listdir(folder)
        for name in names.value if isinstance(names, Known) else ():
            prefix = posixpath.join(folder, name)
            if there(host, posixpath.join(prefix, "conda-meta")):
                yield prefix
    yield from (root for root in roots(host) if there(host, posixpath.join(root, "conda-meta")))


def name_of(host: Host, prefix: str) -> str:
    """What conda calls an environment: base, the name of a folder in one of its folders, else the whole path."""
    if is_base(host, prefix):
        return "base"
    return posixpath.basename(prefix) if posixpath.dirname(prefix) in envs_dirs(host) else prefix


def is_base(host: Host, prefix: str) -> bool:
    """Whether conda's own installation is this prefix; an environment may hold a conda as well."""
    if posixpath.basename(posixpath.dirname(prefix)) == "envs":
        return False
    return any(there(host, posixpath.join(prefix, sign)) for sign in ("condabin/conda", "condabin/mamba", "bin/conda"))
