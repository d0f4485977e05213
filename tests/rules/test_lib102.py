from __future__ import annotations

from envdoctor.facts import Facts, SearchEntry
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedVariable

from .asking import (
    NOT_KNOWN,
    SITE,
    change,
    evidence,
    foreign_library,
    healthy,
    needs,
    path_entries,
    silent,
    the_one,
    torch_build,
)

OWN = f"{SITE}/nvidia/nvjitlink/lib/libnvJitLink.so.12.4.127"
FOLDER = "/usr/local/cuda-12.1/lib64"


def taken(file: str, own: str = OWN, soname: str = "libnvJitLink.so.12") -> Facts:
    facts = change(healthy(), "libraries", ld_library_path=path_entries(FOLDER))
    foreign = Known((foreign_library(soname, f"{FOLDER}/{file}", own),), SITE)
    return change(facts, "torch", foreign_libraries=foreign)


def test_an_older_copy_is_taken() -> None:
    finding = the_one("LIB102", taken("libnvJitLink.so.12.1.105"))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "libnvJitLink.so.12" in finding.title and FOLDER in finding.title
    assert "12.1.105" in evidence(finding) and "12.4.127" in evidence(finding)
    assert needs(finding) == [NeedVariable("LD_LIBRARY_PATH", None)]


def test_a_newer_copy_is_a_note() -> None:
    assert the_one("LIB102", taken("libnvJitLink.so.12.6.85")).severity == "note"


def test_versions_that_nothing_tells() -> None:
    finding = the_one("LIB102", taken("libnvJitLink.so.12", own=f"{SITE}/nvidia/nvjitlink/lib/libnvJitLink.so.12"))
    assert finding.severity == "warning" and finding.confidence == "likely"


def test_the_same_version_passes() -> None:
    assert silent("LIB102", taken("libnvJitLink.so.12.4.127")) == "pass"


def test_one_finding_a_folder() -> None:
    foreign = (
        foreign_library("libnvJitLink.so.12", f"{FOLDER}/libnvJitLink.so.12.1.105", OWN),
        foreign_library(
            "libcublas.so.12", f"{FOLDER}/libcublas.so.12.1.3", f"{SITE}/nvidia/cublas/lib/libcublas.so.12.4.5"
        ),
    )
    finding = the_one("LIB102", change(healthy(), "torch", foreign_libraries=Known(foreign, SITE)))
    assert "libcublas.so.12, libnvJitLink.so.12" in finding.title


def test_the_stub_of_the_driver() -> None:
    entries = Known(
        (
            SearchEntry("/usr/local/cuda/lib64/stubs/", Known(True, "x"), ("libcuda.so.1",)),
            SearchEntry("/opt/lib", Known(True, "x"), ()),
        ),
        "LD_LIBRARY_PATH",
    )
    finding = the_one("LIB102", change(healthy(), "libraries", ld_library_path=entries))
    assert finding.severity == "error" and "stub" in finding.title
    assert needs(finding) == [NeedVariable("LD_LIBRARY_PATH", "/opt/lib")]


def test_near_misses() -> None:
    # a toolkit on the path whose libraries are never taken
    assert silent("LIB102", change(healthy(), "libraries", ld_library_path=path_entries(FOLDER))) == "pass"
    # a stub folder for linking alone: no libcuda.so.1 in it
    linking = Known((SearchEntry("/usr/local/cuda/lib64/stubs", Known(True, "x"), ("libcuda.so",)),), "LD_LIBRARY_PATH")
    assert silent("LIB102", change(healthy(), "libraries", ld_library_path=linking)) == "pass"
    # cuDNN and libstdc++ have rules of their own
    assert silent("LIB102", taken("libcudnn.so.9.0.0", soname="libcudnn.so.9")) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("LIB102", torch_build("2.5.1+cpu", "")) == "not-applicable"
    assert silent("LIB102", change(healthy(), "torch", foreign_libraries=NOT_KNOWN)) == "cannot-tell"
    assert silent("LIB102", change(healthy(), "torch", build=Absent(("x",)))) == "not-applicable"
