"""What memory says to `explain`."""

from __future__ import annotations

from envdoctor.compat import CompatTable
from envdoctor.explain.evidence import Case
from envdoctor.explain.memory.clues import read
from envdoctor.explain.memory.suspicion import suspicions
from envdoctor.pasted import blocks, read_pasted

from .memory_texts import GIB, MIB, parentheses

TEXT = ("training\n" + parentheses(84 * MIB, 24 * GIB, 2 * GIB, 13 * MIB, 2 * GIB) + "\n").encode()


def case(text: bytes) -> Case:
    pasted = read_pasted(blocks([text]))
    return Case(pasted, (), pasted.facts, CompatTable())


def test_the_first_clue_of_a_name_carries_its_weight() -> None:
    clues = tuple(read(case(TEXT)))
    assert clues[0].name == "gpu-occupied-by-others" and clues[0].weight > 90 and clues[0].source == "line 2"
    assert clues[0].title.startswith("others hold ") and clues[0].remedies
    assert all(clue.weight == 1 and not clue.title for clue in clues[1:] if clue.name == clues[0].name)


def test_nothing_to_say() -> None:
    assert tuple(read(case(b"all is well\n"))) == ()
    assert suspicions((), case(b"").facts, CompatTable()) == ()
