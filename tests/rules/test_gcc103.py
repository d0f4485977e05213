from __future__ import annotations

import pytest

from envdoctor.facts import CondaRecord, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages, NeedTorch, NeedVariable

from .asking import NOT_KNOWN, change, evidence, healthy, needs, path_entries, silent, the_one, torch_build


def on_glibc(version: str, facts: Facts) -> Facts:
    facts = change(facts, "session", libc=Known(f"glibc {version}", "/lib64"))
    return change(facts, "python", libc=Known(f"glibc {version}", "ask"))


def test_glibc_below_the_wheels_floor() -> None:
    finding = the_one("GCC103", on_glibc("2.17", torch_build("2.7.1+cu126", "12.6")))
    assert finding.severity == "error" and "glibc 2.17" in finding.title and "2.28" in finding.title
    assert "needs glibc 2.28" in evidence(finding)
    assert needs(finding) == [NeedTorch(version="2.6.0")]  # the last that runs there, for Python 3.11


@pytest.mark.parametrize(
    ("torch", "cuda", "glibc"),
    [
        ("2.5.1+cu121", "12.1", "2.17"),
        ("2.6.0+cu124", "12.4", "2.17"),  # 2.6 differs per variant
        ("2.7.1+cu126", "12.6", "2.28"),
        ("2.7.1+cu126", "12.6", "2.35"),
    ],
)
def test_glibc_that_suffices(torch: str, cuda: str, glibc: str) -> None:
    assert silent("GCC103", on_glibc(glibc, torch_build(torch, cuda))) == "pass"


def test_in_2_6_one_variant_asks_for_more() -> None:
    the_one("GCC103", on_glibc("2.17", torch_build("2.6.0+cu126", "12.6")))


def test_conda_checks_glibc_itself() -> None:
    record = CondaRecord("pytorch", "2.7.1", "cuda126_py311", "conda-forge", "", True)
    facts = change(on_glibc("2.17", torch_build("2.7.1", "12.6")), "installs", conda=Known((record,), "conda-meta"))
    assert silent("GCC103", facts) == "pass"


def old_libstdcxx(path: str = "/usr/lib64/libstdc++.so.6") -> Facts:
    facts = change(healthy(), "libraries", libstdcxx_offers=Known("3.4.19", path))
    return change(facts, "torch", glibcxx_needed=Known("3.4.30", "torch/lib/libtorch_cpu.so"))


def test_libstdcxx_offers_less() -> None:
    finding = the_one("GCC103", old_libstdcxx())
    assert "GLIBCXX_3.4.19" in finding.title and "GLIBCXX_3.4.30" in finding.title
    assert "/usr/lib64/libstdc++.so.6" in evidence(finding)


def test_an_old_copy_on_the_path_is_taken_off() -> None:
    facts = change(
        old_libstdcxx("/opt/matlab/libstdc++.so.6"), "libraries", ld_library_path=path_entries("/opt/matlab")
    )
    assert needs(the_one("GCC103", facts))[0] == NeedVariable("LD_LIBRARY_PATH", None)


def test_conda_brings_a_newer_one() -> None:
    record = CondaRecord("libstdcxx-ng", "11.2.0", "h1", "conda-forge", "", False)
    facts = change(old_libstdcxx(), "installs", conda=Known((record,), "conda-meta"))
    assert needs(the_one("GCC103", facts)) == [NeedPackages(("libstdcxx-ng>=12",), upgrade=True)]


def test_near_misses() -> None:
    assert silent("GCC103", change(healthy(), "libraries", libstdcxx_offers=Known("3.4.19", "x"))) == "pass"
    musl = change(torch_build("2.7.1+cu126", "12.6"), "python", libc=Known("musl 1.2.4", "ask"))
    assert silent("GCC103", musl) == "pass"  # python-unsupported tells that


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GCC103", change(healthy(), "torch", version=Absent(("x",)))) == "not-applicable"
    assert silent("GCC103", change(healthy(), "session", os=Known("darwin", "uname"))) == "not-applicable"
    assert silent("GCC103", change(healthy(), "libraries", libstdcxx_offers=NOT_KNOWN)) == "cannot-tell"
    assert silent("GCC103", torch_build("2.6.0a0+git12", "12.4")) == "cannot-tell"
    unread = change(healthy(), "python", libc=NOT_KNOWN)
    assert silent("GCC103", change(unread, "session", libc=NOT_KNOWN)) == "cannot-tell"


def test_what_the_table_does_not_know_hides_nothing() -> None:
    facts = change(old_libstdcxx(), "torch", version=Known("2.6.0a0+git12", "version.py"))
    the_one("GCC103", facts)
