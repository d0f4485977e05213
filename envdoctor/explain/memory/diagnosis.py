"""Suspicions as findings, as every other part of envdoctor says what it found."""

from __future__ import annotations

from typing import Sequence, Tuple

from ...compat import CompatTable
from ...facts import Facts
from ...report import Finding
from .growth import Growth
from .message import OomMessage
from .suspicion import Suspicion, suspicions

#: Rules MEM101 to MEM103 judge texts alone; the other two are rules of `check` under the same names.
IDS = {
    "oom-too-large": "MEM101",
    "oom-fragmentation": "MEM102",
    "oom-leak": "MEM103",
    "gpu-occupied-by-others": "GPU101",
    "zombie-process-holds-memory": "GPU105",
}
SURE = 85
LIKELY = 50
LEAST = 12


def diagnose(
    messages: Sequence[OomMessage], facts: Facts, table: CompatTable, growing: Sequence[Growth] = ()
) -> Tuple[Finding, ...]:
    """What is to blame, likeliest first: the first is an error, what it may be besides a warning or a note.

    `facts` are those of the text, or of the machine where it failed; unknown ones do no harm.
    """
    found = [one for one in suspicions(messages, facts, table, growing) if one.weight >= LEAST]
    failed = any(one.form != "mapping" and not one.starting for one in messages)
    return tuple(_finding(one, place, failed) for place, one in enumerate(found))


def _finding(one: Suspicion, place: int, failed: bool) -> Finding:
    severity = "warning" if one.weight >= LIKELY else "note"
    if place == 0 and failed:
        severity = "error"
    confidence = "certain" if one.weight >= SURE else "likely"
    return Finding(IDS[one.name], one.name, severity, one.title, one.meaning, one.because, one.remedies, confidence)
