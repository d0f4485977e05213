"""Which GPU holds an estimate: those of the machine, or one that is named by its size."""

from __future__ import annotations

import math
from typing import Iterable, List, Optional, Sequence, Tuple

from ...exits import Exit
from ...facts import Facts, Gpu
from ...frozen import frozen
from ...reading import Known, value_or
from ...rules._gpus import answering, label, sound
from .estimate import FRAGMENTS, Estimate
from .sizes import typed, words


@frozen
class Room:
    """A GPU and what it has. `total` is what CUDA gives of it, `free` None where nobody was asked."""

    name: str
    total: int
    free: Optional[int] = None
    usable: bool = True  # whole, open to any process, without faults


@frozen
class Fit:
    room: Room
    verdict: str  # now | when-empty | no | unusable
    says: str


def rooms(facts: Facts, wanted: Optional[str] = None) -> Tuple[Room, ...]:
    """The GPUs to look at. `wanted` is an index or a part of a name here, or a size like 24GiB for one that is not.

    ValueError (a sentence) where it is none of these.
    """
    every: Tuple[Gpu, ...] = value_or(facts.gpus.gpus, ())
    here = [_room(gpu) for gpu in answering(every) if isinstance(gpu.memory_total, Known)]
    if wanted is None:
        return tuple(here)
    chosen = [
        _room(gpu)
        for gpu in answering(every)
        if isinstance(gpu.memory_total, Known)
        and (str(gpu.index) == wanted or (not wanted.isdigit() and wanted.lower() in value_or(gpu.name, "").lower()))
    ]
    if chosen:
        return tuple(chosen)
    try:
        return (Room(f"a GPU of {wanted}", usable_of(typed(wanted))),) if not wanted.isdigit() else _none(wanted, here)
    except ValueError:
        return _none(wanted, here)


def _none(wanted: str, here: List[Room]) -> Tuple[Room, ...]:
    names = ", ".join(room.name for room in here) or "no GPU"
    raise ValueError(f"--gpu {wanted}: there is none; here: {names}; or a size like 24GiB")


def usable_of(total: int) -> int:
    """What CUDA gives of a memory size: the driver keeps one to two percent."""
    return total - total // 64


def _room(gpu: Gpu) -> Room:
    total = usable_of(value_or(gpu.memory_total, 0))
    free = value_or(gpu.memory_free, None)
    return Room(label(gpu), total, None if free is None else min(free, total), sound(gpu))


def fits(found: Estimate, rooms: Iterable[Room]) -> Tuple[Fit, ...]:
    """Each GPU, those that hold it now first."""
    order = ("now", "when-empty", "no", "unusable")
    return tuple(sorted((_fit(found, room) for room in rooms), key=lambda fit: order.index(fit.verdict)))


def _fit(found: Estimate, room: Room) -> Fit:
    need = found.total
    if not room.usable:
        return Fit(room, "unusable", "cannot be used as a whole (exclusive, MIG or faulty)")
    if need > room.total:
        more = _smaller(found, room.total)
        return Fit(room, "no", f"too small by {words(need - room.total)}{more}")
    lower = "" if found.complete else ", before activations"
    if room.free is None or need <= room.free:
        left = (room.total if room.free is None else room.free) - need
        return Fit(room, "now", f"holds it{lower}: {words(left)} to spare{_larger(found, left)}")
    return Fit(
        room, "when-empty", f"holds it when it is empty{lower}: {words(room.free)} of {words(room.total)} are free"
    )


def _smaller(found: Estimate, total: int) -> str:
    """How many samples would fit, where it is known what one takes."""
    if not found.each:
        return ""
    batch = found.batch - math.ceil((found.total - total) / _of_one_more(found.each))
    at_least = found.total - (found.moving - found.temporary) * (1 + FRAGMENTS)
    return f"; a batch of {batch} would fit" if batch >= 1 and at_least <= total else "; not even a batch of 1 fits"


def _larger(found: Estimate, left: int) -> str:
    more = int(left // _of_one_more(found.each)) if found.each else 0
    return f", enough for {more} more samples" if more else ""


def _of_one_more(each: int) -> float:
    """Its activations, and what they leave in pieces."""
    return each * (1 + FRAGMENTS)


def code_of(told: Sequence[Fit]) -> Exit:
    """0 where a GPU holds it now, or none was to be compared with; 75 where one does when it is empty; 1 where none."""
    verdicts = {fit.verdict for fit in told}
    if not told or "now" in verdicts:
        return Exit.OK
    return Exit.TRY_LATER if "when-empty" in verdicts else Exit.FINDINGS
