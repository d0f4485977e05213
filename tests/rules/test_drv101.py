from __future__ import annotations

from typing import Tuple

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand, NeedTorch

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    needs,
    silent,
    the_one,
    torch_build,
    with_driver,
    with_gpus,
    without_driver,
    without_gpu,
)

CU130 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")


def machine(torch: str, cuda: str, driver: str, driver_cuda: str, archs: Tuple[str, ...] = CU130) -> Facts:
    return with_driver(torch_build(torch, cuda, archs), driver, driver_cuda)


def test_cuda_13_on_a_driver_of_cuda_12() -> None:
    finding = the_one("DRV101", machine("2.11.0+cu130", "13.0", "550.54.15", "12.4"))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "550.54.15" in finding.title and "580" in finding.title
    assert "supports CUDA 12.4" in evidence(finding) and "CUDA 13.0 runs on drivers from 580" in evidence(finding)
    assert needs(finding)[0] == NeedTorch()
    admin = needs(finding)[1]
    assert isinstance(admin, NeedCommand) and admin.who == "admin"
    assert admin.commands[0] == ("sudo", "apt-get", "install", "--yes", "nvidia-driver-580")


@pytest.mark.parametrize(
    ("torch", "cuda", "driver", "driver_cuda"),
    [
        ("2.5.1+cu124", "12.4", "535.129.03", "12.2"),  # nvidia-smi says 12.2 under a 12.4 build
        ("2.7.1+cu128", "12.8", "525.60.13", "12.0"),
        ("2.5.1+cu118", "11.8", "450.80.02", "11.0"),
        ("1.12.1+cu102", "10.2", "550.54.15", "12.4"),  # an old CUDA on a new driver
        ("2.11.0+cu130", "13.0", "580.65.06", "13.0"),
    ],
)
def test_minor_version_compatibility_is_counted(torch: str, cuda: str, driver: str, driver_cuda: str) -> None:
    assert silent("DRV101", machine(torch, cuda, driver, driver_cuda)) == "pass"


@pytest.mark.parametrize(
    ("torch", "cuda", "driver"),
    [
        ("2.5.1+cu121", "12.1", "525.60.11"),
        ("2.5.1+cu121", "12.1", "470.256.02"),
        ("1.12.1+cu102", "10.2", "418.226.00"),  # before CUDA 11 every minor version has its own minimum
        ("2.0.1+cu117", "11.7", "440.64"),
    ],
)
def test_below_the_minimum(torch: str, cuda: str, driver: str) -> None:
    assert the_one("DRV101", machine(torch, cuda, driver, "11.4")).severity == "error"


def test_ptx_needs_a_driver_of_the_builds_cuda() -> None:
    """An RTX 5090 under a build that serves it by compute_90 only, and a driver older than that build's CUDA."""
    archs = ("sm_80", "sm_86", "sm_90", "compute_90")
    facts = machine("2.8.0+cu129", "12.9", "570.133.07", "12.8", archs)
    facts = with_gpus(facts, gpu(0, capability=Known("12.0", "nvml"), name=Known("NVIDIA GeForce RTX 5090", "nvml")))
    finding = the_one("DRV101", facts)
    assert "PTX" in finding.title and needs(finding)[0] == NeedTorch()
    # the same build on a GPU that it has binary code for
    assert silent("DRV101", with_gpus(facts, gpu(0))) == "pass"
    # and on a driver that is new enough
    newer = with_driver(facts, "575.57.08", "12.9")
    assert silent("DRV101", newer) == "pass"


def test_windows_counts_its_own_drivers() -> None:
    facts = change(machine("2.5.1+cu121", "12.1", "528.33", "12.0"), "session", wsl=Known("2", "/proc/version"))
    assert silent("DRV101", facts) == "pass"  # 527.41 is Windows' minimum
    facts = change(machine("2.5.1+cu121", "12.1", "526.98", "12.0"), "session", wsl=Known("2", "/proc/version"))
    assert "527.41" in the_one("DRV101", facts).title


def test_a_compatibility_library_stands_in() -> None:
    facts = machine("2.5.1+cu121", "12.1", "470.256.02", "11.4")
    library = "/usr/local/cuda-12.4/compat/libcuda.so.1"
    assert silent("DRV101", change(facts, "driver", compat_library=Known(library, library))) == "not-applicable"
    nameless = "/usr/local/cuda/compat/libcuda.so.1"
    assert silent("DRV101", change(facts, "driver", compat_library=Known(nameless, nameless))) == "cannot-tell"


def test_no_branch_is_recommended_that_drops_the_gpu() -> None:
    facts = machine("2.12.1+cu132", "13.2", "550.54.15", "12.4", ("sm_75", "sm_120"))
    facts = with_gpus(facts, gpu(0, capability=Known("6.1", "nvml"), name=Known("NVIDIA GeForce GTX 1080", "nvml")))
    commands = [need.commands for need in needs(the_one("DRV101", facts)) if isinstance(need, NeedCommand)]
    assert commands[0][0][-1] == "nvidia-driver-580"  # the last branch for Pascal


def test_an_unknown_distribution_gets_words_instead_of_commands() -> None:
    facts = change(machine("2.11.0+cu130", "13.0", "550.54.15", "12.4"), "session", distro=Known("Slackware 15", "x"))
    assert the_one("DRV101", facts).remedies[1].needs == ()


def test_not_applicable() -> None:
    assert silent("DRV101", torch_build("2.5.1+cpu", "")) == "not-applicable"
    assert silent("DRV101", without_gpu(healthy())) == "not-applicable"
    assert silent("DRV101", without_driver(healthy())) == "not-applicable"
    assert silent("DRV101", change(healthy(), "torch", build=Absent(("torch",)))) == "not-applicable"


def test_cannot_tell() -> None:
    unread = change(healthy(), "driver", module_version=NOT_KNOWN, nvml_driver_version=NOT_KNOWN)
    assert silent("DRV101", unread) == "cannot-tell"
    assert silent("DRV101", torch_build("9.9.9+cu999", "99.9")) == "cannot-tell"
    assert silent("DRV101", change(healthy(), "torch", cuda=NOT_KNOWN)) == "cannot-tell"


def test_a_jetson_numbers_its_drivers_otherwise() -> None:
    facts = machine("2.1.0a0+41361538.nv23.06", "11.4", "35.4.1", "11.4")
    assert silent("DRV101", change(facts, "session", kernel=Known("5.10.120-tegra", "uname"))) == "cannot-tell"


def test_nvml_alone_is_enough() -> None:
    facts = machine("2.11.0+cu130", "13.0", "550.54.15", "12.4")
    the_one("DRV101", change(facts, "driver", module_version=NOT_KNOWN))
