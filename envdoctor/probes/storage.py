"""Where installs write: the file system behind each folder, its room, and whether this user may write there.

A folder that is not there yet is judged by the nearest one above it that is. Paths are resolved first and the table of
mounts read afterwards, because looking at a path is what makes an automounter mount it.
"""

from __future__ import annotations

import posixpath
from typing import Tuple

from ..facts import Place, StorageFacts
from ..frozen import frozen
from ..host import Disk, Host, is_network
from ..reading import Absent, Known, Reading, Unknown, mapped
from ..target import Target
from ._mounts import Mount, mount_of, read_mounts
from ._places import wanted
from ._quota import Quotas

#: The order in which places are told, whatever the order of looking.
ROLES = ("site-packages", "home", "tmp", "pip-cache", "uv-cache", "conda-pkgs", "cwd")

Mounts = Reading[Tuple[Mount, ...]]


@frozen
class Standing:
    """What there is of a folder: itself or the nearest one above it, without links."""

    exists: bool
    real: Reading[str]


def look(host: Host, target: Target) -> StorageFacts:
    places = sorted(wanted(host, target), key=lambda place: ROLES.index(place[0]))
    standing = [_standing(host, path) for _, path in places]
    mounts = read_mounts(host)
    quotas = Quotas(host)
    told = [_place(host, role, path, at, mounts, quotas) for (role, path), at in zip(places, standing)]
    return StorageFacts(Known(tuple(told), "statvfs"))


def _standing(host: Host, path: str) -> Standing:
    exists = True
    while True:
        real = host.realpath(path)
        if not isinstance(real, Absent) or path == "/":
            return Standing(exists and isinstance(real, Known), real)
        path, exists = posixpath.dirname(path), False


def _place(host: Host, role: str, path: str, standing: Standing, mounts: Mounts, quotas: Quotas) -> Place:
    at = standing.real
    mount = _mount(mounts, at.value if isinstance(at, Known) else path)
    disk: Reading[Disk] = host.disk(at.value) if isinstance(at, Known) else at
    return Place(
        role=role,
        path=path,
        exists=standing.exists,
        mount=mapped(mount, lambda found: found.point),
        filesystem=mapped(mount, lambda found: found.filesystem),
        network=mapped(mount, lambda found: is_network(found.filesystem)),
        read_only=mapped(mount, lambda found: found.read_only),
        total=mapped(disk, lambda found: found.total),
        free=mapped(disk, lambda found: found.free),
        inodes_free=_inodes(disk),
        quota_free=quotas.free(mount) if isinstance(at, Known) else at,
        writable=host.access(at.value, "w") if isinstance(at, Known) else at,
    )


def _mount(mounts: Mounts, path: str) -> Reading[Mount]:
    if not isinstance(mounts, Known):
        return mounts
    found = mount_of(mounts.value, path)
    return Known(found, mounts.source) if found else Unknown("failed", f"no mount holds {path}", mounts.source)


def _inodes(disk: Reading[Disk]) -> Reading[int]:
    if isinstance(disk, Known) and disk.value.inodes_total == 0:
        return Absent((f"{disk.source}: the file system does not count inodes",))
    return mapped(disk, lambda found: found.inodes_free)
