"""What this process's control groups allow: the tightest limit of its group and of all groups above it."""

from __future__ import annotations

import posixpath
import re
from typing import Callable, Iterable, List, Optional, Tuple, TypeVar

from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown
from ._mounts import Mount, read_mounts

N = TypeVar("N", int, float)

CGROUP = "/proc/self/cgroup"

#: cgroup v1 writes "no limit" as the largest number of whole pages, just below 2**63.
_UNLIMITED = 1 << 60


@frozen
class Group:
    """A folder of a mounted control-group hierarchy and the ones above it, the process's own first."""

    version: int
    folders: Tuple[str, ...]


def limits(host: Host, table_of: str = CGROUP) -> Tuple[Reading[float], Reading[int]]:
    """CPUs and bytes of memory that the control groups allow. Absent: no limit, or no control groups here.

    `table_of`: /proc/PID/cgroup of another process.
    """
    table = host.read(table_of)
    mounts = read_mounts(host)
    for reading in (table, mounts):
        if not isinstance(reading, Known):
            return reading, reading
    assert isinstance(table, Known) and isinstance(mounts, Known)
    cpu = groups(table.value, mounts.value, "cpu")
    memory = groups(table.value, mounts.value, "memory")
    return _tightest(host, cpu, _cpus), _tightest(host, memory, _bytes)


def groups(table: str, mounts: Iterable[Mount], controller: str) -> Tuple[Group, ...]:
    """Where the limits of `controller` stand for this process: in v2's one hierarchy, and in v1's own one."""
    found: List[Group] = []
    mounts = tuple(mounts)
    for line in table.splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        version = 2 if not names else 1
        if version == 1 and controller not in names.split(","):
            continue
        for mount in mounts:
            right = mount.filesystem == "cgroup2" if version == 2 else mount.filesystem == "cgroup"
            if right and (version == 2 or controller in mount.options):
                found.append(Group(version, _upwards(mount, path)))
                break
    return tuple(found)


def _upwards(mount: Mount, path: str) -> Tuple[str, ...]:
    """The process's folder under the mount point, then each one above it. A container may mount its own group as the
    root of what it sees, with or without a name space of its own: then the path begins with the mount's root, or
    leads outside what is mounted."""
    root = mount.root.rstrip("/")
    inside = path[len(root) :] if path == root or path.startswith(root + "/") else ""
    parts = [part for part in inside.split("/") if part]
    if ".." in parts:
        parts = []
    return tuple(posixpath.join(mount.point, *parts[:depth]) for depth in range(len(parts), -1, -1))


def _tightest(host: Host, found: Iterable[Group], look: Callable[[Host, int, str], Reading[N]]) -> Reading[N]:
    looked: List[str] = []
    failed: Optional[Unknown] = None
    best: Optional[Known[N]] = None
    for group in found:
        for folder in group.folders:
            reading = look(host, group.version, folder)
            if isinstance(reading, Known):
                best = reading if best is None or reading.value < best.value else best
            elif isinstance(reading, Unknown):
                failed = failed or reading
            else:
                looked += reading.looked
    return best or failed or Absent(tuple(looked) or (CGROUP,))


def _cpus(host: Host, version: int, folder: str) -> Reading[float]:
    if version == 2:
        source = posixpath.join(folder, "cpu.max")
        text = host.read(source)
        words = text.value.split() if isinstance(text, Known) else []
        quota, period = (words[0], words[1]) if len(words) == 2 else ("", "")
    else:
        source = posixpath.join(folder, "cpu.cfs_quota_us")
        text = host.read(source)
        quota = text.value.strip() if isinstance(text, Known) else ""
        per = host.read(posixpath.join(folder, "cpu.cfs_period_us"))
        period = per.value.strip() if isinstance(per, Known) else ""
    if not isinstance(text, Known):
        return text
    if quota in ("max", "-1"):
        return Absent((source,))
    if _is_number(quota) and _is_number(period) and int(period) > 0:
        return Known(int(quota) / int(period), source)
    return Unknown("unparsable", text.value.strip()[:60], source)


def _bytes(host: Host, version: int, folder: str) -> Reading[int]:
    source = posixpath.join(folder, "memory.max" if version == 2 else "memory.limit_in_bytes")
    text = host.read(source)
    if not isinstance(text, Known):
        return text
    number = text.value.strip()
    if number == "max" or (_is_number(number) and int(number) >= _UNLIMITED):
        return Absent((source,))
    return Known(int(number), source) if _is_number(number) else Unknown("unparsable", number[:60], source)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,20}", text) is not None
