"""What memory says in the terms of `explain`: every suspicion as clues for its name."""

from __future__ import annotations

from typing import Iterator

from ..evidence import Case, Clue
from .suspicion import suspicions


def read(case: Case) -> Iterator[Clue]:
    seen = case.memory
    for one in suspicions(seen.messages, case.facts, case.table, seen.growing):
        for place, evidence in enumerate(one.because):
            # The first carries the weight, the sentence and the ways out: the others explain it.
            title, remedies = (one.title, one.remedies) if place == 0 else ("", ())
            yield Clue(one.name, 1 if place else one.weight, evidence.says, evidence.source, title, remedies)
