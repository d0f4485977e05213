"""Which exit code a report leads to."""

import pytest

from envdoctor.exits import FAILS_ON, SENTENCES, Exit, of_report
from envdoctor.report import ProbeRun, Verdict
from tests.render.reports import finding, report

ERROR = finding()
WARNING = finding(severity="warning")
NOTE = finding(severity="note")
UNTOLD = Verdict("GPU101", "some-rule", "cannot-tell", why="no answer in time")
CRASHED = Verdict("GPU102", "other-rule", "crashed", why="KeyError: 1")


@pytest.mark.parametrize(
    ("findings", "fail_on", "code"),
    [
        ((), "warning", Exit.OK),
        ((NOTE,), "warning", Exit.OK),
        ((WARNING,), "warning", Exit.FINDINGS),
        ((ERROR,), "warning", Exit.FINDINGS),
        ((WARNING,), "error", Exit.OK),
        ((ERROR,), "error", Exit.FINDINGS),
        ((NOTE,), "note", Exit.FINDINGS),
        ((ERROR, WARNING, NOTE), "never", Exit.OK),
    ],
)
def test_findings(findings: tuple, fail_on: str, code: Exit) -> None:  # type: ignore[type-arg]
    assert of_report(report(*findings), fail_on) == code


def test_what_could_not_be_told_counts_only_with_strict() -> None:
    assert of_report(report(verdicts=(UNTOLD,))) == Exit.OK
    assert of_report(report(verdicts=(UNTOLD,)), strict=True) == Exit.CANNOT_TELL
    assert of_report(report(ERROR, verdicts=(UNTOLD,)), strict=True) == Exit.FINDINGS


def test_an_own_fault_comes_before_all_else() -> None:
    assert of_report(report(ERROR, verdicts=(CRASHED,))) == Exit.OWN_FAULT
    assert of_report(report(probes=(ProbeRun("gpus", "crashed", 0.1, "x"),))) == Exit.OWN_FAULT


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Exit)
    assert set(FAILS_ON) == {"error", "warning", "note", "never"}
