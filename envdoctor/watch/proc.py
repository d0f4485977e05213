"""The files that are read again and again, taken apart. None where a text is not what it should be."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ..frozen import frozen


@frozen
class Stat:
    state: str  # R S D Z ...
    parent: int
    cpu_ticks: int  # of all threads
    threads: int
    started: int  # ticks after boot


def stat(text: Optional[str]) -> Optional[Stat]:
    """/proc/PID/stat. The name in brackets may hold anything."""
    if text is None:
        return None
    fields = text.rpartition(")")[2].split()
    try:
        return Stat(fields[0], int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[17]), int(fields[19]))
    except (IndexError, ValueError):
        return None


def schedstat(text: Optional[str]) -> Optional[Tuple[float, float]]:
    """Seconds of the first thread on a CPU, and waiting for one."""
    fields = (text or "").split()
    try:
        return int(fields[0]) / 1e9, int(fields[1]) / 1e9
    except (IndexError, ValueError):
        return None


def table(text: Optional[str]) -> Dict[str, int]:
    """`name value` or `name: value` lines: /proc/PID/io, cpu.stat."""
    found = {}
    for line in (text or "").splitlines():
        name, _, value = line.replace(":", " ").partition(" ")
        if value.strip().isdigit():
            found[name] = int(value)
    return found


def pressure(text: Optional[str]) -> Optional[float]:
    """Seconds in all that some task was held up: the first line of /proc/pressure/*."""
    head, _, total = (text or "").partition("\n")[0].rpartition("total=")
    return int(total) / 1e6 if head.startswith("some") and total.isdigit() else None


def busy_ticks(text: Optional[str], cpus: Tuple[int, ...]) -> Optional[int]:
    """Ticks that these CPUs were in use since boot, from /proc/stat. Time that is waited for a disk is no use."""
    wanted, total, seen = {f"cpu{number}" for number in cpus}, 0, False
    for line in (text or "").splitlines():
        name, _, rest = line.partition(" ")
        if name in wanted:
            numbers = [int(word) for word in rest.split()[:8] if word.isdigit()]
            if len(numbers) == 8:
                total, seen = total + sum(numbers) - numbers[3] - numbers[4], True
        elif not name.startswith("cpu"):
            break
    return total if seen else None


def cpu_list(text: str) -> Tuple[int, ...]:
    """`0-3,8` as (0, 1, 2, 3, 8); empty where it is not understood."""
    found: List[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or (last and not last.isdigit()) or int(last or first) > 1 << 16:
            return ()
        found += range(int(first), int(last or first) + 1)
    return tuple(found)
