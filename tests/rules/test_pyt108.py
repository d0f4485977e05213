from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import fresh_venv, requirements

ID = "PYT108"


def pip(version: str, facts: Facts, python: str = "3.11.7") -> Facts:
    return change(facts, "python", pip_version=Known(version, "site"), version=Known(python, "ask"))


@pytest.mark.parametrize("version", ["9.0.1", "18.1", "19.2.3"])
def test_before_manylinux2014(version: str) -> None:
    finding = the_one(ID, pip(version, fresh_venv(), "3.6.15"))
    assert finding.severity == "warning" and version in finding.title and "manylinux2014" in finding.title
    assert needs(finding) == [NeedPackages(("pip",), upgrade=True)]


def test_where_nothing_is_to_be_installed_it_is_a_note() -> None:
    assert the_one(ID, pip("19.2.3", healthy())).severity == "note"
    assert the_one(ID, requirements(pip("19.2.3", healthy()), "pandas")).severity == "warning"


def test_before_pep_600_where_the_newest_torch_needs_it() -> None:
    finding = the_one(ID, pip("20.2.4", fresh_venv(), "3.9.1"))
    assert finding.severity == "warning" and "manylinux_2_28" in finding.title
    assert "2.28" in evidence(finding)


def test_near_misses() -> None:
    assert silent(ID, pip("20.0.2", fresh_venv(), "3.8.10")) == "pass"  # its newest torch is 2.4.1, manylinux1
    assert silent(ID, pip("20.3", fresh_venv(), "3.9.1")) == "pass"
    assert silent(ID, pip("20.2.4", healthy())) == "pass"
    old = change(pip("20.2.4", fresh_venv(), "3.9.1"), "python", libc=Known("glibc 2.17", "ask"))
    assert silent(ID, old) == "pass"  # such a wheel would not run there


def test_not_pips_matter() -> None:
    assert silent(ID, change(pip("18.1", healthy()), "python", manager=Known("uv", "cfg"))) == "not-applicable"
    assert silent(ID, change(pip("18.1", healthy()), "session", os=Known("darwin", "uname"))) == "not-applicable"
    assert silent(ID, change(healthy(), "python", pip_version=Absent(("sys.path",)))) == "not-applicable"


def test_unknown() -> None:
    assert silent(ID, change(healthy(), "python", pip_version=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "session", os=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(pip("20.2.4", fresh_venv()), "torch", path=NOT_KNOWN)) == "cannot-tell"
