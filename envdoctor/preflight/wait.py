"""Wait until an attempt succeeds: rarely asking the driver, first come first served, never for longer than asked."""

from __future__ import annotations

import time
from typing import Callable, Iterable, Optional, Set, Tuple

from ..exits import Exit
from ..host import Host
from ..reading import value_or
from .choice import Opinion
from .claims import Claims
from .decide import Decision

_FIRST, _LONGEST = 2.0, 60.0  # seconds between two questions to the driver: each costs 10 ms of a CPU
_TICK = 1.0  # seconds between looks at what costs nothing: who is before us, whether a holder has gone
_PASS = 60.0  # seconds for which a GPU must have been left by those before us, who may want another

Progress = Callable[[Decision, float], None]


def wait(
    attempt: Callable[[bool], Decision],
    host: Host,
    claims: Claims,
    seconds: float,
    progress: Optional[Progress] = None,
    tick: float = _TICK,
    passing: float = _PASS,
) -> Decision:
    """The first decision that is not "later", or the last one when the time is over.

    `attempt(taking)` looks, and claims only where `taking`. Who is not first in line only looks; what those before it
    have left alone for `passing` seconds it may take, so that nobody can hold up the line.
    """
    queue = claims.queue()
    queue.join(time.monotonic_ns())
    end = time.monotonic() + seconds
    left_since: Optional[float] = None
    pause = _FIRST
    try:
        while True:
            now = time.monotonic()
            first = queue.is_first()
            passed = left_since is not None and now - left_since >= passing
            decision = attempt(first or passed)
            if decision.code == Exit.OK and not first and not passed:
                left_since = left_since or now
            elif decision.code == Exit.OK or decision.code != Exit.TRY_LATER:
                return decision
            else:
                left_since = None
            if time.monotonic() >= end:
                return decision if decision.code != Exit.OK else _behind(decision)
            if progress is not None:
                progress(decision, end - time.monotonic())
            longest = pause if left_since is None else min(pause, passing)
            _idle(host, queue.is_first, decision, first, min(end, time.monotonic() + longest), tick)
            pause = min(pause * 2, _LONGEST)
    finally:
        queue.leave()


def _behind(decision: Decision) -> Decision:
    return Decision(Exit.TRY_LATER, "not now: others have waited longer", decision.opinions, (), decision.warnings)


def _idle(
    host: Host,
    is_first: Callable[[], bool],
    decision: Decision,
    first: bool,
    until: float,
    tick: float,
) -> None:
    """Sleep until the time has come to ask again, or something has changed that can be seen without asking."""
    alive = _alive(host, _pids(decision.opinions))
    while time.monotonic() < until:
        time.sleep(max(0.0, min(tick, until - time.monotonic())))
        if is_first() if not first else alive - _alive(host, alive):
            return


def _pids(opinions: Tuple[Opinion, ...]) -> Set[int]:
    """Who stands in the way: processes on busy GPUs, and those that claimed them."""
    busy = [opinion for opinion in opinions if opinion.answer == "busy"]
    holders = {holder.pid for opinion in busy for holder in value_or(opinion.choice.gpu.holders, ())}
    return holders | {opinion.claimer for opinion in busy if opinion.claimer}


def _alive(host: Host, pids: Iterable[int]) -> Set[int]:
    return {pid for pid in pids if value_or(host.alive(pid), True)}
