from __future__ import annotations

import dataclasses
from typing import Tuple

import pytest

from envdoctor.facts import DeepTorch, DeviceFile, Facts
from envdoctor.reading import Known
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, evidence, healthy, in_container, needs, silent, the_one, without_gpu

ALL = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm")


def files(*paths: str, closed: Tuple[str, ...] = ()) -> Facts:
    every = tuple(DeviceFile(path, path not in closed) for path in (*paths, *closed))
    return change(healthy(), "driver", device_files=Known(every, "/dev"))


def test_uvm_is_missing_in_a_container() -> None:
    finding = the_one("DRV104", in_container(files("/dev/nvidia0", "/dev/nvidiactl")))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "/dev/nvidia-uvm is missing" in finding.title


def test_uvm_is_missing_on_the_machine_which_the_first_program_may_mend() -> None:
    finding = the_one("DRV104", files("/dev/nvidia0", "/dev/nvidiactl"))
    assert finding.severity == "warning" and finding.confidence == "likely"
    first = needs(finding)[0]
    assert isinstance(first, NeedCommand) and first.commands == (("sudo", "nvidia-modprobe", "-u", "-c=0"),)


@pytest.mark.parametrize("path", ["/dev/nvidia-uvm", "/dev/nvidiactl", "/dev/nvidia0"])
def test_closed_files(path: str) -> None:
    finding = the_one("DRV104", files(*(one for one in ALL if one != path), closed=(path,)))
    assert finding.severity == "error" and path in finding.title


def test_one_closed_gpu_of_two_is_a_note() -> None:
    assert the_one("DRV104", files(*ALL, closed=("/dev/nvidia1",))).severity == "note"


@pytest.mark.parametrize("answer", ["NO_PERMISSION", "UNKNOWN"])
def test_the_driver_refuses(answer: str) -> None:
    finding = the_one("DRV104", change(healthy(), "driver", nvml_status=Known(answer, "nvml")))
    assert finding.confidence == "likely" and answer in evidence(finding)


def test_in_a_slurm_job_a_gpu_is_asked_for() -> None:
    facts = change(healthy(), "driver", nvml_status=Known("NO_PERMISSION", "nvml"))
    finding = the_one("DRV104", change(facts, "session", slurm_job=Known("4711", "SLURM_JOB_ID")))
    assert "ask Slurm" in finding.remedies[0].title and not needs(finding)


def test_torch_says_it() -> None:
    text = "CUDA initialization: CUDA unknown error - this may be due to an incorrectly set up environment"
    deep = DeepTorch("2.5.1", "x", "12.1", False, 0, (), (), (), (text,), 1.0)
    facts = change(healthy(), "torch", deep=Known(deep, "import torch"))
    assert text in evidence(the_one("DRV104", facts))
    well = dataclasses.replace(deep, is_available=True)
    assert silent("DRV104", change(healthy(), "torch", deep=Known(well, "import torch"))) == "pass"


def test_a_driver_that_answers_without_any_file_is_not_understood() -> None:
    assert silent("DRV104", files()) == "cannot-tell"


def test_near_misses() -> None:
    assert silent("DRV104", healthy()) == "pass"
    assert silent("DRV104", files(*ALL, closed=("/dev/nvidia-modeset", "/dev/nvidia-nvswitch0"))) == "pass"
    wsl = change(files("/dev/dxg"), "session", wsl=Known("2", "/proc/version"))
    assert silent("DRV104", wsl) == "not-applicable"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("DRV104", without_gpu(healthy())) == "not-applicable"
    loaded = change(healthy(), "driver", nvml_status=Known("DRIVER_NOT_LOADED", "nvml"))
    assert silent("DRV104", loaded) == "not-applicable"
    assert silent("DRV104", change(healthy(), "driver", nvml_status=NOT_KNOWN)) == "cannot-tell"
    assert silent("DRV104", change(healthy(), "driver", device_files=NOT_KNOWN)) == "cannot-tell"
