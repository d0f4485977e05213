"""Where installs write: file system kind, free space, inodes, quota."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Place:
    role: str  # site-packages | home | tmp | pip-cache | uv-cache | conda-pkgs | cwd
    path: str
    exists: bool
    mount: Reading[str]  # mount point
    filesystem: Reading[str]  # ext4 | xfs | nfs4 | overlay | tmpfs | fuse.sshfs ...
    network: Reading[bool]
    read_only: Reading[bool]
    total: Reading[int]  # bytes
    free: Reading[int]  # bytes that this user may take
    inodes_free: Reading[int]
    quota_free: Reading[int]  # bytes left of this user's quota; Absent: none; Unknown: could not be asked
    writable: Reading[bool]


@frozen
class StorageFacts:
    places: Reading[Tuple[Place, ...]]
