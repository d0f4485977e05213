"""The file system under the images: its kind, its disk, its room."""

from __future__ import annotations

import posixpath
import re

from ..host import Host, is_network
from ..probes._mounts import Mount, mount_of, read_mounts
from ..probes._quota import Quotas
from ..reading import Absent, Known, Reading, Unknown, mapped
from .facts import Place

_MEMORY = ("tmpfs", "ramfs", "devtmpfs")


def look_at_place(host: Host, folder: str) -> Place:
    real = host.realpath(folder)  # first: looking there is what makes an automounter mount it
    mount = _mount(host, real)
    return Place(
        filesystem=mapped(mount, lambda found: found.filesystem),
        network=mapped(mount, lambda found: is_network(found.filesystem)),
        device=_device(host, mount),
        free=mapped(host.disk(folder), lambda disk: disk.free),
        quota_free=Quotas(host).free(mount),
        writable=host.access(folder, "w"),
    )


def _mount(host: Host, real: Reading[str]) -> Reading[Mount]:
    if not isinstance(real, Known):
        return real
    mounts = read_mounts(host)
    if not isinstance(mounts, Known):
        return mounts
    found = mount_of(mounts.value, real.value)
    return Known(found, mounts.source) if found else Unknown("failed", f"no mount holds {real.value}", mounts.source)


def _device(host: Host, mount: Reading[Mount]) -> Reading[str]:
    """NVMe | SSD | HDD | virtual disk | memory | network | overlay."""
    if not isinstance(mount, Known):
        return mount
    kind, source = mount.value.filesystem, mount.value.source
    if kind in _MEMORY:
        return Known("memory", mount.source)
    if is_network(kind):
        return Known("network", mount.source)
    if kind == "overlay":  # which of its layers a file lies on, and on what disk, is not told from inside
        return Known("overlay", mount.source)
    if not source.startswith("/dev/"):
        return Unknown("unparsable", f"{kind} on {source}", mount.source)
    name = posixpath.basename(str(getattr(host.realpath(source), "value", source)))
    block = host.realpath(f"/sys/class/block/{name}")
    if not isinstance(block, Known):
        return Unknown("failed", f"the kernel shows no device {name}", f"/sys/class/block/{name}")
    for folder in (block.value, posixpath.dirname(block.value)):  # a partition has its queue one folder up
        turns = host.read(f"{folder}/queue/rotational")
        if isinstance(turns, Known):
            return Known(_named(posixpath.basename(folder), turns.value.strip()), turns.source)
    return Absent((f"{block.value}/queue/rotational",))


def _named(disk: str, rotational: str) -> str:
    if disk.startswith("nvme"):
        return "NVMe"
    if re.match(r"(vd|xvd)[a-z]", disk):  # what stands behind it the guest cannot know, whatever `rotational` says
        return "virtual disk"
    return "HDD" if rotational == "1" else "SSD"
