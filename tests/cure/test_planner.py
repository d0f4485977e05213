"""Which build of torch each machine is given: driver, GPUs, Python and C library."""

from __future__ import annotations

from typing import Tuple

import pytest

from envdoctor.cure.planner import pip_words
from tests.cure.machines import build, machine, no_plan, plan, with_packages
from tests.healthy import dist

WHL = "https://download.pytorch.org/whl/"


@pytest.mark.parametrize(
    ("driver", "capability", "expected"),
    [
        # A1, A2: from 2.11 on the default needs driver 580; below it, 12.6 is the one CUDA 12 index that goes on.
        ("580.82.07", "8.6", "2.15.0+cu132"),
        ("550.54.15", "8.6", "2.14.1+cu126"),
        ("535.129.03", "8.6", "2.14.1+cu126"),
        ("525.60.13", "8.6", "2.14.1+cu126"),
        ("525.60.12", "8.6", "2.7.1+cu118"),
        ("520.61.05", "8.6", "2.7.1+cu118"),
        ("470.57.02", "8.6", "2.7.1+cu118"),
        ("450.80.02", "8.6", "2.7.1+cu118"),
        # A3: Blackwell below 580 has 12.8; 12.9 exists and is in no official command.
        ("570.133.07", "12.0", "2.11.0+cu128"),
        ("570.133.07", "10.0", "2.11.0+cu128"),
        ("580.82.07", "12.0", "2.15.0+cu132"),
        # A4, A8: CUDA 13 runs on the driver, and has nothing for these.
        ("580.82.07", "7.0", "2.14.1+cu126"),
        ("580.82.07", "6.1", "2.14.1+cu126"),
        ("580.82.07", "5.2", "2.14.1+cu126"),
        ("580.82.07", "7.5", "2.15.0+cu132"),
        ("470.256.02", "3.7", "2.7.1+cu118"),
        # A7: no list names these; a lower minor of the same major serves them.
        ("550.54.15", "8.9", "2.14.1+cu126"),
        ("580.82.07", "10.3", "2.15.0+cu132"),
        ("580.82.07", "12.1", "2.15.0+cu132"),
    ],
)
def test_newest_build_for_driver_and_gpu(driver: str, capability: str, expected: str) -> None:
    assert build(machine(driver, capability)) == expected


@pytest.mark.parametrize(
    ("driver", "python", "expected"),
    [
        # Before CUDA 11 each release needs its own driver.
        ("450.80.01", "3.8.10", "1.12.1+cu102"),
        ("440.33", "3.8.10", "1.12.1+cu102"),
        ("440.32", "3.8.10", "1.8.1+cu101"),
        ("418.39", "3.7.9", "1.8.1+cu101"),
        ("410.48", "3.8.10", "1.7.1+cu92"),
        ("396.26", "3.8.10", "1.7.1+cu92"),
    ],
)
def test_old_drivers(driver: str, python: str, expected: str) -> None:
    assert build(machine(driver, "7.0", python=python)) == expected


def test_a_driver_that_runs_nothing() -> None:
    assert no_plan(machine("390.48", "6.1")) == "driver 390.48 runs none of these builds: the oldest is for CUDA 9.2"


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (("7.0", "12.0"), "2.10.0+cu128"),  # the one list that has both Volta and Blackwell
        (("6.1", "8.6"), "2.14.1+cu126"),
        (("8.6", "8.9", "9.0"), "2.15.0+cu132"),
    ],
)
def test_every_gpu_counts(capabilities: Tuple[str, ...], expected: str) -> None:
    assert build(machine("580.82.07", *capabilities)) == expected


def test_gpus_that_no_build_serves_together() -> None:
    said = no_plan(machine("580.82.07", "6.1", "12.0"))
    assert said.startswith(
        "no build that this driver runs has code for every GPU here (GPU 0 (NVIDIA GeForce RTX 3090)"
    )
    assert "compute capability 6.1" in said
    assert "compute capability 12.0" in said


def test_a_gpu_older_than_every_build() -> None:
    # torch 1.4 has PTX for 3.7 and binary code for none below it.
    assert "compute capability 3.5" in no_plan(machine("470.256.02", "3.5", python="3.8.10"))


def test_ptx_is_not_taken_for_support() -> None:
    # torch 1.4 has compute_37, which a driver could compile for any later GPU; cuDNN and cuBLAS of its day could not.
    assert "needs glibc 2.28" in no_plan(machine("570.133.07", "12.0", glibc="2.17"))
    assert "compute capability 13.0" in no_plan(machine("999.1", "13.0"))


