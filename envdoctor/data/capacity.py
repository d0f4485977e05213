"""The arithmetic: how many samples a second workers, CPUs and disk give. Pure; times in seconds, sizes in bytes."""

from __future__ import annotations

from typing import Optional

from ..compat.rows import Loader
from ..frozen import frozen
from ..reading import Known, Reading, value_or
from .facts import Asked, DataFacts, Interval, Loading, Speed


@frozen
class Rate:
    """Samples a second, and what it is that allows no more: decode | rest | disk."""

    value: float
    limited_by: str


@frozen
class Work:
    """What a sample takes: decodes, seconds for each, seconds for the rest, bytes read for each decode."""

    decodes: float
    decode: float
    rest: float
    bytes_each: Optional[float] = None  # None: as the files are
    total_bytes: Optional[float] = None  # of all that is read in an epoch, for the page cache

    @property
    def seconds(self) -> float:
        return self.decodes * self.decode + self.rest


def decodes(asked: Asked, loader: Loader) -> float:
    """Images decoded anew for a sample, on average."""
    mosaic = loader.mosaic / 100 if asked.mosaic is None else asked.mosaic
    mixup = loader.mixup / 100 if asked.mixup is None else asked.mixup
    return 1 - mosaic + mosaic * loader.mosaic_decodes + mixup * loader.mixup_decodes


def cpu_rate(loading: Loading, work: Work, workers: float, cpus: float) -> float:
    """What `workers` processes give on `cpus`, by the measured loss of working side by side.

    One process and `loading.processes` of them were measured; in between the loss is taken to grow evenly, beyond it is
    taken to grow no more.
    """
    busy, most = max(1.0, min(workers, cpus)), loading.processes
    efficiency = 1.0
    if most > 1 and loading.alone:
        loss = 1 - min(1.0, loading.together / (loading.alone * most))
        efficiency = 1 - loss * min(1.0, (busy - 1) / (most - 1))
    return busy * efficiency * loading.alone * _measured(loading) / work.seconds if work.seconds else 0.0


def _measured(loading: Loading) -> float:
    """Seconds of the sample that was measured."""
    return loading.decodes * loading.decode + loading.rest


def disk_rate(facts: DataFacts, work: Work, warm: bool) -> Optional[float]:
    """Samples a second that the disk gives; None where it was not measured. `warm`: from the second epoch on."""
    speed = disk_speed(facts)
    if speed is None or not work.decodes:
        return None
    if work.bytes_each is None:
        each = 1 / speed.files_per_second if speed.files_per_second else 0.0  # latency counts, not bytes alone
    else:
        small = min(1.0, work.bytes_each / (speed.bytes / speed.files)) if speed.files and speed.bytes else 1.0
        # a smaller file takes its share of the time at best; a larger one what its bytes take
        each = small / speed.files_per_second if small < 1 else work.bytes_each / speed.bytes_per_second
    missed = 1 - (page_cache_share(facts, work) if warm else 0.0)
    return 1 / (work.decodes * each * missed) if each * missed > 0 else None


def disk_speed(facts: DataFacts) -> Optional[Speed]:
    """Of as many readers as there are workers."""
    wanted = facts.measured.cold_parallel if facts.asked.workers > 1 else facts.measured.cold
    return wanted.value if isinstance(wanted, Known) else None


def page_cache_share(facts: DataFacts, work: Work) -> float:
    """The share of what an epoch reads that the kernel can keep: 1 where all fits. 0 where nothing is known."""
    total = work.total_bytes
    if total is None:
        total = value_of(facts.sizes.file_bytes)
    allowed = allowed_memory(facts)
    if total is None or allowed is None:
        return 0.0
    return 1.0 if total <= 0 else min(1.0, allowed / total)


def allowed_memory(facts: DataFacts) -> Optional[int]:
    """The smaller of what the host has and what the control group leaves."""
    machine = facts.machine
    known = [one.value for one in (machine.available, machine.room) if isinstance(one, Known)]
    return min(known) if known else None


def rate(facts: DataFacts, work: Work, workers: int, warm: bool = True) -> Optional[Rate]:
    """The smaller of what CPUs and disk give; None where decoding was not measured.

    `workers` is of one rank. In the main process (0 workers) it is what one process gives.
    """
    loading = facts.measured.loading
    if not isinstance(loading, Known):
        return None
    cpus = value_or(facts.machine.cpus, 1.0)
    by_cpu = cpu_rate(loading.value, work, max(1, workers) * facts.asked.ranks, cpus)
    by_disk = disk_rate(facts, work, warm)
    if by_disk is not None and by_disk < by_cpu:
        return Rate(by_disk, "disk")
    return Rate(by_cpu, "decode" if work.decodes * work.decode >= work.rest else "rest")


def value_of(reading: Reading[Interval]) -> Optional[float]:
    return reading.value.value if isinstance(reading, Known) else None


def high_of(reading: Reading[Interval]) -> Optional[float]:
    return reading.value.high if isinstance(reading, Known) else None


def sensible_workers(cpus: float, ranks: int) -> int:
    """Workers of each rank that the CPUs can feed, one CPU left for each rank's own process where there are enough."""
    spare = ranks if cpus >= 2 * ranks + 2 else 0
    return max(1, int((cpus - spare) / ranks))


def rate_when_free(facts: DataFacts) -> Optional[float]:
    """Samples a second of the workers asked for on CPUs that nobody else uses, by CPU time; disks are not in it."""
    loading = facts.measured.loading
    if not isinstance(loading, Known) or not loading.value.cpu:
        return None
    busy = min(max(1, facts.asked.workers) * facts.asked.ranks, value_or(facts.machine.cpus, 1.0))
    return busy / loading.value.cpu
