"""What a series means. Pure: the same series always gets the same answer.

The key is whether the loader's workers ever rest. One that waits for work to be asked of it has been quicker than the
loop that uses its batches; where none ever rests, the loop waits for them, unless the GPU is busy all the same.
"""

from __future__ import annotations

from typing import Optional, Tuple

from ..frozen import frozen
from ..reading import Known, Unknown
from . import thresholds as at
from .numbers import Numbers, card_of, numbers
from .series import Rank, Series

#: The kinds that mean: the GPU waits for data.
INPUT = ("decode", "disk", "too-many-workers", "neighbours", "quota")
KINDS = (
    *("gpu-bound", *INPUT, "main-process", "other-ranks", "cpu-used", "balanced"),
    *("gpu-shared", "gpu-lost", "waits", "cannot-tell"),
)


@frozen
class Answer:
    kind: str  # one of KINDS
    confidence: str  # high | medium | low
    numbers: Optional[Numbers]
    rank: Optional[Rank]  # the main process that it is about
    gain: Optional[float]  # the most that mending it can win: 1.4 is 1.4 times the speed; None: cannot be told
    why: str = ""  # for cannot-tell and gpu-lost


def judge(series: Series) -> Answer:
    """About the whole job: of several ranks that step together, the one that holds the others up decides."""
    answers = [_judge(series, rank) for rank in series.ranks]
    if not answers:
        return Answer("cannot-tell", "low", None, None, None, "no process of the job could be looked at")
    culprits = [answer for answer in answers if answer.kind in (*INPUT, "main-process", "gpu-lost", "gpu-shared")]
    if culprits:
        return min(culprits, key=lambda answer: _gpu(answer))
    return min(answers, key=lambda answer: ("cannot-tell", "waits").count(answer.kind) * 2 + _gpu(answer))


def _gpu(answer: Answer) -> float:
    found = answer.numbers.gpu if answer.numbers is not None else None
    return 1.0 if found is None else found


def _judge(series: Series, rank: Rank) -> Answer:
    seen = numbers(series, rank)
    card = card_of(series, rank)
    if card is not None and card.lost:
        return Answer("gpu-lost", "high", seen, rank, None, card.lost)
    if seen.seconds < at.SHORT or seen.main is None:
        return Answer("cannot-tell", "low", seen, rank, None, _too_short(series, seen))
    if rank.gpu is None:
        return _without_gpu(series, rank, seen)
    if seen.gpu is None:
        return _blind(rank, seen, "the driver does not tell how busy this GPU is")
    kind, sure = _kind(series, rank, seen)
    confidence = _confidence(kind, seen) if sure else "low"
    return Answer(kind, confidence, seen, rank, _gain(seen.gpu))


def _too_short(series: Series, seen: Numbers) -> str:
    if series.ended:
        return f"the job ended after {seen.seconds:.1f} s"
    return f"{seen.seconds:.1f} s are too short to tell anything"


def _gain(gpu: float) -> float:
    """The GPU is the slower side then, and nothing makes a step shorter than its kernels."""
    return 1 / max(gpu, 0.01)


def _kind(series: Series, rank: Rank, seen: Numbers) -> Tuple[str, bool]:
    """The kind, and whether the numbers leave no doubt about it."""
    assert seen.gpu is not None and seen.main is not None
    if seen.gpu_others is not None and seen.gpu_others >= at.SHARED and seen.gpu >= at.GPU_FULL:
        return "gpu-shared", True
    if seen.gpu >= at.GPU_FULL and _spins(series, seen):
        return "other-ranks", seen.idle is not None
    working = at.MAIN_EXPLAINS * (1 - seen.gpu) <= _at_work(seen, (series.world or 1) > 1)
    if seen.idle is None:  # no workers
        if seen.gpu >= at.MAIN_SLOW:
            return "gpu-bound", True
        return ("main-process", True) if working else (_waits(series), False)
    if seen.gpu >= at.GPU_FULL:
        return ("gpu-bound", True) if seen.idle >= at.SLACK else ("balanced", True)
    if seen.idle <= at.SATURATED:
        return ("main-process", False) if _main_leads(seen) else (_cause(series, rank, seen), True)
    if seen.gpu >= at.MAIN_SLOW:
        return ("gpu-bound" if seen.idle >= at.SLACK else "balanced"), False
    if seen.idle < at.UNEVEN and not _main_leads(seen):
        return _cause(series, rank, seen), seen.idle < at.SLACK
    return ("main-process", True) if working else (_waits(series), False)


