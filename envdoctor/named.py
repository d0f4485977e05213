"""The interpreter that --python or --env names."""

from __future__ import annotations

import posixpath
from typing import Iterator, List

from .host import Host
from .probes import _conda_envs, _shims
from .probes._prefix import expanded, home_of, interpreter_in, there
from .reading import Absent, Known, Reading, Unknown


def by_path(host: Host, said: str) -> Reading[str]:
    """--python: a file, a folder that is an environment, or a command's name. Absolute, links not followed."""
    path = expanded(host, said)
    if "/" not in said and not there(host, path):
        found = host.which(said)
        if not found:
            return Absent((path, f"{said} on PATH"))
        path = found[0]
    if _shims.is_shim(path):
        return _shims.behind(host, path)
    return interpreter_at(host, path)


def interpreter_at(host: Host, path: str) -> Reading[str]:
    """A file that can be started, or the interpreter of a folder."""
    found = host.stat(path)
    if isinstance(found, Unknown):
        return found
    if isinstance(found, Absent):
        return _dangling(host, path)
    if found.value.kind == "dir":
        return interpreter_of(host, path)
    if found.value.kind != "file":
        return Unknown("failed", f"{path} is no file", path)
    if host.access(path, "x") == Known(False, path):
        return Unknown("denied", f"{path} is not an executable file", path)
    return Known(path, path)


def interpreter_of(host: Host, prefix: str) -> Reading[str]:
    """The interpreter of an environment's folder; of a venv in which none runs, the link that leads nowhere."""
    found = interpreter_in(host, prefix)
    if not isinstance(found, Absent):
        return found
    for path in found.looked:
        if isinstance(host.readlink(path), Known):
            return _dangling(host, path)
    return found


def _dangling(host: Host, path: str) -> Reading[str]:
    """A link that leads nowhere is still the interpreter in question where a venv shows whose it was."""
    target = host.readlink(path)
    if not isinstance(target, Known):
        return Absent((path,))
    if there(host, posixpath.join(posixpath.dirname(posixpath.dirname(path)), "pyvenv.cfg")):
        return Known(path, path)
    return Unknown("failed", f"{path} is a link to {target.value}, which is not there", path)


def by_name(host: Host, said: str) -> Reading[str]:
    """--env: a conda environment's name, a virtual environment's, or a path."""
    looked: List[str] = []
    for prefix in _candidates(host, said):
        found = interpreter_of(host, prefix)
        if not isinstance(found, Absent):
            return found
        looked.append(prefix)
    return Absent(tuple(dict.fromkeys(looked)))


def _candidates(host: Host, said: str) -> Iterator[str]:
    if "/" in said or said in (".", ".."):
        yield expanded(host, said)
        return
    home = home_of(host)
    if said == "base":
        yield from (root for root in _conda_envs.roots(host) if _conda_envs.is_base(host, root))
    yield from (posixpath.join(folder, said) for folder in _conda_envs.envs_dirs(host))
    yield from (prefix for prefix in _conda_envs.registered(host) if posixpath.basename(prefix) == said)
    yield posixpath.join(host.environ.get("WORKON_HOME") or posixpath.join(home, ".virtualenvs"), said)
    yield from (posixpath.join(root, "versions", said) for root in _shims.pyenv_roots(host))
    yield expanded(host, said)
    yield posixpath.join(host.cwd, ".pixi", "envs", said)
