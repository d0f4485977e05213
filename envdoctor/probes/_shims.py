"""pyenv's shims: which file `python` or `pip` in a shims folder stands for, found without running it."""

from __future__ import annotations

import posixpath
from typing import List, Optional, Tuple

from ..host import Host
from ..reading import Absent, Known, Reading
from ._prefix import home_of, there


def is_shim(path: str) -> bool:
    """By its place alone: .../shims/python, as pyenv, asdf and mise make them."""
    return posixpath.basename(posixpath.dirname(path)) == "shims"


def behind(host: Host, shim: str) -> Reading[str]:
    """The file that a shim runs. Absent where pyenv would say "command not found".

    The shim itself where it is not pyenv's: asdf and mise keep their choice in other files, and running it tells.
    """
    script = host.read(shim, 4096)
    root = posixpath.dirname(posixpath.dirname(shim))
    if (
        not isinstance(script, Known)
        or "pyenv" not in script.value
        or not there(host, posixpath.join(root, "versions"))
    ):
        return Known(shim, shim)
    name = posixpath.basename(shim)
    looked: List[str] = []
    for version in _chosen(host, root):
        if version == "system":
            found = _outside(host, name, shim)
            if found:
                return Known(found, shim)
            looked.append(f"{name} on PATH")
            continue
        folder = _installed(host, root, version)
        path = posixpath.join(root, "versions", folder or version, "bin", name)
        if there(host, path):
            return Known(path, shim)
        looked.append(path)
    return Absent(tuple(looked))


def _chosen(host: Host, root: str) -> Tuple[str, ...]:
    """The versions in force, in pyenv's order: PYENV_VERSION, .python-version upwards, the global file, system."""
    wanted = host.environ.get("PYENV_VERSION", "")
    if wanted:
        return tuple(version for version in wanted.split(":") if version)
    folder = host.environ.get("PYENV_DIR") or host.cwd
    while folder:
        words = _words(host, posixpath.join(folder, ".python-version"))
        if words:
            return words
        folder = "" if folder == "/" else posixpath.dirname(folder)
    return _words(host, posixpath.join(root, "version")) or ("system",)


def _words(host: Host, path: str) -> Tuple[str, ...]:
    text = host.read(path, 4096)
    lines = text.value.splitlines() if isinstance(text, Known) else []
    return tuple(line.split("#")[0].strip() for line in lines if line.split("#")[0].strip())


def _installed(host: Host, root: str, version: str) -> Optional[str]:
    """The folder under versions/ that a word means: itself, without "python-", or the newest of "3.11"."""
    names = host.listdir(posixpath.join(root, "versions"))
    have = names.value if isinstance(names, Known) else ()
    for word in (version, version[len("python-") :] if version.startswith("python-") else version):
        if word in have:
            return word
        newest = sorted((name for name in have if name.startswith(f"{word}.") and _plain(name)), key=_numbers)
        if newest:
            return newest[-1]
    return None


def _plain(name: str) -> bool:
    return all(part.isdigit() for part in name.split("."))


def _numbers(name: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def _outside(host: Host, name: str, shim: str) -> Optional[str]:
    """The first such command on PATH that is not in the shims' folder."""
    folder = posixpath.dirname(shim)
    return next((path for path in host.which(name) if posixpath.dirname(path) != folder), None)


def pyenv_roots(host: Host) -> Tuple[str, ...]:
    """Where pyenv keeps its versions, as far as the environment tells."""
    home = home_of(host)
    roots = (host.environ.get("PYENV_ROOT", ""), posixpath.join(home, ".pyenv") if home else "")
    return tuple(dict.fromkeys(root for root in roots if root))
