"""What of the input is kept for the readers: all of a paste, and of a large log the beginning, the end, what lies
around the words that give a format away, and lines that are like none before them.

However often a word occurs, its first and last few places are kept, so that the memory needed does not grow with the
input. What is kept is cleaned when it is asked for.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Set, Tuple

from .lines import Block, Line

HEAD = 1 << 19  # bytes kept from the beginning
TAIL = 1 << 18  # and at least from the end
BEFORE, AFTER = 1 << 10, 3 << 12  # around a line with a word
FIRST, LAST = 2, 6  # lines with each word
APART = 1 << 18  # of lines that are like none before the first and the last that have so many bytes
_NEAR = 2  # lines kept before and after such a line
_BLANK_LINES = 3


class _Window(NamedTuple):
    """A run of rows: the block's place in the input, the first row's place in the block, and the rows themselves."""

    place: int
    first: int
    rows: Block


class Keeper:
    """Blocks are handed to `feed` in order, with the rows that have each word; `lines` has what was kept of them."""

    def __init__(self) -> None:
        self._head: List[Block] = []
        self._head_size = 0
        self._tail: Deque[_Window] = deque()
        self._tail_size = 0
        self._first: Dict[str, List[List[_Window]]] = {}  # windows, which may go over several blocks
        self._last: Dict[str, Deque[List[_Window]]] = {}
        self._apart = _Ends()
        self._open: List[Tuple[List[_Window], int]] = []  # windows that go on in the next block, bytes wanted
        self._count = 0

    def feed(self, block: Block, rows: Mapping[str, Sequence[int]], apart: Sequence[int] = ()) -> None:
        """`apart`: rows that are like none of the blocks before."""
        self._count += 1
        if self._head_size < HEAD:
            self._head.append(block)
            self._head_size += len(block.raw) + 1
            return
        self._continue(block)
        for word, places in rows.items():
            first = self._first.setdefault(word, [])
            free = FIRST - len(first)
            first += [self._window(block, row) for row in places[:free]]
            last = self._last.setdefault(word, deque(maxlen=LAST))
            last.extend(self._window(block, row) for row in places[free:][-LAST:])
        for start, stop in _runs(apart, len(block.rows)):
            self._apart.add(_Window(self._count, start, block.part(start, stop)))
        self._tail.append(_Window(self._count, 0, block))
        self._tail_size += len(block.raw)
        while len(self._tail) > 1 and self._tail_size - len(self._tail[0].rows.raw) >= TAIL:
            self._tail_size -= len(self._tail.popleft().rows.raw)

    def _window(self, block: Block, row: int) -> List[_Window]:
        start, size = row, 0
        while start > 0 and size < BEFORE:
            start -= 1
            size += len(block.rows[start]) + 1
        stop, size = _reach(block, row, AFTER)
        windows = [_Window(self._count, start, block.part(start, stop))]
        if size < AFTER:
            self._open.append((windows, AFTER - size))
        return windows

    def _continue(self, block: Block) -> None:
        still, self._open = self._open, []
        for windows, wanted in still:
            windows.append(_Window(self._count, 0, block.part(0, _reach(block, 0, wanted)[0])))

    def lines(self) -> Tuple[Line, ...]:
        """Everything kept, in the order of the input, each line once; runs of blank lines shortened."""
        return tuple(_without_blanks(self._all()))

    def _all(self) -> Iterator[Line]:
        for block in self._head:
            yield from block.lines()
        kept = [*self._first.values(), *self._last.values()]
        windows = [window for windows in kept for one in windows for window in one]
        windows += self._apart.windows()
        done: Set[Tuple[int, int]] = set()
        for place, first, block in sorted([*windows, *self._tail], key=lambda one: (one.place, one.first)):
            for line in block.lines():
                if (place, line.number - block.first + first) not in done:
                    yield line
            done.update((place, first + row) for row in range(len(block.rows)))


class _Ends:
    """The first and the last of many windows, as many as there is room for."""

    def __init__(self) -> None:
        self._first: List[_Window] = []
        self._last: Deque[_Window] = deque()
        self._room = self._left = APART

    def add(self, window: _Window) -> None:
        size = len(window.rows.raw)
        if self._room > 0:
            self._first.append(window)
            self._room -= size
            return
        self._last.append(window)
        self._left -= size
        while self._left < 0:
            self._left += len(self._last.popleft().rows.raw)

    def windows(self) -> List[_Window]:
        return [*self._first, *self._last]


def _runs(rows: Sequence[int], count: int) -> Iterator[Tuple[int, int]]:
    """These rows and their neighbours: the first of each run, and the one after its last."""
    start, stop = 0, 0
    for row in rows:
        if row - _NEAR > stop:
            if stop:
                yield start, stop
            start = row - _NEAR
        stop = min(count, row + _NEAR + 1)
    if stop:
        yield max(0, start), stop


def _reach(block: Block, row: int, wanted: int) -> Tuple[int, int]:
    """The row after the last one of those from `row` on that have so many bytes, and how many they have."""
    size = 0
    while row < len(block.rows) and size < wanted:
        size += len(block.rows[row]) + 1
        row += 1
    return row, size


def _without_blanks(lines: Iterator[Line]) -> Iterator[Line]:
    blank = 0
    for line in lines:
        blank = 0 if line.text and not line.text.isspace() else blank + 1
        if blank <= _BLANK_LINES:
            yield line
