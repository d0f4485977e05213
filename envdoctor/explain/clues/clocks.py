"""Blocks of `nvidia-smi -q` and of CUDA's own samples: heat, power limits, and the link's speed under load."""

from __future__ import annotations

import re
from typing import Dict, Iterator, Tuple

from ..evidence import Case, Clue, out

_FIELD = re.compile(
    r"^ {0,16}(GPU Current Temp|GPU Slowdown Temp|GPU Max Operating Temp|(?:Current |Enforced )?Power Limit"
    r"|Default Power Limit|Gpu) {1,40}: (\d{1,6}(?:\.\d{1,2})?) ?(?:C|W|%)\s{0,4}$",
    re.M,
)
#: Newer cards tell how many degrees are left to the limit.
_MARGIN = re.compile(r"GPU T\.Limit Temp {1,40}: (-?\d{1,3}) C")
_GENERATION = re.compile(r"PCIe Generation\n +Max {1,40}: (\d)\n +Current {1,40}: (\d)")
#: bandwidthTest's table: its heading, then one row of size and speed.
_BANDWIDTH = re.compile(
    r"(?:Host to Device|Device to Host) Bandwidth[^\n]{0,40}\n *PINNED[^\n]{0,40}\n[^\n]{0,60}Bandwidth\(([MG])B/s\)"
    r"\n\s{0,8}\d{4,12}\s{1,8}([\d.]{1,9})"
)
_SLOWEST = 2.6  # GB/s: less is a link of one lane, or of two of an old generation
_BUSY = 50
_FILE = re.compile(r"(current|max)_link_width:(\d{1,2})$", re.M)


def read(case: Case) -> Iterator[Clue]:
    fields: Dict[str, Tuple[float, int]] = {}
    for found, line in case.all(_FIELD):
        fields[found.group(1)] = (float(found.group(2)), line)
    yield from _heat(fields)
    margin = case.find(_MARGIN)
    if margin and int(margin[0].group(1)) <= 1:
        says = f"the GPU has {margin[0].group(1)} C left to its limit"
        yield Clue("thermal-or-power-throttle", 78, says, f"line {margin[1]}", says)
    yield from _power(fields)
    yield from _link(case, fields)


def _heat(fields: Dict[str, Tuple[float, int]]) -> Iterator[Clue]:
    now, line = fields.get("GPU Current Temp", (0.0, 0))
    slow = fields.get("GPU Slowdown Temp", (0.0, 0))[0]
    most = fields.get("GPU Max Operating Temp", (0.0, 0))[0]
    limit = min((one for one in (slow, most) if one), default=0.0)
    if now and limit and now >= limit:
        says = f"the GPU is at {now:.0f} C, and slows down from {limit:.0f} C on"
        yield Clue("thermal-or-power-throttle", 80, says, f"line {line}", says)


def _power(fields: Dict[str, Tuple[float, int]]) -> Iterator[Clue]:
    default = fields.get("Default Power Limit", (0.0, 0))[0]
    for name in ("Enforced Power Limit", "Current Power Limit", "Power Limit"):
        if name in fields:
            now, line = fields[name]
            if 0 < now < 0.8 * default:
                says = f"the power limit is {now:.0f} W, and {default:.0f} W by default"
                yield Clue("thermal-or-power-throttle", 60, says, f"line {line}", says)
            return


def _link(case: Case, fields: Dict[str, Tuple[float, int]]) -> Iterator[Clue]:
    generation = case.find(_GENERATION)
    busy = fields.get("Gpu", (0.0, 0))[0] > _BUSY
    # At rest a link slows down by itself.
    if generation and busy and int(generation[0].group(2)) < int(generation[0].group(1)):
        says = f"the link is of generation {generation[0].group(2)} of {generation[0].group(1)}, under load"
        yield Clue("pcie-link-degraded", 70, says, f"line {generation[1]}", says)
    yield from _files(case)
    speeds = [
        (float(found.group(2)) / (1000 if found.group(1) == "M" else 1), line)
        for found, line in case.all(_BANDWIDTH, most=8)
    ]
    if speeds and max(speeds)[0] < _SLOWEST:
        says = f"copies to and from the GPU reach {max(speeds)[0]:.1f} GB/s"
        yield Clue("pcie-link-degraded", 66, says, f"line {speeds[0][1]}", says)


def _files(case: Case) -> Iterator[Clue]:
    """sysfs: the width that the link has and could have, from `cat` of both files or from `grep`."""
    for exchange in case.exchanges:
        asked = re.findall(r"(current|max)_link_width", exchange.typed.text)
        printed = out(exchange).strip()
        values = dict(_FILE.findall(printed)) or dict(zip(asked, printed.split()))
        now, most = values.get("current", ""), values.get("max", "")
        if now.isdigit() and most.isdigit() and 0 < int(now) < int(most) < 33:
            says = f"the link is x{now} of x{most}"
            yield Clue("pcie-link-degraded", 78, says, f"line {exchange.typed.number}", says)
            return
