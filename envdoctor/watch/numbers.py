"""A series in a few numbers: means over its steady part."""

from __future__ import annotations

from typing import Callable, Iterable, Optional, Sequence, Tuple

from ..frozen import frozen
from ..reading import value_or
from .series import Card, Machine, Rank, Series, Shares, Tick

GAP = 0.1  # a sample below this share is a gap


@frozen
class Numbers:
    """Of one main process and its card. Shares are of the time, 0 to 1; None: not seen."""

    seconds: float  # that were looked at
    gpu: Optional[float]  # share of the time in which a kernel ran
    gaps: Optional[float]  # share of the samples that are gaps
    samples: int
    workers: float  # mean number
    worker: Optional[Shares]
    main: Optional[Shares]
    cpus: Optional[float]  # that the job may use
    job: Optional[float]  # CPUs that it used
    others: Optional[float]  # CPUs that everybody else used
    io_pressure: Optional[float]
    throttled: Optional[float]
    read: Optional[float]  # bytes/s
    from_disk: Optional[float]  # bytes/s
    power: Optional[float]  # of the limit
    gpu_others: Optional[float]  # share of the multiprocessors that other processes used

    @property
    def idle(self) -> Optional[float]:
        """Share of the time in which a worker had nothing to do."""
        return self.worker.idle if self.worker is not None else None


def numbers(series: Series, rank: Rank) -> Numbers:
    ticks = steady(series, rank)
    first = ticks[0].at - ticks[0].seconds if ticks else 0.0
    last = ticks[-1].at if ticks else 0.0
    machine = [it for it in series.machine if it.at > first]
    card = card_of(series, rank)
    shares = [share for at, share in samples(card) if first <= at <= last]
    fed = [tick for tick in ticks if tick.worker is not None]
    return Numbers(
        seconds=sum(tick.seconds for tick in ticks),
        gpu=sum(shares) / len(shares) if shares else None,
        gaps=sum(share < GAP for share in shares) / len(shares) if shares else None,
        samples=len(shares),
        workers=_mean(ticks, lambda tick: float(tick.workers)) or 0.0,
        worker=_shares(fed, lambda tick: tick.worker),
        main=_shares(ticks, lambda tick: tick.main),
        cpus=series.cpus,
        job=_machine(machine, lambda it: it.job),
        others=_machine(machine, lambda it: it.others),
        io_pressure=_machine(machine, lambda it: it.io_pressure),
        throttled=_machine(machine, lambda it: it.throttled),
        read=_mean(ticks, lambda tick: tick.read),
        from_disk=_mean(ticks, lambda tick: tick.from_disk),
        power=value_or(card.power, None) if card is not None else None,
        gpu_others=value_or(card.others, None) if card is not None else None,
    )


def card_of(series: Series, rank: Rank) -> Optional[Card]:
    return next((card for card in series.cards if card.index == rank.gpu), None)


def samples(card: Optional[Card]) -> Tuple[Tuple[float, float], ...]:
    return () if card is None else value_or(card.samples, ())


def steady(series: Series, rank: Rank) -> Tuple[Tick, ...]:
    """The ticks of a job that has got going: of one that was started here, those before its first computing, or its
    first worker, are left out, unless nothing else is left."""
    ticks = rank.ticks
    if not series.launched:
        return ticks
    began = next((at for at, share in samples(card_of(series, rank)) if share > 0), None)
    if began is None:
        began = next((tick.at - tick.seconds for tick in ticks if tick.workers), 0.0)
    return tuple(tick for tick in ticks if tick.at - tick.seconds >= began) or ticks


def _mean(ticks: Sequence[Tick], part: Callable[[Tick], Optional[float]]) -> Optional[float]:
    return _weighted((part(tick), tick.seconds) for tick in ticks)


def _machine(ticks: Sequence[Machine], part: Callable[[Machine], Optional[float]]) -> Optional[float]:
    return _weighted((part(tick), tick.seconds) for tick in ticks)


def _weighted(pairs: Iterable[Tuple[Optional[float], float]]) -> Optional[float]:
    known = [(value, seconds) for value, seconds in pairs if value is not None]
    total = sum(seconds for _, seconds in known)
    return sum(value * seconds for value, seconds in known) / total if total else None


def _shares(ticks: Sequence[Tick], part: Callable[[Tick], Optional[Shares]]) -> Optional[Shares]:
    known = [(found, tick.seconds) for tick in ticks for found in (part(tick),) if found is not None]
    if not known:
        return None

    def mean(of: Callable[[Shares], float]) -> float:
        return _weighted((of(shares), seconds) for shares, seconds in known) or 0.0

    return Shares(
        run=mean(lambda it: it.run),
        delay=mean(lambda it: it.delay),
        disk=mean(lambda it: it.disk),
        remote=mean(lambda it: it.remote),
        cpu=mean(lambda it: it.cpu),
    )
