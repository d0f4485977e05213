"""What a look at the machine can come back with: Known, Absent or Unknown.

The three are never mixed up: *absent* means every place was looked in and nothing was there, *unknown* means
the look itself failed (and says why), and neither is wrong by itself.
"""

from __future__ import annotations

from typing import Callable, Generic, Optional, Tuple, TypeVar, Union

from .frozen import frozen

T = TypeVar("T")
U = TypeVar("U")

#: Why a look failed. `not-looked` is for questions nobody asked (a probe switched off, a pasted text).
REASONS = ("timeout", "denied", "failed", "unparsable", "not-looked")


@frozen
class Known(Generic[T]):
    """A value and the file, command or variable that answered."""

    value: T
    source: str


@frozen
class Absent:
    """Looked everywhere, not there."""

    looked: Tuple[str, ...] = ()


@frozen
class Unknown:
    """The look failed: `reason` is one of REASONS, `detail` a sentence, `source` what was asked."""

    reason: str
    detail: str = ""
    source: str = ""

    def sentence(self) -> str:
        words = {
            "timeout": "no answer in time",
            "denied": "permission denied",
            "failed": "the look failed",
            "unparsable": "the answer was not understood",
            "not-looked": "not looked at",
        }
        head = words.get(self.reason, self.reason)
        where = f" from {self.source}" if self.source else ""
        return f"{head}{where}: {self.detail}" if self.detail else f"{head}{where}"


Reading = Union[Known[T], Absent, Unknown]


class Missing(Exception):
    """Raised by `need` and `given`: the reading has no value. The judge turns it into a verdict, never a traceback."""

    def __init__(self, reading: Union[Absent, Unknown], what: str = "") -> None:
        super().__init__(what)
        self.reading = reading
        self.what = what


def need(reading: Reading[T], what: str = "") -> T:
    """The value, or raise Missing: Unknown becomes cannot-tell, Absent becomes not-applicable."""
    if isinstance(reading, Known):
        return reading.value
    raise Missing(reading, what)


def given(reading: Reading[T], what: str = "") -> Optional[T]:
    """The value, None where it is absent, or raise Missing where it is unknown."""
    if isinstance(reading, Absent):
        return None
    return need(reading, what)


def value_or(reading: Reading[T], default: U) -> Union[T, U]:
    """The value where known, else `default`. For display and optional detail, never to decide a verdict."""
    return reading.value if isinstance(reading, Known) else default


def source_of(reading: Reading[T]) -> str:
    """Where it was read, for evidence: the source, or the places looked in."""
    return ", ".join(reading.looked) if isinstance(reading, Absent) else reading.source


def mapped(reading: Reading[T], change: Callable[[T], U]) -> Reading[U]:
    """The same reading with its value changed; ValueError in `change` becomes Unknown(unparsable)."""
    if not isinstance(reading, Known):
        return reading
    try:
        return Known(change(reading.value), reading.source)
    except ValueError as error:
        return Unknown("unparsable", str(error), reading.source)
