from __future__ import annotations

from envdoctor.facts import DeviceFile, Facts, Library
from envdoctor.reading import Known, Unknown
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one, with_variables


def wsl(version: str = "2", *files: str) -> Facts:
    facts = change(healthy(), "session", wsl=Known(version, "/proc/version"))
    handed_in = Unknown("unparsable", "the file name carries no version", "/usr/lib/wsl/lib/libcuda.so.1.1")
    found = Known(tuple(DeviceFile(path, True) for path in files), "/dev")
    return change(facts, "driver", device_files=found, library_version=handed_in)


def test_wsl_1_has_no_gpu() -> None:
    finding = the_one("ENV102", with_variables(wsl("1"), WSL_DISTRO_NAME="Ubuntu-22.04"))
    (need,) = needs(finding)
    assert isinstance(need, NeedCommand) and need.commands == (("wsl.exe", "--set-version", "Ubuntu-22.04", "2"),)


def test_wsl_1_whose_name_is_not_known() -> None:
    (need,) = needs(the_one("ENV102", wsl("1")))
    assert isinstance(need, NeedCommand) and need.commands == (("wsl.exe", "--list", "--verbose"),)


def test_nothing_is_handed_in() -> None:
    assert "/dev/dxg is missing" in the_one("ENV102", wsl("2")).title


def test_a_linux_driver_inside() -> None:
    inside = Library("libcuda", "libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15", NOT_KNOWN, "system")
    facts = change(wsl("2", "/dev/dxg"), "libraries", libraries=Known((inside,), "/usr/lib"))
    works = the_one("ENV102", facts)
    assert works.severity == "warning" and inside.path in evidence(works)
    broken = change(facts, "driver", nvml_status=Known("DRIVER_NOT_LOADED", "nvml"))
    assert the_one("ENV102", broken).severity == "error"
    (need,) = needs(works)
    assert isinstance(need, NeedCommand) and need.who == "admin" and need.safety == "removes"


def test_near_misses() -> None:
    assert silent("ENV102", wsl("2", "/dev/dxg")) == "pass"
    handed_in = Library("libcuda", "libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1.1", NOT_KNOWN, "system")
    stub = Library("libcuda", "libcuda.so", "/usr/local/cuda/lib64/stubs/libcuda.so", NOT_KNOWN, "system")
    facts = change(wsl("2", "/dev/dxg"), "libraries", libraries=Known((handed_in, stub), "/usr/lib"))
    assert silent("ENV102", facts) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("ENV102", healthy()) == "not-applicable"
    assert silent("ENV102", change(healthy(), "session", wsl=NOT_KNOWN)) == "cannot-tell"
    assert silent("ENV102", change(wsl(), "driver", device_files=NOT_KNOWN)) == "cannot-tell"
