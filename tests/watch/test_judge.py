from __future__ import annotations

import pytest

from envdoctor.reading import Absent, Known, Unknown
from envdoctor.watch.judge import INPUT, KINDS, judge
from envdoctor.watch.series import Series
from tests.test_architecture import PACKAGE, parts_imported

from .made import IDLE, card, rank, series, shares, simple


@pytest.mark.parametrize(
    "seen, kind",
    [
        (simple(0.98, shares(run=0.3)), "gpu-bound"),
        (simple(0.98, shares(run=0.3), main=shares(run=1.0)), "gpu-bound"),  # it spins in the CUDA synchronisation
        (simple(0.98, None), "gpu-bound"),
        (simple(0.3, shares(run=0.99)), "decode"),
        (simple(0.3, shares(run=0.99), main=shares(run=0.3)), "decode"),
        (simple(0.3, shares(run=0.05, disk=0.95)), "disk"),
        (simple(0.3, shares(run=0.05, remote=0.95)), "disk"),
        (simple(0.3, shares(run=0.3, delay=0.7), workers=24), "too-many-workers"),
        (simple(0.3, shares(run=0.3, delay=0.7), others=6.0), "neighbours"),
        (simple(0.3, shares(run=0.3, delay=0.7), quota=True, throttled=0.9), "quota"),
        (simple(0.3, shares(run=0.3), main=shares(run=0.75)), "main-process"),
        (simple(0.3, None, main=shares(run=0.75)), "main-process"),
        (simple(0.3, None, main=shares(disk=0.7)), "main-process"),
        (simple(0.1, shares(run=0.98), main=shares(run=0.85)), "main-process"),  # though its workers never rest
        (simple(0.95, shares(run=0.99)), "balanced"),
        (simple(0.3, shares(run=0.05)), "waits"),
        (simple(0.3, shares(run=0.05), world=8), "other-ranks"),
        (simple(0.3, shares(run=0.05), main=shares(remote=0.9), world=8), "other-ranks"),
    ],
)
def test_kinds(seen: Series, kind: str) -> None:
    answer = judge(seen)
    assert answer.kind == kind and kind in KINDS


def test_the_gain_is_what_the_gpu_leaves() -> None:
    assert judge(simple(0.25, shares(run=0.99))).gain == pytest.approx(4.0)
    assert judge(simple(0.98, shares(run=0.2))).gain == pytest.approx(1 / 0.98)
    assert judge(simple(0.0, shares(run=0.99))).gain == pytest.approx(100.0)  # no division by nothing


def test_both_sides_must_agree_for_high_confidence() -> None:
    assert judge(simple(0.3, shares(run=0.99))).confidence == "high"
    assert judge(simple(0.8, shares(run=0.99))).confidence == "medium"
    assert judge(simple(0.95, shares(run=0.8))).confidence == "medium"
    short = series((rank(shares(run=0.99), seconds=4),), (card(0.3, seconds=4),), seconds=4)
    assert (judge(short).kind, judge(short).confidence) == ("decode", "low")


def test_a_starved_rank_holds_the_others_up() -> None:
    """Two ranks step together: the one whose workers never rest decides, the other only waits for it."""
    waits = rank(shares(run=0.1), pid=1, gpu=0)
    starved = rank(shares(run=0.99), pid=2, gpu=1)
    answer = judge(series((waits, starved), (card(0.4, 0), card(0.35, 1)), world=2))
    assert answer.kind == "decode" and answer.rank is not None and answer.rank.pid == 2


def test_a_collective_that_spins_is_no_work() -> None:
    """100 % busy at a tenth of its power, in a job of several ranks."""
    low = card(1.0, power=Known(0.15, "NVML"))
    assert judge(series((rank(shares(run=0.1)),), (low,), world=2)).kind == "other-ranks"
    assert judge(series((rank(shares(run=0.1)),), (low,))).kind == "gpu-bound"  # alone it waits for nobody


def test_others_on_the_same_gpu() -> None:
    shared = card(0.99, others=Known(0.5, "NVML"))
    assert judge(series((rank(shares(run=0.1)),), (shared,))).kind == "gpu-shared"


def test_no_gpu_is_held() -> None:
    job = rank(shares(run=0.5), gpu=None)
    assert judge(series((job,), ())).kind == "cpu-used"
    assert judge(series((job,), ())).confidence == "high"
    assert judge(series((job,), (), gpus=Absent(("libnvidia-ml.so.1",)))).confidence == "medium"
    asked = judge(series((job,), (), gpus=Unknown("timeout", "no answer within 5 s", "NVML")))
    assert asked.kind == "cannot-tell" and "no answer within 5 s" in asked.why
    no_torch = judge(series((rank(shares(run=0.5), gpu=None, torch=None),), ()))
    assert no_torch.kind == "cannot-tell"


def test_a_gpu_that_does_not_tell_how_busy_it_is() -> None:
    silent = card(0.5, samples=Absent(("nvml: not supported",)))
    answer = judge(series((rank(shares(run=0.99)),), (silent,)))
    assert answer.kind == "cannot-tell" and answer.gain is None and "does not tell" in answer.why


def test_a_gpu_that_is_lost() -> None:
    answer = judge(series((rank(shares(run=0.99)),), (card(0.5, lost="GPU_IS_LOST"),)))
    assert (answer.kind, answer.why) == ("gpu-lost", "GPU_IS_LOST")


def test_a_job_that_ended_at_once() -> None:
    answer = judge(series((rank(None, None, seconds=1),), (card(0.0, seconds=1),), seconds=1, ended=True))
    assert answer.kind == "cannot-tell" and "ended after 1.0 s" in answer.why
    assert judge(series((), ())).kind == "cannot-tell"


def test_a_launched_jobs_start_does_not_count() -> None:
    """Ten seconds of importing, then a GPU that is always busy."""
    points = tuple((number / 6, 1.0 if number >= 60 else 0.0) for number in range(120))
    late = card(0.0, samples=Known(points, "NVML"))
    job = rank(shares(run=0.1), seconds=20)
    assert judge(series((job,), (late,), seconds=20, launched=True)).kind == "gpu-bound"
    assert judge(series((job,), (late,), seconds=20)).kind != "gpu-bound"


def test_a_compute_bound_job_is_never_input_bound() -> None:
    """Whatever the CPUs, the disk and the neighbours do beside it."""
    for worker in (shares(run=1.0), shares(delay=1.0), shares(disk=1.0), shares(remote=1.0), IDLE, None):
        for main in (IDLE, shares(run=1.0), shares(run=0.5, delay=0.5)):
            for others in (0.0, 8.0):
                seen = simple(0.97, worker, main, others=others, quota=True, throttled=1.0, workers=30)
                assert judge(seen).kind not in INPUT


@pytest.mark.parametrize("name", ["judge", "numbers", "advice", "chart", "series", "thresholds", "roles", "cards"])
def test_judging_never_touches_the_machine(name: str) -> None:
    assert not {"host", "_machine"} & set(parts_imported(PACKAGE / "watch" / f"{name}.py"))
