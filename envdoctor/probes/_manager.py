"""What kind of environment a prefix is, who manages it, and the project that it belongs to: from files alone."""

from __future__ import annotations

import json
import posixpath
from typing import Optional, Tuple

from ..facts import VenvFacts
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, value_or
from . import _conda_envs
from ._prefix import home_of, there
from ._shims import pyenv_roots


@frozen
class Management:
    kind: Reading[str]
    manager: Reading[str]
    name: Reading[str]
    project: Reading[str]


def management(host: Host, prefix: str, venv: Optional[VenvFacts]) -> Management:
    """`venv` describes this prefix, None where it is none."""
    kind = Known("venv", posixpath.join(prefix, "pyvenv.cfg")) if venv is not None else _kind(host, prefix)
    manager, project = _manager(host, prefix, venv, kind.value)
    conda = kind.value in ("conda", "conda-base") and manager.value == "conda"
    name = _conda_envs.name_of(host, prefix) if conda else posixpath.basename(prefix)
    return Management(kind, manager, Known(name, prefix), project)


def _kind(host: Host, prefix: str) -> Known[str]:
    meta = posixpath.join(prefix, "conda-meta")
    if there(host, meta):
        return Known("conda-base" if _conda_envs.is_base(host, prefix) else "conda", meta)
    if any(prefix.startswith(posixpath.join(root, "versions") + "/") for root in pyenv_roots(host)):
        return Known("pyenv", prefix)
    if "/.pyenv/versions/" in prefix:
        return Known("pyenv", prefix)
    managed = host.environ.get("UV_PYTHON_INSTALL_DIR", "")
    if "/uv/python/" in prefix or (managed and prefix.startswith(managed.rstrip("/") + "/")):
        return Known("uv-managed", prefix)
    return Known("system" if prefix in ("/usr", "/usr/local", "/") else "other", prefix)


def _manager(host: Host, prefix: str, venv: Optional[VenvFacts], kind: str) -> Tuple[Known[str], Reading[str]]:
    if kind in ("conda", "conda-base"):
        project = _pixi_project(host, prefix)
        if isinstance(project, Known):
            return Known("pixi", project.source), project
        return Known("conda", posixpath.join(prefix, "conda-meta")), project
    if venv is None:
        return Known("uv" if kind == "uv-managed" else "pip", prefix), Absent((prefix,))
    around = posixpath.dirname(prefix)
    for tool in ("uv", "poetry"):
        lock = posixpath.join(around, f"{tool}.lock")
        if there(host, lock):
            return Known(tool, lock), Known(around, lock)
    for tool, sign in (("uv", host.environ.get("UV_PROJECT_ENVIRONMENT", "")), ("poetry", "")):
        if (sign and posixpath.join(host.cwd, sign) == prefix) or (tool == "poetry" and _in_poetry(host, prefix)):
            return Known(tool, prefix), _upwards(host, f"{tool}.lock")
    config = posixpath.join(prefix, "pyvenv.cfg")
    made_by = value_or(venv.created_by, "venv")
    return Known("uv" if made_by == "uv" else "pip", config), Absent((f"{around}/uv.lock", f"{around}/poetry.lock"))


def _pixi_project(host: Host, prefix: str) -> Reading[str]:
    """The folder of pixi's manifest: .pixi/envs lies in it, and pixi notes the manifest's path in conda-meta/pixi."""
    project, marker, _ = prefix.partition("/.pixi/envs/")
    if marker:
        return Known(project, prefix)
    note = posixpath.join(prefix, "conda-meta", "pixi")
    text = host.read(note, 1 << 16)
    if not isinstance(text, Known):
        return text
    try:
        manifest = json.loads(text.value)["manifest_path"]
        return Known(posixpath.dirname(str(manifest)), note)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Absent((note,))


def _in_poetry(host: Host, prefix: str) -> bool:
    home = host.environ.get("POETRY_VIRTUALENVS_PATH", "")
    return "/pypoetry/virtualenvs/" in prefix or bool(home and prefix.startswith(home.rstrip("/") + "/"))


def _upwards(host: Host, name: str) -> Reading[str]:
    """The nearest folder at or above the current one that holds such a file; the home folder is the last looked in."""
    folder, looked, last = host.cwd, [], home_of(host)
    while folder:
        path = posixpath.join(folder, name)
        if there(host, path):
            return Known(folder, path)
        looked.append(path)
        folder = "" if folder in ("/", last) else posixpath.dirname(folder)
    return Absent(tuple(looked))
