"""Process numbers that the driver names, and what this machine's process table knows about them."""

from __future__ import annotations

from ..facts import Holder
from ..host import Host, Process
from ..reading import Known, Reading, Unknown

#: The inode of the machine's own PID name space, a constant of the kernel (include/linux/proc_ns.h).
_OWN_NAMESPACE = "pid:[4026531836]"


def foreign_processes(host: Host) -> bool:
    """Whether /proc here is a container's, so that a number from the driver means another process, or none."""
    namespace = host.readlink("/proc/self/ns/pid")
    return isinstance(namespace, Known) and namespace.value != _OWN_NAMESPACE


def holder(host: Host, pid: int, kind: str, memory: Reading[int], foreign: bool) -> Holder:
    found: Reading[Process] = host.process(pid)
    source = f"/proc/{pid}"
    if foreign and isinstance(found, Known):
        found = Unknown("not-looked", "the number counts outside this container, where it is another process", source)
    if not isinstance(found, Known):
        return Holder(pid, kind, memory, found, found, found, found, found)
    process = found.value
    return Holder(
        pid=pid,
        kind=kind,
        memory=memory,
        user=Known(process.user, source),
        command=_told(process.command, source),
        state=_told(process.state, source),
        mine=Known(process.uid == host.identity().uid, source),
        started=_told(process.started, source),
    )


def _told(text: str, source: str) -> Reading[str]:
    """The host says "" where /proc hides it (hidepid)."""
    return Known(text, source) if text else Unknown("denied", "/proc hides other users' processes", source)
