from __future__ import annotations

from typing import Any

import pytest

from envdoctor.reading import Absent, Known
from envdoctor.report import NeedEnvironment

from .asking import NOT_KNOWN, TABLE, asked, change, evidence, healthy, needs, silent, the_one
from .installed import elsewhere, fresh_venv, requirements, system_python

ID = "PYT103"


def python(**fields: Any) -> Any:
    return change(fresh_venv(), "python", **{name: Known(value, "ask") for name, value in fields.items()})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bits": 32}, "32-bit"),
        ({"implementation": "PyPy"}, "PyPy"),
        ({"libc": "musl 1.2.4"}, "musl"),
        ({"machine": "ppc64le"}, "linux_ppc64le"),
        ({"version": "3.4.10"}, "Python 3.4"),
        ({"version": "3.12.1", "free_threaded": True}, "free-threaded"),
        ({"version": "3.99.0"}, "Python 3.99"),
    ],
)
def test_no_torch_exists(fields: Any, words: str) -> None:
    finding = the_one(ID, python(**fields))
    assert words in finding.title
    assert finding.severity == "warning"  # as torch-missing's would be


def test_a_python_newer_than_the_table_is_not_certain() -> None:
    assert the_one(ID, python(version="3.99.0")).confidence == "likely"
    assert the_one(ID, python(version="3.4.10")).confidence == "certain"
    assert TABLE.date in evidence(the_one(ID, python(version="3.4.10")))


def test_another_python_mends_it_but_not_another_libc() -> None:
    assert needs(the_one(ID, python(version="3.4.10"))) == [NeedEnvironment()]
    assert needs(the_one(ID, python(libc="musl 1.2.4"))) == []


def test_severity_follows_the_wish() -> None:
    asked_for = requirements(python(version="3.4.10"), "torch")
    assert the_one(ID, asked_for).severity == "error"
    assert the_one(ID, change(system_python(healthy()), "python", version=Known("3.4.10", "ask"))).severity == "note"
    assert the_one(ID, elsewhere(asked_for)).severity == "note"  # interpreter-mismatch leads


@pytest.mark.parametrize("version", ["3.8.18", "3.11.7", "3.13.0"])
def test_supported_pythons(version: str) -> None:
    assert silent(ID, python(version=version)) == "pass"


def test_free_threaded_python_with_wheels() -> None:
    assert silent(ID, python(version="3.13.0", free_threaded=True)) == "pass"


def test_intel_macs_end_with_torch_2_2() -> None:
    mac = change(fresh_venv(), "session", os=Known("darwin", "uname"))
    assert silent(ID, change(mac, "python", version=Known("3.11.7", "ask"))) == "pass"
    assert "macos_x86_64" in the_one(ID, change(mac, "python", version=Known("3.13.0", "ask"))).title


def test_a_torch_that_is_there_settles_it() -> None:
    assert silent(ID, change(healthy(), "python", libc=Known("musl 1.2.4", "ask"))) == "pass"


def test_the_pinned_release_has_no_wheel_for_this_python() -> None:
    finding = the_one(ID, requirements(fresh_venv(), "torch==1.8.0", "numpy"))
    assert finding.severity == "error"
    assert "torch 1.8.0" in finding.title and "3.6 to 3.9" in finding.title
    assert needs(finding) == [NeedEnvironment(python="3.9", torch="1.8.0")]
    assert the_one(ID, requirements(healthy(), "torch==1.8.0")).severity == "warning"


def test_no_release_in_the_range_has_a_wheel_for_this_python() -> None:
    newer = python(version="3.12.1")
    finding = the_one(ID, requirements(newer, "torch>=1.7,<2.0"))
    assert finding.severity == "error" and "1.13.1" in finding.title and "Python 3.12" in finding.title
    assert needs(finding) == [NeedEnvironment(python="3.10", torch="1.13.1")]
    assert "of which no release has a wheel" in finding.title
    # Not the newest Python: one that most of the releases asked for have wheels for, and never the present one.
    (need,) = needs(the_one(ID, requirements(python(version="3.6.15"), "torch>=2.0")))
    assert need == NeedEnvironment(python="3.11")
    assert silent("PKG101", requirements(newer, "torch>=1.7,<2.0")) == "pass"  # which this is the reason of
    assert silent("PKG101", requirements(fresh_venv(), "torch==1.8.0")) == "pass"


@pytest.mark.parametrize("line", ["torch==2.5.1", "torch>=1.8", "torch", "torch==2.4.0", "torchvision==0.1.6"])
def test_requirements_that_this_python_can_have(line: str) -> None:
    assert silent(ID, requirements(healthy(), line)) == "pass"


def test_what_the_table_does_not_know() -> None:
    verdict = asked(ID, requirements(fresh_venv(), "torch==2.99.0"))
    assert verdict.status == "cannot-tell" and "2.99.0" in verdict.why


@pytest.mark.parametrize("field", ["version", "bits", "implementation", "machine"])
def test_unknown_facts(field: str) -> None:
    assert silent(ID, change(fresh_venv(), "python", **{field: NOT_KNOWN})) == "cannot-tell"


def test_unknown_torch() -> None:
    assert silent(ID, change(healthy(), "torch", path=NOT_KNOWN)) == "cannot-tell"
    absent = change(fresh_venv(), "python", version=Absent(("python",)))
    assert silent(ID, absent) == "not-applicable"
