"""What a text says about memory, read block by block: messages, and figures that grow. Memory is bounded."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_right
from collections import deque
from typing import Deque, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

from ...frozen import frozen
from ...pasted import Block, Found, Line, Words
from . import message
from .growth import Growth, Series
from .message import OomMessage

#: A message begins on a line with one of these. However the line is broken, one of the first three is left whole.
_BEGINS = (
    "out of memory", "CUDA out of", "Tried to allocate", "would exceed allowed memory", "Allocation on device",
    "failed with OOM", "Preemptively rejecting", "ALLOC_FAILED", "ERROR_OUT_OF_MEMORY", "cudaErrorMemoryAllocation",
    "hipErrorOutOfMemory", "DefaultCPUAllocator",
)  # fmt: skip
_MARK = re.compile("|".join(map(re.escape, _BEGINS)))
#: A log that tells how much memory is in use has one of these, or Ultralytics' rows below this heading.
_HEADING = "GPU_mem"
_FIGURES = ("mem", "Mem", "MEM", "rss", "RSS", "VRAM", "vram", "alloc", "reserved", "显存", "内存")

#: What stands before each line where several processes write into one log, and the frame around a rich traceback.
_PREFIX = re.compile(r"^\s*(?:\[rank\d{1,6}\]:|\([^()]{0,80}pid=\d{1,10}[^()]{0,80}\)|[│┃|])\s?")
_FRAME = " \t│┃|"

MOST_LINES = 24  # of one message that is wrapped
_LINES_TO_BEGIN = 4  # after which a message with numbers has begun, or there is none
_BEGUN = ("triedtoallocate", "wouldexceedallowed", "failedwithoom", "preemptivelyrejecting")
MOST_CHARS = 1 << 15
FIRST, LAST = 64, 64  # different messages kept
EVERY = 2000  # lines with figures after which every second one is read, then every third ...


@frozen
class Seen:
    """What was read: messages in the order of the text, how many there were in all, and what grows."""

    messages: Tuple[OomMessage, ...] = ()
    count: int = 0
    growing: Tuple[Growth, ...] = ()


class Reader:
    """Blocks are handed to `feed` in order; `seen` is asked once, after the last."""

    #: What is to be looked for in each block.
    words: Sequence[str] = (*_BEGINS, _HEADING, *_FIGURES)

    def __init__(self) -> None:
        self._words: Optional[Words] = None
        self._open: List[Line] = []
        self._text = ""  # the lines of `_open` without white space
        self._ends: List[int] = []  # where each of them ends in it
        self._first: List[OomMessage] = []
        self._last: Deque[Union[OomMessage, Line]] = deque(maxlen=LAST)  # a line: a message still to be read
        self._same: Dict[str, int] = {}  # a whole message on one line -> its place among the first
        self._count = 0
        self._series = Series()
        self._lines = 0
        self._rows = False

    def feed(self, block: Block, found: Optional[Found] = None) -> None:
        """`found`: of these words or more, where somebody looked for them already."""
        if found is None:
            self._words = self._words or Words(self.words)
            found = self._words.find(block)
        after = self._messages(block, sorted(_rows(found, _BEGINS)))
        self._rows = self._rows or _HEADING in found.rows
        figures = set(range(len(block.rows))) if self._rows else _rows(found, _FIGURES)
        rows = sorted(figures - after)
        # Of a log with millions of such lines ever fewer are read: growth shows in any of them.
        before = self._lines
        self._lines += len(rows)
        place = _next(before)
        while place < len(rows):
            for line in block.part(rows[place], rows[place] + 1).lines():
                self._series.read(line.number, line.text)
            place += 1 + _next(before + place + 1)

    def _messages(self, block: Block, rows: Sequence[int]) -> Set[int]:
        """Reads the messages that begin in these rows, and the one that is open; the rows that were read."""
        read: Set[int] = set()
        for row in [0, *rows] if self._open else rows:
            while row not in read and row < len(block.rows):
                read.add(row)
                for line in block.part(row, row + 1).lines():
                    if self._open or _MARK.search(line.text):
                        self._message(line)
                row += 1
                if not self._open:
                    break
        return read

    def seen(self) -> Seen:
        self._close()
        messages = (*self._first, *self._later())
        _grow(self._series, messages)
        return Seen(messages, self._count, self._series.growing())

    def _message(self, line: Line) -> None:
        begins = _MARK.search(line.text)
        if begins and self._repeated(line, begins.start()):
            return
        if not self._open and len(self._first) >= FIRST and _whole(line.text):
            self._count += 1
            self._last.append(line)
            return
        begun = any(word in self._text.lower() for word in _BEGUN)
        full = len(self._open) >= (MOST_LINES if begun else _LINES_TO_BEGIN) or len(self._text) >= MOST_CHARS
        if self._open and (full or (begins is not None and begun)):
            self._close()
            if begins is None:
                return
        self._open.append(line)
        self._text += message.compact(_PREFIX.sub("", line.text).strip(_FRAME)[:MOST_CHARS])
        self._ends.append(len(self._text))
        if message.complete(self._text, wrapped=len(self._open) > 1):
            self._close(line.text[begins.start() :] if begins and len(self._open) == 1 else "")

    def _repeated(self, line: Line, at: int) -> bool:
        """Whether this line holds a message that came before, to the letter."""
        place = self._same.get(line.text[at:])
        if place is None:
            return False
        self._close()
        self._count += 1
        one = self._first[place]
        self._first[place] = dataclasses.replace(one, count=one.count + 1, last_line=line.number)
        return True

    def _close(self, whole: str = "") -> None:
        """The message that was being collected; `whole` is its text where it stands on one line."""
        lines, text, ends = self._open, self._text, self._ends
        self._open, self._text, self._ends = [], "", []
        found = list(message.numbered(text))
        for one in found:
            self._add(one.message, lines[bisect_right(ends, one.start)].number)
        if whole and len(found) == 1 and not self._last:
            self._same[whole] = len(self._first) - 1
        if not found:
            for line in lines:
                said = message.bare(line.text)
                if said:
                    self._add(said, line.number)

    def _later(self) -> Iterator[OomMessage]:
        for one in self._last:
            if isinstance(one, OomMessage):
                yield one
                continue
            for found in message.numbered(message.compact(one.text)):
                yield dataclasses.replace(found.message, line=one.number, last_line=one.number)

    def _add(self, found: OomMessage, number: int) -> None:
        self._count += 1
        found = dataclasses.replace(found, line=number, last_line=number)
        (self._first if len(self._first) < FIRST else self._last).append(found)


def _next(count: int) -> int:
    """How many lines with figures are not read, after so many, before the next one that is."""
    return -(count + 1) % (1 + (count + 1) // EVERY)


def _rows(found: Found, words: Iterable[str]) -> Set[int]:
    return set().union(*(found.rows[word] for word in words if word in found.rows))


def _whole(line: str) -> bool:
    """Whether a line holds a message from beginning to end."""
    return "Tried to allocate" in line and ("but unallocated" in line or "in total by PyTorch)" in line)


def _grow(series: Series, messages: Iterable[OomMessage]) -> None:
    """A program that catches the error and goes on tells by its messages that it leaks."""
    for one in messages:
        if one.allocated is not None and one.form != "cpu":
            series.add(f"memory allocated on GPU {one.gpu}", one.line, one.allocated)


def read_lines(lines: Iterable[Line]) -> Seen:
    """The same of lines that fit in memory."""
    kept = tuple(lines)
    if not kept:
        return Seen()
    return read([Block.of(kept)])


def read(blocks: Iterable[Block]) -> Seen:
    """Everything that a text says about memory."""
    reader = Reader()
    for block in blocks:
        reader.feed(block)
    return reader.seen()
