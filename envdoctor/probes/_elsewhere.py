"""The same packages in the user's other environments: "conda list shows it, python cannot import it".

Read from folder listings alone, in places that the user's own settings name; nothing is walked, nothing is run.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Iterator, List, Optional, Tuple

from ..facts import Claim, Elsewhere
from ..host import Host
from ..reading import Known, value_or
from . import _conda_envs
from ._prefix import home_of, interpreter_in, prefix_of, there
from ._scripts import interpreter_of
from ._shims import behind, is_shim, pyenv_roots

WATCHED = (
    "torch", "torchvision", "torchaudio", "ultralytics", "numpy", "mmcv", "mmcv_full", "mmdet", "mmengine",
    "detectron2", "flash_attn", "xformers", "transformers", "opencv_python", "opencv_python_headless",
)  # fmt: skip

#: More than anybody keeps; a bound for a folder that holds thousands.
MOST = 40

#: `cuda` in torch/version.py.
_CUDA = r"^cuda(?:\s*:[^=\n]*)?\s*=\s*['\"]([0-9.]+)['\"]"


def elsewhere(
    host: Host, active: Optional[str], claims: Tuple[Claim, ...], user_sites: Tuple[str, ...]
) -> Tuple[Elsewhere, ...]:
    """Watched packages outside the active prefix. `user_sites`: those that the interpreter does not read."""
    found: List[Elsewhere] = []
    for prefix, found_by in _other_prefixes(host, active, claims):
        executable = interpreter_in(host, prefix)
        python = executable.value if isinstance(executable, Known) else ""
        for site in _site_folders(host, prefix):
            found += _packages(host, site, prefix, python, found_by)
    for site in user_sites:
        found += _packages(host, site, posixpath.dirname(site), "", "user-site")
    return tuple(found)


def user_sites(host: Host, own: str) -> Tuple[str, ...]:
    """The user site of this Python, then those of the other versions beside it: `pip install --user` of any of them."""
    library = posixpath.dirname(posixpath.dirname(own))
    names = [name for name in value_or(host.listdir(library), ()) if name.startswith("python")]
    return tuple(dict.fromkeys((own, *(posixpath.join(library, name, "site-packages") for name in names))))


def _other_prefixes(host: Host, active: Optional[str], claims: Tuple[Claim, ...]) -> Iterator[Tuple[str, str]]:
    """Each environment once, wherever it was found first, without the active one; at most MOST."""
    active_real = host.realpath(active) if active else None
    seen: Dict[str, None] = {active_real.value: None} if isinstance(active_real, Known) else {}
    for prefix, found_by in _candidates(host, active, claims):
        real = host.realpath(prefix)
        if isinstance(real, Known) and real.value not in seen:
            if len(seen) > MOST:
                return
            seen[real.value] = None
            yield prefix, found_by


def _candidates(host: Host, active: Optional[str], claims: Tuple[Claim, ...]) -> Iterator[Tuple[str, str]]:
    home = home_of(host)
    for claim in claims:
        if isinstance(claim.executable, Known):
            yield (
                value_or(prefix_of(host, claim.executable.value), claim.says),
                "PATH" if claim.by == "PATH" else claim.by,
            )
    for name in ("python", "python3", "pip", "pip3", "yolo", "torchrun"):
        for path in host.which(name):
            python = _python_of(host, path)
            prefix = value_or(prefix_of(host, python), "") if python else ""
            if prefix:
                yield prefix, "PATH"
    yield from ((prefix, "environments.txt") for prefix in _conda_envs.registered(host))
    yield from ((prefix, "envs_dirs") for prefix in _conda_envs.in_envs_dirs(host))
    kept = host.environ.get("WORKON_HOME") or posixpath.join(home, ".virtualenvs")
    yield from ((prefix, "~/.virtualenvs") for prefix in _venvs_in(host, kept))
    for folder in dict.fromkeys((posixpath.dirname(active) if active else "", host.cwd, posixpath.join(home, "envs"))):
        if folder not in ("", "/", "/usr"):
            yield from ((prefix, "sibling") for prefix in _venvs_in(host, folder))
    for root in pyenv_roots(host):
        versions = posixpath.join(root, "versions")
        for name in value_or(host.listdir(versions), ()):
            yield posixpath.join(versions, name), "pyenv"


def _python_of(host: Host, path: str) -> str:
    """The interpreter that a command of this name runs, "" where that is not clear from the file."""
    if is_shim(path):
        found = behind(host, path)
        if not isinstance(found, Known) or found.value == path:
            return ""
        path = found.value
    return str(value_or(interpreter_of(host, path)[1], ""))


def _venvs_in(host: Host, folder: str) -> Iterator[str]:
    """Virtual environments that are children of a folder; a folder of thousands is not asked child by child."""
    names = value_or(host.listdir(folder), ())
    for name in names if len(names) <= 200 else [name for name in (".venv", "venv", "env") if name in names]:
        prefix = posixpath.join(folder, name)
        if there(host, posixpath.join(prefix, "pyvenv.cfg")):
            yield prefix


def _site_folders(host: Host, prefix: str) -> Iterator[str]:
    for library in ("lib", "local/lib") if prefix == "/usr" else ("lib",):
        for name in value_or(host.listdir(posixpath.join(prefix, library)), ()):
            if name.startswith(("python", "pypy")):
                for packages in ("site-packages", "dist-packages"):
                    yield posixpath.join(prefix, library, name, packages)


def _packages(host: Host, site: str, prefix: str, python: str, found_by: str) -> Iterator[Elsewhere]:
    for folder in value_or(host.listdir(site), ()):
        stem, _, ending = folder.rpartition(".")
        module, _, rest = stem.partition("-")
        version = rest.partition("-py")[0]  # an egg-info goes on with the Python and the platform
        if ending in ("dist-info", "egg-info") and module.lower() in WATCHED and version[:1].isdigit():
            build = version.partition("+")[2]
            if module.lower() == "torch" and not build:
                build = _torch_build(host, site)
            yield Elsewhere(module.lower().replace("_", "-"), version, prefix, python, found_by, build)


def _torch_build(host: Host, site: str) -> str:
    """cu121 or cpu, as torch/version.py tells; "" where it tells neither."""
    text = host.read(posixpath.join(site, "torch", "version.py"), 8192)
    if not isinstance(text, Known):
        return ""
    cuda = re.search(_CUDA, text.value, re.MULTILINE)
    if cuda:
        return "cu" + "".join(cuda.group(1).split(".")[:2])
    return "cpu" if "hip: Optional[str] = None" in text.value or "hip = None" in text.value else ""
