"""Rows of nvidia-smi's CSV that say which clocks are held down and how wide a link is."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

from ..evidence import Case, Clue

_HEADER = re.compile(r"^[ \w.]{2,60}(?: \[[^\]]{1,12}\])?(?:, ?[ \w.]{2,60}(?: \[[^\]]{1,12}\])?){1,40}$")
_HELD = ("hw_slowdown", "hw_thermal_slowdown", "sw_thermal_slowdown", "hw_power_brake_slowdown")
_BITS = 0x8 | 0x20 | 0x40 | 0x80


def read(case: Case) -> Iterator[Clue]:
    yield from _dmon(case)
    for names, rows in _tables(case):
        for row, line in rows:
            yield from _row(dict(zip(names, row)), f"line {line}")


def _tables(case: Case) -> Iterator[Tuple[List[str], List[Tuple[List[str], int]]]]:
    lines = case.kept
    for place, line in enumerate(lines):
        text = line.text.strip()
        if not (
            "throttle" in text or "event_reasons" in text or "pcie.link" in text or "remapped_rows" in text
        ) or not _HEADER.match(text):
            continue
        names = [re.sub(r" \[.{0,12}\]", "", name.strip()) for name in text.split(",")]
        rows = []
        for after in lines[place + 1 : place + 200]:
            cells = [cell.strip() for cell in after.text.split(",")]
            if len(cells) != len(names):
                break
            rows.append((cells, after.number))
        yield names, rows


def _row(cells: Dict[str, str], source: str) -> Iterator[Clue]:
    for name, value in cells.items():
        kind = name.rpartition(".")[2]
        if kind in _HELD and value == "Active":
            yield Clue("thermal-or-power-throttle", 85, f"{name} is active", source, f"{name} is active")
        elif kind == "active" and re.fullmatch(r"0x[0-9a-fA-F]{1,16}", value) and int(value, 16) & _BITS:
            yield Clue("thermal-or-power-throttle", 75, f"{name} is {value}", source)
    for name in ("remapped_rows.pending", "remapped_rows.failure"):
        if cells.get(name, "") in ("1", "Yes"):
            says = f"{name} is {cells[name]}"
            yield Clue("gpu-lost-or-xid", 88, says, source, f"the GPU has memory errors: {says}")
    now, most = cells.get("pcie.link.width.current", ""), cells.get("pcie.link.width.max", "")
    if now.isdigit() and most.isdigit() and int(now) < int(most):
        yield Clue("pcie-link-degraded", 78, f"the link is x{now} of x{most}", source, f"the link is x{now} of x{most}")
    now, most = cells.get("pcie.link.gen.current", ""), cells.get("pcie.link.gen.max", "")
    busy = cells.get("utilization.gpu", "").rstrip(" %")
    # At rest a link slows down by itself.
    if now.isdigit() and most.isdigit() and int(now) < int(most) and busy.isdigit() and int(busy) > 30:
        yield Clue("pcie-link-degraded", 70, f"the link is of generation {now} of {most}, under load", source)


def _dmon(case: Case) -> Iterator[Clue]:
    """`nvidia-smi dmon -s v`: the share of time in which power (percent) or heat (0 or 1) held the clocks down."""
    names: List[str] = []
    for line in case.kept:
        words = line.text.split()
        if words[:2] == ["#", "gpu"]:
            names = words[1:]
        elif words[:1] == ["#"] or not names or len(words) != len(names):
            continue
        elif "pviol" in names and "tviol" in names:
            power, heat = words[names.index("pviol")], words[names.index("tviol")]
            if heat == "1" or (power.isdigit() and int(power) > 50):
                says = (
                    "heat holds the clocks down"
                    if heat == "1"
                    else f"power holds the clocks down {power} % of the time"
                )
                yield Clue("thermal-or-power-throttle", 85, says, f"line {line.number}", f"GPU {words[0]}: {says}")
                return
