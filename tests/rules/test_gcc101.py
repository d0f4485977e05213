from __future__ import annotations

from envdoctor.facts import Compiler, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand, NeedToolchain, NeedVariable

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .test_cud101 import toolkit, toolkits


def compiler(name: str, version: str, path: str = "", family: str = "gcc") -> Compiler:
    path = path or f"/usr/bin/{name}"
    return Compiler(name, path, Known(family, path), Known(version, path), ("PATH",))


def compiled_by(host: Compiler, *others: Compiler, cuda: str = "12.1") -> Facts:
    facts = toolkits("/usr/local/cuda", toolkit("/usr/local/cuda", cuda))
    return change(facts, "compiler", compilers=Known((host, *others), "PATH"), host_compiler=Known(host, "PATH"))


def test_above_the_limit() -> None:
    finding = the_one("GCC101", compiled_by(compiler("g++", "13.2.0")))
    assert finding.severity == "note"
    assert "gcc 13.2.0" in finding.title and "up to 12" in finding.title
    assert "CUDA 12.1 takes gcc up to 12" in evidence(finding)
    own, admin = needs(finding)
    assert own == NeedToolchain(12)
    assert isinstance(admin, NeedCommand) and admin.commands[0][-1] == "g++-12"


def test_it_is_a_warning_where_something_is_compiled() -> None:
    facts = change(
        compiled_by(compiler("g++", "13.2.0")), "installs", requested=Known(("flash-attn",), "requirements.txt")
    )
    assert the_one("GCC101", facts).severity == "warning"


def test_an_older_pair_that_is_installed_comes_first() -> None:
    facts = compiled_by(
        compiler("g++", "13.2.0"),
        compiler("gcc-12", "12.3.0"),
        compiler("g++-12", "12.3.0"),
        compiler("gcc-11", "11.4.0"),
    )
    assert needs(the_one("GCC101", facts))[:3] == [
        NeedVariable("CC", "/usr/bin/gcc-12"),
        NeedVariable("CXX", "/usr/bin/g++-12"),
        NeedVariable("NVCC_CCBIN", "/usr/bin/g++-12"),
    ]


def test_clang_has_a_limit_of_its_own() -> None:
    assert silent("GCC101", compiled_by(compiler("clang++", "15.0.7", family="clang"))) == "pass"
    assert "clang 16" in the_one("GCC101", compiled_by(compiler("clang++", "16.0.0", family="clang"))).title


def test_near_misses() -> None:
    assert silent("GCC101", compiled_by(compiler("g++", "12.4.0"))) == "pass"  # only the major version counts
    new = change(healthy(), "compiler", host_compiler=Known(compiler("g++", "15.1.0"), "PATH"))
    assert silent("GCC101", new) == "not-applicable"  # without nvcc nobody asks for that limit


def test_not_applicable_and_cannot_tell() -> None:
    facts = compiled_by(compiler("g++", "13.2.0"))
    assert silent("GCC101", change(facts, "compiler", host_compiler=Absent(("PATH",)))) == "not-applicable"
    assert silent("GCC101", change(facts, "compiler", host_compiler=NOT_KNOWN)) == "cannot-tell"
    assert silent("GCC101", compiled_by(compiler("g++", "13.2.0"), cuda="99.1")) == "cannot-tell"
    nameless = Compiler("c++", "/usr/bin/c++", Known("gcc", "x"), NOT_KNOWN, ("PATH",))
    assert silent("GCC101", compiled_by(nameless)) == "cannot-tell"
