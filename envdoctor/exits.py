"""Every exit code, once, with its sentence. The README's table is generated from here."""

from __future__ import annotations

from enum import IntEnum


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
    Exit.OK: "nothing at or above `--fail-on`",
    Exit.FINDINGS: "something was found",
    Exit.USAGE: "the command line, or a file it names, cannot be used",
    Exit.CANNOT_TELL: "something could not be told (only with `--strict`)",
    Exit.OWN_FAULT: "envdoctor's own fault: a probe or a rule crashed",
    Exit.NO_ANSWER: "fleet: some nodes gave no answer",
    Exit.TRY_LATER: "try again later: no GPU is free",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
}
