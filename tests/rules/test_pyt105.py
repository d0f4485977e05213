from __future__ import annotations

from envdoctor.facts import Facts
from envdoctor.reading import Known
from envdoctor.report import NeedEnvironment

from .asking import NOT_KNOWN, change, healthy, needs, silent, the_one
from .installed import requirements, system_python

ID = "PYT105"
MARKER = "/usr/lib/python3.11/EXTERNALLY-MANAGED"


def debian() -> Facts:
    return change(system_python(healthy()), "python", externally_managed=Known(MARKER, "ask"))


def test_a_distributions_python_takes_no_torch() -> None:
    finding = the_one(ID, debian())
    assert finding.severity == "note" and "/usr/bin/python3" in finding.title and MARKER in finding.because[0].says
    assert needs(finding) == [NeedEnvironment()]


def test_it_is_a_warning_where_torch_is_asked_for() -> None:
    assert the_one(ID, requirements(debian(), "torch>=2")).severity == "warning"


def test_where_torch_is_there_nothing_needs_to_be_installed() -> None:
    assert silent(ID, change(healthy(), "python", externally_managed=Known(MARKER, "ask"))) == "pass"


def test_a_venv_and_the_unknown() -> None:
    assert silent(ID, healthy()) == "not-applicable"
    assert silent(ID, change(healthy(), "python", externally_managed=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(debian(), "torch", path=NOT_KNOWN)) == "cannot-tell"
