from __future__ import annotations

from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, evidence, healthy, in_container, needs, silent, the_one, without_gpu

NEWER = Known("550.90.07", "/usr/lib/x86_64-linux-gnu/libcuda.so.550.90.07")


def test_nvml_says_so() -> None:
    facts = change(healthy(), "driver", nvml_status=Known("LIB_RM_VERSION_MISMATCH", "nvml"), library_version=NEWER)
    finding = the_one("DRV103", facts)
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "module 550.54.15, libraries 550.90.07" in finding.title
    assert "NVML answers LIB_RM_VERSION_MISMATCH" in evidence(finding)
    admin = needs(finding)
    assert all(isinstance(need, NeedCommand) and need.who == "admin" for need in admin)
    assert isinstance(admin[0], NeedCommand) and admin[0].commands == (("sudo", "reboot"),)


def test_nvml_says_so_and_no_version_could_be_read() -> None:
    facts = change(healthy(), "driver", nvml_status=Known("LIB_RM_VERSION_MISMATCH", "nvml"), module_version=NOT_KNOWN)
    the_one("DRV103", change(facts, "driver", library_version=NOT_KNOWN))


def test_the_files_say_so() -> None:
    facts = change(healthy(), "driver", library_version=NEWER)
    quiet = the_one("DRV103", change(facts, "driver", nvml_status=NOT_KNOWN))
    assert quiet.severity == "error" and quiet.confidence == "likely"
    # NVML that answers has matched the module: then it is only a warning
    assert the_one("DRV103", facts).severity == "warning"


def test_in_a_container_the_host_is_asked_first() -> None:
    facts = change(healthy(), "driver", nvml_status=Known("LIB_RM_VERSION_MISMATCH", "nvml"), library_version=NEWER)
    assert "on the host" in the_one("DRV103", in_container(facts)).remedies[0].title


def test_near_misses() -> None:
    assert silent("DRV103", healthy()) == "pass"
    by_nvml = change(healthy(), "driver", library_version=Known("550.90.07", "nvml"))
    assert silent("DRV103", by_nvml) == "pass"  # an NVML that answers has matched the module
    compat = change(healthy(), "driver", library_version=NEWER, compat_library=Known("/x/compat/libcuda.so.1", "x"))
    assert silent("DRV103", compat) == "not-applicable"
    wsl = change(healthy(), "session", wsl=Known("2", "/proc/version"))
    assert silent("DRV103", change(wsl, "driver", library_version=NEWER)) == "not-applicable"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("DRV103", without_gpu(healthy())) == "not-applicable"
    assert silent("DRV103", change(healthy(), "driver", library_version=Absent(("x",)))) == "not-applicable"
    assert silent("DRV103", change(healthy(), "driver", library_version=NOT_KNOWN)) == "cannot-tell"
    assert silent("DRV103", change(healthy(), "driver", nvml_status=NOT_KNOWN)) == "cannot-tell"
