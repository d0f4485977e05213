"""envdoctor's own JSON, pasted: its facts are taken as they are, and its lines are read by nobody else."""

from __future__ import annotations

import json
from typing import Any, Optional, Sequence, Tuple

from ..codec import from_plain
from ..facts import Facts
from ._clean import MARK
from .lines import Line


def taken(lines: Sequence[Line]) -> Tuple[Optional[Facts], Sequence[Line]]:
    """The facts of the last complete report, and the lines that are no report; a cut report says nothing."""
    found: Optional[Facts] = None
    rest = list(lines)
    place = _mark(rest, 0)
    while place is not None:
        start = place if "{" in rest[place].text.partition(MARK)[0] else max(0, place - 1)
        facts, count = _facts(rest[start:])
        if facts is None:
            place = _mark(rest, place + 1)
            continue
        found = facts
        del rest[start : start + count]
        place = _mark(rest, start)
    return found, rest


def _mark(lines: Sequence[Line], start: int) -> Optional[int]:
    return next((place for place in range(start, len(lines)) if MARK in lines[place].text), None)


def _facts(lines: Sequence[Line]) -> Tuple[Optional[Facts], int]:
    """The facts of the document that begins here, and how many lines it takes."""
    text = "\n".join(line.text for line in lines)
    start = text.find("{")
    try:
        document, end = _parsed(text, start)
        return from_plain(Facts, document["facts"]), text.count("\n", 0, end) + 1
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, 0


def _parsed(text: str, start: int) -> Tuple[Any, int]:
    if start < 0:
        raise ValueError("no document")
    return json.JSONDecoder().raw_decode(text, start)
