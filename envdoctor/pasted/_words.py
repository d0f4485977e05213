"""Which lines of a text have which of many words, though most of a large log is hardly looked at.

Logs repeat themselves: of lines that differ in figures alone the first is cleaned and searched, and what was found in
it holds for the others. So the answer may name too much, never too little: "Errno 13" is named where "Errno 28" is
looked for. Only words that came in very many different lines are in the end looked for at the end of each block alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import AbstractSet, Dict, Iterable, Iterator, List, Sequence, Set, Tuple

from ._sieve import SHORTEST, Sieve
from .lines import Block

_FIGURES = b"0123456789"
_ROOM = 1 << 22  # bytes that remembered lines may take
_OVERHEAD = 150  # bytes that each takes besides its own
#: A row counts as new where one of its neighbours, so far before it or after it, is new: messages may have several.
_BEFORE, _AFTER = 1, 4
#: Different lines with a word after which it is one that is common, and finds of such words after which those that are
#: common are looked for in the last bytes of a block alone. Lines that were seen before name them all the same.
_OFTEN, _TOO_MANY, _END = 100, 20_000, 1 << 14
#: Where in so many blocks in a row hardly a line came again, lines are compared in the first four of every 32 alone.
_PATIENCE, _PAUSE = 4, 32
#: Of a block with more lines that are new, none stands out.
_FEW = 200
_LONG = 1 << 16  # longer than any word


class Found:
    """The rows of a block that have each word, in order."""

    def __init__(
        self, rows: Dict[str, List[int]], lines: Sequence[bytes] = (), fresh: AbstractSet[bytes] = frozenset()
    ) -> None:
        self.rows = rows
        self._lines = lines  # none where the block was not compared with others
        self._fresh = fresh

    def is_new(self, row: int) -> bool:
        """Whether this row, or a neighbour of it, is like none of the blocks before."""
        return not self._lines or not self._fresh.isdisjoint(self._lines[max(0, row - _BEFORE) : row + _AFTER + 1])

    def standing_out(self) -> List[int]:
        """Rows that are like none before, in a block most of which has been seen before."""
        if not self._fresh or len(self._fresh) > _FEW:
            return []
        rows = [row for row, line in enumerate(self._lines) if line in self._fresh]
        return rows if len(rows) <= _FEW else []


class Words:
    """Blocks are handed to `find` in order."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: Dict[bytes, List[str]] = {}  # by what is looked for
        self._few: List[Tuple[str, bytes]] = []  # words of little but figures are looked for as they are
        for word in dict.fromkeys(words):
            whole = word.encode("utf-8")
            letters = whole.translate(None, _FIGURES)
            if len(letters) < SHORTEST:
                self._few.append((word, whole))
            else:
                self._words.setdefault(letters, []).append(word)
        self._search = _Search(self._words)
        sieved = [word for words in self._words.values() for word in words]
        sieved += [word for word, whole in self._few if len(whole) >= SHORTEST]
        self._whole = {word.encode("utf-8"): word for word in sieved}
        self._search_whole = _Search(self._whole)
        self._alike = 0  # blocks in a row in which hardly a line came again
        self._known: Set[bytes] = set()  # lines without their figures
        self._telling: Dict[bytes, Tuple[str, ...]] = {}  # those of them that have words
        self._room = _ROOM

    def find(self, block: Block) -> Found:
        # Where lines do not come again there is no use in comparing them; now and then they are.
        if self._room <= 0 and self._alike % _PAUSE >= _PATIENCE and block.plain:
            self._alike += 1
            return self._found_whole(block)
        bare = block.raw.translate(None, _FIGURES)
        lines = bare.split(b"\n")
        known = self._known
        fresh = {line for line in lines if line not in known}
        telling = self._told(block, bare, lines, fresh) if fresh else {}
        if self._room > 0:
            self._room -= sum(map(len, fresh)) + _OVERHEAD * len(fresh)
            known |= fresh
            self._telling.update(telling)
            telling = {}
            known_lines = True
        else:
            known_lines = len(fresh) < len(lines)
        self._alike = self._alike + 1 if 10 * len(fresh) > 9 * len(lines) else 0
        found: Dict[str, List[int]] = defaultdict(list)
        for told in (self._telling if known_lines else {}, telling):
            for row in [row for row, line in enumerate(lines) if line in told] if told else ():
                for word in told[lines[row]]:
                    found[word].append(row)
        if telling:
            found = {word: sorted(set(rows)) for word, rows in found.items()}
        self._find_few(block, found)
        return Found(found, lines, fresh)

    def _found_whole(self, block: Block) -> Found:
        """The same of a block as it is."""
        found: Dict[str, List[int]] = defaultdict(list)
        for row, word in _in_rows(self._search_whole.places(block.raw), block.raw):
            found[self._whole[word]].append(row)
        self._find_few(block, found, SHORTEST)
        return Found({word: sorted(set(rows)) for word, rows in found.items()})

    def _find_few(self, block: Block, found: Dict[str, List[int]], below: int = _LONG) -> None:
        """`below`: a length; longer words have been found."""
        for word, whole in self._few:
            if len(whole) < below and whole in block.raw:
                found[word] = list(_rows_with(whole, block.raw))

    def _told(
        self, block: Block, bare: bytes, lines: Sequence[bytes], fresh: Set[bytes]
    ) -> Dict[bytes, Tuple[str, ...]]:
        """The words of the lines that are fresh, and of those next to them, as a word may be wrapped."""
        rows: Sequence[int] = range(len(lines))
        if self._known and 2 * len(fresh) < len(lines):
            new = [row for row in rows if lines[row] in fresh]
            rows = sorted({row + by for row in new for by in (-1, 0, 1) if 0 <= row + by < len(lines)})
            block = Block(b"\n".join([block.rows[row] for row in rows]))
            bare = b"\n".join([lines[row] for row in rows])
        numbers: Sequence[int] = rows
        if not block.plain:
            bare = block.text.encode("utf-8", "surrogatepass").translate(None, _FIGURES)
            numbers = [rows[number - block.first] for number in block.numbers]
        told: Dict[bytes, List[str]] = {}
        for place, word in _in_rows(self._search.places(bare), bare):
            told.setdefault(lines[numbers[place]], []).extend(self._words[word])
        return {line: tuple(dict.fromkeys(words)) for line, words in told.items()}


