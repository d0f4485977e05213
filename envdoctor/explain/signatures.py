"""Scans a text for the table's signatures, block by block, each block once.

A regular expression runs only where one of the row's literals stands, and only over a window of fixed size, so that
neither a long line nor a hostile one can make it run away.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, List, Pattern, Tuple

from ..compat import CompatTable, Signature
from ..pasted import Block
from .evidence import Hit
from .presence import Presence

BEFORE, AFTER = 400, 900  # characters of the window around a literal
FIRST, LAST = 4, 4  # hits kept of each signature
ATTEMPTS = 24  # windows tried for a literal in one block, from its beginning; and the last one
_TAIL = AFTER


#: What stays as it is, and a space with or without a repeat.
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]| \?| (?=\{)| ", re.DOTALL)
_SPACES = {" ?": r"\s{0,40}", " ": r"\s{1,40}"}


@lru_cache(maxsize=None)
def compiled(pattern: str) -> Pattern[str]:
    """A row's pattern. A space in it is any white space, because forums and terminals wrap lines; a space with a count
    is a space."""

    def spaced(found: re.Match[str]) -> str:
        part = found.group()
        counted = pattern[found.end() : found.end() + 1] == "{"
        return "[ ]" if part == " " and counted else _SPACES.get(part, part)

    return re.compile(_PARTS.sub(spaced, pattern), re.IGNORECASE | re.MULTILINE)


def matched(row: Signature, text: str) -> bool:
    """Whether a text of one or a few lines matches the row: a literal, and the pattern."""
    flat = text.replace("\n", " ")
    return any(literal in flat for literal in row.literals) and compiled(row.pattern).search(text) is not None


class Scanner:
    """Blocks are handed to `feed` in order; `hits` has what was found."""

    def __init__(self, table: CompatTable) -> None:
        self._rows = table.signatures()
        self._by_literal: Dict[str, List[Signature]] = {}
        for row in self._rows:
            for literal in row.literals:
                self._by_literal.setdefault(literal, []).append(row)
        self._presence = Presence(self._by_literal)
        self._tail = ""
        self._tail_numbers: List[int] = []
        self._found: Dict[str, List[Hit]] = {}

    def feed(self, block: Block) -> None:
        text = self._tail + block.text if self._tail else block.text
        fresh = len(self._tail)
        flat = text.replace("\n", " ")  # of the same length: a literal may be wrapped
        for literal in self._presence.candidates(block.text):
            at = flat.find(literal)
            if at >= 0:
                self._try(literal, self._by_literal[literal], text, flat, at, fresh, block)
        self._keep_tail(block)

    def _try(
        self, literal: str, rows: List[Signature], text: str, flat: str, at: int, fresh: int, block: Block
    ) -> None:
        places: List[int] = []
        while at >= 0 and len(places) < ATTEMPTS:
            places.append(at)
            at = flat.find(literal, at + len(literal))
        if at >= 0:
            places.append(flat.rfind(literal))
        for place in places:
            line = text.rfind("\n", max(0, place - BEFORE), place) + 1 or max(0, place - BEFORE)
            early = text.find("\n", max(0, place - BEFORE), line) + 1 or line
            for row in rows:
                # From this line on; of what spans several lines the literal may stand in a later one.
                for start in (line, early) if early < line else (line,):
                    found = compiled(row.pattern).search(text[start : place + AFTER])
                    if found:
                        break
                # What ends in the tail was found with the block before.
                if found and start + found.end() > fresh:
                    self._add(row, found, self._number(text, start + found.start(), fresh, block))

    def _number(self, text: str, at: int, fresh: int, block: Block) -> int:
        if at < fresh:
            return self._tail_numbers[text.count("\n", 0, at)]
        return block.number_at(at - fresh)

    def _add(self, row: Signature, found: re.Match[str], line: int) -> None:
        hits = self._found.setdefault(row.id, [])
        groups = tuple((group or "")[:300] for group in found.groups())
        hit = Hit(row.id, line, " ".join(found.group().split())[:300], groups)
        if any(one.line == line and one.text == hit.text for one in hits):
            return
        hits.append(hit)
        if len(hits) > FIRST + LAST:
            del hits[FIRST]

    def _keep_tail(self, block: Block) -> None:
        start = block.text.rfind("\n", 0, max(0, len(block.text) - _TAIL)) + 1
        if len(block.text) - start > 2 * _TAIL:
            self._tail, self._tail_numbers = "", []
            return
        self._tail = block.text[start:] + "\n"
        self._tail_numbers = list(block.numbers[block.text.count("\n", 0, start) :])
        self._tail_numbers.append(self._tail_numbers[-1] if self._tail_numbers else block.numbers[-1])

    def hits(self) -> Tuple[Hit, ...]:
        """In the order of the text."""
        return tuple(sorted((hit for hits in self._found.values() for hit in hits), key=lambda hit: hit.line))
