from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Known
from envdoctor.report import NeedVariable

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one, torch_build
from .test_gcc101 import compiled_by, compiler


def with_torch(version: str, cuda: str, facts: Facts) -> Facts:
    return torch_build(version, cuda, ("sm_80",), facts)


def test_below_what_the_headers_ask() -> None:
    finding = the_one("GCC102", compiled_by(compiler("g++", "8.5.0")))
    assert finding.severity == "note"
    assert "gcc 8.5.0" in finding.title and "gcc 9" in finding.title
    assert "C++17.h" in evidence(finding)


@pytest.mark.parametrize(
    ("torch", "gcc", "status"),
    [
        ("2.5.1+cu121", "9.4.0", "pass"),
        ("2.1.2+cu121", "8.5.0", "pass"),  # 2.1 asks for C++17
        ("2.1.2+cu121", "5.5.0", "fail"),
        ("2.12.1+cu130", "9.4.0", "fail"),  # -std=c++20
        ("2.12.1+cu130", "11.4.0", "pass"),
        ("2.13.0a0+git77", "9.4.0", "fail"),  # headers are those of the series, whoever built it
    ],
)
def test_by_release(torch: str, gcc: str, status: str) -> None:
    facts = with_torch(torch, "12.1", compiled_by(compiler("g++", gcc)))
    if status == "fail":
        the_one("GCC102", facts)
    else:
        assert silent("GCC102", facts) == "pass"


def test_a_newer_pair_that_is_installed_comes_first() -> None:
    facts = compiled_by(compiler("g++", "8.5.0"), compiler("gcc-11", "11.2.1"), compiler("g++-11", "11.2.1"))
    assert needs(the_one("GCC102", facts))[0] == NeedVariable("CC", "/usr/bin/gcc-11")


def test_it_is_a_warning_where_something_is_compiled() -> None:
    facts = change(
        compiled_by(compiler("g++", "8.5.0")), "installs", requested=Known(("pytorch3d",), "requirements.txt")
    )
    assert the_one("GCC102", facts).severity == "warning"


def test_near_misses() -> None:
    old = change(healthy(), "compiler", host_compiler=Known(compiler("g++", "4.8.5"), "PATH"))
    assert silent("GCC102", old) == "not-applicable"  # nothing is compiled without nvcc
    assert silent("GCC102", compiled_by(compiler("clang++", "7.0.0", family="clang"))) == "not-applicable"


def test_cannot_tell() -> None:
    facts = compiled_by(compiler("g++", "8.5.0"))
    assert silent("GCC102", change(facts, "torch", version=NOT_KNOWN)) == "cannot-tell"
    assert silent("GCC102", change(facts, "toolkit", toolkits=NOT_KNOWN)) == "cannot-tell"
