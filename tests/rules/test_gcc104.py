from __future__ import annotations

from envdoctor.facts import Compiler, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedVariable

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .test_gcc101 import compiled_by, compiler


def with_torch(version: str, host: Compiler, *others: Compiler, cuda: str) -> Facts:
    return change(compiled_by(host, *others, cuda=cuda), "torch", version=Known(version, "version.py"))


OLD = with_torch("1.13.1+cu117", compiler("g++", "10.3.0"), cuda="11.3")


def test_torch_refuses_what_nvcc_takes() -> None:
    finding = the_one("GCC104", OLD)
    assert finding.severity == "note"
    assert finding.title == "torch 1.13.1+cu117 refuses gcc 10.3.0 for CUDA 11.3, which nvcc takes"
    assert "torch's check takes gcc 5.0.0 to below 10.2.2" in evidence(finding)
    assert needs(finding) == [NeedVariable("TORCH_DONT_CHECK_COMPILER_ABI", "1")]
    assert silent("GCC101", OLD) == "pass"  # nvcc's limit is 10


def test_an_older_pair_comes_first() -> None:
    facts = with_torch(
        "1.13.1+cu117",
        compiler("g++", "10.3.0"),
        compiler("gcc-9", "9.4.0"),
        compiler("g++-9", "9.4.0"),
        cuda="11.3",
    )
    assert needs(the_one("GCC104", facts))[:2] == [
        NeedVariable("CC", "/usr/bin/gcc-9"),
        NeedVariable("CXX", "/usr/bin/g++-9"),
    ]


def test_it_is_a_warning_where_something_is_compiled() -> None:
    facts = change(OLD, "installs", requested=Known(("flash-attn",), "requirements.txt"))
    assert the_one("GCC104", facts).severity == "warning"


def test_clang_has_bounds_of_its_own() -> None:
    clang = compiler("clang++", "18.1.8", family="clang")
    assert "clang 18.1.8" in the_one("GCC104", with_torch("2.12.1+cu126", clang, cuda="12.6")).title
    assert silent("GCC104", with_torch("2.9.1+cu126", clang, cuda="12.6")) == "pass"  # no bounds for CUDA 12 there


def test_near_misses() -> None:
    assert silent("GCC104", with_torch("1.13.1+cu117", compiler("g++", "10.2.1"), cuda="11.3")) == "pass"
    assert silent("GCC104", with_torch("2.0.1+cu117", compiler("g++", "10.3.0"), cuda="11.3")) == "pass"
    assert silent("GCC104", with_torch("1.13.1+cu117", compiler("g++", "11.4.0"), cuda="11.8")) == "pass"  # no bounds
    # Where nvcc refuses it too, gcc-too-new says so.
    assert silent("GCC104", with_torch("1.13.1+cu117", compiler("g++", "12.2.0"), cuda="11.3")) == "pass"
    switched = (("TORCH_DONT_CHECK_COMPILER_ABI", "1"),)
    assert silent("GCC104", change(OLD, "session", variables=Known(switched, "environment"))) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GCC104", healthy()) == "not-applicable"  # no toolkit
    assert silent("GCC104", change(OLD, "compiler", host_compiler=Absent(("PATH",)))) == "not-applicable"
    assert silent("GCC104", change(OLD, "compiler", host_compiler=NOT_KNOWN)) == "cannot-tell"
    assert silent("GCC104", change(OLD, "session", variables=NOT_KNOWN)) == "cannot-tell"
    assert silent("GCC104", change(OLD, "torch", version=Known("2.6.0.dev1", "version.py"))) == "cannot-tell"
