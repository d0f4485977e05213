"""What of the input is kept for the readers: all of a paste, and of a large log the beginning, the end and what lies
around the words that give a format away.

However often a word occurs, its first and last few places are kept, so that the memory needed does not grow with the
input.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from .lines import Block, Line

HEAD = 1 << 19  # characters kept from the beginning
TAIL = 1 << 18  # and at least from the end
BEFORE, AFTER = 1 << 10, 3 << 12  # around a word
FIRST, LAST = 2, 6  # places of each word
_BLANK_LINES = 3


class _Window(NamedTuple):
    """A run of lines: the block's place in the input, the first line's place in the block, numbers and text."""

    place: int
    first: int
    numbers: Sequence[int]
    text: str


class Keeper:
    """Blocks are handed to `feed` in order; `lines` has what was kept of them."""

    def __init__(self, words: Sequence[str]) -> None:
        self._head: List[Block] = []
        self._head_size = 0
        self._tail: Deque[Tuple[int, Block]] = deque()
        self._tail_size = 0
        self._first: Dict[str, List[List[_Window]]] = {word: [] for word in words}
        self._last: Dict[str, Deque[List[_Window]]] = {word: deque(maxlen=LAST) for word in words}
        self._open: List[Tuple[List[_Window], int]] = []  # windows that go on in the next block, characters wanted
        self._count = 0

    def feed(self, block: Block) -> None:
        place = self._count
        self._count += 1
        if self._head_size < HEAD:
            self._head.append(block)
            self._head_size += len(block.text) + 1
            return
        self._continue(place, block)
        found = [(at, word) for word in self._first if word in block.text for at in self._places(word, block.text)]
        first = counted = 0  # lines before a place are counted from the place before
        for at, word in sorted(found):
            start = block.text.rfind("\n", 0, max(0, at - BEFORE)) + 1
            first += block.text.count("\n", counted, start)
            counted = start
            window = self._window(place, block, start, first, at)
            kept = self._first[word] if len(self._first[word]) < FIRST else self._last[word]
            kept.append(window)
        self._tail.append((place, block))
        self._tail_size += len(block.text)
        while len(self._tail) > 1 and self._tail_size - len(self._tail[0][1].text) >= TAIL:
            self._tail_size -= len(self._tail.popleft()[1].text)

    def _places(self, word: str, text: str) -> List[int]:
        """The first places of the word in the whole input, and the last ones of this block, in order."""
        first: List[int] = []
        at = -1
        while len(self._first[word]) + len(first) < FIRST:
            at = text.find(word, at + 1)
            if at < 0:
                return first
            first.append(at)
        last: List[int] = []
        end = len(text)
        while len(last) < LAST:
            end = text.rfind(word, at + 1, end)
            if end < 0:
                break
            last.append(end)
        return first + last[::-1]

    def _window(self, place: int, block: Block, start: int, first: int, at: int) -> List[_Window]:
        text = block.text
        stop = text.find("\n", min(len(text), at + AFTER))
        windows = [_cut(place, block, first, start, len(text) if stop < 0 else stop)]
        if stop < 0:
            self._open.append((windows, at + AFTER - len(text)))
        return windows

    def _continue(self, place: int, block: Block) -> None:
        still, self._open = self._open, []
        for windows, wanted in still:
            stop = block.text.find("\n", min(len(block.text), max(0, wanted)))
            windows.append(_cut(place, block, 0, 0, len(block.text) if stop < 0 else stop))

    def lines(self) -> Tuple[Line, ...]:
        """Everything kept, in the order of the input, each line once; runs of blank lines shortened."""
        return tuple(_without_blanks(self._all()))

    def _all(self) -> Iterator[Line]:
        for block in self._head:
            yield from block.lines()
        windows = [window for kept in (*self._first.values(), *self._last.values()) for one in kept for window in one]
        windows += [_Window(place, 0, block.numbers, block.text) for place, block in self._tail]
        windows.sort(key=lambda window: (window.place, window.first))
        done: Set[Tuple[int, int]] = set()
        for window in windows:
            for offset, line in enumerate(map(Line, window.numbers, window.text.split("\n"))):
                if (window.place, window.first + offset) not in done:
                    done.add((window.place, window.first + offset))
                    yield line


def _cut(place: int, block: Block, first: int, start: int, stop: int) -> _Window:
    text = block.text[start:stop]
    return _Window(place, first, block.numbers[first : first + text.count("\n") + 1], text)


def _without_blanks(lines: Iterator[Line]) -> Iterator[Line]:
    blank = 0
    for line in lines:
        blank = 0 if line.text and not line.text.isspace() else blank + 1
        if blank <= _BLANK_LINES:
            yield line
