from __future__ import annotations

from envdoctor.reading import Known
from envdoctor.report import NeedVariable

from .asking import NOT_KNOWN, change, gpu, healthy, needs, silent, the_one, with_gpus, with_variables

MIXED = with_gpus(healthy(), gpu(0, name=Known("NVIDIA GeForce GTX 1080 Ti", "nvml")), gpu(1))


def test_two_models() -> None:
    finding = the_one("GPU106", MIXED)
    assert finding.severity == "note"
    assert needs(finding) == [NeedVariable("CUDA_DEVICE_ORDER", "PCI_BUS_ID")]


def test_chosen_by_index_it_is_a_warning() -> None:
    assert the_one("GPU106", with_variables(MIXED, CUDA_VISIBLE_DEVICES="0")).severity == "warning"
    assert the_one("GPU106", with_variables(MIXED, CUDA_VISIBLE_DEVICES="GPU-0000")).severity == "note"


def test_near_misses() -> None:
    assert silent("GPU106", with_gpus(healthy(), gpu(0), gpu(1))) == "pass"
    assert silent("GPU106", with_variables(MIXED, CUDA_DEVICE_ORDER="PCI_BUS_ID")) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU106", healthy()) == "not-applicable"
    assert silent("GPU106", change(MIXED, "session", variables=NOT_KNOWN)) == "cannot-tell"
