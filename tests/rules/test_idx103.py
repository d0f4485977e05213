from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedRemoved, NeedTorch

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    healthy,
    needs,
    silent,
    the_one,
    with_variables,
    without_driver,
    without_gpu,
)
from .installed import CONDA_SITE, conda_env, record

ID = "IDX103"
CPU = record("pytorch", "2.5.1", "py3.11_cpu_0")


def cpu_env(*records: object) -> Facts:
    facts = conda_env(*(records or (CPU,)))  # type: ignore[arg-type]
    where = f"{CONDA_SITE}/torch/version.py"
    return change(facts, "torch", build=Known("cpu", where), cuda=Absent((where,)))


def test_a_cpu_build_beside_a_gpu() -> None:
    finding = the_one(ID, cpu_env())
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "py3.11_cpu_0" in finding.title and "RTX 3090" in finding.title
    assert needs(finding) == [NeedTorch(reinstall=True)]


def test_what_points_to_the_cpu_is_said_and_removed() -> None:
    facts = cpu_env(CPU, record("cpuonly", "2.0", "0"), record("pytorch-mutex", "1.0", "cpu"))
    finding = the_one(ID, with_variables(facts, CONDA_OVERRIDE_CUDA=""))
    for words in ("cpuonly 2.0", "pytorch-mutex 1.0", "CONDA_OVERRIDE_CUDA="):
        assert words in evidence(finding)
    assert needs(finding) == [NeedRemoved(("cpuonly",), by="conda"), NeedTorch(reinstall=True)]


@pytest.mark.parametrize("build", ["cpu_mkl_py311h0b2a6a2_100", "cpu_generic_py310h_0", "cpu_py311h6d93b4c_0"])
def test_build_strings_of_other_channels(build: str) -> None:
    assert build in the_one(ID, cpu_env(record("pytorch", "2.5.1", build))).title


def test_a_gpu_on_the_bus_is_enough_where_nvml_was_not_asked() -> None:
    finding = the_one(ID, change(cpu_env(), "gpus", gpus=NOT_KNOWN))
    assert finding.confidence == "likely" and "an NVIDIA GPU" in finding.title


def test_cuda_builds_and_machines_without_a_gpu() -> None:
    cuda = record("pytorch", "2.5.1", "py3.11_cuda12.1_cudnn9.1.0_0")
    assert silent(ID, conda_env(cuda)) == "not-applicable"
    assert silent(ID, without_gpu(cpu_env())) == "not-applicable"
    assert silent(ID, without_driver(cpu_env())) == "not-applicable"
    assert silent(ID, healthy()) == "not-applicable"


def test_pips_cuda_build_over_it_is_another_matter() -> None:
    assert silent(ID, conda_env(CPU)) == "pass"


def test_unknown() -> None:
    assert silent(ID, change(cpu_env(), "installs", conda=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(cpu_env(), "torch", build=NOT_KNOWN)) == "cannot-tell"
    blind = change(cpu_env(), "gpus", gpus=NOT_KNOWN)
    assert silent(ID, change(blind, "driver", pci_gpus=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(blind, "driver", library_version=NOT_KNOWN)) == "cannot-tell"
