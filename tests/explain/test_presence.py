"""A quick look that may name too much, never too little."""

from __future__ import annotations

from typing import List

from hypothesis import given
from hypothesis import strategies as st

from envdoctor.explain.presence import Presence

WORDS = st.text(alphabet="abc 12\n.é", min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(st.text(alphabet="abc 12\n.é", max_size=40), max_size=6))
def test_whatever_is_in_a_block_is_named(literals: List[str], texts: List[str]) -> None:
    presence = Presence(literals)
    for text in texts:
        named = presence.candidates(text)
        assert [literal for literal in literals if literal in text and literal not in named] == []


def test_lines_that_differ_in_figures_alone_are_looked_at_once() -> None:
    presence = Presence(["Errno 28", "quota"])
    assert presence.candidates("step 1 loss 0.5\nstep 2 loss 0.25") == []
    assert presence.candidates("step 3 loss 0.125") == []
    assert presence.candidates("OSError: [Errno 13]") == ["Errno 28"]


def test_what_was_once_named_stays_named() -> None:
    presence = Presence(["quota"])
    assert presence.candidates("disk quota exceeded") == ["quota"]
    assert presence.candidates("disk quota exceeded") == ["quota"]
    assert presence.candidates("nothing") == ["quota"]
