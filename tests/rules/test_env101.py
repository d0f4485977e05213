from __future__ import annotations

import pytest

from envdoctor.facts import DeviceFile, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedVariable

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    in_container,
    needs,
    silent,
    the_one,
    torch_build,
    with_gpus,
    with_variables,
    without_gpu,
)

UUID = "GPU-00000000-0000-0000-0000-000000000000"
TWO = with_gpus(healthy(), gpu(0), gpu(1))


def masked(value: str, facts: Facts = TWO) -> Facts:
    return with_variables(facts, CUDA_VISIBLE_DEVICES=value)


@pytest.mark.parametrize("value", ["", "-1", "2", "5,0", "'0'", "none", "0,0", "GPU-ffff", f"{UUID},{UUID}"])
def test_every_gpu_is_hidden(value: str) -> None:
    finding = the_one("ENV101", masked(value))
    assert finding.severity == "error" and "no GPU is left" in finding.title
    assert f"CUDA_VISIBLE_DEVICES={value}" in evidence(finding)
    assert needs(finding)[0] == NeedVariable("CUDA_VISIBLE_DEVICES", None)


@pytest.mark.parametrize("value", ["0,2", "1,-1,0", "0,,1", f"{UUID},GPU-ffff", f"{UUID},1"])
def test_the_list_ends_at_the_first_invalid_entry(value: str) -> None:
    finding = the_one("ENV101", masked(value))
    assert finding.severity == "warning" and "is left" in finding.title


@pytest.mark.parametrize("value", ["0", "1,0", "0, 1", "1gpu", UUID, "GPU-00000000", f"{UUID},GPU-00000001"])
def test_what_is_valid(value: str) -> None:
    assert silent("ENV101", masked(value)) == "pass"


def test_one_gpu_and_index_one() -> None:
    finding = the_one("ENV101", masked("1", healthy()))
    assert "there is no device 1: 1 GPU(s)" in finding.title
    assert needs(finding) == [NeedVariable("CUDA_VISIBLE_DEVICES", None)]


def test_the_roomiest_is_offered() -> None:
    full = gpu(0, memory_free=Known(1, "nvml"))
    finding = the_one("ENV101", masked("7", with_gpus(healthy(), full, gpu(1))))
    assert needs(finding)[1] == NeedVariable("CUDA_VISIBLE_DEVICES", "GPU-00000001-0000-0000-0000-000000000000")


def test_in_a_slurm_job_it_is_never_unset() -> None:
    job = change(masked("NoDevFiles"), "session", slurm_job=Known("4711", "SLURM_JOB_ID"))
    finding = the_one("ENV101", job)
    assert not needs(finding) and "ask Slurm" in finding.remedies[0].title
    assert finding.confidence == "likely"


def container(value: str, *files: str) -> Facts:
    facts = in_container(without_gpu(healthy()))
    facts = change(facts, "driver", pci_gpus=healthy().driver.pci_gpus)
    facts = change(facts, "driver", device_files=Known(tuple(DeviceFile(path, True) for path in files), "/dev"))
    return with_variables(facts, NVIDIA_VISIBLE_DEVICES=value)


@pytest.mark.parametrize("value", ["void", "none", ""])
def test_a_container_that_was_told_to_have_none(value: str) -> None:
    finding = the_one("ENV101", container(value))
    assert "NVIDIA_VISIBLE_DEVICES" in finding.title and finding.severity == "error"


def test_void_alone_says_nothing() -> None:
    """Engines that hand devices in by CDI set it to void as well."""
    facts = with_variables(in_container(healthy()), NVIDIA_VISIBLE_DEVICES="void")
    assert silent("ENV101", facts) == "pass"
    assert silent("ENV101", container("all")) == "pass"
    outside = with_variables(without_gpu(healthy()), NVIDIA_VISIBLE_DEVICES="void")
    assert silent("ENV101", outside) == "pass"


def test_not_applicable() -> None:
    assert silent("ENV101", masked("1", torch_build("2.5.1+cpu", ""))) == "not-applicable"
    assert silent("ENV101", masked("1", without_gpu(healthy()))) == "not-applicable"
    assert silent("ENV101", masked("MIG-1234")) == "not-applicable"


def test_cannot_tell() -> None:
    assert silent("ENV101", change(healthy(), "session", variables=NOT_KNOWN)) == "cannot-tell"
    assert silent("ENV101", change(masked("0"), "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
    nameless = with_gpus(healthy(), gpu(0, uuid=NOT_KNOWN))
    assert silent("ENV101", masked(UUID, nameless)) == "cannot-tell"


def test_no_torch_hides_no_mask() -> None:
    the_one("ENV101", change(masked("-1"), "torch", build=Absent(("torch",))))
