"""One watch, from a pid to a Series."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from .._machine.gpu_stream import GpuStream, Record
from ..host import Host
from ..probes._nvml import field
from ..probes._pids import foreign_processes
from ..reading import Absent, Known, Reading, Unknown, value_or
from . import cards, roles, target
from .proc import stat
from .sampler import Sampler, allowed, quota
from .series import Card, Series

PATIENCE = 5.0  # seconds that the driver may take to introduce its cards
ENVIRONMENT: Mapping[str, Optional[str]] = {"LC_ALL": "C", "CUDA_VISIBLE_DEVICES": None}


class Gpus:
    """The machine's cards, as far as NVML tells; an answer that does not come costs `patience` seconds once."""

    def __init__(self, host: Host, patience: float = PATIENCE) -> None:
        env = {name: value for name, value in {**host.environ, **ENVIRONMENT}.items() if value is not None}
        self._stream: Optional[GpuStream] = None
        self.cards: Tuple[Record, ...] = ()
        self._ticks: Dict[int, List[Record]] = {}
        self.answer: Reading[int] = Absent(("libnvidia-ml.so.1",))
        try:
            self._stream = GpuStream(env)
        except OSError as error:
            self.answer = Unknown("failed", str(error), "NVML worker")
            return
        told = self._stream.introduction(patience)
        if isinstance(told, Known):
            self.cards = told.value[1]
            self.answer = Known(len(self.cards), "NVML")
        else:
            self.answer = told
            self.end()

    @property
    def holders(self) -> Dict[int, FrozenSet[int]]:
        """As last told."""
        found = cards.holders(card for card in self.cards if card["status"] == "ok")
        for index, ticks in self._ticks.items():
            if ticks:
                found[index] = frozenset(value_or(field(ticks[-1], "processes"), ()))
        return found

    def follow(self, indexes: Sequence[int]) -> None:
        if self._stream is not None:
            self._ticks = {index: [] for index in indexes}
            self._stream.follow(indexes)

    def refresh(self) -> None:
        """Before anything is followed: who holds which card now."""
        if not self._ticks:
            self.follow([int(card["index"]) for card in self.cards])
        self.listen()

    def worked(self, index: int) -> bool:
        """Whether a card has computed since it is followed."""
        ticks = self._ticks.get(index, [])
        samples = [percent for tick in ticks for _, percent in value_or(field(tick, "samples"), ())]
        return any(samples) or any(value_or(field(tick, "utilisation"), 0) for tick in ticks)

    def listen(self) -> None:
        if self._stream is None:
            return
        for record in self._stream.records():
            if record["kind"] == "tick" and record["index"] in self._ticks:
                self._ticks[record["index"]].append(record)
        if self._stream.trouble and isinstance(self.answer, Known):
            self.answer = Unknown("failed", self._stream.trouble, "NVML worker")

    def seen(self, began: float, own: FrozenSet[int]) -> Tuple[Card, ...]:
        introduced = {int(card["index"]): card for card in self.cards}
        return tuple(cards.card(introduced[index], ticks, began, own) for index, ticks in self._ticks.items())

    @property
    def pid(self) -> int:
        return 0 if self._stream is None else self._stream.pid

    def end(self) -> None:
        if self._stream is not None:
            self._stream.end()
            self._stream = None


class Watch:
    """A job that is followed. `root` is the pid that was named or found; its ranks are looked for below it."""

    def __init__(self, host: Host, gpus: Gpus, root: int, gpu: Optional[int] = None) -> None:
        self._host, self._gpus, self._gpu = host, gpus, gpu
        self.root = root
        self._foreign = foreign_processes(host)
        self._sampler: Optional[Sampler] = None
        self._asked = 0.0
        self.ended = False

    def look(self) -> Tuple[Tuple[int, ...], Dict[int, int]]:
        """The job's main processes as of now, and which card each holds."""
        every = target.table(self._host)
        holders = {} if self._foreign else self._gpus.holders
        held = {pid: index for index, pids in sorted(holders.items(), reverse=True) for pid in pids}
        root = target.job_root(every, self.root, held)
        tree = roles.below(every, root)
        loaded = () if any(pid in held for pid in tree) else [p for p in tree if target.torch_loaded(self._host, p)]
        ranks = roles.ranks(every, root, held, loaded)
        on = {pid: held[pid] for pid in ranks if pid in held}
        if not on and self._gpu is not None:
            on = {ranks[0]: self._gpu}
        elif not on and self._foreign and len(self._gpus.cards) == 1:  # a container with one card: it is the job's
            on = {ranks[0]: 0}
        return ranks, on

    def computes(self) -> bool:
        """Whether there is something to watch by now: its GPU was busy, or, without one, there are workers."""
        every = target.table(self._host)
        tree = roles.below(every, self.root)
        holders = {} if self._foreign else self._gpus.holders
        cards = [index for index, pids in holders.items() if any(pid in pids for pid in tree)]
        if cards:  # it may be held long before the first step
            return any(self._gpus.worked(index) for index in cards)
        ranks = roles.ranks(every, self.root, (), ())
        return any(roles.workers(every, pid, ranks) for pid in ranks)

    def run(self, seconds: float, going_on: Callable[[], bool] = lambda: True) -> None:
        ranks, on = self.look()
        self._asked = seconds
        cpus = allowed(self._host, ranks[0])
        sampler = self._sampler = Sampler(self._host, cpus)
        for pid in ranks:
            sampler.add(pid, on.get(pid), ranks)
        self._gpus.follow(sorted(set(on.values())))

        def each_tick() -> bool:
            self._gpus.listen()
            return going_on()

        sampler.watch(seconds, each_tick)
        self._gpus.listen()
        self.ended = all(family.main.gone for family in sampler.families)

    def series(self, launched: bool = False) -> Series:
        sampler = self._sampler
        assert sampler is not None, "run first"
        families = sampler.families
        own = frozenset(pid for family in families for pid in (family.pid, *family.workers, *family.former))
        first = families[0].pid
        mask, limit = len(sampler.cpus), quota(self._host, first)
        cpus = min(float(mask), limit) if mask and limit is not None else float(mask) or limit
        seconds = max((tick.at for family in families for tick in family.ticks), default=0.0)
        worker_cpu = stat(value_or(self._host.read(f"/proc/{self._gpus.pid}/stat"), None)) if self._gpus.pid else None
        used = sampler.own_cpu + (worker_cpu.cpu_ticks / 100 if worker_cpu is not None else 0.0)
        return Series(
            asked=self._asked,
            seconds=seconds,
            ended=self.ended,
            launched=launched,
            cpus=cpus,
            quota=limit is not None and (not mask or limit < mask),
            world=target.world_size(self._host, first),
            ranks=sampler.ranks(),
            cards=self._gpus.seen(sampler.began, own),
            machine=tuple(sampler.machine),
            gpus=self._gpus.answer,
            unseen=tuple(self._unseen(sampler)),
            own_cpu=used / seconds if seconds else 0.0,
        )

    def _unseen(self, sampler: Sampler) -> List[str]:
        found = []
        if any(family.main.closed for family in sampler.families):
            found.append(
                "The job is another user's: what it reads, and from where, is closed to you; its CPU time is not."
            )
        if self._foreign:
            found.append(
                "This is a container: the driver's process numbers mean others, so shares by process are not told."
            )
        return found

    def close(self) -> None:
        if self._sampler is not None:
            self._sampler.close()
