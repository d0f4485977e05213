from __future__ import annotations

from envdoctor.reading import Known
from envdoctor.report import NeedVariable

from .asking import NOT_KNOWN, evidence, gpu, healthy, needs, silent, the_one, with_gpus, without_gpu


def test_heat() -> None:
    hot = gpu(0, throttle_reasons=Known(("sw-power-cap", "hw-thermal"), "nvml"), temperature=Known(91, "nvml"))
    finding = the_one("GPU107", with_gpus(healthy(), hot, gpu(1)))
    assert finding.severity == "warning" and "heat" in finding.title and "91 degrees" in evidence(finding)
    assert needs(finding) == [NeedVariable("CUDA_VISIBLE_DEVICES", "GPU-00000001-0000-0000-0000-000000000000")]


def test_where_all_are_hot_there_is_nowhere_to_go() -> None:
    hot = gpu(0, throttle_reasons=Known(("sw-thermal",), "nvml"))
    assert not the_one("GPU107", with_gpus(healthy(), hot)).remedies


def test_the_power_limit_is_where_a_busy_gpu_works() -> None:
    assert silent("GPU107", with_gpus(healthy(), gpu(0, throttle_reasons=Known(("sw-power-cap",), "nvml")))) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU107", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU107", with_gpus(healthy(), gpu(0, status="GPU_IS_LOST"))) == "not-applicable"
    assert silent("GPU107", with_gpus(healthy(), gpu(0, throttle_reasons=NOT_KNOWN))) == "cannot-tell"
