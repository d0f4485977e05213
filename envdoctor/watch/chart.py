"""Utilisation over time in blocks of text: a row a thing, a column a moment."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from .numbers import samples
from .series import Series, Tick

BLOCKS = " ▁▂▃▄▅▆▇█"
PLAIN = " .:-=+*#%"

Row = Tuple[str, Tuple[Optional[float], ...], str]  # label, shares (None: not seen), what they come to


def columns(points: Sequence[Tuple[float, float]], seconds: float, width: int) -> Tuple[Optional[float], ...]:
    """The mean of the points (time, share) in each of `width` equal parts of the time."""
    sums: List[List[float]] = [[] for _ in range(width)]
    for at, share in points:
        if 0 <= at <= seconds:
            sums[min(width - 1, int(at / seconds * width))].append(share)
    return tuple(sum(of) / len(of) if of else None for of in sums)


def blocks(shares: Sequence[Optional[float]], letters: str = BLOCKS) -> str:
    """One letter a share; `·` where nothing was seen."""
    most = len(letters) - 1
    return "".join(
        ("·" if letters is BLOCKS else "?") if it is None else letters[min(most, max(0, round(it * most)))]
        for it in shares
    )


def rows(series: Series, width: int) -> Iterator[Row]:
    """The GPUs, then of each main process what its workers and it did."""
    seconds = series.seconds
    if seconds <= 0:
        return
    width = max(1, min(width, int(seconds * 6)))
    for card in series.cards:
        points = samples(card)
        if points:
            yield (
                f"GPU {card.index} busy",
                _held(columns(points, seconds, width)),
                _mean([share for _, share in points]),
            )
    for rank in series.ranks:
        name = f" {rank.pid}" if len(series.ranks) > 1 else ""
        working = [(tick.at - tick.seconds / 2, 1 - tick.worker.idle) for tick in rank.ticks if tick.worker]
        if working:
            yield f"workers{name} at work", _held(columns(working, seconds, width)), _mean([it for _, it in working])
        waiting = [(at, share) for at, share in _storage(rank.ticks) if share >= 0]
        if any(share > 0.02 for _, share in waiting):
            yield (
                f"  waiting for storage{name}",
                _held(columns(waiting, seconds, width)),
                _mean([it for _, it in waiting]),
            )
        main = [(tick.at - tick.seconds / 2, min(1.0, tick.main.run)) for tick in rank.ticks if tick.main]
        if main:
            yield f"main process{name} on a CPU", _held(columns(main, seconds, width)), _mean([it for _, it in main])


def _storage(ticks: Sequence[Tick]) -> List[Tuple[float, float]]:
    return [(it.at - it.seconds / 2, it.worker.disk + it.worker.remote) for it in ticks if it.worker is not None]


def _held(shares: Sequence[Optional[float]]) -> Tuple[Optional[float], ...]:
    """Columns between two looks show the earlier one; a second of them without any stays empty."""
    found: List[Optional[float]] = []
    last, age = None, 0
    for share in shares:
        last, age = (share, 0) if share is not None else (last, age + 1)
        found.append(last if age <= 7 else None)
    first = next((share for share in found if share is not None), None)
    return tuple(first if share is None and place < 7 else share for place, share in enumerate(found))


def _mean(shares: Sequence[float]) -> str:
    return f"{sum(shares) / len(shares) * 100:3.0f} %"
