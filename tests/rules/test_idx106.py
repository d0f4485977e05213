from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedTorch

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import conda_env, fresh_venv, record, requirements

ID = "IDX106"


def pins(*lines: str) -> Facts:
    return change(conda_env(record("python", "3.11.7")), "installs", conda_pins=Known(lines, "conda-meta/pinned"))


def test_it_is_the_reason_where_torch_is_not_there() -> None:
    assert the_one(ID, requirements(fresh_venv(), "cudatoolkit==11.3", "torch")).severity == "error"
    assert the_one(ID, requirements(healthy(), "cudatoolkit==11.3", "torch")).severity == "warning"


@pytest.mark.parametrize("line", ["cudatoolkit==11.3", "pytorch-cuda=12.1", "cpuonly"])
def test_pip_is_asked_for_condas_packages(line: str) -> None:
    finding = the_one(ID, requirements(healthy(), "numpy", line))
    assert finding.severity == "warning" and line in finding.title
    assert needs(finding) == [NeedTorch()]
    assert silent(ID, requirements(conda_env(), line)) == "pass"  # conda reads such files too


@pytest.mark.parametrize("pin", ["pytorch-cuda=12.6", "pytorch-cuda 12.2", "pytorch-cuda==12.8.*"])
def test_a_pytorch_cuda_that_never_existed(pin: str) -> None:
    finding = the_one(ID, pins("python 3.11.*", pin))
    assert "no channel has it" in finding.title and "12.4" in evidence(finding)


@pytest.mark.parametrize(
    "pin", ["pytorch-cuda=12.1", "pytorch-cuda 11.8.*", "cudatoolkit=11.3", "numpy <2", "", "===", "cuda"]
)
def test_pins_that_exist_or_say_nothing(pin: str) -> None:
    assert silent(ID, pins(pin)) == "pass"


def test_macos_has_none() -> None:
    mac = change(pins("cudatoolkit=11.3"), "session", os=Known("darwin", "uname"))
    assert "macOS" in the_one(ID, mac).title


def test_requirements_without_them_and_unknown() -> None:
    assert silent(ID, requirements(healthy(), "torch", "cuda-python", "cupy-cuda12x")) == "pass"
    assert silent(ID, change(healthy(), "installs", requested=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "installs", conda_pins=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "installs", conda_pins=Absent(("pinned",)))) == "pass"
