"""A compiler without root, by whoever manages the environment."""

from __future__ import annotations

from typing import Optional

from envdoctor.cure import case_of, fix_of
from envdoctor.facts import Facts
from envdoctor.reading import Known
from envdoctor.report import Fix, NeedToolchain, Remedy
from tests.cure.cases import CONDA, conda, project, record, with_tools
from tests.cure.machines import TABLE
from tests.healthy import change, healthy

TRIPLE = "x86_64-conda-linux-gnu"


def fix(facts: Facts, need: NeedToolchain, manager: Optional[str] = None) -> Fix:
    return fix_of(Remedy("compile", (need,)), case_of(facts, TABLE, manager))


def test_into_the_conda_environment_where_it_is_one() -> None:
    made = fix(conda(record("numpy")), NeedToolchain(12))
    bin = f"{CONDA}/envs/yolo/bin/{TRIPLE}"
    assert made.commands == (
        ("export", f"CC={bin}-cc"),
        ("export", f"CXX={bin}-c++"),
        ("export", f"NVCC_PREPEND_FLAGS=-ccbin={bin}-c++"),
        ("conda", "install", "-n", "yolo", "-y", "gxx_linux-64=12", "-c", "conda-forge"),
    )


def test_beside_a_venv_in_an_environment_of_its_own() -> None:
    made = fix(with_tools(healthy(), "mamba"), NeedToolchain(15))
    assert made.commands[-1] == (
        "mamba", "create", "-p", "/home/ana/envs/gcc-13", "-y", "gxx_linux-64=13", "-c", "conda-forge",
    )  # fmt: skip


def test_nvcc_comes_with_a_compiler_that_it_takes() -> None:
    made = fix(with_tools(healthy(), "conda"), NeedToolchain(11, "11.8"))
    prefix = "/home/ana/envs/cuda-11.8"
    assert ("export", f"CUDA_HOME={prefix}") in made.commands
    assert made.commands[-1][:4] == ("conda", "create", "-p", prefix)
    assert made.commands[-1][-5:] == ("gxx_linux-64=11", "-c", "nvidia/label/cuda-11.8.0", "-c", "conda-forge")


def test_in_a_pixi_project() -> None:
    made = fix(project("pixi"), NeedToolchain(12))
    assert made.commands[-1] == ("pixi", "add", "--manifest-path", "/home/ana/work", "gxx_linux-64=12.*")


def test_where_nothing_can_bring_one() -> None:
    assert "micromamba" in fix(with_tools(healthy()), NeedToolchain(12)).note
    arm = change(with_tools(healthy(), "conda"), "session", machine=Known("aarch64", "uname"))
    assert "aarch64" in fix(arm, NeedToolchain(12)).note
    assert "nvcc of CUDA 7.5" in fix(with_tools(healthy(), "conda"), NeedToolchain(5, "7.5")).note
