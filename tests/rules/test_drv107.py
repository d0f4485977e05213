from __future__ import annotations

from envdoctor.reading import Unknown

from .asking import NOT_KNOWN, change, evidence, gpu, healthy, silent, the_one, with_gpus, without_gpu


def test_no_answer_in_time_is_itself_the_fault() -> None:
    stuck = Unknown("timeout", "nvmlInit, process state D, wchan rwsem_down_write_slowpath", "nvml")
    finding = the_one("DRV107", change(healthy(), "driver", nvml_status=stuck))
    assert finding.confidence == "likely" and "state D" in evidence(finding)


def test_the_gpu_at_which_it_got_stuck_is_named() -> None:
    why = Unknown("timeout", "no answer within 7.5 s to nvmlDeviceGetMemoryInfo of GPU 1", "nvml")
    finding = the_one("DRV107", with_gpus(healthy(), gpu(0), gpu(1, status="NO_ANSWER", name=why), gpu(2)))
    assert finding.severity == "error" and "GPU 1" in finding.title and "nvmlDeviceGetMemoryInfo" in evidence(finding)
    crashed = Unknown("failed", "the driver's library crashed", "nvml")
    assert silent("DRV107", with_gpus(healthy(), gpu(0, status="NO_ANSWER", name=crashed))) == "pass"


def test_any_other_failure_of_the_look_is_not() -> None:
    assert silent("DRV107", change(healthy(), "driver", nvml_status=NOT_KNOWN)) == "cannot-tell"
    assert silent("DRV107", healthy()) == "pass"
    assert silent("DRV107", without_gpu(healthy())) == "not-applicable"
