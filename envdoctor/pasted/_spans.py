"""Lines that were read already, so that no second reader of theirs reads them again."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import List, Tuple


class Spans:
    """Runs of line numbers that do not overlap."""

    def __init__(self) -> None:
        self._runs: List[Tuple[int, int]] = []

    def add(self, first: int, last: int) -> None:
        insort(self._runs, (first, last))

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_right(self._runs, (number, 1 << 62))
        return place > 0 and number <= self._runs[place - 1][1]
