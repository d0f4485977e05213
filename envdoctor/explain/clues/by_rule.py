"""What the rules find in the facts of the text."""

from __future__ import annotations

from typing import Iterator

from ..evidence import Case, Clue

_WEIGHTS = {"error": 88, "warning": 70, "note": 20}


def read(case: Case) -> Iterator[Clue]:
    for verdict in case.verdicts:
        for finding in verdict.findings[:3]:
            weight = _WEIGHTS[finding.severity] - (0 if finding.confidence == "certain" else 25)
            for place, evidence in enumerate(finding.because[:4]):
                # The first carries the weight: the others explain it.
                yield Clue(finding.name, max(weight, 1) if not place else 1, evidence.says, evidence.source)
            if not finding.because:
                yield Clue(finding.name, max(weight, 1), finding.title, "")
