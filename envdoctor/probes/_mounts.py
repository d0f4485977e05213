"""The table of mounts (/proc/self/mountinfo), and which of them a path lies on."""

from __future__ import annotations

import posixpath
import re
from typing import Iterable, Optional, Tuple

from ..frozen import frozen
from ..host import Host
from ..reading import Reading, mapped

MOUNTINFO = "/proc/self/mountinfo"


@frozen
class Mount:
    point: str
    root: str  # the folder of the file system that is mounted there
    filesystem: str
    source: str  # /dev/sda1, server:/export
    options: Tuple[str, ...]  # of this mount, then of the file system

    @property
    def read_only(self) -> bool:
        return "ro" in self.options


def read_mounts(host: Host) -> Reading[Tuple[Mount, ...]]:
    return mapped(host.read(MOUNTINFO, 1 << 23), parse_mountinfo)


def parse_mountinfo(text: str) -> Tuple[Mount, ...]:
    """Lines of `ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG...] - TYPE SOURCE SUPER-OPTIONS`; others are passed over."""
    mounts = []
    for line in text.splitlines():
        fields = line.split(" ")
        if "-" not in fields[6:]:
            continue
        after = fields.index("-", 6) + 1
        kind, source, super_options = (*fields[after:], "", "", "")[:3]
        options = (*fields[5].split(","), *super_options.split(","))
        mounts.append(Mount(_unescaped(fields[4]), _unescaped(fields[3]), kind, _unescaped(source), options))
    return tuple(mounts)


def _unescaped(text: str) -> str:
    """Blanks, tabs, newlines and backslashes are written as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text) if "\\" in text else text


def mount_of(mounts: Iterable[Mount], path: str) -> Optional[Mount]:
    """The mount that holds this absolute path without links: the deepest point, of equal ones the latest."""
    path = posixpath.normpath(path)
    best = None
    for mount in mounts:
        holds = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if holds and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best
