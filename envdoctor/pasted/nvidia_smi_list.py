"""nvidia-smi -L: GPUs and their MIG devices with UUIDs."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Optional, Sequence

from ..facts import Gpu, MigDevice
from ..reading import Known
from ._gpu import gpu
from ._said import NOT_SAID, WHOLE, Said, said, where
from .lines import Line

_GPU = re.compile(r"[\s|*-]{0,12}GPU (\d{1,3}): (\S.{0,120}?) \(UUID: ([\w./-]{1,80})\)")
_MIG = re.compile(r"[\s|*-]{0,12}MIG (\S{1,24})\s{1,20}Device\s{1,6}\d{1,3}: \(UUID: ([\w./-]{1,120})\)")
_GAP = 4  # lines between two GPUs of one listing


def read(lines: Sequence[Line]) -> Iterator[Said]:
    """Every listing by itself: numbers that start again, or other lines between, begin a new one."""
    found: Dict[int, Gpu] = {}
    parts: Dict[int, List[MigDevice]] = {}
    first = last = 0
    index: Optional[int] = None
    for line in lines:
        one, part = _GPU.match(line.text), _MIG.match(line.text)
        if one:
            index = int(one.group(1))
            if index in found or line.number - last > _GAP:
                yield from _listing(found, parts, first, last)
                found, parts = {}, {}
            first = first if found else line.number
            source = where(line.number)
            found[index] = gpu(index, name=Known(one.group(2), source), uuid=Known(one.group(3), source))
        elif part and index is not None:
            parts.setdefault(index, []).append(MigDevice(part.group(2), part.group(1), NOT_SAID, NOT_SAID))
        else:
            continue
        last = line.number
    yield from _listing(found, parts, first, last)


def _listing(found: Dict[int, Gpu], parts: Dict[int, List[MigDevice]], first: int, last: int) -> Iterator[Said]:
    if not found:
        return
    source = where(first, last)
    for index, devices in parts.items():
        one = found[index]
        found[index] = gpu(
            index, name=one.name, uuid=one.uuid, mig_mode=Known(True, source), mig_devices=Known(tuple(devices), source)
        )
    yield said("gpus", "gpus", tuple(found[index] for index in sorted(found)), first, last, WHOLE)
    yield said("driver", "nvml_status", "SUCCESS", first, last)
