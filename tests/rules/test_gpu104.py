from __future__ import annotations

import pytest

from envdoctor.reading import Known
from envdoctor.report import NeedCommand, NeedVariable

from .asking import NOT_KNOWN, change, evidence, found, gpu, healthy, needs, silent, the_one, with_gpus, without_gpu

XID_79 = "[ 812.3] NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."


@pytest.mark.parametrize("status", ["GPU_IS_LOST", "RESET_REQUIRED", "TIMEOUT", "UNKNOWN", "INSUFFICIENT_POWER"])
def test_a_gpu_that_does_not_answer(status: str) -> None:
    finding = the_one("GPU104", with_gpus(healthy(), gpu(0), gpu(1, status=status)))
    assert finding.severity == "error" and "GPU 1" in finding.title and status in evidence(finding)
    assert needs(finding)[0] == NeedVariable("CUDA_VISIBLE_DEVICES", "GPU-00000000-0000-0000-0000-000000000000")


def test_only_sound_gpus_are_named() -> None:
    others = (gpu(1, mig_mode=Known(True, "nvml")), gpu(2, ecc_uncorrected=Known(1, "nvml")), gpu(3), gpu(4))
    facts = with_gpus(healthy(), gpu(0, status="GPU_IS_LOST"), *others)
    names = "GPU-00000003-0000-0000-0000-000000000000,GPU-00000004-0000-0000-0000-000000000000"
    assert [needs(one)[0] for one in found("GPU104", facts)] == [NeedVariable("CUDA_VISIBLE_DEVICES", names)] * 2


def test_without_another_gpu_only_an_administrator_can_help() -> None:
    finding = the_one("GPU104", with_gpus(healthy(), gpu(0, status="GPU_IS_LOST")))
    assert all(isinstance(need, NeedCommand) and need.who == "admin" for need in needs(finding))


@pytest.mark.parametrize(
    ("field", "value", "severity"),
    [("remap_failed", True, "error"), ("remap_pending", True, "warning"), ("ecc_uncorrected", 3, "warning")],
)
def test_memory_faults(field: str, value: object, severity: str) -> None:
    facts = with_gpus(healthy(), gpu(0, **{field: Known(value, "nvml")}))
    assert the_one("GPU104", facts).severity == severity


def test_xids_of_the_hardware() -> None:
    facts = change(healthy(), "gpus", xids=Known((XID_79, XID_79), "/dev/kmsg"))
    finding = the_one("GPU104", facts)
    assert finding.severity == "warning" and finding.confidence == "likely"
    assert "Xid 79, the GPU fell off the bus, 2 time(s)" in finding.title
    sick = with_gpus(facts, gpu(0, status="GPU_IS_LOST"))
    assert [one.severity for one in found("GPU104", sick)] == ["error", "note"]


def test_near_misses() -> None:
    program = "NVRM: Xid (PCI:0000:3b:00): 31, pid=4711, name=python, Ch 00000008, intr 10000000. MMU Fault"
    reset = "NVRM: Xid (PCI:0000:3b:00): 43, pid=4711, name=python, Ch 00000010"
    assert silent("GPU104", change(healthy(), "gpus", xids=Known((program, reset, "noise"), "/dev/kmsg"))) == "pass"
    refused = with_gpus(healthy(), gpu(0, status="NO_PERMISSION"))
    assert silent("GPU104", refused) == "pass"
    well = gpu(0, ecc_uncorrected=Known(0, "nvml"))
    assert silent("GPU104", with_gpus(healthy(), well)) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU104", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU104", change(healthy(), "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
