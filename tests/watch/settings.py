"""The settings of scripts/watch_bench.py: jobs of a known kind, each kind at several, in two halves.

Numbers of workers follow the CPUs that the machine gives. `half`: thresholds are fixed on "tune" and scored on "score".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

KINDS = (
    "decode",
    "disk",
    "too-many-workers",
    "gpu-bound",
    "main-process",
    "balanced",
    "neighbours",
    "quota",
    "cpu-used",
)


@dataclass(frozen=True)
class Setting:
    kind: str  # what the job is, by construction
    name: str
    job: Dict[str, Any]  # of tests/watch/job.py
    half: str = ""
    disk_mb: int = 0  # MB/s that the job's control group may read
    cpu_quota: float = 0.0  # CPUs that it may use
    burners: int = 0  # processes of somebody else's that use a CPU each
    holds_gpu: bool = True
    relative: float = 0.0  # gpu_ms as a multiple of what the workers need for a batch, measured first


def settings(cpus: int) -> Tuple[Setting, ...]:
    """All of them, every kind's alternating between the halves."""
    found: List[Setting] = []
    for kind in KINDS:
        for number, (name, how) in enumerate(_of(kind, cpus)):
            job = {"loader": "torch", "item": "jpeg", "workers": 1, "batch": 4, "gpu_ms": 20, **how.pop("job")}
            found.append(Setting(kind, f"{kind}: {name}", job, ("tune", "score")[number % 2], **how))
    return tuple(found)


