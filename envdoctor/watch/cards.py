"""What the NVML worker told of the job's cards, put together. Pure."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Sequence, Tuple

from ..probes._nvml import field
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from .series import Card

Record = Mapping[str, Any]
PERIOD = 1 / 6  # seconds: what a sample covers, where there are too few to tell

#: NVML's bits of why clocks are down, but idle (1).
REASONS = {
    2: "application-clocks",
    4: "sw-power-cap",
    8: "hw-slowdown",
    16: "sync-boost",
    32: "sw-thermal",
    64: "hw-thermal",
    128: "hw-power-brake",
    256: "display",
}


def holders(cards: Iterable[Record]) -> Dict[int, FrozenSet[int]]:
    """NVML's number of a card -> pids that hold it, of the cards that tell."""
    return {int(card["index"]): frozenset(value_or(field(card, "processes"), ())) for card in cards}


def card(introduced: Record, ticks: Sequence[Record], began: float, own: FrozenSet[int]) -> Card:
    """`ticks` of this card alone, in order; `began`: when the watch did, seconds since 1970; `own`: the job's pids."""
    limit = field(introduced, "power_limit")
    power = _mean([field(tick, "power") for tick in ticks])
    shares = [field(tick, "shares") for tick in ticks]
    lost = [str(tick["samples"].get("error")) for tick in ticks if tick["samples"].get("error") in _LOST]
    names = {pid for tick in ticks for pid in value_or(field(tick, "processes"), ())}
    return Card(
        index=int(introduced["index"]),
        name=field(introduced, "name"),
        samples=_samples(ticks, began),
        period=_period(_samples(ticks, began)),
        own=_share(shares, lambda pid: pid in own),
        others=_share(shares, lambda pid: pid not in own),
        other_processes=len(names - own),
        power=mapped(power, lambda watts: watts / limit.value) if isinstance(limit, Known) and limit.value else limit,
        held_down=_held_down(ticks),
        lost=lost[0] if lost else "",
    )


_LOST = ("GPU_IS_LOST", "RESET_REQUIRED")


def _samples(ticks: Sequence[Record], began: float) -> Reading[Tuple[Tuple[float, float], ...]]:
    found: List[Tuple[float, float]] = []
    failed: Reading[Any] = Unknown("not-looked", "the driver was not heard of during the watch", "NVML")
    for tick in ticks:
        told = field(tick, "samples")
        if isinstance(told, Known):
            found += [(stamp / 1e6 - began, percent / 100) for stamp, percent in told.value]
            continue
        # A card that keeps no samples: its utilisation at each look.
        now, failed = field(tick, "utilisation"), told
        found += [(stamp / 1e6 - began, percent / 100) for stamp, percent in tick["samples"].get("seen", ())]
        if isinstance(now, Known):
            found.append((float(tick["at"]) - began, now.value / 100))
        else:
            failed = now
    kept = tuple((round(at, 3), share) for at, share in sorted(found) if at >= 0)
    return Known(kept, "NVML") if kept else failed


def _period(samples: Reading[Tuple[Tuple[float, float], ...]]) -> float:
    stamps = [at for at, _ in value_or(samples, ())]
    gaps = sorted(late - early for early, late in zip(stamps, stamps[1:]) if late > early)
    return round(gaps[len(gaps) // 2], 4) if gaps else PERIOD


def _mean(readings: Sequence[Reading[Any]]) -> Reading[float]:
    known = [float(reading.value) for reading in readings if isinstance(reading, Known)]
    if known:
        return Known(sum(known) / len(known), "NVML")
    return readings[0] if readings else Unknown("not-looked", "", "NVML")


def _share(shares: Sequence[Reading[Any]], counts: Any) -> Reading[float]:
    """Mean over the ticks of the sum over processes; a process that is not named in a tick ran nothing in it."""
    known = [reading.value for reading in shares if isinstance(reading, Known)]
    if not known:
        return shares[0] if shares else Absent(("NVML",))
    sums = [min(100, sum(percent for pid, percent, _ in told if counts(pid))) for told in known]
    return Known(sum(sums) / len(sums) / 100, "NVML")


def _held_down(ticks: Sequence[Record]) -> Tuple[Tuple[str, float], ...]:
    masks = [
        reading.value
        for reading in (field(tick, "clocks_event_reasons") for tick in ticks)
        if isinstance(reading, Known)
    ]
    shares = {name: sum(bool(mask & bit) for mask in masks) / len(masks) for bit, name in REASONS.items() if masks}
    return tuple((name, share) for name, share in shares.items() if share > 0)
