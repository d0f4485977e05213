"""What a reader reports: one fact, where in the text it stands, and how much its voice counts."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..reading import Known, Reading, Unknown

#: Weights. Of two voices the heavier counts, of equal ones the later.
GUESSED = 0  # follows from something else, such as a version from a path
LISTED = 1  # of a list of packages: what is installed, not what was imported
STATED = 2  # by the program itself
WHOLE = 3  # a complete list, which replaces what was listed before

#: Of everything that a text does not give.
NOT_SAID = Unknown("not-looked", "the text does not say")


class Said(NamedTuple):
    """`field` of "deep.NAME" is a field of torch.deep. A reading of Absent takes back what was said before."""

    group: str
    field: str
    reading: Reading[Any]
    line: int
    weight: int = STATED


def where(first: int, last: int = 0) -> str:
    """'line 12' or 'lines 12-40'."""
    return f"lines {first}-{last}" if last > first else f"line {first}"


def said(group: str, field: str, value: Any, first: int, last: int = 0, weight: int = STATED) -> Said:
    """A value that stands in these lines."""
    return Said(group, field, Known(value, where(first, last)), first, weight)