def _of(kind: str, cpus: int) -> List[Tuple[str, Dict[str, Any]]]:
    one, all_ = 1, cpus
    if kind == "decode":
        return [
            ("1 worker, short steps", _job(workers=one, gpu_ms=20)),
            ("1 worker, longer steps", _job(workers=one, gpu_ms=60)),
            ("a worker for each CPU", _job(workers=all_, gpu_ms=20, batch=8)),
            ("1 worker, spinning steps", _job(workers=one, gpu_ms=40, spin=True)),
            ("plain loader", _job(workers=one, gpu_ms=10, loader="plain")),
            ("augmentation in Python", _job(workers=one, gpu_ms=60, item="spin", item_ms=40)),
            ("augmentation, spinning steps", _job(workers=one, gpu_ms=80, item="spin", item_ms=30, spin=True)),
            ("a worker for each CPU, small batches", _job(workers=all_, gpu_ms=8, batch=2)),
        ]
    if kind == "disk":
        return [
            ("1 worker, 30 MB/s", _disk(30, workers=one, gpu_ms=20)),
            ("2 workers, 40 MB/s", _disk(40, workers=2, gpu_ms=50)),
            ("4 workers, 60 MB/s, spinning steps", _disk(60, workers=4, gpu_ms=40, spin=True)),
            ("1 worker, 60 MB/s", _disk(60, workers=one, gpu_ms=60)),
            ("plain loader, 20 MB/s", _disk(20, workers=2, gpu_ms=20, loader="plain")),
            ("8 workers, 60 MB/s", _disk(60, workers=8, gpu_ms=20)),
            ("2 workers, 80 MB/s, long steps", _disk(80, workers=2, gpu_ms=150)),
            ("2 workers, 50 MB/s, spinning steps", _disk(50, workers=2, gpu_ms=80, spin=True)),
        ]
    if kind == "too-many-workers":
        return [
            ("3 a CPU", _job(workers=3 * cpus, gpu_ms=20)),
            ("4 a CPU", _job(workers=4 * cpus, gpu_ms=40)),
            ("6 a CPU", _job(workers=6 * cpus, gpu_ms=20)),
            ("3 a CPU, spinning steps", _job(workers=3 * cpus, gpu_ms=30, spin=True)),
            ("8 a CPU, small batches", _job(workers=8 * cpus, gpu_ms=10, batch=2)),
            ("4 a CPU, plain loader", _job(workers=4 * cpus, gpu_ms=20, loader="plain")),
        ]
    if kind == "gpu-bound":
        return [
            ("decoding is a third", {**_job(workers=all_, gpu_ms=0), **{"relative": 3.0}}),
            ("decoding is half", {**_job(workers=all_, gpu_ms=0), **{"relative": 2.0}}),
            ("spinning, decoding is a third", {**_job(workers=one, gpu_ms=0, spin=True), **{"relative": 3.0}}),
            ("spinning, decoding is half", {**_job(workers=one, gpu_ms=0, spin=True), **{"relative": 2.0}}),
            ("tiny items", _job(workers=2, gpu_ms=100, item="tiny")),
            ("tiny items, spinning", _job(workers=2, gpu_ms=100, item="tiny", spin=True)),
            ("no workers, tiny items", _job(workers=0, gpu_ms=80, item="tiny")),
            ("no workers, tiny items, spinning", _job(workers=0, gpu_ms=150, item="tiny", spin=True)),
            ("8 workers, long steps", _job(workers=8, gpu_ms=1500)),
            ("plain loader", {**_job(workers=one, gpu_ms=0, loader="plain"), **{"relative": 2.5}}),
        ]
    if kind == "main-process":
        return [
            ("logging takes longer than the step", _job(workers=2, gpu_ms=20, main_ms=60, item="tiny")),
            ("as long as the step", _job(workers=2, gpu_ms=50, main_ms=50, item="tiny")),
            ("longer, spinning steps", _job(workers=2, gpu_ms=40, main_ms=80, item="tiny", spin=True)),
            ("longer, plain loader", _job(workers=1, gpu_ms=10, main_ms=40, item="tiny", loader="plain")),
            ("no workers: decodes itself", _job(workers=0, gpu_ms=20)),
            ("no workers: decodes itself, spinning steps", _job(workers=0, gpu_ms=60, spin=True)),
            ("with decoding workers", _job(workers=1, gpu_ms=60, main_ms=500)),
            ("no workers, augmentation", _job(workers=0, gpu_ms=80, item="spin", item_ms=30)),
        ]
    if kind == "balanced":
        return [
            ("steps as long as loading", _job(workers=one, gpu_ms=200, item="spin", item_ms=50)),
            ("spinning, as long", _job(workers=one, gpu_ms=203, item="spin", item_ms=50, spin=True)),
            ("steps a little longer", _job(workers=one, gpu_ms=166, item="spin", item_ms=40)),
            ("steps a little shorter", _job(workers=one, gpu_ms=192, item="spin", item_ms=50)),
            ("small batches", _job(workers=one, gpu_ms=61, item="spin", item_ms=30, batch=2)),
            ("plain loader", _job(workers=one, gpu_ms=124, item="spin", item_ms=30, loader="plain")),
        ]
    if kind == "neighbours":
        return [
            ("2 a CPU", {**_job(workers=one, gpu_ms=20), **{"burners": 2 * cpus}}),
            ("1 a CPU, a worker for each CPU", {**_job(workers=all_, gpu_ms=20), **{"burners": cpus + 1}}),
            ("3 a CPU, longer steps", {**_job(workers=one, gpu_ms=60), **{"burners": 3 * cpus}}),
            ("2 a CPU, a worker for each CPU", {**_job(workers=all_, gpu_ms=30, batch=8), **{"burners": 2 * cpus}}),
        ]
    if kind == "quota":
        return [
            ("half a CPU", {**_job(workers=all_, gpu_ms=20), **{"cpu_quota": 0.5}}),
            (
                "0.7 CPUs, spinning augmentation",
                {**_job(workers=all_, gpu_ms=20, item="spin", item_ms=30), **{"cpu_quota": 0.7}},
            ),
            ("0.3 CPUs", {**_job(workers=one, gpu_ms=20), **{"cpu_quota": 0.3}}),
            ("half a CPU, plain loader", {**_job(workers=one, gpu_ms=20, loader="plain"), **{"cpu_quota": 0.5}}),
        ]
    return [
        ("workers decode", {**_job(workers=one, gpu_ms=100, spin=True), **{"holds_gpu": False}}),
        ("no workers", {**_job(workers=0, gpu_ms=200, spin=True, item="tiny"), **{"holds_gpu": False}}),
        ("2 workers", {**_job(workers=2, gpu_ms=300, spin=True, item="tiny"), **{"holds_gpu": False}}),
        ("long steps", {**_job(workers=1, gpu_ms=1000, spin=True), **{"holds_gpu": False}}),
    ]


def _job(**how: Any) -> Dict[str, Any]:
    return {"job": how}


def _disk(megabytes: int, **how: Any) -> Dict[str, Any]:
    return {"job": {"item": "npy", **how}, "disk_mb": megabytes}
