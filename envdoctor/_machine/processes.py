"""Processes and users, from /proc and the user database."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Optional, Tuple

from ..frozen import frozen


@frozen
class Row:
    """One process; command, state and started are "" where /proc hides them from this user."""

    pid: int
    uid: int
    command: str
    state: str
    started: str


def row(pid: int) -> Row:
    """FileNotFoundError: no such process here, or hidden (hidepid=2). The folder's owner is right in any other case."""
    uid = os.stat(f"/proc/{pid}").st_uid
    try:
        command, state, ticks = _stat(pid)
    except PermissionError:  # hidepid=1
        return Row(pid, uid, "", "", "")
    return Row(pid, uid, command, state, _started(ticks))


def alive(pid: int) -> bool:
    """Signal 0 reaches nobody: it only asks whether there would be somebody to reach."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _stat(pid: int) -> Tuple[str, str, int]:
    """The program's name (which may hold spaces and brackets), its state, and its start in ticks after boot."""
    descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)  # half the time of open() as text
    try:
        text = os.read(descriptor, 4096).decode("utf-8", "surrogateescape")
    finally:
        os.close(descriptor)
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return head.partition("(")[2], fields[0], int(fields[19])


def _started(ticks: int) -> str:
    boot = _boot()
    return "" if boot is None else utc(boot + ticks / os.sysconf("SC_CLK_TCK"))


@lru_cache(maxsize=1)  # the file costs milliseconds on a machine with hundreds of CPUs
def _boot() -> Optional[int]:
    line = next((line for line in _slurp("/proc/stat").splitlines() if line.startswith("btime ")), None)
    return None if line is None else int(line.split()[1])


def utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def stuck_in(pid: int) -> str:
    """What a process is doing: `state D in nv_wait`."""
    try:
        state = _stat(pid)[1]
    except (OSError, ValueError, IndexError):
        return "state unknown"
    try:
        place = _slurp(f"/proc/{pid}/wchan").strip()
    except OSError:
        place = ""
    return f"state {state} in {place}" if place not in ("", "0") else f"state {state}"


def _slurp(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def user_name(uid: int) -> Optional[str]:
    """None where the user database has no such number. May wait for a directory server."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def home_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_dir
    except KeyError:
        return ""


def limits() -> Tuple[Tuple[str, int, int], ...]:
    """(name, soft, hard), -1 for unlimited."""
    import resource

    kinds = {
        "open-files": resource.RLIMIT_NOFILE,
        "locked-memory": resource.RLIMIT_MEMLOCK,
        "address-space": resource.RLIMIT_AS,
        "processes": resource.RLIMIT_NPROC,
        "stack": resource.RLIMIT_STACK,
    }
    pairs = [(name, *resource.getrlimit(kind)) for name, kind in kinds.items()]
    number = {resource.RLIM_INFINITY: -1}
    return tuple((name, number.get(soft, soft), number.get(hard, hard)) for name, soft, hard in pairs)
