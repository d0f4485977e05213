"""Memory that grows from line to line of a log: figures of one label, step after step."""

from __future__ import annotations

import re
from statistics import median
from typing import Dict, Iterator, List, Sequence, Tuple

from ...frozen import frozen
from .sizes import GIB, MIB, words

#: Words that make a figure one of memory in use, and words that make it something else.
_IN_USE = ("mem", "rss", "vram", "alloc", "reserved", "cached", "显存", "内存")
_NOT_IN_USE = ("free", "avail", "total", "limit", "capacity", "tried", "batch", "bandwidth", "left", "remaining", "pin")

_FIGURE = re.compile(
    r"([A-Za-z_\u4e00-\u9fff][A-Za-z_\u4e00-\u9fff ./()-]{0,40})[\s:=|]{1,12}"
    r"(\d{1,15}(?:\.\d{1,6})?) ?(GiB|MiB|KiB|GB|MB|KB|[GMK]\b|bytes\b|B\b)?(?![\w.%/])",
    re.IGNORECASE,
)
#: What is before every figure. To look for it first spares the search for labels on lines that are but words.
_DIGIT = re.compile(r"[\s:=|]\d")
#: Ultralytics and its like: "      3/100      3.47G      1.234 ...", under a heading GPU_mem.
_EPOCH_ROW = re.compile(r"^\s{0,12}\d{1,6}/\d{1,6}\s{1,12}(\d{1,4}(?:\.\d{1,3})?)G\s")
_UNITS = {"k": 1 << 10, "m": MIB, "g": GIB, "b": 1}

MOST_LABELS, MOST_POINTS = 24, 4096
MOST_LINE = 1000  # a longer line is no line of a training log
_PIECES = 8
_LEAST_POINTS = 4
_LEAST = 128 * MIB
_RATIO = 1.3


@frozen
class Growth:
    """A figure that keeps growing: its label as the log spells it, and (line, bytes) of its first and last point."""

    label: str
    first: Tuple[int, int]
    last: Tuple[int, int]
    points: int

    def says(self) -> str:
        sizes = f"from {words(self.first[1])} to {words(self.last[1])}"
        return f"{self.label} grows {sizes} over {self.points} lines of the log"

    @property
    def source(self) -> str:
        return f"lines {self.first[0]} to {self.last[0]}"


class Series:
    """Figures of memory by label. Where a label has too many, every second one is forgotten."""

    def __init__(self) -> None:
        self._points: Dict[str, List[Tuple[int, int]]] = {}
        self._labels: Dict[str, str] = {}
        self._stride: Dict[str, int] = {}
        self._seen: Dict[str, int] = {}

    def read(self, number: int, text: str) -> None:
        """One line of the log."""
        if len(text) > MOST_LINE:
            return
        row = _EPOCH_ROW.match(text)
        if row:
            self.add("GPU_mem", number, round(float(row.group(1)) * GIB))
            return
        for label, size in _figures(text):
            self.add(label, number, size)

    def add(self, label: str, number: int, size: int) -> None:
        key = "".join(letter for letter in label.lower() if letter.isalpha())
        if key not in self._points:
            if len(self._points) >= MOST_LABELS:
                return
            self._points[key], self._labels[key], self._stride[key], self._seen[key] = [], label, 1, 0
        self._seen[key] += 1
        if self._seen[key] % self._stride[key] == 0:
            self._points[key].append((number, size))
        if len(self._points[key]) > MOST_POINTS:
            del self._points[key][::2]
            self._stride[key] *= 2

    def growing(self) -> Tuple[Growth, ...]:
        """The figures that grow, the most grown first."""
        found = [
            Growth(self._labels[key], points[0], points[-1], self._seen[key])
            for key, points in self._points.items()
            if grows([size for _, size in points])
        ]
        return tuple(sorted(found, key=lambda one: one.first[1] - one.last[1]))


def grows(sizes: Sequence[int]) -> bool:
    """Whether sizes grow from beginning to end, and go on growing: a rise that levels off is a program warming up."""
    if len(sizes) < _LEAST_POINTS or sizes[-1] - sizes[0] < _LEAST or sizes[-1] < _RATIO * sizes[0]:
        return False
    levels = [median(piece) for piece in _pieces(sizes, min(_PIECES, len(sizes)))]
    falls = sum(after <= before for before, after in zip(levels, levels[1:]))
    if falls > (1 if len(levels) >= 6 else 0):
        return False
    third = max(1, len(levels) // 3)
    late = (levels[-1] - levels[-1 - third]) / third
    whole = (levels[-1] - levels[0]) / (len(levels) - 1)
    return late >= 0.4 * whole > 0


def _pieces(sizes: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    for place in range(count):
        yield sizes[place * len(sizes) // count : (place + 1) * len(sizes) // count]


def _figures(text: str) -> Iterator[Tuple[str, int]]:
    """Each figure of memory in use on a line, with its label."""
    for found in _FIGURE.finditer(text) if _DIGIT.search(text) else ():
        label, number, unit = found.group(1).strip(" .-/"), float(found.group(2)), (found.group(3) or "").lower()
        low = label.lower()
        if not any(word in low for word in _IN_USE) or any(word in low for word in _NOT_IN_USE):
            continue
        if not unit:
            unit = "g" if "(g" in low else "k" if "(k" in low else "b" if number >= 10_000_000 else "m"
        yield label, round(number * _UNITS[unit[0]])
