"""From any bytes to clean numbered lines: streamed, bounded, and fast where there is nothing to clean.

Work is done on blocks of whole lines. A block without escapes, carriage returns, quote marks or non-ASCII bytes goes
through untouched; the others are cleaned line by line (see _clean.py).
"""

from __future__ import annotations

from typing import BinaryIO, Iterable, Iterator, List, NamedTuple, Sequence

from ..frozen import frozen
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


@frozen
class Block:
    """Whole clean lines, separated by newlines; `numbers` has the input's line number of each."""

    text: str
    numbers: Sequence[int]

    def lines(self) -> Iterator[Line]:
        return map(Line, self.numbers, self.text.split("\n"))

    def number_at(self, offset: int) -> int:
        """The line number of a place in `text`."""
        return self.numbers[self.text.count("\n", 0, offset)]


def chunks(stream: BinaryIO, size: int = BLOCK) -> Iterator[bytes]:
    """What a stream holds, piece by piece."""
    return iter(lambda: stream.read(size), b"")


def lines(source: Iterable[bytes]) -> Iterator[Line]:
    """Every line of the input. Nothing is raised for what the bytes are."""
    for block in blocks(source):
        yield from block.lines()


def blocks(source: Iterable[bytes]) -> Iterator[Block]:
    """The input in blocks, which are the same however the source cuts its pieces."""
    number = 1
    quoted = False
    for raw in _whole_lines(as_utf8(source)):
        count = raw.count(b"\n")
        ends = raw.endswith(b"\n")
        if ends:
            raw = raw[:-1]
        numbers: Sequence[int] = range(number, number + count + (not ends))
        number += count
        if _clean.is_plain(raw):
            text = raw.decode("ascii")
        else:
            text, numbers = _clean.without_marks(text_of(raw), numbers)
        if quoted or _clean.may_be_quoted(text):
            text, quoted = _clean.unquoted(text, quoted)
        yield Block(_short(text), numbers)


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
