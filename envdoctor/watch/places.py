"""Where the data lie, by the files that workers have open at the moment of a look."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import Counter as Counted
from typing import Dict, Optional, Tuple

from .._machine import sampling
from ..host import Host, is_network
from ..probes._mounts import Mount, mount_of, read_mounts
from ..reading import value_or

#: No data: devices, pipes, shared memory, libraries, the job's own logs and pseudo-terminals.
_PASSED = re.compile(
    r"(?!/)|/(dev|proc|sys|run|memfd:)|.*(\.so[.\d]*|\.pyc?|\.log|\.out|\.err| \(deleted\))$|.*/torch_\d+_"
)


#: Disks of virtual machines, which say that they turn whatever lies behind them.
_VIRTUAL = ("vd", "xvd")


class Places:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._mounts: Optional[Tuple[Mount, ...]] = None
        self._seen: Dict[int, Counted[str]] = {}

    def look(self, rank: int, pid: int) -> None:
        """One look at one process of a rank; `rank` is the pid of its main process."""
        paths = [path for path in sampling.open_files(pid) if not _PASSED.match(path)]
        if paths:
            counted = self._seen.setdefault(rank, Counter())
            counted.update(posixpath.dirname(path) for path in paths)

    def _mount(self, path: str) -> Optional[Mount]:
        if self._mounts is None:
            self._mounts = value_or(read_mounts(self._host), ())
        return mount_of(self._mounts, path)

    def filesystems(self, rank: int) -> Tuple[str, ...]:
        counted: Counted[str] = Counter()
        for folder, times in self._seen.get(rank, Counter()).items():
            mount = self._mount(folder)
            if mount is not None:
                counted[mount.filesystem] += times
        return tuple(name for name, _ in counted.most_common(3))

    def storage(self, rank: int) -> str:
        """ssd | disk | network | memory, or "" where it is not known."""
        for folder, _ in self._seen.get(rank, Counter()).most_common(1):
            mount = self._mount(folder)
            if mount is None:
                return ""
            if is_network(mount.filesystem):
                return "network"
            if mount.filesystem in ("tmpfs", "ramfs"):
                return "memory"
            device = posixpath.basename(mount.source)
            return "" if device.startswith(_VIRTUAL) else self._kind(device)
        return ""

    def _kind(self, device: str) -> str:
        """By the kernel's word on the device, or on the one that it is a partition of."""
        folder = value_or(self._host.realpath(f"/sys/class/block/{device}"), "") if device else ""
        for place in (folder, posixpath.dirname(folder)):
            turns = value_or(self._host.read(f"{place}/queue/rotational"), "").strip() if place else ""
            if turns in ("0", "1"):
                return "disk" if turns == "1" else "ssd"
        return ""