class _Search:
    """Looks for words, and less for those that are common."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._words = tuple(words)
        self._all = self._rare = Sieve(self._words)
        self._count: Dict[bytes, int] = {}
        self._too_many = 0

    def places(self, text: bytes) -> List[Tuple[int, bytes]]:
        """Places of words, in the order of the text."""
        places = self._rare.places(text)
        if self._rare is not self._all:
            start = text.rfind(b"\n", 0, max(0, len(text) - _END)) + 1
            places = sorted({*places, *((start + at, word) for at, word in self._all.places(text[start:]))})
        for _, word in places:
            count = self._count[word] = self._count.get(word, 0) + 1
            self._too_many += count > _OFTEN
        if self._too_many > _TOO_MANY:
            self._too_many = 0
            self._rare = Sieve(word for word in self._words if self._count.get(word, 0) <= _OFTEN)
        return places


def _in_rows(places: Iterable[Tuple[int, bytes]], text: bytes) -> Iterator[Tuple[int, bytes]]:
    """Every row that has a part of a word, and the word."""
    row = counted = 0
    for at, word in places:
        row += text.count(b"\n", counted, at)
        counted = at
        for part in range(text.count(b"\n", at, at + len(word) - 1) + 1):
            yield row + part, word


def _rows_with(word: bytes, raw: bytes) -> Iterator[int]:
    row = counted = 0
    at = raw.find(word)
    while at >= 0:
        row += raw.count(b"\n", counted, at)
        yield row
        counted = raw.find(b"\n", at)
        at = raw.find(word, counted) if counted >= 0 else -1
