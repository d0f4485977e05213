"""Who is logged in: utmp and wtmp, logind's session files, ssh connections. Read once, when first asked for."""

from __future__ import annotations

import re
import struct
from functools import cached_property
from typing import Dict, Iterable, List, Optional, Set, Tuple

from ..frozen import frozen
from ..host import Host
from ..reading import Known, value_or

BOOT, LOGIN, LOGOUT = 2, 7, 8  # BOOT_TIME, USER_PROCESS, DEAD_PROCESS in utmp.h
_NARROW = struct.Struct("<h2xi32s4s32s256s4xiii16x20x")  # x86 and most others: 32-bit times on 64-bit machines too
_WIDE = struct.Struct("<h2xi32s4s32s256s4x8xq8x16x20x4x")  # aarch64
_MOST = 8 << 20  # bytes of wtmp's end that are read


@frozen
class Entry:
    kind: int
    pid: int
    line: str  # pts/3
    user: str
    host: str
    at: int  # seconds since 1970


@frozen
class Session:
    """A session of logind, from its file below /run/systemd/sessions."""

    user: str
    host: str
    remote: bool
    service: str
    state: str
    tty: str


@frozen
class Connection:
    port: int  # ours
    peer: str
    listening: bool


class Tables:
    """May be asked again and again; each file is read once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._sessions: Dict[str, Optional[Session]] = {}
        self._audit: Dict[int, str] = {}

    @cached_property
    def live(self) -> Tuple[Entry, ...]:
        """Logins of this moment; lines that tmux, screen and X displays add are left out."""
        return tuple(entry for entry in self.utmp if not is_inside(entry.host))

    @cached_property
    def utmp(self) -> Tuple[Entry, ...]:
        return tuple(entry for entry in self._records("/run/utmp", 0) if entry.kind == LOGIN)

    @cached_property
    def wtmp(self) -> Tuple[Entry, ...]:
        stat = self._host.stat("/var/log/wtmp")
        start = max(0, stat.value.size - _MOST) if isinstance(stat, Known) else 0
        return self._records("/var/log/wtmp", start - start % self._layout.size)

    @cached_property
    def connections(self) -> Tuple[Connection, ...]:
        texts = [value_or(self._host.read(f"/proc/net/{name}", 8 << 20), "") for name in ("tcp", "tcp6")]
        return tuple(found for text in texts for found in parse_tcp(text))

    @cached_property
    def sshd_sessions(self) -> Set[str]:
        """Audit sessions in which an sshd serves somebody."""
        pids = [name for name in value_or(self._host.listdir("/proc"), ()) if name.isdigit()]
        sshd = [int(pid) for pid in pids if value_or(self._host.read(f"/proc/{pid}/comm", 64), "")[:4] == "sshd"]
        return {self.audit_session(pid) for pid in sshd} - {""}

    def session(self, name: str) -> Optional[Session]:
        """None where logind knows of no such session, or there is no logind."""
        if name not in self._sessions:
            self._sessions[name] = self._session(name)
        return self._sessions[name]

    def audit_session(self, pid: int) -> str:
        """The kernel's number of the login that a process descends from; "" where it has none or it is not told."""
        if pid not in self._audit:
            said = value_or(self._host.read(f"/proc/{pid}/sessionid", 32), "").strip()
            self._audit[pid] = "" if said == "4294967295" else said
        return self._audit[pid]

    @property
    def _layout(self) -> struct.Struct:
        return layout_of(self._host.identity().machine)

    def _records(self, path: str, start: int) -> Tuple[Entry, ...]:
        return tuple(parse_utmp(value_or(self._host.read_bytes(path, start, _MOST), b""), self._layout))

    def _session(self, name: str) -> Optional[Session]:
        if not re.fullmatch(r"\w{1,32}", name):
            return None
        text = self._host.read(f"/run/systemd/sessions/{name}", 1 << 16)
        if not isinstance(text, Known):
            return None
        said = dict(line.split("=", 1) for line in text.value.splitlines() if "=" in line and line[:1] != "#")
        return Session(
            user=said.get("USER", ""),
            host=said.get("REMOTE_HOST", ""),
            remote=said.get("REMOTE", "0") == "1" or bool(said.get("REMOTE_HOST")),
            service=said.get("SERVICE", ""),
            state=said.get("STATE", ""),
            tty=said.get("TTY", ""),
        )


def is_inside(host: str) -> bool:
    """tmux and screen write lines of their own ("tmux(4242).%0"), X displays ":0"."""
    return re.match(r"(tmux|screen)\(|:\d", host) is not None


def parse_utmp(content: bytes, layout: struct.Struct = _NARROW) -> Iterable[Entry]:
    """Records of utmp or wtmp; what is cut off at the end is left out."""
    whole = len(content) - len(content) % layout.size
    for kind, pid, line, _, user, host, *numbers in layout.iter_unpack(content[:whole]):
        at = numbers[-2] if layout is _NARROW else numbers[-1]
        yield Entry(kind, pid, _text(line), _text(user), _text(host), at)


def packed(kind: int, pid: int, line: str, host: str, at: int, layout: struct.Struct = _NARROW) -> bytes:
    """A record as parse_utmp reads it, of nobody in particular."""
    texts = (line.encode("utf-8", "surrogateescape"), b"", b"", host.encode("utf-8", "surrogateescape"))
    return layout.pack(kind, pid, *texts, 0, at, 0) if layout is _NARROW else layout.pack(kind, pid, *texts, at)


def layout_of(machine: str) -> struct.Struct:
    return _WIDE if machine == "aarch64" else _NARROW


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "surrogateescape")


def parse_tcp(text: str) -> Iterable[Connection]:
    """Lines of /proc/net/tcp and tcp6 that are established or listening."""
    for row in text.splitlines()[1:]:
        columns = row.split()
        if len(columns) < 4 or columns[3] not in ("01", "0A"):
            continue
        try:
            port = int(columns[1].rpartition(":")[2], 16)
            yield Connection(port, address(columns[2].rpartition(":")[0]), columns[3] == "0A")
        except ValueError:
            continue


def address(text: str) -> str:
    """0100007F -> 127.0.0.1, as a little-endian kernel writes it; ValueError for anything else."""
    import ipaddress

    raw = bytes.fromhex(text)
    if len(raw) == 4:
        return ".".join(map(str, raw[::-1]))
    words: List[bytes] = [raw[start : start + 4][::-1] for start in range(0, len(raw), 4)]
    found = ipaddress.IPv6Address(b"".join(words))
    return str(found.ipv4_mapped or found)
