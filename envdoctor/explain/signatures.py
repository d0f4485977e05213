"""Scans a text for the table's signatures, block by block, each block once.

A regular expression runs only where one of the row's literals stands, and only over a window of fixed size, so that
neither a long line nor a hostile one can make it run away. And it runs only so often: on lines that are like none
before them, until the row has matched a few times, and at the end on the last lines that have its literals.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from functools import lru_cache
from itertools import accumulate
from typing import Deque, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Pattern, Sequence, Set, Tuple

from ..compat import CompatTable, Signature
from ..pasted import Block, Found, Words
from .evidence import Hit
from .required import required

BEFORE, AFTER = 400, 900  # characters of the window around a literal
FIRST, LAST = 4, 4  # hits kept of each signature
ATTEMPTS = 200  # windows tried of a row as they come; every block allows it one more
LATER = 12  # lines with its literals that are tried at the end
_LONG = 1 << 12  # bytes of an input line that is too long to be kept till then
_ROWS = 12  # before and after one that are looked at with it


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


@lru_cache(maxsize=None)
def _pattern_of(pattern: str) -> Tuple[Pattern[str], Tuple[str, ...]]:
    """A row's pattern compiled, and the words one of which it requires, in lower case; none where it requires none."""
    made = compiled(pattern)
    return made, tuple(required(made) or ())


def matched(row: Signature, text: str) -> bool:
    """Whether a text of one or a few lines matches the row: a literal, and the pattern."""
    flat = text.replace("\n", " ")
    return any(literal in flat for literal in row.literals) and compiled(row.pattern).search(text) is not None


class _Window(NamedTuple):
    """What a pattern is tried on: a part of a text, from either of two places in it on."""

    text: str
    lowered: str
    starts: Sequence[int]
    numbers: Sequence[int]  # of its lines
    fresh: int  # a match must end after this place: what ends before was found with the block before

    def hit(self, row: Signature) -> Optional[Hit]:
        pattern, words = _pattern_of(row.pattern)
        # Many stand here for a literal that is but a part of another word.
        if words and not any(word in self.lowered for word in words):
            return None
        for start in self.starts:
            found = pattern.search(self.text[start:])
            if found is None:
                continue
            if start + found.end() <= self.fresh:
                return None
            line = self.numbers[self.text.count("\n", 0, start + found.start())]
            groups = tuple((group or "")[:300] for group in found.groups())
            return Hit(row.id, line, " ".join(found.group().split())[:300], groups)
        return None


class _Text:
    """Clean text with its line numbers, in which literals are looked for; the first `fresh` characters were seen."""

    def __init__(self, block: Block, before: str = "", numbers: Sequence[int] = ()) -> None:
        self.fresh = len(before)
        self._text = before + block.text
        self._flat = self._text.replace("\n", " ")  # of the same length: a literal may be wrapped
        self._numbers = [*numbers, *block.numbers]
        self._starts = [0, *accumulate(len(line) + 1 for line in self._text.split("\n"))]

    def windows(self, literal: str, first: int, last: int) -> Iterator[_Window]:
        """Around every place of the literal that begins in these lines of the input."""
        start = self._starts[bisect_left(self._numbers, first)]
        end = self._starts[bisect_right(self._numbers, last)]
        at = self._flat.find(literal, start)
        while 0 <= at < end:
            yield self._window(at)
            at = self._flat.find(literal, at + len(literal))

    def _window(self, at: int) -> _Window:
        """From the line of the place on; and of what spans several lines the literal may stand in a later one."""
        text, reach = self._text, max(0, at - BEFORE)
        line = text.rfind("\n", reach, at) + 1 or reach
        early = (text.find("\n", reach, line) + 1 or line) if reach else 0
        starts = (line - early, 0) if early < line else (0,)
        numbers = self._numbers[bisect_right(self._starts, early) - 1 :][: BEFORE + AFTER]
        part = text[early : at + AFTER]
        return _Window(part, part.lower(), starts, numbers, self.fresh - early)


class _Seen:
    """What was found of one signature."""

    def __init__(self, row: Signature) -> None:
        self.row = row
        self.attempts = 0
        self.first: List[Hit] = []
        self.tried: Set[int] = set()  # lines
        self.later: Deque[Tuple[str, Block, int]] = deque(maxlen=LATER)  # a literal, and the line that has it

    def attempt(self, windows: Sequence[_Window], line: int) -> None:
        self.tried.add(line)
        self.attempts += len(windows)
        for hit in filter(None, (window.hit(self.row) for window in windows)):
            if hit not in self.first:
                self.first.append(hit)

    def hits(self) -> List[Hit]:
        last: List[Hit] = self.first[FIRST:]
        for literal, block, line in reversed(self.later):
            for window in _Text(block).windows(literal, line, line):
                hit = window.hit(self.row)
                if hit and hit not in self.first and hit not in last:
                    last.append(hit)
        last.sort(key=lambda hit: hit.line)
        return self.first[:FIRST] + last[-LAST:]


