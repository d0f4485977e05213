"""What a pattern requires is in all that it matches."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Iterator, List, Optional, Set, Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.explain import clues
from envdoctor.explain.required import in_lines, may_match, on_one_line, required
from envdoctor.explain.signatures import compiled


@pytest.mark.parametrize(
    ("pattern", "flags", "words"),
    [
        ("out of memory|ALLOC_FAILED", 0, {"out of memory", "ALLOC_FAILED"}),
        ("Out of (?:memory|space)", re.IGNORECASE, {"out of "}),
        (r"\d+ Killed\b", 0, {" Killed"}),
        (r"(?:abc)?\d+", 0, None),
        (r"(?:abcd)+x?", 0, {"abcd"}),
        (r"(?:abcd|\d)", 0, None),
        (r"a\d{2}bc", 0, {"bc"}),
        (r"a\d{2}b", 0, None),
        (r"x(?=abcdef)", 0, None),
        ("[abc]def", 0, {"def"}),
    ],
)
def test_what_a_pattern_requires(pattern: str, flags: int, words: Optional[Set[str]]) -> None:
    assert required(re.compile(pattern, flags)) == words


def test_whatever_matches_has_it() -> None:
    count = 0
    for row in CompatTable().signatures():
        pattern = compiled(row.pattern)
        for line in row.matches:
            found = pattern.search(line)
            if found:
                assert may_match(pattern, found.group(), found.group().lower()), row.id
                count += 1
        assert not may_match(pattern, "", "") or required(pattern) is None
    assert count > 300


@pytest.mark.parametrize(
    ("pattern", "flags", "one"),
    [
        (r"^torch\b.{0,40}[^,\n]+$", re.M, True),
        (r"ab(?![\w.])", 0, True),
        (r"(?<=\s)ab", 0, True),  # what is before it may be another line
        (r"ab(?=\s|$)", re.M, False),
        (r"ab\s", 0, False),
        (r"ab[^x]", 0, False),
        (r"ab\W", 0, False),
        (r"a(?:b|c\n)", 0, False),
        (r"ab.", re.DOTALL, False),
        (r"(?s:ab.)", 0, False),
        (r"ab$", 0, False),
        (r"ab[\x00-\x20]", 0, False),
    ],
)
def test_which_patterns_stay_on_a_line(pattern: str, flags: int, one: bool) -> None:
    assert on_one_line(re.compile(pattern, flags)) is one


TEXT = "Killed\n12 killed\n\nno\nKilled by SIGKILL, Killed\nKILLED\nx 137\n9 Killed"


@pytest.mark.parametrize("pattern", [r"^Killed\b|\b\d{1,2} Killed$|SIGKILL", r"(?i)killed", r"\bby\b|137$", "nowhere"])
def test_what_is_found_line_by_line_is_what_is_found_in_the_whole(pattern: str) -> None:
    one = re.compile(pattern, re.M)
    lines = in_lines(one, TEXT, TEXT.lower())
    assert lines is not None
    found = [match.span() for start, end in lines for match in one.finditer(TEXT, start, end)]
    assert found == [match.span() for match in one.finditer(TEXT)]
    assert in_lines(re.compile(r"Killed\s"), TEXT, TEXT.lower()) is None


#: Asked for only where another word is in the text.
GUARDED = {"leftovers._TILDE", "drivers._DRIVER"}


def searched() -> Iterator[Tuple[str, re.Pattern[str]]]:
    """Every pattern at the top of a file of clues that is looked for in the whole text."""
    for info in pkgutil.iter_modules(clues.__path__):
        module = importlib.import_module(f"{clues.__name__}.{info.name}")
        for call in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
                named = call.args[0]
                asks = call.func.attr in ("find", "all", "has") and ast.dump(call.func.value).startswith(
                    "Name(id='case'"
                )
                if asks and isinstance(named, ast.Name) and isinstance(vars(module).get(named.id), re.Pattern):
                    yield f"{info.name}.{named.id}", vars(module)[named.id]


def test_every_pattern_of_the_clues_requires_a_word_or_begins_a_line() -> None:
    """Else it is tried at every place of a large text: that takes longer than all others together."""
    patterns = dict(searched())
    assert len(patterns) > 50
    slow: List[str] = []
    for name, pattern in patterns.items():
        if required(pattern) is None and not pattern.pattern.startswith("^") and name not in GUARDED:
            slow.append(name)
    assert slow == []
