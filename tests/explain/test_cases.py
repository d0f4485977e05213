"""Reports of our own making, two and more for every name, and what each must lead to.

Their names say nothing of how the text is read: the first finding must be one of those expected, a healthy report must
have none above a note, and no reader may stumble.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

import pytest

from envdoctor.compat import CompatTable
from envdoctor.explain.evidence import CODE
from envdoctor.explain.explaining import explain
from envdoctor.explain.names import PROBLEMS
from envdoctor.pasted import blocks

FILE = Path(__file__).with_name("cases.jsonl")
CASES: List[Dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
TABLE = CompatTable()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: Dict[str, Any]) -> None:
    found = explain(blocks([case["report"].encode("utf-8")]), TABLE)
    assert found.faults == ()
    assert [verdict for verdict in found.verdicts if verdict.status == "crashed"] == []
    told = [(finding.name, finding.severity) for finding in found.findings]
    if case["expect"][0] == CODE:
        assert [one for one in told if one[1] != "note"] == []
    else:
        assert told
        assert told[0][0] in case["expect"], told


def test_every_name_has_two_cases() -> None:
    count = Counter(case["expect"][0] for case in CASES)
    # These only a machine shows.
    live = ("driver-does-not-answer", "torch-refuses-compiler", "no-prebuilt-wheel")
    assert [name for name in PROBLEMS if count[name] < 2 and name not in live] == []


def test_evidence_names_lines_of_the_report() -> None:
    for case in CASES[::7]:
        found = explain(blocks([case["report"].encode("utf-8")]), TABLE)
        last = case["report"].count("\n") + 1
        for finding in found.findings:
            for evidence in finding.because:
                if evidence.source.startswith("line ") and evidence.source[5:].isdigit():
                    assert 1 <= int(evidence.source[5:]) <= last
