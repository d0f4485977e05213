"""The watch itself: many short looks, and one long one a second. Thin: what it sees is put into a Series as it is."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Optional, Set, Tuple

from .._machine import sampling
from .._machine.sampling import TICKS, Pinned
from ..host import Host
from ..probes._cgroup import groups, limits
from ..probes._mounts import Mount, read_mounts
from ..reading import Known, value_or
from . import roles, target
from .places import Places
from .proc import busy_ticks, cpu_list, pressure, table
from .processes import Followed, added, mean
from .series import Machine, Rank, Tick
from .thresholds import AT_ONCE, CPU_BUDGET, FEWEST_GLANCES, GLANCES

_Counts = Tuple[float, Optional[int], Optional[float], Dict[str, int]]  # when, busy ticks, seconds stalled, cpu.stat

EVERY_THREAD = 5  # ticks between two looks for children of threads other than the first


class Family:
    """A main process and its workers."""

    def __init__(self, pid: int, gpu: Optional[int], now: float, others: Iterable[int]) -> None:
        self.main = Followed(pid, now)
        self.pid, self.gpu = pid, gpu
        self.workers: Dict[int, Followed] = {}
        self.ticks: List[Tick] = []
        self.threads: Optional[int] = None
        self._others = set(others)  # ranks of the same job
        self._passed: Set[int] = set()  # children that are no workers
        self.former: Set[int] = set()  # workers that have ended

    def glance(self, number: int) -> None:
        waits = number % 4 == 0
        self.main.glance(waits)
        every = list(self.workers.values())
        if len(every) > AT_ONCE:
            first = (number * AT_ONCE) % len(every)
            every = (every + every)[first : first + AT_ONCE]
        for worker in every:
            worker.glance(waits)

    def renew(self, host: Host, now: float, every_thread: bool) -> None:
        """Workers come and go: with each epoch, where they are not persistent."""
        found = sampling.children(self.pid, every_thread)
        if found is None:  # a kernel that does not tell: the whole table, less often
            if not every_thread:
                return
            found = list(roles.workers(target.table(host), self.pid, self._others))
        main = None
        for pid in found:
            if pid in self.workers or pid in self._passed or pid in self._others:
                continue
            main = main or target.one(host, self.pid)
            child = target.one(host, pid)
            if main is None or child is None:
                continue
            if roles.is_worker(child, main):
                self.workers[pid] = Followed(pid, now)
            elif roles.is_server(child):
                found += sampling.children(pid, False) or []
            else:
                self._passed.add(pid)

    def tick(self, now: float, since: float) -> None:
        done = {pid: worker.done(now) for pid, worker in self.workers.items()}
        main = self.main.done(now)
        for pid in [pid for pid, worker in self.workers.items() if worker.gone]:
            self.workers.pop(pid).close()
            self.former.add(pid)
        seen = [it for it in done.values() if it is not None]
        self.threads = max([self.threads or 0, *(it.threads for it in seen)]) or None
        every = [*seen, *([main] if main is not None else [])]
        self.ticks.append(
            Tick(
                at=now,
                seconds=now - since,
                workers=len(seen),
                worker=mean(it.shares for it in seen),
                main=main.shares if main is not None else None,
                read=added(it.read for it in every),
                from_disk=added(it.from_disk for it in every),
            )
        )

    @property
    def cpu(self) -> float:
        """CPUs in the last tick."""
        last = self.ticks[-1]
        return (last.main.cpu if last.main else 0.0) + (last.worker.cpu * last.workers if last.worker else 0.0)

    def close(self) -> None:
        for process in (self.main, *self.workers.values()):
            process.close()


class Sampler:
    """Looks at families and the machine until it is told to stop. Times are seconds since it was made."""

    def __init__(self, host: Host, cpus: Tuple[int, ...]) -> None:
        self._host = host
        self._zero = sampling.monotonic()
        self.began = sampling.since_1970()
        self._cpu_zero = sampling.own_cpu()
        self.cpus = cpus
        self._stat = Pinned("/proc/stat")
        self._io = Pinned("/proc/pressure/io")
        self._throttle = Pinned("")
        self.families: List[Family] = []
        self.machine: List[Machine] = []
        self.places = Places(host)
        self._glances = GLANCES
        self._before: _Counts = (self.now(), self._busy(), self._stalled(), {})

    def now(self) -> float:
        return sampling.monotonic() - self._zero

    def add(self, pid: int, gpu: Optional[int], others: Iterable[int]) -> None:
        family = Family(pid, gpu, self.now(), others)
        if not self.families:
            self._throttle = Pinned(throttle_file(self._host, pid))
            self._before = (*self._before[:3], table(self._throttle.text()))
        self.families.append(family)
        family.renew(self._host, self.now(), True)

    def _busy(self) -> Optional[int]:
        return busy_ticks(self._stat.text(1 << 16), self.cpus)

    def _stalled(self) -> Optional[float]:
        return pressure(self._io.text())

    def watch(self, seconds: float, going_on: Callable[[], bool]) -> None:
        """Until the time is over, every main process has gone, or `going_on` says no (it is asked every tick)."""
        until, number, ticks = self.now() + seconds, 0, 0
        last, cpu = self.now(), sampling.own_cpu()
        while self.families:
            number += 1
            for family in self.families:
                family.glance(number)
            now = self.now()
            over = now >= until or all(family.main.gone for family in self.families)
            if now - last >= 1.0 or over:
                if now - last >= 0.2:
                    ticks += 1
                    self._tick(now, last, ticks)
                    cpu = self._slow_down(cpu, now - last)
                    last = now
                if over or not going_on():
                    return
            sampling.pause(min(1.0 / self._glances, max(0.0, until - self.now()) + 0.001))

    def _tick(self, now: float, since: float, number: int) -> None:
        for family in self.families:
            family.tick(now, since)
            family.renew(self._host, now, number % EVERY_THREAD == 1)
            workers = list(family.workers)
            self.places.look(family.pid, workers[number % len(workers)] if workers else family.pid)
        self.machine.append(self._machine(now, since))

    def _machine(self, now: float, since: float) -> Machine:
        seconds = now - since
        _, busy, stalled, held = self._before
        after = (now, self._busy(), self._stalled(), table(self._throttle.text()))
        self._before = after
        job = sum(family.cpu for family in self.families)
        others = None
        if busy is not None and after[1] is not None:
            others = max(0.0, (after[1] - busy) / TICKS / seconds - job)
        io = None if stalled is None or after[2] is None else min(1.0, (after[2] - stalled) / seconds)
        return Machine(now, seconds, job, others, io, _throttled(held, after[3]))

    def _slow_down(self, before: float, seconds: float) -> float:
        """Looks as often as the budget allows: a machine with many workers is looked at less often."""
        after = sampling.own_cpu()
        used = (after - before) / seconds
        if used > CPU_BUDGET:
            self._glances = max(FEWEST_GLANCES, self._glances * 0.7)
        elif used < CPU_BUDGET / 2:
            self._glances = min(GLANCES, self._glances * 1.2)
        return after

    @property
    def own_cpu(self) -> float:
        return sampling.own_cpu() - self._cpu_zero

    def ranks(self) -> Tuple[Rank, ...]:
        return tuple(self._rank(family) for family in self.families)

    def _rank(self, family: Family) -> Rank:
        worker = next(iter(family.workers), None)
        return Rank(
            pid=family.pid,
            gpu=family.gpu,
            ticks=tuple(family.ticks),
            cpus=len(allowed(self._host, family.pid)) or None,
            worker_cpus=None if worker is None else len(allowed(self._host, worker)) or None,
            torch=target.torch_loaded(self._host, family.pid),
            threads=family.threads,
            filesystems=self.places.filesystems(family.pid),
            storage=self.places.storage(family.pid),
        )

    def close(self) -> None:
        for family in self.families:
            family.close()
        for file in (self._stat, self._io, self._throttle):
            file.close()


def _throttled(before: Dict[str, int], after: Dict[str, int]) -> Optional[float]:
    periods = after.get("nr_periods", 0) - before.get("nr_periods", 0)
    held = after.get("nr_throttled", 0) - before.get("nr_throttled", 0)
    if "nr_periods" not in after:
        return None
    return held / periods if periods > 0 else 0.0


def allowed(host: Host, pid: int) -> Tuple[int, ...]:
    """CPUs in a process's affinity mask; empty where it cannot be read."""
    for line in value_or(host.read(f"/proc/{pid}/status", 1 << 14), "").splitlines():
        if line.startswith("Cpus_allowed_list:"):
            return cpu_list(line.partition(":")[2])
    return ()


def _mounts(host: Host) -> Tuple[Mount, ...]:
    found = read_mounts(host)
    return found.value if isinstance(found, Known) else ()


def throttle_file(host: Host, pid: int) -> str:
    """cpu.stat of the nearest group of a process that has a quota; "" without one."""
    said = value_or(host.read(f"/proc/{pid}/cgroup", 1 << 16), "")
    for group in groups(said, _mounts(host), "cpu"):
        for folder in group.folders:
            name = "cpu.max" if group.version == 2 else "cpu.cfs_quota_us"
            limit = value_or(host.read(f"{folder}/{name}"), "").split()
            if limit and limit[0] not in ("max", "-1"):
                return f"{folder}/cpu.stat"
    return ""


def quota(host: Host, pid: int) -> Optional[float]:
    """CPUs that the groups of a process allow; None: no limit, or it cannot be read."""
    return value_or(limits(host, f"/proc/{pid}/cgroup")[0], None)
