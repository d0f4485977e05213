from __future__ import annotations

import pytest

from envdoctor.facts import DeviceFile, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    healthy,
    in_container,
    needs,
    pci,
    silent,
    the_one,
    with_driver,
    with_gpus,
    with_variables,
    without_driver,
    without_gpu,
)

FILES = Known((DeviceFile("/dev/nvidiactl", True),), "/dev")


def test_no_driver_is_installed() -> None:
    finding = the_one("DRV102", without_driver(healthy()))
    assert finding.severity == "error" and "no NVIDIA driver" in finding.title
    assert "0000:3b:00.0 (10de:2204)" in evidence(finding)
    (admin,) = needs(finding)
    assert isinstance(admin, NeedCommand) and admin.who == "admin" and admin.commands[0][-1] == "nvidia-driver-580"


def test_installed_and_not_loaded() -> None:
    facts = change(without_driver(healthy()), "driver", library_version=Known("550.54.15", "libcuda.so.550.54.15"))
    facts = change(facts, "driver", nvml_status=Known("DRIVER_NOT_LOADED", "nvml"))
    finding = the_one("DRV102", facts)
    assert "550.54.15 is installed, but its kernel module is not loaded" in finding.title
    assert "NVML answers DRIVER_NOT_LOADED" in evidence(finding)
    assert any(
        isinstance(need, NeedCommand) and ("sudo", "modprobe", "nvidia") in need.commands for need in needs(finding)
    )


def test_nouveau_holds_the_gpu() -> None:
    facts = change(
        without_driver(healthy()),
        "driver",
        library_version=Known("550.54.15", "libcuda.so.550.54.15"),
        nouveau_loaded=Known(True, "/sys/module/nouveau"),
        pci_gpus=Known((pci("2204", "nouveau"),), "/sys/bus/pci/devices"),
    )
    assert "nouveau holds the GPU" in the_one("DRV102", facts).title


def container_without() -> Facts:
    """/sys of a container is the host's: module and PCI devices are seen, device files and libraries are not."""
    facts = in_container(healthy())
    facts = change(facts, "gpus", gpus=Absent(("libnvidia-ml.so.1",)))
    absent = Absent(("libnvidia-ml.so.1",))
    return change(facts, "driver", device_files=Known((), "/dev"), nvml_status=absent, library_version=absent)


def test_a_container_without_its_gpus() -> None:
    finding = the_one("DRV102", container_without())
    assert "started without its GPUs" in finding.title
    (test,) = needs(finding)
    assert isinstance(test, NeedCommand) and test.safety == "safe" and "--gpus" in test.commands[0]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("podman", "nvidia.com/gpu=all"), ("singularity", "--nv"), ("kubernetes", "resource limits"), ("lxc", "engine")],
)
def test_each_engine_has_its_own_words(kind: str, words: str) -> None:
    facts = change(container_without(), "session", container=Known(kind, "/proc/1/cgroup"))
    assert words in the_one("DRV102", facts).remedies[0].title


def test_a_container_that_was_told_to_have_none_is_the_other_rules_matter() -> None:
    facts = with_variables(container_without(), NVIDIA_VISIBLE_DEVICES="void")
    assert silent("DRV102", facts) == "not-applicable"


def test_a_container_without_the_drivers_libraries() -> None:
    files = Known((DeviceFile("/dev/nvidia0", True), DeviceFile("/dev/nvidiactl", True)), "/dev")
    facts = change(container_without(), "driver", device_files=files)
    facts = with_variables(facts, NVIDIA_DRIVER_CAPABILITIES="utility")
    assert "lacks compute" in the_one("DRV102", facts).title


def test_libraries_missing_on_the_machine_itself() -> None:
    facts = change(healthy(), "driver", library_version=Absent(("x",)), nvml_status=Absent(("x",)))
    finding = the_one("DRV102", change(facts, "gpus", gpus=Absent(("x",))))
    assert "user-space libraries are missing" in finding.title
    assert any(isinstance(need, NeedCommand) and "libnvidia-compute-550" in need.commands[0] for need in needs(finding))


def test_a_driver_that_has_dropped_the_gpu_and_one_that_does_not_know_it() -> None:
    pascal = change(with_driver(healthy(), "595.71.05", "13.2"), "driver", pci_gpus=Known((pci("1b06", ""),), "/sys"))
    finding = the_one("DRV102", with_gpus(pascal))
    assert "Pascal" in finding.title and "580" in finding.title
    blackwell = change(with_driver(healthy(), "535.129.03", "12.2"), "driver", pci_gpus=Known((pci("2b85", ""),), "/s"))
    finding = the_one("DRV102", with_gpus(blackwell))
    assert "Blackwell" in finding.title and "570" in finding.title


def test_a_driver_that_took_none_for_another_reason() -> None:
    finding = the_one("DRV102", with_gpus(healthy()))
    assert finding.confidence == "likely" and "has taken none" in finding.title


def test_near_misses() -> None:
    assert silent("DRV102", healthy()) == "pass"
    assert silent("DRV102", without_gpu(healthy())) == "not-applicable"  # a login node
    handed_on = change(without_driver(healthy()), "driver", pci_gpus=Known((pci("2204", "vfio-pci"),), "/sys"))
    assert silent("DRV102", handed_on) == "not-applicable"
    job = change(with_gpus(healthy()), "session", slurm_job=Known("4711", "SLURM_JOB_ID"))
    assert silent("DRV102", job) == "not-applicable"  # a job without --gres
    wsl = change(without_driver(healthy()), "session", wsl=Known("2", "/proc/version"))
    assert silent("DRV102", wsl) == "not-applicable"


def test_cannot_tell() -> None:
    assert silent("DRV102", change(without_gpu(healthy()), "driver", pci_gpus=NOT_KNOWN)) == "cannot-tell"
    assert silent("DRV102", change(without_driver(healthy()), "driver", module_version=NOT_KNOWN)) == "cannot-tell"
    unasked = change(healthy(), "driver", nvml_status=NOT_KNOWN)
    assert silent("DRV102", change(unasked, "gpus", gpus=NOT_KNOWN)) == "cannot-tell"


def test_pci_is_not_asked_where_the_driver_answers() -> None:
    assert silent("DRV102", change(healthy(), "driver", pci_gpus=NOT_KNOWN)) == "pass"
