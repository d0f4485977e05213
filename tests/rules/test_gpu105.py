from __future__ import annotations

import dataclasses

from envdoctor.reading import Absent, Known

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    held,
    holder,
    in_container,
    silent,
    the_one,
    with_gpus,
    without_gpu,
)


def test_memory_that_nobody_explains() -> None:
    finding = the_one("GPU105", with_gpus(healthy(), held(0, holder(1, 2, mine=True), used=20)))
    assert finding.severity == "warning" and finding.confidence == "likely" and "18.0 GiB" in finding.title
    assert "1 process(es) listed, which hold 2.0 GiB" in evidence(finding)


def test_a_zombie() -> None:
    dead = holder(4242, 20, state=Known("Z", "/proc/4242/stat"))
    assert "4242" in evidence(the_one("GPU105", with_gpus(healthy(), held(0, dead))))


def test_near_misses() -> None:
    assert silent("GPU105", with_gpus(healthy(), held(0, holder(1, 19), used=20))) == "pass"
    unreported = holder(1, 0, memory=NOT_KNOWN)
    assert silent("GPU105", with_gpus(healthy(), held(0, unreported, used=20))) == "pass"
    mps = holder(1, 0.1, kind="M")
    assert silent("GPU105", with_gpus(healthy(), held(0, mps, used=20))) == "pass"
    other_namespace = dataclasses.replace(holder(1, 2), user=Absent(("/proc/1",)))
    assert silent("GPU105", with_gpus(healthy(), held(0, other_namespace, used=20))) == "pass"
    mig = held(0, used=20, mig_mode=Known(True, "nvml"))
    assert silent("GPU105", with_gpus(healthy(), mig)) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU105", in_container(with_gpus(healthy(), held(0, used=20)))) == "not-applicable"
    assert silent("GPU105", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU105", with_gpus(healthy(), gpu(0, holders=NOT_KNOWN))) == "cannot-tell"
    assert silent("GPU105", change(healthy(), "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
