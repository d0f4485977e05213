"""`import envdoctor` is cheap, and its three functions are the flow in parts."""

import subprocess
import sys

import pytest

import envdoctor
from envdoctor.facts import Facts
from envdoctor.report import Report
from tests.healthy import healthy


def test_importing_it_loads_nothing_else() -> None:
    script = (
        "import sys; before = set(sys.modules); import envdoctor; "
        "print(*sorted(set(sys.modules) - before - {'envdoctor', '__future__'}))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"


def test_judge_is_the_function_whatever_was_imported_before() -> None:
    verdicts = envdoctor.judge(healthy())
    assert verdicts and {verdict.status for verdict in verdicts} <= {"pass", "not-applicable", "cannot-tell"}
    assert envdoctor.judge(healthy()) is not None


@pytest.mark.real
def test_look_and_check_see_the_interpreter_named() -> None:
    facts = envdoctor.look(sys.executable)
    assert isinstance(facts, Facts)
    report = envdoctor.check(sys.executable)
    assert isinstance(report, Report)
    assert report.version == envdoctor.__version__
    assert report.facts.python.executable == facts.python.executable
