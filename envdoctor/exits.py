"""Every exit code, once, with its sentence. The README's table is generated from here."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Report


class Exit(IntEnum):
    OK = 0
    FINDINGS = 1
    USAGE = 2
    CANNOT_TELL = 3
    OWN_FAULT = 4
    NO_ANSWER = 5
    TRY_LATER = 75
    INTERRUPTED = 130


SENTENCES = {
    Exit.OK: "nothing at or above `--fail-on`; `fix`: every error and warning has its commands",
    Exit.FINDINGS: "something was found; `fix`: something is wrong that no command mends; `plan`: no build fits there",
    Exit.USAGE: "the command line, or a file it names, cannot be used; `plan`: what is asked for fits no machine",
    Exit.CANNOT_TELL: "something could not be told (only with `--strict`)",
    Exit.OWN_FAULT: "envdoctor's own fault: a probe or a rule crashed",
    Exit.NO_ANSWER: "fleet: some nodes gave no answer",
    Exit.TRY_LATER: "try again later: no GPU is free",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
}

#: What `--fail-on LEVEL` lets pass through: the severities that make exit code 1.
FAILS_ON = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "note": ("error", "warning", "note"),
    "never": (),
}


def of_report(report: Report, fail_on: str = "warning", strict: bool = False) -> Exit:
    """The exit code of a check. A crash comes first: with a part of envdoctor down, no other code can be trusted."""
    if any(verdict.status == "crashed" for verdict in report.verdicts):
        return Exit.OWN_FAULT
    if any(run.status == "crashed" for run in report.probes):
        return Exit.OWN_FAULT
    if any(finding.severity in FAILS_ON[fail_on] for finding in report.findings):
        return Exit.FINDINGS
    if strict and any(verdict.status == "cannot-tell" for verdict in report.verdicts):
        return Exit.CANNOT_TELL
    return Exit.OK
