"""Where any of many words stands in a text, in about the time that looking for ten of them one by one takes.

The text is packed, so that one character stands for several letters: two as they are, or four of thirteen kinds. A word
packed the same way leaves, however it falls into these cells, one that is known; a compiled pattern looks for all such
cells and their neighbours at once, and only where it finds one the word itself is compared.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from itertools import product
from math import prod
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

#: Characters of logs, the most frequent first; all others are rarer.
_COMMON = " etaoinsrldcumphgfy_.:/-bvwk=,'\"()[]TSECAIRNDPLMOxjqzUFBGVHYWKXJQZ"
_SHARE = [1 / (4 + place) for place in range(128)]
#: Hexadecimal digits that stand for kinds of letters: with D, E and F there would be halves of surrogate pairs.
_DIGITS = b"0123456789ABC"
#: Words from this length on go by fours, shorter ones by twos.
_BY_FOURS = 6
SHORTEST = 3
#: Below this size the words are looked for one by one: making the patterns takes longer.
_SMALL = 1 << 16

_Cell = Tuple[Optional[int], ...]  # kinds of its letters; None for a letter that is not the word's
_Begin = Tuple[bytes, int]


class Sieve:
    """Words of at least `SHORTEST` bytes; there may be none. A newline in the text counts as a blank."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._words = sorted(set(words))
        self._packings: List[_Packing] = []

    def places(self, text: bytes) -> List[Tuple[int, bytes]]:
        """Every place of every word, in the order of the text."""
        text = text.replace(b"\n", b" ")
        if len(text) < _SMALL and not self._packings:
            return sorted((at, word) for word in self._words for at in _one_by_one(word, text))
        if not self._packings:
            long = [word for word in self._words if len(word) >= _BY_FOURS]
            short = [word for word in self._words if len(word) < _BY_FOURS]
            self._packings = [_Packing(words, width) for words, width in ((long, 4), (short, 2)) if words]
        return sorted([place for packing in self._packings for place in packing.places(text)])


def _one_by_one(word: bytes, text: bytes) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


class _Packing:
    """Words looked for with `width` letters to a cell."""

    def __init__(self, words: Sequence[bytes], width: int) -> None:
        self._width = width
        kinds = _kinds() if width == 4 else list(range(128))
        self._kinds = kinds
        self._table = bytes((_DIGITS[kinds[byte & 127]] if width == 4 else byte & 127) for byte in range(256))
        self._count = len(_DIGITS) if width == 4 else 128
        self._share = [0.0] * self._count
        for byte, share in _shares().items():
            self._share[kinds[byte]] += share
        # By the cell, with its neighbour where that tells something: words, and where they begin from there.
        self._alone: Dict[str, List[_Begin]] = {}
        self._followed: Dict[str, List[_Begin]] = {}
        self._led: Dict[str, List[_Begin]] = {}
        self._pattern = re.compile(self._made(words))

    def places(self, text: bytes) -> List[Tuple[int, bytes]]:
        places: List[Tuple[int, bytes]] = []
        width = self._width
        alone, followed, led = self._alone, self._followed, self._led
        packed = self._packed_text(text)
        for found in self._pattern.finditer(packed):
            at = found.start()
            here, after, before = packed[at], packed[at : at + 2], packed[at - 1 : at + 1]
            # Most are none of these.
            if here in alone or after in followed or before in led:
                for words in (alone.get(here), followed.get(after), led.get(before)):
                    for word, offset in words or ():
                        begin = (at - 1) * width + offset
                        if begin >= 0 and text.startswith(word, begin):
                            places.append((begin, word))
        return places

    def _packed_text(self, text: bytes) -> str:
        """The text packed, after one cell of blanks and before at least one."""
        width = self._width
        padded = b"".join((b" " * width, text, b" " * (2 * width - len(text) % width)))
        if width == 4:
            return unhexlify(padded.translate(self._table)).decode("utf-16-le")
        return (padded if text.isascii() else padded.translate(self._table)).decode("utf-16-le")

    def _made(self, words: Sequence[bytes]) -> str:
        units = [(word, phase, self._cells(word, phase)) for word in words for phase in range(self._width)]
        shared: Dict[_Cell, int] = {}
        for _, _, cells in units:
            for cell in cells:
                shared[cell] = shared.get(cell, 0) + 1
        # A cell is the better the rarer it is in texts, and the more words it serves.
        cost = {cell: (cell.count(None), self._odds(cell) / count) for cell, count in shared.items()}
        # By which neighbours are known well enough to tell: the cells before, those looked for, the cells after.
        shapes: Dict[Tuple[bool, bool], Tuple[Set[str], Set[str], Set[str]]] = {}
        for word, phase, cells in units:
            place = min(range(len(cells)), key=lambda one: cost[cells[one]])
            around = (self._tells(cells, place - 1), self._tells(cells, place + 1))
            shape = shapes.setdefault(around, (set(), set(), set()))
            here = self._packed(cells[place])
            before = self._packed(cells[place - 1]) if around[0] else []
            after = self._packed(cells[place + 1]) if around[1] else []
            shape[1].update(here)
            shape[0].update(before)
            shape[2].update(after)
            if after and (*cells[place], *cells[place + 1]).count(None) <= 1:
                index, keys = self._followed, [one + other for one in here for other in after]
            elif before and (*cells[place], *cells[place - 1]).count(None) <= 1:
                index, keys = self._led, [other + one for one in here for other in before]
            else:
                index, keys = self._alone, here
            for key in keys:
                index.setdefault(key, []).append((word, phase - self._width * place))
        ways = [
            f"(?<={_any(before)}{_any(here)})" + (f"(?={_any(after)})" if after else "")
            for _, (before, here, after) in sorted(shapes.items(), reverse=True)
        ]
        return _any(set().union(*(here for _, here, _ in shapes.values()))) + "(?:" + "|".join(ways) + ")"

    def _cells(self, word: bytes, phase: int) -> List[_Cell]:
        """The cells of a word whose first letter is at the place `phase` of its cell."""
        known: List[Optional[int]] = [None] * phase
        known += [self._kinds[byte & 127] for byte in word]
        known += [None] * (-len(known) % self._width)
        return [tuple(known[at : at + self._width]) for at in range(0, len(known), self._width)]

    def _tells(self, cells: Sequence[_Cell], place: int) -> bool:
        return 0 <= place < len(cells) and cells[place].count(None) <= 1

    def _odds(self, cell: _Cell) -> float:
        return prod(self._share[kind] for kind in cell if kind is not None)

    def _packed(self, cell: _Cell) -> List[str]:
        """The characters that a cell may be packed to."""
        every = product(*(range(self._count) if kind is None else (kind,) for kind in cell))
        if self._width == 4:
            return [chr(one << 4 | two | three << 12 | four << 8) for one, two, three, four in every]
        return [chr(one | two << 8) for one, two in every]


def _shares() -> Dict[int, float]:
    """How frequent each byte is, roughly."""
    common = [ord(letter) for letter in _COMMON]
    return dict(zip([*common, *(byte for byte in range(128) if byte not in common)], _SHARE))


def _kinds() -> List[int]:
    """The kind of each letter: the frequent ones spread, so that no kind is much more frequent than another."""
    load = [0.0] * len(_DIGITS)
    kinds = [0] * 128
    for byte, share in _shares().items():
        kinds[byte] = load.index(min(load))
        load[kinds[byte]] += share
    return kinds


def _any(cells: Iterable[str]) -> str:
    inside = "".join(map(re.escape, sorted(cells)))
    return f"[{inside}]" if inside else ""
