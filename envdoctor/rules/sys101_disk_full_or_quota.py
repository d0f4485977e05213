"""No space, no inodes or no quota where packages are written.

It finds a folder that installs or training write to (site-packages, home, TMPDIR, package caches, the current folder)
with next to nothing left. Where torch is still to be installed, it finds less room than that takes, also where the
folder is smaller than that as a whole and looks empty now, such as a /tmp in memory.

It matters because pip ends in "OSError: [Errno 28] No space left on device", removes what it had unpacked, and
afterwards the disk looks fine again; an interrupted install leaves a broken package.

It is mended by a TMPDIR and caches where there is room, and by clearing the caches.

It leaves alone read-only mounts, which are always full, and room that is small but not needed.

Example: TMPDIR is a tmpfs of 512 MiB: torch for CUDA needs 3 GiB there while it is installed.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from ..compat import CompatTable
from ..facts import Facts, Place
from ..reading import Known, need, value_or
from ..report import CannotTell, Evidence, Finding, NeedCommand, NeedVariable, Remedy
from ._common import finding
from ._wanted import torch_gone, wish

ID = "SYS101"
NAME = "disk-full-or-quota"
SEVERITY = "error"
TAGS = ("disk",)

MIB, GIB = 1 << 20, 1 << 30

#: Below this, nothing that writes goes well.
NOTHING_LEFT = 100 * MIB
FEW_INODES = 100

#: The wheels of torch, torchvision, torchaudio and what they pin are 3.04 GB for torch 2.5.1 (CUDA 12.4), 2.75 GB for
#: 2.11.0 (13.0) and 3.03 GB for 2.15.0 (13.2): sizes that `uv lock` writes for Linux x86_64 and CPython 3.11.
DOWNLOAD = 3 * GIB
#: Unpacked they are about twice that (CUDA's libraries compress to a little over half).
UNPACKED = 6 * GIB

#: What an install of torch writes, by role; pip downloads and builds in TMPDIR, conda and uv unpack in their caches.
WANTED = {
    "site-packages": UNPACKED,
    "tmp": DOWNLOAD,
    "pip-cache": DOWNLOAD,
    "uv-cache": UNPACKED,
    "conda-pkgs": UNPACKED,
}
USED_BY = {"pip-cache": ("pip",), "tmp": ("pip",), "uv-cache": ("uv",), "conda-pkgs": ("conda", "pixi")}

#: File systems that make inodes as they need them, and count none.
COUNT_NO_INODES = ("btrfs", "bcachefs", "zfs", "vfat", "exfat", "ntfs", "9p")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    places = need(facts.storage.places, "room on disks")
    pending = torch_gone(facts) and wish(facts).level in ("asked", "own")
    groups: Dict[Tuple[str, str], List[Tuple[Place, str]]] = {}
    unknown = 0
    for place in places:
        if value_or(place.read_only, False) or value_or(place.writable, True) is False:
            continue
        if not isinstance(place.free, Known):
            unknown += 1
            continue
        fault = _full(place) or (_too_small(facts, place) if pending else "")
        if fault:
            groups.setdefault((value_or(place.mount, place.path), fault.split(" ")[0]), []).append((place, fault))
    for found in groups.values():
        yield _report(facts, places, [place for place, _ in found], found[0][1])
    if unknown:
        raise CannotTell(f"the room of {unknown} of {len(places)} folders could not be read")


def _full(place: Place) -> str:
    """Why nothing can be written there, "" where something can. The first word tells the kinds apart."""
    quota = value_or(place.quota_free, None)
    free, total = value_or(place.free, 0), value_or(place.total, NOTHING_LEFT)
    if quota is not None and quota < NOTHING_LEFT:
        return f"quota: {_size(quota)} of your quota left"
    # A tmpfs of a few MiB is small by design, not full.
    if free < (NOTHING_LEFT if total >= NOTHING_LEFT else MIB) and total:
        return f"space: {_size(free)} of {_size(total)} free"
    inodes = value_or(place.inodes_free, None)
    if inodes is not None and inodes < FEW_INODES and value_or(place.filesystem, "") not in COUNT_NO_INODES:
        return f"inodes: room for {inodes} more files"
    return ""


def _too_small(facts: Facts, place: Place) -> str:
    wanted = WANTED.get(place.role)
    users = USED_BY.get(place.role)
    if wanted is None or (users and value_or(facts.python.manager, "pip") not in users):
        return ""
    quota = value_or(place.quota_free, None)
    room = min(one for one in (value_or(place.free, 0), quota) if one is not None)
    return f"room: {_size(room)} free, and an install of torch for CUDA takes {_size(wanted)}" if room < wanted else ""


def _size(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"


def _report(facts: Facts, places: Tuple[Place, ...], full: List[Place], fault: str) -> Finding:
    kind, _, said = fault.partition(": ")
    roles = ", ".join(dict.fromkeys(place.role for place in full))
    first = full[0]
    because = [
        Evidence(
            f"{place.role}: {_size(value_or(place.free, 0))} free of {_size(value_or(place.total, 0))}, "
            f"{value_or(place.filesystem, 'file system unknown')}",
            place.path,
        )
        for place in full[:5]
    ]
    return finding(
        ID,
        NAME,
        "warning" if kind == "room" else "error",
        f"{roles} on {value_or(first.mount, first.path)}: {said}",
        "An install of torch runs out of space half-way."
        if kind == "room"
        else "Installs and training cannot write there.",
        because,
        _remedies(facts, places, full),
    )


def _remedies(facts: Facts, places: Tuple[Place, ...], full: List[Place]) -> Tuple[Remedy, ...]:
    roles = {place.role for place in full}
    remedies = []
    room = _roomy(places, full)
    if "tmp" in roles and room:
        folder = room.rstrip("/") + "/tmp"
        needs = (NeedCommand((("mkdir", "-p", folder),), safety="safe"), NeedVariable("TMPDIR", folder))
        remedies.append(Remedy("let TMPDIR lie where there is room", needs))
    python = value_or(facts.python.executable, "")
    if roles & {"pip-cache", "home"} and python and isinstance(facts.python.pip_version, Known):
        purge = NeedCommand(((python, "-m", "pip", "cache", "purge"),), safety="removes")
        remedies.append(Remedy("empty pip's cache", (purge,)))
    return tuple(remedies)


def _roomy(places: Tuple[Place, ...], full: List[Place]) -> Optional[str]:
    """A folder of the user's with room for the downloads, on none of the full file systems."""
    taken = {value_or(place.mount, place.path) for place in full}
    for role in ("home", "cwd"):
        for place in places:
            fits = value_or(place.free, 0) > DOWNLOAD and value_or(place.quota_free, UNPACKED) > DOWNLOAD
            if place.role == role and fits and value_or(place.mount, place.path) not in taken:
                return place.path if value_or(place.writable, False) else None
    return None
