"""What each signature that was hit says, as facts and other signatures confirm or refute it."""

from __future__ import annotations

from typing import Iterator

from ..conditions import holds
from ..evidence import Case, Clue


def read(case: Case) -> Iterator[Clue]:
    rows = {row.id: row for row in case.table.signatures()}
    for name, hits in case.hits.items():
        row, hit = rows[name], hits[-1]
        for problem, weight in row.names.items():
            yield Clue(problem, weight, f"{hit.text[:160]}: {row.meaning}", hit.source)
        for condition in row.confirmed_by:
            why = holds(condition, case)
            if why:
                yield Clue(condition.name, condition.weight, why.says, why.source)
        for condition in row.refuted_by:
            why = holds(condition, case)
            if why:
                yield Clue(condition.name, -condition.weight, why.says, why.source)
