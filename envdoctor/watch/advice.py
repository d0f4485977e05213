"""What is said of an answer: a sentence, the reasons in numbers, settings that help, what settles a doubt. Pure."""

from __future__ import annotations

import math
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from ..frozen import frozen
from ..reading import Absent, Known
from . import thresholds as at
from .judge import INPUT, Answer
from .numbers import Numbers
from .series import Series

Commands = Tuple[Tuple[str, ...], ...]


@frozen
class Setting:
    """Something to change. `code` is Python of the job's own, `commands` are for a shell; either may be empty."""

    title: str
    code: str = ""
    commands: Commands = ()


@frozen
class Advice:
    title: str
    because: Tuple[str, ...]
    gain: str
    settings: Tuple[Setting, ...]
    experiment: Optional[Setting]


def advice(series: Series, answer: Answer) -> Advice:
    title = _TITLES[answer.kind]
    if answer.kind in ("cannot-tell", "gpu-lost"):
        title = f"{title}: {answer.why}" if answer.why else title
    elif answer.kind == "cpu-used" and isinstance(series.gpus, Absent):
        title = "The job computes on the CPU: no NVIDIA driver answers on this machine"
    because = tuple(_because(series, answer))
    settings = (*_affinity(answer), *_SETTINGS.get(answer.kind, _none)(series, answer))
    return Advice(title, because, _gain(answer), settings, _experiment(answer))


_TITLES = {
    "gpu-bound": "GPU-bound: the GPU is the slower side, and no change to the data pipeline can help",
    "decode": "Input-bound: the GPU waits for images to be decoded and augmented",
    "disk": "Input-bound: the GPU waits for the storage that the data lie on",
    "too-many-workers": "Input-bound: more loader workers than CPUs, which they take from each other",
    "neighbours": "Input-bound: others use the CPUs that the loader's workers need",
    "quota": "Input-bound: the control group's CPU quota holds the loader's workers back",
    "main-process": "Main-process-bound: the GPU waits for the main process's own Python, not for the loader's workers",
    "other-ranks": "Waiting for other ranks: this process has its data and waits for the rest of the job",
    "cpu-used": "The job computes on the CPU, although there are GPUs",
    "balanced": "Balanced: loading and computing are about equally fast",
    "gpu-shared": "The GPU is shared: other processes use a good part of it",
    "gpu-lost": "The GPU stopped answering",
    "waits": "The GPU waits, but neither for the loader's workers nor for the main process's Python",
    "cannot-tell": "Cannot tell",
}


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _because(series: Series, answer: Answer) -> Iterator[str]:
    seen = answer.numbers
    if seen is None:
        return
    yield from _of_gpu(series, seen)
    yield from _of_workers(seen)
    if answer.kind == "cannot-tell" and seen.gpu is None and seen.idle is not None:
        if seen.idle >= at.SLACK:
            yield "They have rests, so the loader keeps up: what holds the job back, if anything, is not the data."
        elif seen.idle <= at.SATURATED:
            yield "They never rest, so the job may be waiting for data; how much that costs, only the GPU could tell."
    if seen.main is not None:
        own = f"The main process was on a CPU for {percent(seen.main.run)} of the time"
        slow = seen.main.disk + seen.main.remote
        yield own + (f", waited for storage for {percent(slow)}" if slow >= 0.05 else "") + "."
    if answer.kind == "waits":
        yield "A process that waits for a network with a time limit looks idle from outside: it may still be workers."
    if seen.job is not None and seen.cpus is not None:
        others = f"; everybody else used {seen.others:.1f}" if seen.others is not None else ""
        held = " (its quota)" if series.quota else ""
        yield f"The job used {seen.job:.1f} of the {seen.cpus:g} CPUs that it may use{held}{others}."
    if seen.throttled is not None and seen.throttled >= 0.05:
        yield f"Its control group was held back in {percent(seen.throttled)} of the periods."
    yield from _of_disk(answer, seen)


def _of_gpu(series: Series, seen: Numbers) -> Iterator[str]:
    if seen.gpu is None:
        return
    gaps = f", {percent(seen.gaps)} of its samples were gaps" if seen.gaps else ""
    power = f", at {percent(seen.power)} of its power limit" if seen.power is not None else ""
    yield f"The GPU was busy for {percent(seen.gpu)} of the time{gaps}{power}."
    if seen.gpu_others is not None and seen.gpu_others >= 0.05:
        yield f"Other processes used {percent(seen.gpu_others)} of its multiprocessors."
    for card in series.cards:
        for reason, share in card.held_down:
            if reason in ("hw-slowdown", "hw-thermal", "sw-thermal", "hw-power-brake") and share >= 0.2:
                yield f"The clocks of GPU {card.index} were held down ({reason}) for {percent(share)} of the time."


