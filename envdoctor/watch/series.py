"""What was seen of a job over some seconds. Shares are of the time, 0 to 1, unless said otherwise."""

from __future__ import annotations

from typing import Optional, Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Shares:
    """Where the time of one kind of process went: the mean over them.

    run, delay: of the first thread, on a CPU and waiting for one. disk: in state D, waiting for storage. remote: asleep
    in a wait of a network or user-space file system. cpu: CPUs in use, all threads together, so that it may exceed 1.
    """

    run: float
    delay: float
    disk: float
    remote: float
    cpu: float

    @property
    def idle(self) -> float:
        """Asleep with nothing to do."""
        busy = max(self.run, min(self.cpu, 1.0)) + self.delay + self.disk + self.remote
        return max(0.0, 1.0 - busy)


@frozen
class Tick:
    """About a second. None where it could not be seen."""

    at: float  # seconds since the watch began, its end
    seconds: float
    workers: int  # loader workers alive
    worker: Optional[Shares]  # None without workers
    main: Optional[Shares]  # None where the main process could not be read
    read: Optional[float]  # bytes/s that main and workers asked of files (page cache included)
    from_disk: Optional[float]  # bytes/s that came from storage


@frozen
class Machine:
    """The machine in the same second."""

    at: float
    seconds: float
    job: Optional[float]  # CPUs that the job used, all its processes and threads
    others: Optional[float]  # CPUs that everybody else used, of those that the job may use
    io_pressure: Optional[float]  # share of the time that some task waited for storage
    throttled: Optional[float]  # share of the periods in which the job's control group was held back


@frozen
class Rank:
    """One main process of the job: the one that computes, with its loader workers."""

    pid: int
    gpu: Optional[int]  # NVML's number of the card that it holds
    ticks: Tuple[Tick, ...]
    cpus: Optional[int]  # in its affinity mask
    worker_cpus: Optional[int]  # in its workers' masks
    torch: Optional[bool]  # whether libtorch is loaded; None: it may not be looked at
    threads: Optional[int]  # of one worker
    #: Where the workers' open data files lie: file system types, the most frequent first.
    filesystems: Tuple[str, ...] = ()
    storage: str = ""  # ssd | disk | network | memory | "" (not known)


@frozen
class Card:
    """One GPU that the job holds."""

    index: int
    name: Reading[str]
    #: (seconds since the watch began, share of the sample's time in which a kernel ran), in order.
    samples: Reading[Tuple[Tuple[float, float], ...]]
    period: float  # seconds that one sample covers
    own: Reading[float]  # mean share of the multiprocessors that the job used
    others: Reading[float]  # the same of all other processes
    other_processes: int  # that hold the card
    power: Reading[float]  # mean, of the limit
    held_down: Tuple[Tuple[str, float], ...]  # why clocks were down, and in which share of the ticks
    lost: str = ""  # why it stopped answering


@frozen
class Series:
    """One watch."""

    asked: float  # seconds
    seconds: float  # how long it really was
    ended: bool  # the job ended meanwhile
    launched: bool  # envdoctor started it: its beginning is in here
    cpus: Optional[float]  # that the job may use: affinity and quota
    quota: bool  # a control group's quota is what limits them
    world: Optional[int]  # processes of the distributed job by WORLD_SIZE; None: not set, or not readable
    ranks: Tuple[Rank, ...]
    cards: Tuple[Card, ...]
    machine: Tuple[Machine, ...]
    gpus: Reading[int]  # on this machine
    unseen: Tuple[str, ...]  # sentences
    own_cpu: float  # CPUs that the watch itself used
