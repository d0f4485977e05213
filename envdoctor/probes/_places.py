"""The folders that installing, caching and training write to."""

from __future__ import annotations

import posixpath
from typing import Dict, Iterator, List, Tuple

from ..host import Host
from ..reading import Absent, Known
from ..target import Target
from . import _condarc, _pipconf
from ._conda_envs import roots
from ._prefix import expanded, home_of, prefix_of, there


def wanted(host: Host, target: Target) -> Tuple[Tuple[str, str], ...]:
    """(role, absolute path), each path once, under the first role that it has."""
    prefix = _prefix(host, target)
    kept: Dict[str, str] = {}
    for role, path in _every(host, target, prefix):
        if path.startswith("/"):
            kept.setdefault(posixpath.normpath(path), role)
    return tuple((role, path) for path, role in kept.items())


def _every(host: Host, target: Target, prefix: str) -> Iterator[Tuple[str, str]]:
    home = home_of(host)
    yield "home", home
    for path in _temporary(host):
        yield "tmp", path
    caches = host.environ.get("XDG_CACHE_HOME") or (posixpath.join(home, ".cache") if home else "")
    yield "pip-cache", _pip_cache(host, prefix, caches, home)
    uv_cache = host.environ.get("UV_CACHE_DIR") or posixpath.join(caches, "uv")
    if there(host, uv_cache) or host.which("uv"):
        yield "uv-cache", expanded(host, uv_cache)
    for path in _conda_packages(host, prefix, home):
        yield "conda-pkgs", path
    yield "cwd", host.cwd
    yield "site-packages", _site_packages(host, target, prefix)


def _site_packages(host: Host, target: Target, prefix: str) -> str:
    """As the interpreter says, asked last because it may take its time; where it says nothing, as its prefix shows."""
    answer = target.answer()
    site = answer.value.get("site") if isinstance(answer, Known) else None
    purelib = site.get("purelib") if isinstance(site, dict) else None
    if isinstance(purelib, str):
        return purelib
    names = host.listdir(posixpath.join(prefix, "lib")) if prefix else Absent()
    pythons = [name for name in names.value if name.startswith("python3.")] if isinstance(names, Known) else []
    return posixpath.join(prefix, "lib", pythons[0], "site-packages") if len(pythons) == 1 else ""


def _prefix(host: Host, target: Target) -> str:
    found = prefix_of(host, target.executable.value) if isinstance(target.executable, Known) else target.executable
    return found.value if isinstance(found, Known) else ""


def _temporary(host: Host) -> List[str]:
    """The first that Python's tempfile would take; with it /tmp, which is taken where that one is not there."""
    named = [host.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if host.environ.get(name)]
    first = expanded(host, named[0]) if named else "/tmp"
    return [first] if there(host, first) else [first, "/tmp"]


def _pip_cache(host: Host, prefix: str, caches: str, home: str) -> str:
    settings = _pipconf.read(host, prefix)
    for setting in settings.value if isinstance(settings, Known) else ():
        if setting.key == "cache-dir" and setting.effective and setting.values:
            return expanded(host, setting.values[0])
    if host.identity().system == "darwin":
        return posixpath.join(home, "Library", "Caches", "pip")
    return posixpath.join(caches, "pip")


def _conda_packages(host: Host, prefix: str, home: str) -> List[str]:
    """Package caches that are there: of conda's settings, else of each installation, and the user's own."""
    settings = _condarc.read(host, prefix if there(host, posixpath.join(prefix, "conda-meta")) else "")
    found: List[str] = []
    for setting in settings.value if isinstance(settings, Known) else ():
        if setting.key == "pkgs_dirs" and setting.effective:
            found += [expanded(host, path) for path in setting.values]
    if not found:
        found = [posixpath.join(root, "pkgs") for root in roots(host)]
        found += [posixpath.join(home, ".conda", "pkgs")] if home else []
    return [path for path in dict.fromkeys(found) if there(host, path)]
