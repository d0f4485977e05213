"""This machine as it may be written down for others: who holds a card, since when and whether from elsewhere; no
arguments, no environments, no addresses, no list of who was ever logged in."""

from __future__ import annotations

import posixpath
import re
import struct

from ..host import LocalHost
from ..reading import Absent, Reading, mapped
from .choice import place_of_host
from .tables import is_inside, layout_of, packed, parse_utmp

_NOT_KEPT = ("/etc/passwd", "/proc/net/tcp", "/proc/net/tcp6", "/var/log/wtmp")
_OF_PROCESS = re.compile(r"/proc/\d+/(cmdline|environ)")
_SESSION = re.compile(r"/run/systemd/sessions/\w+")


class DiscreetHost(LocalHost):
    """What is left out is answered as if it were not there."""

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        if path in _NOT_KEPT:
            return Absent((path,))
        said = super().read(path, limit)
        found = _OF_PROCESS.fullmatch(path)
        if found:
            return mapped(said, _program if found.group(1) == "cmdline" else _origin)
        return mapped(said, _session) if _SESSION.fullmatch(path) else said

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        if path in _NOT_KEPT:
            return Absent((path,))
        said = super().read_bytes(path, offset, size)
        if path != "/run/utmp":
            return said
        layout = layout_of(self.identity().machine)
        return mapped(said, lambda content: _logins(content, layout))


def _program(arguments: str) -> str:
    """The first argument, as a name."""
    return posixpath.basename(arguments.split("\0")[0])


def _origin(environ: str) -> str:
    """Whether SSH_CONNECTION is there, and of which kind."""
    found = re.search(r"(?:^|\0)SSH_CONNECTION=(\S+) ", environ)
    return f"SSH_CONNECTION={place_of_host(found.group(1)).replace(' ', '_')} 0 0 0\0" if found else ""


def _session(text: str) -> str:
    lines = []
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "REMOTE_HOST":
            lines.append(f"{name}={place_of_host(value)}")
        elif name in ("UID", "REMOTE", "TYPE", "STATE", "SERVICE", "TTY", "CLASS"):
            lines.append(line)
    return "".join(f"{line}\n" for line in lines)


def _logins(content: bytes, layout: struct.Struct) -> bytes:
    """The same lines without names; where somebody came from as "elsewhere"."""
    made = b""
    for entry in parse_utmp(content, layout):
        host = entry.host if is_inside(entry.host) else place_of_host(entry.host)
        made += packed(entry.kind, entry.pid, entry.line, host, entry.at, layout)
    return made
