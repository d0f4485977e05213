from __future__ import annotations

from envdoctor.reading import Known
from envdoctor.report import NeedCommand, NeedVariable

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    held,
    holder,
    needs,
    silent,
    the_one,
    with_gpus,
    without_gpu,
)

EXCLUSIVE = Known("exclusive-process", "nvml")


def test_exclusive_and_taken() -> None:
    finding = the_one("GPU102", with_gpus(healthy(), held(0, holder(4242, 2), compute_mode=EXCLUSIVE)))
    assert finding.severity == "error" and "bo, pid 4242" in finding.title
    assert "compute mode exclusive-process" in evidence(finding)
    (admin,) = needs(finding)
    assert isinstance(admin, NeedCommand) and admin.commands == (("sudo", "nvidia-smi", "-i", "0", "-c", "DEFAULT"),)


def test_by_ones_own_process_too() -> None:
    own = held(0, holder(4242, 2, user="ana", mine=True), compute_mode=EXCLUSIVE)
    assert "ana, pid 4242" in the_one("GPU102", with_gpus(healthy(), own)).title


def test_prohibited() -> None:
    facts = with_gpus(healthy(), gpu(0, compute_mode=Known("prohibited", "nvml")), gpu(1))
    finding = the_one("GPU102", facts)
    assert finding.severity == "warning" and "Prohibited" in finding.title
    assert needs(finding)[0] == NeedVariable("CUDA_VISIBLE_DEVICES", "GPU-00000001-0000-0000-0000-000000000000")


def test_near_misses() -> None:
    assert silent("GPU102", with_gpus(healthy(), gpu(0, compute_mode=EXCLUSIVE))) == "pass"  # free
    assert silent("GPU102", with_gpus(healthy(), held(0, holder(1, 20)))) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU102", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU102", with_gpus(healthy(), gpu(0, status="GPU_IS_LOST"))) == "not-applicable"
    assert silent("GPU102", change(healthy(), "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
    assert silent("GPU102", with_gpus(healthy(), gpu(0, compute_mode=NOT_KNOWN))) == "cannot-tell"
    blind = gpu(0, compute_mode=EXCLUSIVE, holders=NOT_KNOWN)
    assert silent("GPU102", with_gpus(healthy(), blind)) == "cannot-tell"
