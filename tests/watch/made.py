"""Series made of a few numbers, for the judge and the pages."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from envdoctor.reading import Known, Reading
from envdoctor.watch.series import Card, Machine, Rank, Series, Shares, Tick

IDLE = Shares(0.0, 0.0, 0.0, 0.0, 0.0)


def shares(run: float = 0.0, delay: float = 0.0, disk: float = 0.0, remote: float = 0.0) -> Shares:
    return Shares(run, delay, disk, remote, run)


def card(gpu: float, index: int = 0, seconds: int = 10, **how: Any) -> Card:
    """Busy for `gpu` of the time in every sample."""
    fields = {
        "index": index,
        "name": Known("NVIDIA A100-SXM4-80GB", "NVML"),
        "samples": Known(tuple((number / 6, gpu) for number in range(seconds * 6)), "NVML"),
        "period": 1 / 6,
        "own": Known(gpu, "NVML"),
        "others": Known(0.0, "NVML"),
        "other_processes": 0,
        "power": Known(0.8, "NVML"),
        "held_down": (),
        **how,
    }
    return Card(**fields)


def rank(
    worker: Optional[Shares],
    main: Optional[Shares] = IDLE,
    workers: int = 2,
    pid: int = 100,
    gpu: Optional[int] = 0,
    seconds: int = 10,
    **how: Any,
) -> Rank:
    ticks = tuple(
        Tick(number + 1.0, 1.0, workers if worker else 0, worker, main, 5e6, 1e6) for number in range(seconds)
    )
    fields = {"cpus": 8, "worker_cpus": 8, "torch": True, "threads": 3, **how}
    return Rank(pid, gpu, ticks, **fields)


def series(
    ranks: Tuple[Rank, ...], cards: Tuple[Card, ...], others: float = 0.0, seconds: int = 10, **how: Any
) -> Series:
    gpus: Reading[int] = Known(1, "NVML")
    throttled = how.pop("throttled", None)
    machine = tuple(Machine(number + 1.0, 1.0, 2.0, others, 0.1, throttled) for number in range(seconds))
    fields = {
        "asked": float(seconds),
        "seconds": float(seconds),
        "ended": False,
        "launched": False,
        "cpus": 8.0,
        "quota": False,
        "world": None,
        "gpus": gpus,
        "unseen": (),
        "own_cpu": 0.004,
        **how,
    }
    return Series(ranks=ranks, cards=cards, machine=machine, **fields)


def simple(gpu: float, worker: Optional[Shares], main: Shares = IDLE, **how: Any) -> Series:
    """One main process on one card."""
    return series((rank(worker, main, how.pop("workers", 2)),), (card(gpu),), **how)
