"""Caches of decoded images: in memory until something is killed, on a disk until it is full."""

from __future__ import annotations

import re
from typing import Dict, Iterator, Tuple

from ..evidence import Case, Clue

_CACHING = re.compile(r"Caching images \(?([\d.]{1,8}) ?([MGT])B?")
_KILLED = re.compile(
    r"^(?:\[\d\] +\d{1,8} +)?[Kk]illed\b|\b\d{2,8} Killed\b|signal 9|SIGKILL|exit code 137|rc=137|oom.kill"
    r"|Out of memory|MemoryError|Cannot allocate|已杀死|已终止",
    re.M,
)
_DISK = re.compile(r"(?:--)?cache[= ]['\"]?disk\b")
_RAM = re.compile(r"--cache(?: ram)?(?: |$)|cache[= ]['\"]?(?:ram|True)\b", re.M)
_ROW = re.compile(r"^-\S{9,10}\+? +\d+ +\S+ +\S+ +(\d{1,15}) .{0,40} (\S{1,120})\.(jpe?g|png|bmp|npy)$", re.M)
_DU = re.compile(r"^([\d.]{1,8})([KMGT])\s{1,8}\S{0,80}(?:\.npy|total|images|cache)", re.M)
_SCALE = {"K": 1e-6, "M": 1e-3, "G": 1.0, "T": 1e3}


_BROKEN_OFF = re.compile(r"Caching images \(?[\d.]{1,8} ?[MGT]B?[^\n]{0,20}:? {1,4}(?:\d|[1-9]\d)%[^\n]{0,200}\^C")

_IMAGE = re.compile(
    r"No space left on device: '[^'\n]{1,200}images?/[^'\n]{1,200}\.npy'"
    r"|cache_images_to_disk[\s\S]{0,400}requested and \d{1,15} written"
    r"|\d requested and \d{1,15} written[\s\S]{0,300}cache_images_to_disk"
)


def read(case: Case) -> Iterator[Clue]:
    caching, killed = case.find(_CACHING), case.find(_KILLED) or case.find(_BROKEN_OFF)
    if caching and killed:
        says = f"it was killed while {caching[0].group(1)} {caching[0].group(2)}B of images were being cached"
        yield Clue("ram-cache-too-large", 88, says, f"line {caching[1]}", says)
    elif caching and case.hit("host.memory-pressure"):
        says = f"memory ran out after {caching[0].group(1)} {caching[0].group(2)}B of images were cached"
        yield Clue("ram-cache-too-large", 82, says, f"line {caching[1]}", says)
    elif killed and case.find(_RAM):
        yield Clue("ram-cache-too-large", 55, "it was killed with a cache in memory", f"line {killed[1]}")
    disk = case.find(_DISK)
    if not disk and ".npy" not in case.text:
        return
    sizes: Dict[str, Dict[str, Tuple[int, int]]] = {}
    for found, line in case.all(_ROW):
        sizes.setdefault(found.group(2), {})[found.group(3)] = (int(found.group(1)), line)
    for kinds in sizes.values():
        image = next((size for kind, size in kinds.items() if kind != "npy"), None)
        if image and "npy" in kinds and kinds["npy"][0] > 5 * image[0] > 0:
            says = f"an image of {image[0] / 1e3:.0f} kB takes {kinds['npy'][0] / 1e6:.1f} MB in the cache"
            yield Clue("disk-cache-advice", 85, says, f"line {kinds['npy'][1]}", says)
            return
    folders = [float(found.group(1)) * _SCALE[found.group(2)] for found, _ in case.all(_DU)]
    if disk and len(folders) > 1 and max(folders) > 5 * min(folders):
        yield Clue(
            "disk-cache-advice",
            82,
            f"{min(folders):.0f} GB of images take {max(folders):.0f} GB in the cache",
            f"line {disk[1]}",
        )
    elif disk and case.hit("disk.full"):
        yield Clue("disk-cache-advice", 75, "the disk is full, with a cache of decoded images on it", f"line {disk[1]}")
    cached = case.find(_IMAGE)
    if cached:
        yield Clue("disk-cache-advice", 80, "it ran full while an image was cached as .npy", f"line {cached[1]}")
        yield Clue("disk-full-or-quota", -30, "what fills it is the cache of decoded images", f"line {cached[1]}")
    if disk and case.hit("disk.full"):
        yield Clue("disk-full-or-quota", -25, "what fills it is the cache of decoded images", f"line {disk[1]}")
