"""Processes of the job, looked at again and again: what each did since the last tick."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Tuple

from .._machine.sampling import TICKS, Pinned
from ..frozen import frozen
from .proc import schedstat, stat, table
from .series import Shares
from .thresholds import REMOTE_WAITS

_Totals = Tuple[float, Optional[Tuple[float, float]], Dict[str, int], int]  # CPU seconds, schedstat, io, threads


@frozen
class Done:
    """What one process did between two ticks."""

    shares: Shares
    read: Optional[float]  # bytes/s
    from_disk: Optional[float]  # bytes/s
    threads: int


class Followed:
    """One process. A file that may not be read leaves its part unknown."""

    def __init__(self, pid: int, now: float) -> None:
        self.pid = pid
        folder = f"/proc/{pid}"
        self._stat, self._schedstat = Pinned(f"{folder}/stat"), Pinned(f"{folder}/schedstat")
        self._io, self._wchan = Pinned(f"{folder}/io"), Pinned(f"{folder}/wchan")
        self._states: Dict[str, int] = {}
        self._waits: List[bool] = []
        self._before = self._totals()
        self._at = now
        self.gone = self._before is None

    def glance(self, waits: bool) -> None:
        """Its state at this moment; with `waits` also what it sleeps in."""
        text = self._stat.text(512)
        place = text.rfind(")") + 2 if text else 0
        state = text[place : place + 1] if text else ""
        if not state or state in "ZX":
            self.gone = True
            return
        self._states[state] = self._states.get(state, 0) + 1
        if waits and state == "S":
            self._waits.append((self._wchan.text(64) or "").startswith(REMOTE_WAITS))

    def _totals(self) -> Optional[_Totals]:
        seen = stat(self._stat.text())
        if seen is None or seen.state in "ZX":
            return None
        return seen.cpu_ticks / TICKS, schedstat(self._schedstat.text()), table(self._io.text()), seen.threads

    def done(self, now: float) -> Optional[Done]:
        """Since the last call. None: it has gone."""
        after, before, seconds = self._totals(), self._before, now - self._at
        if after is None or before is None or seconds <= 0:
            self.gone = self.gone or after is None
            return None
        self._before, self._at = after, now
        looks = sum(self._states.values())
        asleep = self._states.get("S", 0) / looks if looks else 0.0
        disk = self._states.get("D", 0) / looks if looks else 0.0
        remote = asleep * sum(self._waits) / len(self._waits) if self._waits else 0.0
        self._states, self._waits = {}, []
        cpu = max(0.0, after[0] - before[0]) / seconds
        run, delay = min(1.0, cpu), 0.0  # as far as a kernel without schedstat tells
        if after[1] is not None and before[1] is not None:
            run, delay = ((late - early) / seconds for late, early in zip(after[1], before[1]))
        shares = Shares(min(1.0, run), min(1.0, delay), disk, remote, cpu)
        read, stored = (_rate(before[2], after[2], name, seconds) for name in ("rchar", "read_bytes"))
        return Done(shares, read, stored, after[3])

    @property
    def closed(self) -> bool:
        """Whether its input and output belong to somebody else's eyes."""
        return self._io.refused

    def close(self) -> None:
        for file in (self._stat, self._schedstat, self._io, self._wchan):
            file.close()


def _rate(before: Dict[str, int], after: Dict[str, int], name: str, seconds: float) -> Optional[float]:
    return (after[name] - before[name]) / seconds if name in before and name in after else None


def mean(shares: Iterable[Shares]) -> Optional[Shares]:
    """Of several processes, or of one over several equal times."""
    every = list(shares)
    if not every:
        return None
    count = len(every)
    return Shares(
        run=sum(it.run for it in every) / count,
        delay=sum(it.delay for it in every) / count,
        disk=sum(it.disk for it in every) / count,
        remote=sum(it.remote for it in every) / count,
        cpu=sum(it.cpu for it in every) / count,
    )


def added(rates: Iterable[Optional[float]]) -> Optional[float]:
    """None where nothing is known of any."""
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None
