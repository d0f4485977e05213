"""Lines of the form "key: value", as reports of many programs have them."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Sequence

from .lines import Line

# Bullets, quotation marks and a forum's bars may stand before the key, padding before the colon.
_PAIR = re.compile(r"[\s*|•\-'\"`{>]{0,24}([A-Za-z][^:=\n]{0,70}?)['\"`]?[ \t]{0,60}:(?!//)[ \t]{0,60}(.*)$")
_FILLER = " " * 20
_FILLED = re.compile(r" {20,}(?=[A-Z])")
_NOTHING = frozenset(("", "n/a", "none", "could not collect", "no cuda", "not found", "not installed", "unknown"))


class Pair(NamedTuple):
    place: int  # in the sequence
    number: int  # of the input
    key: str  # lower case, single spaces
    value: str


def pairs(lines: Sequence[Line]) -> Iterator[Pair]:
    """Every pair. Lines that a terminal filled up with blanks and ran together are taken apart."""
    for place, line in enumerate(lines):
        if ":" not in line.text:
            continue
        text = line.text[:4000]
        for part in _FILLED.split(text) if _FILLER in text else (text,):
            found = _PAIR.match(part)
            if found:
                yield Pair(place, line.number, " ".join(found.group(1).lower().split()), found.group(2).strip())


def says_nothing(value: str) -> bool:
    """Whether a report gives no value: N/A, None, Could not collect."""
    return value.strip(" '\"`,").lower() in _NOTHING