class Scanner:
    """Blocks are handed to `feed` in order; `hits` has what was found."""

    def __init__(self, table: CompatTable) -> None:
        self._seen = [_Seen(row) for row in table.signatures()]
        self._by_literal: Dict[str, List[_Seen]] = {}
        for seen in self._seen:
            for literal in seen.row.literals:
                self._by_literal.setdefault(literal, []).append(seen)
        self._words: Optional[Words] = None
        self._blocks = 0
        self._before = Block(b"")  # the end of the block before
        self._open: Set[str] = set()  # literals in it, of messages that may go on

    @property
    def words(self) -> Iterable[str]:
        """What is to be looked for in each block."""
        return self._by_literal

    def feed(self, block: Block, found: Optional[Found] = None) -> None:
        """`found`: of these words or more, where somebody looked for them already."""
        if found is None:
            self._words = self._words or Words(self.words)
            found = self._words.find(block)
        self._blocks += 1
        rows = {literal: places for literal, places in found.rows.items() if literal in self._by_literal}
        self._go_on(block)
        new: List[Tuple[int, str]] = []
        for literal, places in rows.items():
            if self._active(literal):
                new += ((row, literal) for row in places if found.is_new(row))
        texts: Dict[int, _Text] = {}
        for row, literal in sorted(new):
            if self._active(literal):
                text = texts.get(row) or texts.setdefault(row, self._text(block, row))
                self._attempt(literal, text, block.first + row)
        self._keep(block, rows)
        self._before = _last_rows(block)
        self._open = {literal for row, literal in new if block.first + row >= self._before.first}

    def _go_on(self, block: Block) -> None:
        """Messages that began in the block before and go on in this one."""
        if self._open:
            before, numbers = _end(self._before)
            text = _Text(block.part(0, _ROWS), before, numbers)
            for literal in self._open:
                for line in dict.fromkeys(numbers):
                    self._attempt(literal, text, line)

    def _text(self, block: Block, row: int) -> _Text:
        part = _around(block, row)
        return _Text(part, *(_end(self._before) if part.first == block.first else ()))

    def _active(self, literal: str) -> List[_Seen]:
        """The signatures with this literal that are still to be tried on every new line."""
        most = ATTEMPTS + self._blocks
        return [one for one in self._by_literal[literal] if len(one.first) < FIRST and one.attempts < most]

    def _attempt(self, literal: str, text: _Text, line: int) -> None:
        active = self._active(literal)
        windows = list(text.windows(literal, line, line)) if active else []
        for seen in active:
            seen.attempt(windows, line)

    def _keep(self, block: Block, rows: Mapping[str, Sequence[int]]) -> None:
        """The last lines with a literal that were not tried."""
        parts: Dict[int, Block] = {}
        for literal, places in rows.items():
            for row in places[-LATER:]:
                if len(block.rows[row]) > _LONG:
                    continue
                line = block.first + row
                for seen in self._by_literal[literal]:
                    if line not in seen.tried:
                        part = parts.get(row) or parts.setdefault(row, _around(block, row))
                        seen.later.append((literal, part, line))

    def hits(self) -> Tuple[Hit, ...]:
        """In the order of the text."""
        return tuple(sorted((hit for seen in self._seen for hit in seen.hits()), key=lambda hit: hit.line))


def _around(block: Block, row: int) -> Block:
    """The rows that a window around one of them may reach over, as far as they are not too long."""
    rows = block.rows
    start, stop = max(0, row - _ROWS), min(len(rows), row + 1 + _ROWS)
    if sum(map(len, rows[start:stop])) > 2 * _LONG:
        start, stop = row, row + 1
        while start > max(0, row - _ROWS) and sum(map(len, rows[start - 1 : row])) <= _LONG:
            start -= 1
        while stop < min(len(rows), row + 1 + _ROWS) and sum(map(len, rows[row + 1 : stop + 1])) <= _LONG:
            stop += 1
    return block.part(start, stop)


def _last_rows(block: Block) -> Block:
    """The rows that go before the next block's; none where they are too long."""
    size = len(block.raw)
    start = block.raw.rfind(b"\n", 0, max(0, size - 4 * AFTER)) + 1
    if size - start > 16 * AFTER:
        return Block(b"", block.last + 1)
    return Block(block.raw[start:], block.last - block.raw.count(b"\n", start))


def _end(block: Block) -> Tuple[str, Sequence[int]]:
    """The clean text that goes before the next block's, and its line numbers."""
    text = block.text
    start = text.rfind("\n", 0, max(0, len(text) - AFTER)) + 1
    if not text or len(text) - start > 2 * AFTER:
        return "", ()
    return text[start:] + "\n", block.numbers[text.count("\n", 0, start) :]
