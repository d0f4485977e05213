from __future__ import annotations

from envdoctor.facts import Facts
from envdoctor.reading import Known

from .asking import NOT_KNOWN, gpu, healthy, silent, the_one, with_gpus, without_gpu


def link(width: int, generation: int = 4, busy: int = 0) -> Facts:
    changed = gpu(
        0,
        pcie_width=Known(width, "nvml"),
        pcie_generation=Known(generation, "nvml"),
        utilisation=Known(busy, "nvml"),
    )
    return with_gpus(healthy(), changed)


def test_a_quarter_of_the_lanes() -> None:
    finding = the_one("GPU108", link(4))
    assert finding.severity == "warning" and "4 of 16" in finding.title


def test_half_of_them_may_be_on_purpose() -> None:
    assert the_one("GPU108", link(8)).severity == "note"


def test_a_slow_generation_counts_only_at_work() -> None:
    assert silent("GPU108", link(16, generation=1)) == "pass"
    assert the_one("GPU108", link(16, generation=2, busy=95)).severity == "note"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU108", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU108", with_gpus(healthy(), gpu(0, status="GPU_IS_LOST"))) == "not-applicable"
    assert silent("GPU108", with_gpus(healthy(), gpu(0, pcie_width=NOT_KNOWN))) == "cannot-tell"