def _of_workers(seen: Numbers) -> Iterator[str]:
    worker = seen.worker
    if worker is None:
        yield "No loader workers were seen: the main process loads the data itself."
        return
    parts = [f"{percent(worker.run)} on a CPU", f"{percent(worker.delay)} ready but without one"]
    if worker.disk + worker.remote >= 0.02:
        parts.append(f"{percent(worker.disk + worker.remote)} waiting for storage")
    parts.append(f"{percent(worker.idle)} idle")
    yield f"A loader worker (of {seen.workers:.0f}) spent {', '.join(parts)}."


def _of_disk(answer: Answer, seen: Numbers) -> Iterator[str]:
    if seen.read is not None and seen.from_disk is not None and (answer.kind == "disk" or seen.read > 1e6):
        yield f"It read {seen.read / 1e6:.1f} MB/s, {seen.from_disk / 1e6:.1f} MB/s of it from storage."
    if answer.kind == "disk":
        rank = answer.rank
        where = f" ({', '.join(rank.filesystems)})" if rank is not None and rank.filesystems else ""
        kind = {"network": "a network file system", "disk": "a disk that turns", "ssd": "an SSD"}.get(
            rank.storage if rank is not None else "", ""
        )
        if kind:
            yield f"The data lie on {kind}{where}."
        if seen.from_disk:
            yield "In a first epoch nothing is cached yet: if memory holds the data, watch again in the second."
        if seen.io_pressure is not None:
            yield f"Somebody on this machine waited for storage in {percent(seen.io_pressure)} of the time."


def _gain(answer: Answer) -> str:
    if answer.gain is None:
        return "The best possible gain cannot be told."
    if answer.kind == "gpu-bound" or answer.gain < 1.05:
        return f"Best possible gain from anything but the GPU: {answer.gain:.2f} times the speed."
    if answer.gain >= 20:
        return "Best possible gain: more than 20 times the speed, until the GPU is the slower side."
    return f"Best possible gain: {answer.gain:.1f} times the speed; then the GPU is the slower side."


def _none(series: Series, answer: Answer) -> Iterator[Setting]:
    return iter(())


_DATA = Setting("see what the data cost, and which cache or size pays", commands=(("envdoctor", "data", "PATH"),))


def _cpus(series: Series) -> int:
    return max(1, math.floor(series.cpus or 1))


def _affinity(answer: Answer) -> Iterator[Setting]:
    """Some libraries pin the process that imports them, and its workers inherit that."""
    rank = answer.rank
    if answer.kind in INPUT and rank is not None and (rank.worker_cpus or 0) < (rank.cpus or 0) and rank.worker_cpus:
        yield Setting(
            f"let the workers use all CPUs: their affinity allows {rank.worker_cpus}, the main process's {rank.cpus}",
            "worker_init_fn=lambda _: os.sched_setaffinity(0, os.sched_getaffinity(os.getppid()))",
        )


def _decode(series: Series, answer: Answer) -> Iterator[Setting]:
    seen = answer.numbers
    assert seen is not None and seen.gpu is not None
    cpus, workers = _cpus(series), max(1, round(seen.workers))
    wanted = min(cpus, math.ceil(workers * 0.95 / max(seen.gpu, 0.01)))
    free = cpus - (seen.job or 0.0) - (seen.others or 0.0)
    if wanted > workers and free >= 0.5:
        yield Setting(
            f"more workers: {workers} are at work all the time, and {free:.1f} CPUs are free", f"num_workers={wanted}"
        )
    yield Setting(
        "smaller images: decoding costs with every pixel, and larger ones than the training size are wasted",
        commands=(*_DATA.commands, ("envdoctor", "data", "resize", "PATH", "PATH-small", "--size", "640")),
    )
    if seen.worker is not None and seen.worker.cpu > 1.5:
        yield Setting("one thread a worker", "cv2.setNumThreads(0); torch.set_num_threads(1)")


def _disk(series: Series, answer: Answer) -> Iterator[Setting]:
    yield Setting("copy the data to a local SSD, or to /dev/shm where they fit, and train from there")
    yield _DATA
    if answer.rank is not None and answer.rank.storage == "network":
        yield Setting("more workers hide a network's delay, as long as it has bandwidth left", "prefetch_factor=4")


