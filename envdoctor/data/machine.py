"""Memory and CPUs as this process may use them, and as the frameworks count them, which is not the same."""

from __future__ import annotations

import posixpath
import re
from typing import List, Optional, Tuple

from ..host import Host
from ..probes import _cgroup
from ..probes._mounts import read_mounts
from ..reading import Absent, Known, Reading, Unknown, mapped
from .facts import Machine

_ONLINE = "/sys/devices/system/cpu/online"
#: v1 writes "no limit" as the largest number of whole pages, just below 2**63.
_UNLIMITED = 1 << 60


def look_at_machine(host: Host) -> Machine:
    quota, _ = _cgroup.limits(host)
    limit, room = _memory(host)
    return Machine(
        cpus=_cpus(host.cpus(), quota),
        counted=mapped(host.read(_ONLINE), _listed),
        quota=quota,
        available=mapped(host.read("/proc/meminfo", 1 << 16), _available),
        limit=limit,
        room=room,
        shm_free=mapped(host.disk("/dev/shm"), lambda disk: disk.free),
        load=mapped(host.read("/proc/loadavg", 256), lambda text: float(text.split()[0])),
    )


def _cpus(affinity: Reading[int], quota: Reading[float]) -> Reading[float]:
    if not isinstance(affinity, Known):
        return affinity
    if isinstance(quota, Known) and quota.value < affinity.value:
        return quota
    return Known(float(affinity.value), affinity.source)


def _listed(text: str) -> int:
    """ "0-3,8" are five. ValueError where it is no such list."""
    total = 0
    for span in text.strip().split(","):
        first, _, last = span.partition("-")
        total += int(last or first) - int(first) + 1
    return total


def _available(text: str) -> int:
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    if not found:
        raise ValueError("no MemAvailable in it")
    return int(found.group(1)) * 1024


def _memory(host: Host) -> Tuple[Reading[int], Reading[int]]:
    """Limit and room of the control group that leaves least room, of this process's own and all above it.

    Room is the limit less what is in use; file pages that are not being used are given back before anything is killed,
    and count as room.
    """
    table, mounts = host.read(_cgroup.CGROUP), read_mounts(host)
    if not isinstance(table, Known):
        return table, table
    if not isinstance(mounts, Known):
        return mounts, mounts
    best: Optional[Tuple[Known[int], Known[int]]] = None
    failed: Optional[Unknown] = None
    looked: List[str] = []
    for group in _cgroup.groups(table.value, mounts.value, "memory"):
        for folder in group.folders:
            limit = _number(host, folder, "memory.max" if group.version == 2 else "memory.limit_in_bytes")
            if not isinstance(limit, Known):
                looked.append(folder)
                failed = failed or (limit if isinstance(limit, Unknown) else None)
                continue
            room = _room(host, folder, group.version, limit.value)
            if not isinstance(room, Known):
                failed = failed or (room if isinstance(room, Unknown) else None)
                continue
            if best is None or room.value < best[1].value:
                best = (limit, room)
    if best is not None:
        return best
    none = failed or Absent(tuple(looked) or (_cgroup.CGROUP,))
    return none, none


def _room(host: Host, folder: str, version: int, limit: int) -> Reading[int]:
    used = _number(host, folder, "memory.current" if version == 2 else "memory.usage_in_bytes")
    if not isinstance(used, Known):
        return used
    name = "inactive_file" if version == 2 else "total_inactive_file"
    text = host.read(posixpath.join(folder, "memory.stat"))
    found = re.search(rf"^{name} (\d+)$", text.value, re.MULTILINE) if isinstance(text, Known) else None
    idle = int(found.group(1)) if found else 0
    return Known(max(0, limit - max(0, used.value - idle)), used.source)


def _number(host: Host, folder: str, name: str) -> Reading[int]:
    source = posixpath.join(folder, name)
    text = host.read(source)
    if not isinstance(text, Known):
        return text
    said = text.value.strip()
    if said == "max" or (re.fullmatch(r"[0-9]{1,20}", said) and int(said) >= _UNLIMITED):
        return Absent((source,))
    if not re.fullmatch(r"[0-9]{1,20}", said):
        return Unknown("unparsable", said[:60], source)
    return Known(int(said), source)
