"""No text makes a pattern run away: the time that a window takes is bounded, whatever stands in it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from typing import Iterator, List, Pattern, Tuple

import pytest

import envdoctor.explain
import envdoctor.pasted
from envdoctor.compat import CompatTable
from envdoctor.explain.explaining import explain
from envdoctor.explain.signatures import AFTER, BEFORE, compiled
from envdoctor.pasted import blocks

TABLE = CompatTable()
WINDOW = BEFORE + AFTER
UNITS = [
    " ",
    "a",
    "0",
    "\n",
    "a ",
    "0.",
    "/a",
    "a.",
    "- ",
    "= ",
    "| ",
    ": ",
    "(",
    "'",
    '"',
    "\\",
    "_a",
    "a-",
    "1 ",
    "x\n",
]


def hostile(starts: List[str], size: int) -> Iterator[str]:
    """Long runs of one thing, and beginnings of what matches, over and over."""
    for unit in UNITS:
        yield unit * (size // len(unit))
    for start in starts:
        for length in (len(start) // 3, len(start) - 1):
            part = start[:length] or "a"
            yield part * (size // len(part))
            yield part + " " * (size - len(part))
            yield part + "a" * (size - len(part))


@pytest.mark.parametrize("row", TABLE.signatures(), ids=lambda row: row.id)
def test_no_signature_runs_away(row: object) -> None:
    pattern = compiled(row.pattern)  # type: ignore[attr-defined]
    matches = list(row.matches)[:3]  # type: ignore[attr-defined]
    for text in hostile([line[:80] for line in matches], WINDOW):
        started = time.process_time()
        pattern.search(text)
        assert time.process_time() - started < 0.5, text[:80]


def patterns() -> List[Tuple[str, Pattern[str]]]:
    """Every pattern that a reader or a clue has at the top of its file, by its name."""
    found = []
    for package in (envdoctor.pasted, envdoctor.explain):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if info.name.endswith(".command"):  # options, no texts
                continue
            for name, value in vars(importlib.import_module(info.name)).items():
                for one in value if isinstance(value, (tuple, list)) else [value]:
                    if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                        found.append((f"{info.name}.{name}", one))
    return sorted({id(one): (name, one) for name, one in found}.values(), key=lambda both: both[0])


def begins(pattern: str) -> List[str]:
    """A few texts that a pattern may go into: the plain words in it."""
    return [word for word in re.findall(r"[A-Za-z][A-Za-z _/.-]{3,40}", pattern)[:3] if word.strip()]


@pytest.mark.parametrize(("name", "pattern"), patterns(), ids=[name for name, _ in patterns()])
def test_no_reader_runs_away(name: str, pattern: Pattern[str]) -> None:
    """On a line as long as a reader gets to see it would be slow to search at every place; a fifth of that tells."""
    for text in hostile(begins(pattern.pattern), 4000):
        started = time.process_time()
        pattern.match(text)
        pattern.search(text)
        assert time.process_time() - started < 1, (name, text[:80])


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", [*UNITS, "Traceback (most recent call last)\n", "CUDA out of memory. ", "pip install "]
)
def test_long_lines_take_seconds_at_most(unit: str) -> None:
    """Every reader is awake, and gets one line of 100 kB."""
    words = "\n".join(literal for row in TABLE.signatures() for literal in row.literals)
    data = (words + "\n" + unit * (100_000 // len(unit)) + "\n").encode("utf-8")
    started = time.process_time()
    found = explain(blocks([data]), TABLE)
    assert time.process_time() - started < 10
    assert found.faults == ()


def test_the_patterns_are_those_of_the_readers() -> None:
    assert {"envdoctor.pasted.pip_list._ROW", "envdoctor.explain.clues._pythons._SITE"} <= {
        one for one, _ in patterns()
    }
