from __future__ import annotations

from envdoctor.reading import Unknown

from .asking import NOT_KNOWN, change, evidence, healthy, silent, the_one, without_gpu


def test_no_answer_in_time_is_itself_the_fault() -> None:
    stuck = Unknown("timeout", "nvmlInit, process state D, wchan rwsem_down_write_slowpath", "nvml")
    finding = the_one("DRV107", change(healthy(), "driver", nvml_status=stuck))
    assert finding.confidence == "likely" and "state D" in evidence(finding)


def test_any_other_failure_of_the_look_is_not() -> None:
    assert silent("DRV107", change(healthy(), "driver", nvml_status=NOT_KNOWN)) == "cannot-tell"
    assert silent("DRV107", healthy()) == "pass"
    assert silent("DRV107", without_gpu(healthy())) == "not-applicable"
