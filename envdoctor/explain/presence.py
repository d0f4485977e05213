"""Which of many words may be in a text, found without looking for each of them in all of it.

Logs repeat themselves: lines that differ in figures alone are looked at once, and of the others only words that have
not come before. A word that has been seen is from then on looked for in earnest, by whoever asked.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Set

_DIGITS = b"0123456789"
_ROOM = 1 << 24  # bytes that remembered lines may take, and remembered words
_OVERHEAD = 100  # bytes that each takes besides its own


class Presence:
    """`candidates` is asked block by block; what it once named it names for every later block."""

    def __init__(self, literals: Iterable[str]) -> None:
        self._waiting: Dict[bytes, List[str]] = {}
        self._live: List[str] = []
        for literal in literals:
            anchor = _anchor(literal)
            if anchor:
                self._waiting.setdefault(anchor, []).append(literal)
            else:
                self._live.append(literal)
        self._lines: Set[bytes] = set()
        self._words: Set[bytes] = set()
        self._lines_room = self._words_room = _ROOM

    def candidates(self, text: str) -> Sequence[str]:
        """The literals that may be in this block: a superset."""
        if not self._waiting:
            return self._live
        data = text.encode("utf-8", "surrogatepass").translate(None, _DIGITS)
        lines = set(data.split(b"\n")) - self._lines
        joined = b" ".join(lines)
        if self._lines_room > 0:
            self._lines |= lines
            self._lines_room -= len(joined) + _OVERHEAD * len(lines)
        words = set(joined.split()) - self._words
        fresh = b" ".join(words)
        if self._words_room > 0:
            self._words |= words
            self._words_room -= len(fresh) + _OVERHEAD * len(words)
        if fresh:
            for anchor in [anchor for anchor in self._waiting if anchor in fresh]:
                self._live += self._waiting.pop(anchor)
        return self._live


def _anchor(literal: str) -> bytes:
    """The longest part of a literal that no white space and no digit can be within."""
    pieces = literal.encode("utf-8").translate(None, _DIGITS).split()
    return max(pieces, key=len, default=b"")
