"""One process, from the files of /proc that every user may read (unless hidepid closes them)."""

from __future__ import annotations

import struct
from datetime import date
from functools import lru_cache
from typing import Optional, Set

from ..frozen import frozen
from ..host import Host
from ..reading import Known, Reading, Unknown, mapped, value_or

HZ = 100  # USER_HZ, which the kernel shows to programs: 100 on every machine that has NVIDIA GPUs
_EPOCH = date(1970, 1, 1).toordinal()
_DEEP = 64  # generations


@frozen
class Details:
    pid: int
    command: str  # the program's name
    parent: int
    tty: str  # pts/3, tty1 or ""
    cpu_seconds: float
    pages: int  # of host memory, resident
    started: str  # ISO 8601, UTC; "" where it is not known


def details(host: Host, pid: int, started: str) -> Reading[Details]:
    """Absent: gone, or hidden. Unknown(denied): hidepid=1."""
    return mapped(host.read(f"/proc/{pid}/stat", 4096), lambda text: _details(pid, text, started))


def _details(pid: int, text: str, started: str) -> Details:
    """The name stands in brackets and may hold brackets and blanks itself."""
    head, bracket, tail = text.rpartition(")")
    fields = tail.split()
    if not bracket or len(fields) < 22:
        raise ValueError(f"not a line of /proc/PID/stat: {text[:60]!r}")
    cpu = (int(fields[11]) + int(fields[12])) / HZ
    return Details(pid, head.partition("(")[2], int(fields[1]), terminal(int(fields[4])), cpu, int(fields[21]), started)


def terminal(number: int) -> str:
    """The terminal's name from the device number in /proc/PID/stat."""
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    if 136 <= major <= 143:
        return f"pts/{(major - 136) * 256 + minor}"
    return f"tty{minor}" if major == 4 and minor < 64 else ""


def command_line(host: Host, pid: int) -> Reading[str]:
    """Its arguments joined by blanks; Unknown where it has none (a kernel thread, a zombie)."""
    said = host.read(f"/proc/{pid}/cmdline", 1 << 16)
    if not isinstance(said, Known):
        return said
    text = said.value.rstrip("\0").replace("\0", " ")
    return Known(text, said.source) if text else Unknown("failed", "it has no command line", said.source)


def page_size(host: Host) -> Reading[int]:
    """Bytes, from the vector that the kernel gives every program: 64 KiB on some ARM servers."""
    return mapped(host.read_bytes("/proc/self/auxv", 0, 4096), _page_size)


def _page_size(vector: bytes) -> int:
    whole = len(vector) - len(vector) % 16
    for key, value in struct.iter_unpack("=QQ", vector[:whole]):
        if key == 6:  # AT_PAGESZ
            return int(value)
    raise ValueError("no page size in it")


def ancestors(host: Host, of: Details) -> Set[int]:
    """Pids above a process, itself included, as far as they can be read."""
    seen = {of.pid}
    pid = of.parent
    while pid > 1 and pid not in seen and len(seen) < _DEEP:
        seen.add(pid)
        above = value_or(details(host, pid, ""), None)
        pid = above.parent if above is not None else 0
    return seen


@lru_cache(maxsize=1024)
def epoch(moment: str) -> Optional[int]:
    """Seconds since 1970 of an ISO 8601 time in UTC (2026-11-24T08:00:00Z), None where it is none."""
    try:
        year, month, day = map(int, moment[:10].split("-"))
        hour, minute, second = map(int, moment[11:19].split(":"))
        return (date(year, month, day).toordinal() - _EPOCH) * 86400 + hour * 3600 + minute * 60 + second
    except ValueError:
        return None