def _at_work(seen: Numbers, among_ranks: bool = False) -> float:
    """Share of the time in which the main process does something, or would if it had a CPU or its files. One of
    several ranks waits for the others on the network too."""
    main = seen.main
    return 0.0 if main is None else 1 - main.idle - (main.remote if among_ranks else 0.0)


def _main_leads(seen: Numbers) -> bool:
    """Whether the main process's own work is longer than its wait for data, though the workers never rest.

    While the GPU computes it sleeps or spins, which is not known: its work is what it was awake for beyond the GPU's
    time at least, and its wait is what it slept at most.
    """
    work = _at_work(seen)
    return work - (seen.gpu or 0.0) > 1 - work


def _spins(series: Series, seen: Numbers) -> bool:
    """A collective that waits for another rank keeps the GPU "busy" at a fraction of its power."""
    return (series.world or 1) > 1 and seen.power is not None and seen.power < at.SPINNING_POWER


def _waits(series: Series) -> str:
    return "other-ranks" if (series.world or 1) > 1 else "waits"


def _cause(series: Series, rank: Rank, seen: Numbers) -> str:
    """Why the workers are too slow. A quota that was never reached limits nothing: the CPUs of the mask count."""
    worker = seen.worker
    assert worker is not None
    cpus = rank.cpus or seen.cpus or 1.0
    if series.quota and (seen.throttled or 0.0) >= at.THROTTLED:
        return "quota"
    if worker.disk + worker.remote >= at.DISK:
        return "disk"
    if worker.delay >= at.DELAY:
        if seen.workers >= at.CROWD * cpus:
            return "too-many-workers"
        if (seen.others or 0.0) >= at.NEIGHBOURS * cpus:
            return "neighbours"
    return "decode"


def _confidence(kind: str, seen: Numbers) -> str:
    """High only where both sides agree with room to spare, over some time."""
    assert seen.gpu is not None
    if seen.seconds < at.LONG or seen.samples < at.LONG:
        return "low"
    idle = seen.idle
    if kind in INPUT:
        return "high" if seen.gpu < at.GPU_FULL - 0.1 and idle is not None and idle < at.SATURATED else "medium"
    if kind == "gpu-bound":
        return "high" if seen.gpu >= 0.9 and (idle is None or idle >= at.SLACK + 0.1) else "medium"
    if kind == "main-process":
        return "high" if seen.gpu < at.MAIN_SLOW - 0.1 else "medium"
    return "medium"


def _without_gpu(series: Series, rank: Rank, seen: Numbers) -> Answer:
    busy = _wanted_cpus(seen) >= at.COMPUTES
    if isinstance(series.gpus, Unknown):
        return _blind(rank, seen, f"the GPUs could not be asked: {series.gpus.sentence()}")
    if series.cards:
        return _blind(rank, seen, "which GPU this process uses is not told")
    if busy and rank.torch:
        sure = isinstance(series.gpus, Known) and series.gpus.value > 0
        return Answer("cpu-used", "high" if sure else "medium", seen, rank, None)
    if not busy:
        return Answer("cannot-tell", "low", seen, rank, None, "the job holds no GPU and computes next to nothing")
    return Answer("cannot-tell", "low", seen, rank, None, "the job holds no GPU, and no torch is seen in it")


def _wanted_cpus(seen: Numbers) -> float:
    """CPUs that the job used, or would have used had they been free."""
    worker, main = seen.worker, seen.main
    waited = (main.delay if main is not None else 0.0) + (worker.delay * seen.workers if worker is not None else 0.0)
    return (seen.job or 0.0) + waited


def _blind(rank: Rank, seen: Numbers, why: str) -> Answer:
    """Without the GPU's side nothing can be named; what the loader's side says by itself, the reasons tell."""
    return Answer("cannot-tell", "low", seen, rank, None, why)
