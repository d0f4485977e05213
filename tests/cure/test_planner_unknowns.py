"""Machines without a GPU, or of which too little is known: a CPU build, or a refusal that says why."""

from __future__ import annotations

from typing import Any

import pytest

from envdoctor.cure.planner import pip_words
from envdoctor.reading import Absent, Known, Unknown
from tests.cure.machines import build, machine, no_plan, pci, plan, with_driver
from tests.healthy import change, gpu

WHL = "https://download.pytorch.org/whl/"


@pytest.mark.parametrize("gpus", [Known((), "nvml"), Absent(("libnvidia-ml.so.1",))])
def test_no_gpu_is_a_cpu_build(gpus: Any) -> None:
    found = plan(change(machine(None), "gpus", gpus=gpus))
    assert pip_words(found) == ("torch==2.15.0", "torchvision==0.29.2", "--index-url", WHL + "cpu")


def test_a_driver_without_a_gpu_is_a_cpu_build() -> None:
    assert plan(machine("550.54.15")).variant == "cpu"


def test_no_driver_loaded_and_gpus_not_known() -> None:
    facts = change(machine(None), "gpus", gpus=Unknown("timeout", "", "nvml"))
    facts = change(facts, "driver", pci_gpus=Unknown("denied", "", "/sys/bus/pci"))
    assert plan(facts).variant == "cpu"


def test_gpus_not_known_is_no_reason_to_guess() -> None:
    facts = change(machine("550.54.15"), "gpus", gpus=Unknown("timeout", "", "nvml"))
    facts = change(facts, "driver", pci_gpus=Unknown("denied", "", "/sys/bus/pci"))
    assert no_plan(facts) == "which GPUs are here is not known"


def test_a_gpu_whose_driver_is_not_known() -> None:
    facts = change(machine(None), "gpus", gpus=Absent(("libnvidia-ml.so.1",)))
    said = no_plan(change(facts, "driver", pci_gpus=pci("2204")))
    assert said == (
        "the GPU at 0000:00:00.0 (GeForce RTX 3090) is here, and which driver runs it is not known, "
        "so no CUDA can be chosen"
    )


def test_a_gpu_that_only_the_bus_sees_counts_with_its_id() -> None:
    facts = change(machine("580.82.07"), "gpus", gpus=Absent(("libnvidia-ml.so.1",)))
    assert build(change(facts, "driver", pci_gpus=pci("1db1"))) == "2.14.1+cu126"  # a V100
    assert "device id ffff" in no_plan(change(facts, "driver", pci_gpus=pci("ffff")))


def test_a_capability_that_nvml_does_not_say_is_looked_up_by_name() -> None:
    facts = machine("470.57.02")
    unnamed = gpu(0, name=Known("Tesla V100-SXM2-16GB", "nvml"), capability=Unknown("failed"))
    assert build(change(facts, "gpus", gpus=Known((unnamed,), "nvml"))) == "2.7.1+cu118"
    strange = gpu(0, name=Known("NVIDIA Graphics Device", "nvml"), capability=Unknown("failed"))
    said = no_plan(change(facts, "gpus", gpus=Known((strange,), "nvml")))
    assert said == "the table has no row for GPU 'NVIDIA Graphics Device'"


def test_a_broken_gpu_does_not_keep_the_others_from_being_used() -> None:
    lost = gpu(1, status="GPU_IS_LOST", name=Unknown("failed"), capability=Unknown("failed"))
    facts = change(machine("550.54.15"), "gpus", gpus=Known((gpu(0), lost), "nvml"))
    assert build(facts) == "2.14.1+cu126"


def test_a_driver_of_which_only_its_cuda_is_known() -> None:
    unknown = Unknown("not-looked")
    facts = machine("550.54.15", "8.6")
    facts = change(
        facts, "driver", module_version=unknown, nvml_driver_version=unknown, cuda=Known("12.2", "nvidia-smi")
    )
    assert build(facts) == "2.14.1+cu126"
    assert build(change(facts, "driver", cuda=Known("11.4", "nvidia-smi"))) == "2.7.1+cu118"
    old = change(
        machine("440.33", "7.0", python="3.8.10"), "driver", module_version=unknown, nvml_driver_version=unknown
    )
    assert build(change(old, "driver", cuda=Known("10.1", "nvidia-smi"))) == "1.8.1+cu101"


def test_wsl_has_the_driver_numbers_of_windows() -> None:
    # As a Linux driver 527.00 runs CUDA 12, as a Windows driver it does not: that begins with 527.41.
    linux = machine("527.00", "8.6")
    assert build(linux) == "2.14.1+cu126"
    wsl = change(linux, "session", wsl=Known("2", "/proc/version"))
    assert build(wsl) == "2.7.1+cu118"
    assert build(with_driver(wsl, "527.41")) == "2.14.1+cu126"
    assert build(change(with_driver(wsl, "581.29"), "driver", cuda=Known("13.0", "nvml"))) == "2.15.0+cu132"


@pytest.mark.parametrize(
    ("field", "reading", "words"),
    [
        ("bits", Known(32, "ask"), "32-bit"),
        ("implementation", Known("PyPy", "ask"), "PyPy"),
        ("libc", Known("musl 1.2.4", "ask"), "glibc"),
        ("version", Unknown("timeout", "", "ask"), "which Python this is is not known"),
    ],
)
def test_interpreters_without_torch(field: str, reading: Any, words: str) -> None:
    assert words in no_plan(change(machine("550.54.15", "8.6"), "python", **{field: reading}))


def test_free_threaded_builds_are_builds_of_their_own() -> None:
    facts = change(machine("580.82.07", "8.6", python="3.13.0"), "python", free_threaded=Known(True, "ask"))
    assert plan(facts).torch == "2.12.0"  # the last release with wheels for 3.13t
    facts = change(machine("580.82.07", "8.6", python="3.12.1"), "python", free_threaded=Known(True, "ask"))
    assert "has wheels for Python 3.12.1" in no_plan(facts)


def test_macos_takes_what_pypi_has() -> None:
    facts = change(machine(None, processor="arm64"), "session", os=Known("darwin", "uname"))
    assert pip_words(plan(facts)) == ("torch==2.15.0", "torchvision==0.29.2")
    old = change(machine(None), "session", os=Known("darwin", "uname"))
    assert plan(old).torch == "2.2.2"  # the last for Intel
