"""From an interpreter to its environment, and back."""

from __future__ import annotations

import posixpath

from ..host import Host
from ..reading import Absent, Known, Reading, Unknown

NAMES = ("bin/python", "bin/python3")

#: Folders in which uv and pipx keep the environments of tools and of single runs.
_TOOLS = ("/archive-v0/", "/builds-v0/", "/environments-v", "/uv/tools/", "/pipx/venvs/")


def there(host: Host, path: str) -> bool:
    return isinstance(host.stat(path), Known)


def is_tool(path: str) -> bool:
    """Whether a path lies in a tool's own environment. uvx puts that first on PATH, and nobody works in it."""
    return any(sign in path for sign in _TOOLS)


def home_of(host: Host) -> str:
    """The user's home folder; "" where there is none."""
    return host.environ.get("HOME") or host.identity().home


def expanded(host: Host, path: str) -> str:
    """An absolute path: a leading ~ is the home folder, anything relative starts in the current folder."""
    if path == "~" or path.startswith("~/"):
        path = home_of(host) + path[1:]
    path = posixpath.join(host.cwd, path)
    # "a/../b" is not "b" where a is a link, so only what changes nothing is taken out.
    return path if ".." in path.split("/") else posixpath.normpath(path)


def interpreter_in(host: Host, prefix: str) -> Reading[str]:
    """The Python of an environment. Absent: none, or a link that leads nowhere. Unknown: a folder that is closed."""
    paths = tuple(posixpath.join(prefix, name) for name in NAMES)
    for path in paths:
        found = host.stat(path)
        if isinstance(found, Known) and found.value.kind == "file":
            return Known(path, path)
        if isinstance(found, Unknown):
            return found
    return Absent(paths)


def prefix_of(host: Host, python: str) -> Reading[str]:
    """The environment an interpreter belongs to, as CPython finds it: pyvenv.cfg counts where the path is written,
    and only without one are links followed. An interpreter that is not there answers by its path alone.
    """
    parent = posixpath.dirname(posixpath.dirname(python))
    for sign in ("pyvenv.cfg", "conda-meta", "bin/activate_this.py"):
        path = posixpath.join(parent, sign)
        if parent not in ("", "/") and there(host, path):
            return Known(parent, path)
    real = host.realpath(python)
    if isinstance(real, Known):
        return Known(posixpath.dirname(posixpath.dirname(real.value)), python)
    return Known(parent, python) if isinstance(real, Absent) and parent else real


def same(host: Host, one: str, other: str) -> bool:
    """Whether two paths lead to one place."""
    if one == other:
        return True
    left, right = host.realpath(one), host.realpath(other)
    return isinstance(left, Known) and isinstance(right, Known) and left.value == right.value