def _crowd(series: Series, answer: Answer) -> Iterator[Setting]:
    yield Setting(
        f"as many workers as CPUs that the job may use ({series.cpus or 1:g})", f"num_workers={_cpus(series)}"
    )
    if answer.rank is not None and (answer.rank.threads or 1) > 4:
        yield Setting("one thread a worker", "cv2.setNumThreads(0); torch.set_num_threads(1)", ())
    yield Setting("then make each image cheaper: the CPUs are all in use", commands=_DATA.commands)


def _neighbours(series: Series, answer: Answer) -> Iterator[Setting]:
    top = ("ps", "-eo", "user,pid,pcpu,etime,comm", "--sort=-pcpu")
    yield Setting("see who uses the CPUs, and agree, or move to another machine", commands=(top,))
    yield Setting("need less of them: smaller images, a cache", commands=_DATA.commands)


def _quota(series: Series, answer: Answer) -> Iterator[Setting]:
    workers = max(1, round(answer.numbers.workers)) if answer.numbers is not None else 1
    asked = max(workers + 1, _cpus(series) + 1)
    yield Setting(
        f"ask for more CPUs than {series.cpus or 0:g} where the job is started (one of these)",
        commands=(("sbatch", f"--cpus-per-task={asked}", "JOB"), ("docker", "run", f"--cpus={asked}", "IMAGE")),
    )
    yield Setting("no more workers than the quota gives CPUs", f"num_workers={_cpus(series)}")
    yield Setting("need less of them: smaller images, a cache", commands=_DATA.commands)


def _main(series: Series, answer: Answer) -> Iterator[Setting]:
    seen = answer.numbers
    if seen is not None and seen.worker is None:
        yield Setting(
            "let workers load the data", f"num_workers={max(1, min(8, _cpus(series)))}, persistent_workers=True"
        )
    else:
        yield Setting("take out of the loop what makes the GPU wait: .item(), print, logging of every step, drawing")


def _ranks(series: Series, answer: Answer) -> Iterator[Setting]:
    yield Setting(
        "watch the other ranks: the one whose GPU waits for data holds all of them up",
        commands=(("envdoctor", "watch", "PID"),),
    )


def _cpu_used(series: Series, answer: Answer) -> Iterator[Setting]:
    yield Setting("see whether this environment's torch can use the GPU", commands=(("envdoctor", "check"),))
    yield Setting("put the model and each batch on it", 'model.to("cuda"); batch = batch.to("cuda", non_blocking=True)')


def _shared(series: Series, answer: Answer) -> Iterator[Setting]:
    yield Setting(
        "see who else computes on it, and take a free one",
        commands=(("envdoctor", "gpus"), ("envdoctor", "preflight", "--gpus", "1")),
    )


_SETTINGS: Dict[str, Callable[[Series, Answer], Iterator[Setting]]] = {
    "decode": _decode,
    "disk": _disk,
    "too-many-workers": _crowd,
    "neighbours": _neighbours,
    "quota": _quota,
    "main-process": _main,
    "other-ranks": _ranks,
    "cpu-used": _cpu_used,
    "gpu-shared": _shared,
}


def _experiment(answer: Answer) -> Optional[Setting]:
    """One that settles what is left in doubt."""
    if answer.kind in ("cannot-tell", *INPUT, "balanced", "gpu-bound") and answer.rank is not None:
        if answer.confidence == "high" or not (answer.rank.torch or answer.rank.gpu is not None):
            return None
        return Setting(
            "train 50 steps with one batch again and again: if they are not quicker, it does not wait for data",
            "batch = next(iter(loader)); loader = [batch] * 50",
        )
    if answer.kind in ("main-process", "waits", "other-ranks") and answer.rank is not None:
        return Setting(
            "see where the main process is at this moment, a few times",
            commands=(("py-spy", "dump", "--pid", str(answer.rank.pid)),),
        )
    return None


def finds(answer: Answer) -> bool:
    """Whether something holds the job back that could be mended."""
    return answer.kind not in ("gpu-bound", "balanced", "cannot-tell")


def cause_of_doubt(series: Series) -> List[str]:
    """What was not seen, and what that means."""
    found = list(series.unseen)
    if isinstance(series.gpus, Absent):
        found.append("No NVIDIA driver answers here, so the GPU's side is not known.")
    for card in series.cards:
        if not isinstance(card.samples, Known):
            found.append(f"GPU {card.index} does not tell how busy it is (MIG, or an old driver).")
        elif card.period > 0.5:
            found.append(f"GPU {card.index} keeps no samples: it was asked now and then, and short gaps are not seen.")
    if series.world is not None and series.world > len(series.ranks):
        found.append(f"The job has {series.world} ranks; {len(series.ranks)} of them could be watched from here.")
    return found
