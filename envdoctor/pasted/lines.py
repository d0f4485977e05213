"""From any bytes to clean numbered lines: streamed, bounded, and fast where there is nothing to clean.

Work is done on blocks of whole lines. They are cleaned when their text is asked for, which for most of a large log it
never is; a block without escapes, carriage returns, quote marks or non-ASCII bytes goes through untouched, the others
are cleaned line by line (see _clean.py).
"""

from __future__ import annotations

from functools import cached_property
from typing import BinaryIO, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from . import _clean
from ._decode import as_utf8, text_of

#: A block is as large as the input allows, and at least this, so that the work per block does not count.
BLOCK = 1 << 18
#: Of a longer line the beginning and the end are kept.
LONGEST = 1 << 16
_TAIL = 1 << 14
_CUT = b" [...] "


class Line(NamedTuple):
    """`number` is the line of the input, counted from 1. Several have the same one where a progress bar was redrawn
    with something else in between."""

    number: int
    text: str


class Block:
    """Whole lines of the input: as they came in `rows`, clean in `text`, where one row may have become several lines.

    `first` is the number of the first row, `before` the row before it, which tells whether a quotation goes on.
    """

    def __init__(self, raw: bytes, first: int = 1, before: bytes = b"") -> None:
        self.raw = raw
        self.first = first
        self.before = before

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Block:
        """Of clean lines, whose numbers need not follow each other."""
        text = "\n".join(line.text for line in lines)
        block = cls(text.encode("utf-8", "surrogatepass"))
        block.__dict__["_cleaned"] = text, [line.number for line in lines]
        return block

    @cached_property
    def plain(self) -> bool:
        """Whether there is nothing to clean."""
        return _clean.is_plain(self.raw)

    @cached_property
    def rows(self) -> List[bytes]:
        return self.raw.split(b"\n")

    @cached_property
    def _cleaned(self) -> Tuple[str, Sequence[int]]:
        numbers: Sequence[int] = range(self.first, self.last + 1)
        if self.plain:
            return _short(self.raw.decode("ascii")), numbers
        text, numbers = _clean.without_marks(text_of(self.raw), numbers)
        inside = _clean.is_quoted(text_of(self.before))
        if inside or _clean.may_be_quoted(text):
            text = _clean.unquoted(text, inside)
        return _short(text), numbers

    @property
    def text(self) -> str:
        """The clean lines, separated by newlines."""
        return self._cleaned[0]

    @property
    def numbers(self) -> Sequence[int]:
        """The input's line number of each clean line."""
        return self._cleaned[1]

    @cached_property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + self.raw.count(b"\n")

    def lines(self) -> Iterator[Line]:
        return map(Line, self.numbers, self.text.split("\n"))

    def number_at(self, offset: int) -> int:
        """The line number of a place in `text`."""
        return self.numbers[self.text.count("\n", 0, offset)]

    def part(self, start: int, stop: int) -> Block:
        """The rows from `start` to before `stop`, which are cut to those that there are."""
        start = max(0, start)
        before = self.rows[start - 1] if start else self.before
        return Block(b"\n".join(self.rows[start:stop]), self.first + start, before)


def chunks(stream: BinaryIO, size: int = BLOCK) -> Iterator[bytes]:
    """What a stream holds, piece by piece."""
    return iter(lambda: stream.read(size), b"")


def lines(source: Iterable[bytes]) -> Iterator[Line]:
    """Every line of the input. Nothing is raised for what the bytes are."""
    for block in blocks(source):
        yield from block.lines()


def blocks(source: Iterable[bytes]) -> Iterator[Block]:
    """The input in blocks, which are the same however the source cuts its pieces."""
    first, before = 1, b""
    for raw in _whole_lines(as_utf8(source)):
        ends = raw.endswith(b"\n")
        block = Block(raw[:-1] if ends else raw, first, before)
        yield block
        first = block.last + ends
        before = block.raw[block.raw.rfind(b"\n") + 1 :]


def _whole_lines(source: Iterable[bytes]) -> Iterator[bytes]:
    """Runs of whole lines, each ended by its newline but perhaps the last. A line that is longer than a block ends at
    its last carriage return (the rest follows under the same number), or loses its middle."""
    held: List[bytes] = []
    size = 0
    for piece in source:
        for at in range(0, len(piece), BLOCK):
            held.append(piece[at : at + BLOCK])
            size += len(held[-1])
            if size < BLOCK:
                continue
            data = b"".join(held)
            end = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, len(data) - 1) + 1
            if end:
                yield data[:end]
                data = data[end:]
            elif size > BLOCK:
                data = data[: LONGEST - _TAIL] + _CUT + data[-_TAIL:]
            held, size = [data], len(data)
    if size:
        yield b"".join(held)


def _short(text: str) -> str:
    """The text with the middle of its longest lines cut out."""
    at = 0
    while len(text) - at > LONGEST:
        end = text.rfind("\n", at, at + LONGEST + 1)
        if end < 0:
            return "\n".join(map(_short_line, text.split("\n")))
        at = end + 1
    return text


def _short_line(line: str) -> str:
    return line if len(line) <= LONGEST else line[: LONGEST - _TAIL] + _CUT.decode("ascii") + line[-_TAIL:]
