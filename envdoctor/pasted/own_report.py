"""envdoctor's own JSON, pasted: what it says is taken as it is, and its lines are read by nobody else."""

from __future__ import annotations

import json
from typing import Any, List, Optional, Sequence, Tuple

from ..codec import from_plain
from ..facts import Facts
from . import own_gpus
from ._clean import MARK
from ._said import Said
from .lines import Line


def taken(lines: Sequence[Line]) -> Tuple[Optional[Facts], List[Said], Sequence[Line]]:
    """The facts of the last complete report of `check`, what those of `gpus` say, and the lines that are no report; a
    cut report says nothing."""
    facts: Optional[Facts] = None
    found: List[Said] = []
    rest = list(lines)
    place = _mark(rest, 0)
    while place is not None:
        start = place if "{" in rest[place].text.partition(MARK)[0] else max(0, place - 1)
        try:
            document, count = _parsed("\n".join(line.text for line in rest[start:]))
            if document.get("command") == "gpus":
                found += list(own_gpus.of_document(document, rest[start].number, rest[start + count - 1].number))
            else:
                facts = from_plain(Facts, document["facts"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            place = _mark(rest, place + 1)
            continue
        del rest[start : start + count]
        place = _mark(rest, start)
    return facts, found, rest


def _mark(lines: Sequence[Line], start: int) -> Optional[int]:
    return next((place for place in range(start, len(lines)) if MARK in lines[place].text), None)


def _parsed(text: str) -> Tuple[Any, int]:
    """The document that begins here, and how many lines it takes."""
    start = text.find("{")
    if start < 0:
        raise ValueError("no document")
    document, end = json.JSONDecoder().raw_decode(text, start)
    return document, text.count("\n", 0, end) + 1