def test_pascal_and_the_build_that_left_it_out() -> None:
    facts = machine("550.54.15", "6.1", python="3.8.10")
    assert build(facts, version="1.8.0") == "1.8.0+cu102"
    assert build(facts, version="1.8.1") == "1.8.1+cu111"
    # A5: Ampere never runs on the 10.2 builds.
    assert build(machine("550.54.15", "8.0", python="3.8.10"), version="1.9.0") == "1.9.0+cu111"


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("3.8.18", "2.4.1"),
        ("3.9.18", "2.8.0"),
        ("3.7.16", "1.13.1"),
        ("3.6.15", "1.10.1"),  # 1.10.2 has wheels for it, its torchvision has none
        ("3.10.13", "2.14.1"),
        ("3.13.0", "2.14.1"),
    ],
)
def test_python_and_the_companions(python: str, expected: str) -> None:
    assert plan(machine("550.54.15", "8.6", python=python)).torch == expected


def test_python_313_and_the_release_whose_companions_lack_it() -> None:
    assert plan(machine("550.54.15", "8.6", python="3.13.0", glibc="2.17")).torch == "2.6.0"


def test_a_python_that_nothing_is_built_for() -> None:
    said = no_plan(machine("550.54.15", "8.6", python="3.16.0"))
    assert "Python 3.16.0: they are for 3.6, 3.7," in said
    assert "no build that would fit has wheels for Python 3.14.5" in no_plan(
        machine("470.256.02", "3.7", python="3.14.5")
    )


def test_the_python_that_torchvision_refuses() -> None:
    assert plan(machine("580.82.07", "8.6", python="3.14.1")).torch == "2.10.0"
    assert plan(machine("580.82.07", "8.6", python="3.14.2")).torch == "2.15.0"


@pytest.mark.parametrize(
    ("glibc", "driver", "expected"),
    [
        ("2.17", "550.54.15", "2.6.0+cu124"),  # D9: not the 12.6 build of the same release
        ("2.27", "535.129.03", "2.6.0+cu118"),  # 11.8 is what this driver has itself
        ("2.28", "550.54.15", "2.14.1+cu126"),
    ],
)
def test_glibc(glibc: str, driver: str, expected: str) -> None:
    assert build(machine(driver, "8.6", glibc=glibc)) == expected


def test_glibc_too_old_for_the_gpu() -> None:
    said = no_plan(machine("570.133.07", "12.0", glibc="2.17"))
    assert said == "every build that would fit needs glibc 2.28, and this system has 2.17"


def test_kepler_with_everything_against_it() -> None:
    assert build(machine("470.256.02", "3.7", python="3.9.18", glibc="2.17")) == "2.6.0+cu118"


@pytest.mark.parametrize(
    ("driver", "capability", "expected"),
    [
        ("550.90.07", "9.0", "2.10.0+cu128"),  # A10: GH200
        ("580.82.07", "9.0", "2.14.1+cu130"),
        ("580.82.07", "12.1", "2.14.1+cu130"),  # GB10
        ("580.82.07", "11.0", "2.14.1+cu130"),  # Thor: 12.8 has nothing for it
    ],
)
def test_aarch64(driver: str, capability: str, expected: str) -> None:
    found = plan(machine(driver, capability, processor="aarch64"))
    assert f"{found.torch}+{found.variant}" == expected
    assert found.url == WHL + found.variant


def test_aarch64_without_a_gpu() -> None:
    facts = machine(None, processor="aarch64", python="3.9.18")
    assert pip_words(plan(facts)) == (
        "torch==2.8.0",
        "torchvision==0.23.0",
        "torchaudio==2.8.0",
    )  # PyPI's are CPU builds
    assert plan(machine(None, processor="aarch64")).url == WHL + "cpu"  # from 2.11 on they are not


def test_other_processors() -> None:
    assert (
        no_plan(machine("550.54.15", "7.0", processor="ppc64le")) == "no CUDA build of torch for linux_ppc64le is known"
    )


def test_a_torchvision_that_is_left_says_which_torch_is_missing() -> None:
    left = dist("torchvision", "0.16.0+cu121", requires=("numpy", "torch==2.1.0", "pillow"))
    made = plan(with_packages(machine("550.54.15", "8.6"), left))
    assert made.packages == (("torch", "2.1.0"), ("torchvision", "0.16.0")) and made.variant == "cu121"
    # A range tells nothing, and then the newest is chosen as ever.
    loose = dist("torchvision", "0.16.0", requires=("torch>=2.1.0",))
    assert plan(with_packages(machine("550.54.15", "8.6"), loose)).torch != "2.1.0"
