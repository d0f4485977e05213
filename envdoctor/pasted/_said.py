"""What a reader reports: one fact, where in the text it stands, and how much its voice counts."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Sequence

from ..reading import Known, Reading, Unknown

#: Weights. Of two voices the heavier counts, of equal ones the later.
GUESSED = 0  # follows from something else, such as a version from a path
LISTED = 1  # of a list of packages: what is installed, not what was imported
STATED = 2  # by the program itself
WHOLE = 3  # a complete list, which replaces what was listed before

#: Of everything that a text does not give.
NOT_SAID = Unknown("not-looked", "the text does not say")


class Said(NamedTuple):
    """`field` of "deep.NAME" is a field of torch.deep. A reading of Absent takes back what was said before.

    `owner` is the prefix of the environment that a list of packages belongs to, "" where the text does not say.
    """

    group: str
    field: str
    reading: Reading[Any]
    line: int
    weight: int = STATED
    owner: str = ""


def joined(sources: Sequence[str]) -> str:
    """'line 3, line 4, lines 5-9' -> 'lines 3-9'; of very many the first and the last."""
    spans: List[List[int]] = []
    for one in dict.fromkeys(part for source in sources for part in source.split(", ")):
        first, _, last = one.partition(" ")[2].partition("-")
        if not first.isdigit():
            return ", ".join(dict.fromkeys(sources))
        span = [int(first), int(last or first)]
        if spans and spans[-1][0] <= span[0] <= spans[-1][1] + 1:
            spans[-1][1] = max(spans[-1][1], span[1])
        else:
            spans.append(span)
    shown = [where(first, last) for first, last in spans]
    return ", ".join(shown if len(shown) < 9 else [*shown[:4], *shown[-4:]])


def where(first: int, last: int = 0) -> str:
    """'line 12' or 'lines 12-40'."""
    return f"lines {first}-{last}" if last > first else f"line {first}"


def said(group: str, field: str, value: Any, first: int, last: int = 0, weight: int = STATED, owner: str = "") -> Said:
    """A value that stands in these lines."""
    return Said(group, field, Known(value, where(first, last)), first, weight, owner)
