"""One opinion a GPU, from what was seen of it over one or more looks, with one line of reason."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional, Sequence, Tuple

from ..facts import Gpu, Holder
from ..probes._nvml import error
from ..reading import Known, Reading, Unknown, value_or
from .amounts import shown
from .choice import Choice, Opinion
from .options import Wish
from .site import Site

_MIB = 1 << 20
_GONE = {"GPU_IS_LOST": ("lost", "it fell off the bus"), "RESET_REQUIRED": ("reset", "it needs a reset")}
_TOO_OLD = error("FUNCTION_NOT_FOUND")

#: What an idle card holds at most by itself: a desktop, the driver's own; a MIG instance has neither.
_IDLE = 1 << 30
_IDLE_MIG = 128 * _MIB


def judge(choice: Choice, seen: Sequence[Gpu], wish: Wish, site: Site, user: str) -> Opinion:
    """What to think of a choice. `seen` is the same GPU at each look, the newest last and never empty."""
    gpu = seen[-1]
    memory = choice.mig.memory_total if choice.mig else gpu.memory_total
    used = choice.mig.memory_used if choice.mig else gpu.memory_used
    free = _minus(memory, used) if choice.mig else gpu.memory_free
    utils = [look.utilisation.value for look in seen if isinstance(look.utilisation, Known)]
    computing = [holder for holder in value_or(gpu.holders, ()) if holder.kind != "G"]
    util = sum(utils) / len(utils) if utils else 0.0
    worn = bool(value_or(gpu.remap_pending, False))

    def opinion(answer: str, why: str, loaded: bool = False) -> Opinion:
        sharing = 0 if choice.mig else len(computing)
        return Opinion(choice, answer, why, util, _int(free), sharing, worn, loaded=loaded)

    broken = _broken(seen) or _closed(choice, gpu) or _unread(choice, gpu, memory, used, free)
    if broken:
        return opinion(*broken)
    reserved = site.reserved_for_others(gpu.index, choice.uuid, user)
    if reserved:
        return opinion("no", reserved)
    little = _little(choice, gpu, wish, site, computing, (_int(memory), _int(used), _int(free)))
    if little:
        return opinion(*little)
    if util > wish.max_util:
        looks = f" on average over {len(utils)} looks" if len(utils) > 1 else ""
        return opinion("busy", f"{util:.0f} % busy{looks}{_by(computing)}", loaded=True)
    load = f", {util:.0f} % busy" if utils else ""
    shared = f", shared with {_named(computing)}" if computing and not choice.mig else ""
    remark = "; a row remap waits for a reset" if worn else ""
    return opinion("go", f"{shown(_int(free))} of {shown(_int(memory))} free{load}{shared}{remark}")


def _int(reading: Reading[int]) -> int:
    return int(value_or(reading, 0))


def fault_of(gpu: Gpu) -> Optional[Tuple[str, str]]:
    """A fault of the card itself, by its name in site.FAULTS, and in words."""
    if gpu.status in _GONE:
        return _GONE[gpu.status]
    if value_or(gpu.remap_failed, False):
        return "remap", "a row remap failed: its memory is faulty"
    errors = value_or(gpu.ecc_uncorrected, 0)
    if errors:
        return "ecc", f"{errors} uncorrectable memory error{'s' * (errors != 1)} (ECC)"
    return None


def _broken(seen: Iterable[Gpu]) -> Optional[Tuple[str, str]]:
    """Faults of the card itself, at any of the looks."""
    for gpu in seen:
        fault = fault_of(gpu)
        if fault:
            return "no", fault[1]
        if gpu.status != "ok":
            words = {"NO_ANSWER": "the driver did not answer", "NOT_ASKED": "the driver was stuck at the one before it"}
            return "unknown", words.get(gpu.status, f"the driver answers {gpu.status}")
    return None


def _closed(choice: Choice, gpu: Gpu) -> Optional[Tuple[str, str]]:
    if value_or(gpu.compute_mode, "") == "prohibited":
        return "no", "its compute mode is Prohibited"
    if choice.mig is None and value_or(gpu.mig_mode, False):
        return "no", "MIG is on and it has no instance to use; as a whole it takes no job"
    return None


def _unread(choice: Choice, gpu: Gpu, *memory: Reading[int]) -> Optional[Tuple[str, str]]:
    """A question that decides and that the card answered with an error. What an old driver cannot be asked, and what
    is for root alone, is no fault of the card."""
    deciding: List[Tuple[str, Reading[Any]]] = [
        ("UUID", Known(choice.uuid, "") if choice.uuid else gpu.uuid),
        *(("memory", reading) for reading in memory),
        ("compute mode", gpu.compute_mode),
        ("MIG mode", gpu.mig_mode),
        ("utilisation", gpu.utilisation),
        ("processes", gpu.holders),
    ]
    for what, reading in deciding:
        if isinstance(reading, Unknown) and reading != _TOO_OLD:
            return "unknown", f"its {what} could not be read ({reading.detail or reading.reason})"
        if what in ("UUID", "memory") and not isinstance(reading, Known):
            return "unknown", f"its {what} is not told"
    health: List[Tuple[str, Reading[Any]]] = [("memory errors", gpu.ecc_uncorrected), ("row remaps", gpu.remap_failed)]
    for what, reading in health:
        if isinstance(reading, Unknown) and reading != _TOO_OLD and reading.reason not in ("denied", "not-looked"):
            return "unknown", f"its {what} could not be read ({reading.detail or reading.reason})"
    return None


def _little(
    choice: Choice, gpu: Gpu, wish: Wish, site: Site, computing: List[Holder], memory: Tuple[int, int, int]
) -> Optional[Tuple[str, str]]:
    """Too little of it is free, or somebody computes on it. `memory`: total, used and free bytes."""
    total, used, free = memory
    if choice.mig and wish.gpus > 1:
        return "no", "a process sees one MIG instance only"
    if wish.memory is not None and total < wish.memory:
        return "no", f"it has {shown(total)}, less than the {shown(wish.memory)} asked for"
    if computing and value_or(gpu.compute_mode, "") == "exclusive-process":
        return "busy", f"its compute mode is Exclusive, and it is taken{_by(computing)}"
    least = max(wish.memory or 0, site.min_free)
    if free < least:
        return "busy", f"{shown(free)} of {shown(total)} free{_by(computing)}"
    if wish.memory is not None:
        return None
    if computing and not choice.mig:
        return "busy", f"held by {_named(computing)}"
    shown_by_name = () if choice.mig else value_or(gpu.holders, ())
    held = used - sum(value_or(holder.memory, 0) for holder in shown_by_name)
    allowance = _IDLE_MIG if choice.mig else _IDLE
    if held > allowance:
        who = "" if choice.mig else " by processes that are not visible to you"
        return "busy", f"{shown(held)} held{who}"
    return None


def _minus(total: Reading[int], used: Reading[int]) -> Reading[int]:
    if not isinstance(total, Known) or not isinstance(used, Known):
        return used if isinstance(total, Known) else total
    return Known(max(0, total.value - used.value), total.source)


def _by(holders: List[Holder]) -> str:
    return f", held by {_named(holders)}" if holders else ""


def _named(holders: List[Holder]) -> str:
    """The largest holder, and how many more there are."""
    largest = max(holders, key=lambda holder: value_or(holder.memory, 0))
    rest = f" and {len(holders) - 1} more" if len(holders) > 1 else ""
    if not isinstance(largest.user, Known):
        return f"a process that is not visible to you (pid {largest.pid}{_size(largest)}){rest}"
    command = value_or(largest.command, "")
    if value_or(largest.mine, False):
        since = f", since {largest.started.value}" if isinstance(largest.started, Known) else ""
        return f"a process of your own (pid {largest.pid}, {command}{_size(largest)}{since}){rest}"
    return f"{largest.user.value} (pid {largest.pid}{', ' + command if command else ''}{_size(largest)}){rest}"


def _size(holder: Holder) -> str:
    return f", {shown(holder.memory.value)}" if isinstance(holder.memory, Known) else ""
