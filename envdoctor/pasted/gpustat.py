"""gpustat: one line a GPU with its processes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ..facts import Gpu, Holder
from ..reading import Known, Reading
from ._gpu import MIB, gpu, holder
from ._said import NOT_SAID, WHOLE, Said, said, where
from .lines import Line

_GPU = re.compile(
    r"\s{0,8}\[(\d{1,3})\] (\S.{0,80}?)\s{0,30}\|\s{0,6}(?:(\d{1,3})\s?['\u00b0]?C|\?\?)\s{0,4},\s{0,6}"
    r"(?:\d{1,3} %,\s{0,6})?(?:(\d{1,3}) %|\?\?)[^|]{0,60}\|\s{0,10}(\d{1,9}) /\s{0,8}(\d{1,9}) MB\s{0,4}(?:\|(.*))?$"
)
_PROCESS = re.compile(r"([\w.+$-]{1,64})(?::([^\s/(]{1,80}))?(?:/(\d{1,10}))?\((\d{1,9})M\)")
_DRIVER = re.compile(r"\s(\d{3}\.\d{1,3}(?:\.\d{1,3})?)\s*$")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    found: Dict[int, Gpu] = {}
    first = last = 0
    before = ""
    for line in lines:
        row = _GPU.match(line.text)
        if row is None:
            before = line.text
            continue
        index = int(row.group(1))
        if index in found or (found and line.number - last > 3):
            yield said("gpus", "gpus", tuple(found.values()), first, last, WHOLE)
            found = {}
        if not found:
            first = line.number
            driver = _DRIVER.search(before[:400])
            if driver:
                yield said("driver", "nvml_driver_version", driver.group(1), max(1, first - 1))
        last = line.number
        source = where(last)
        temperature, busy, used, total, people = row.groups()[2:]
        one = gpu(
            index,
            name=Known(row.group(2), source),
            memory_used=Known(int(used) * MIB, source),
            memory_total=Known(int(total) * MIB, source),
            memory_free=Known(max(0, int(total) - int(used)) * MIB, source),
            temperature=Known(int(temperature), source) if temperature else NOT_SAID,
            utilisation=Known(int(busy), source) if busy else NOT_SAID,
        )
        found[index] = replace(one, holders=_holders(people, source))
    if found:
        yield said("gpus", "gpus", tuple(found.values()), first, last, WHOLE)


def _holders(people: Optional[str], source: str) -> Reading[Tuple[Holder, ...]]:
    """Names with the memory they hold: "ana(100M) bo:python/4242(2000M)". A pid that is not shown is 0."""
    if people is None:
        return NOT_SAID
    found: List[Holder] = []
    for one in _PROCESS.finditer(people[:8000]):
        user, command, pid, memory = one.groups()
        process = holder(int(pid or 0), "C", Known(int(memory) * MIB, source), NOT_SAID)
        name: Reading[str] = Known(command, source) if command else NOT_SAID
        found.append(replace(process, user=Known(user, source), command=name))
    return Known(tuple(found), source)
