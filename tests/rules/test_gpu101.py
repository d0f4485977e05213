from __future__ import annotations

import dataclasses

from envdoctor.reading import Absent, Known
from envdoctor.report import NeedVariable

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    held,
    holder,
    in_container,
    needs,
    silent,
    the_one,
    with_gpus,
    with_variables,
    without_gpu,
)


def uuid(index: int) -> str:
    return f"GPU-{index:08d}-0000-0000-0000-000000000000"


def test_every_gpu_is_taken() -> None:
    facts = with_gpus(healthy(), held(0, holder(4242, 22.5)), held(1, holder(4343, 21.0, user="cy")))
    finding = the_one("GPU101", facts)
    assert finding.severity == "error" and "2 of 2" in finding.title
    said = evidence(finding)
    assert "bo, pid 4242, 23040 MiB, python, since 2026-11-24T08:00:00Z" in said and "cy, pid 4343" in said
    assert not needs(finding)


def test_one_of_eight_is_a_note_that_names_the_free_ones() -> None:
    facts = with_gpus(healthy(), *(held(3, holder(1, 22)) if i == 3 else gpu(i) for i in range(8)))
    finding = the_one("GPU101", facts)
    assert finding.severity == "note" and "GPU 0" in finding.title
    assert needs(finding) == [NeedVariable("CUDA_VISIBLE_DEVICES", uuid(0))]


def test_the_first_one_full_is_a_warning_because_programs_land_there() -> None:
    facts = with_gpus(healthy(), held(0, holder(1, 23)), gpu(1, memory_free=Known(1 << 34, "nvml")), gpu(2))
    finding = the_one("GPU101", facts)
    assert finding.severity == "warning"
    assert needs(finding) == [NeedVariable("CUDA_VISIBLE_DEVICES", uuid(2))]  # the roomiest


def test_within_a_mask() -> None:
    facts = with_gpus(healthy(), held(0, holder(1, 23)), gpu(1))
    assert silent("GPU101", with_variables(facts, CUDA_VISIBLE_DEVICES="1")) == "pass"
    assert the_one("GPU101", with_variables(facts, CUDA_VISIBLE_DEVICES="0")).severity == "error"


def test_owners_that_are_not_visible() -> None:
    facts = with_gpus(healthy(), held(0, used=22))
    finding = the_one("GPU101", in_container(facts))
    assert finding.confidence == "likely" and "not visible" in evidence(finding)
    hidden = dataclasses.replace(holder(7, 22), user=Absent(("/proc/7",)), mine=NOT_KNOWN)
    assert "not in this /proc" in evidence(the_one("GPU101", with_gpus(healthy(), held(0, hidden))))


def test_near_misses() -> None:
    assert silent("GPU101", with_gpus(healthy(), held(0, holder(1, 23, mine=True)))) == "pass"  # one's own
    assert silent("GPU101", with_gpus(healthy(), held(0, holder(1, 12)))) == "pass"  # half is free
    assert silent("GPU101", with_gpus(healthy(), held(0, holder(1, 0.4)))) == "pass"  # a desktop
    busy = held(0, holder(1, 1), utilisation=Known(100, "nvml"))
    assert silent("GPU101", with_gpus(healthy(), busy)) == "pass"  # load alone holds no memory
    mine_mostly = held(0, holder(1, 19, mine=True), holder(2, 3))
    assert silent("GPU101", with_gpus(healthy(), mine_mostly)) == "pass"
    mig = held(0, holder(1, 23), mig_mode=Known(True, "nvml"))
    assert silent("GPU101", with_gpus(healthy(), mig)) == "pass"


def test_a_gpu_that_does_not_answer_is_not_offered() -> None:
    facts = with_gpus(healthy(), held(0, holder(1, 23)), gpu(1, status="GPU_IS_LOST"))
    assert not needs(the_one("GPU101", facts))


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU101", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU101", with_gpus(healthy())) == "not-applicable"
    assert silent("GPU101", change(healthy(), "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
    assert silent("GPU101", with_gpus(healthy(), gpu(0, memory_free=NOT_KNOWN))) == "cannot-tell"
