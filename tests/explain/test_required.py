"""What a pattern requires is in all that it matches."""

from __future__ import annotations

import re
from typing import Optional, Set

import pytest

from envdoctor.compat import CompatTable
from envdoctor.explain.required import may_match, required
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
        (r"a\d{2}bc", 0, None),
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
