"""The kinds of value a table file may hold: one test and one JSON Schema each, so that the two cannot drift apart.

A test takes a whole column at once and looks at each different value once: files are tested whenever they are read,
and a column has few different values. No regular expressions, for the same reason.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, Callable, Mapping, Sequence, Tuple

from ..frozen import frozen

HOW = ("measured", "read", "derived")


@frozen
class Kind:
    words: str  # what is expected, for the message: "a version like 12.4"
    fit: Callable[[Sequence[Any]], bool]  # whether every value of a column fits
    schema: Mapping[str, Any]
    freeze: Callable[[Any], Any]  # JSON value -> value of the row: lists become tuples


def _plain(words: str, of: type, test: Callable[[Any], bool], schema: Mapping[str, Any]) -> Kind:
    """A kind of one JSON type. Types are compared first: True equals 1, and a set would hide it."""

    def fit(values: Sequence[Any]) -> bool:
        return set(map(type, values)) <= {of} and all(map(test, set(values)))

    return Kind(words, fit, schema, lambda value: value)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_version(text: str) -> bool:
    return all(map(_is_digits, text.split(".")))


def _is_capability(text: str) -> bool:
    return text.count(".") == 1 and _is_version(text)


def _is_date(text: str) -> bool:
    parts = text.split("-")
    return [len(part) for part in parts] == [4, 2, 2] and all(map(_is_digits, parts))


TEXT = _plain("a text that is not empty", str, bool, {"type": "string", "minLength": 1})
LINE = _plain("a text", str, lambda text: True, {"type": "string"})
WHOLE = _plain(
    "a whole number, not negative", int, lambda number: number >= 0, {"type": "integer", "minimum": 0}
)  # fmt: skip
TRUTH = _plain("true or false", bool, lambda value: True, {"type": "boolean"})
VERSION = _plain("a version like 12.4", str, _is_version, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)*$"})
CAPABILITY = _plain(
    "a capability like 8.6", str, _is_capability, {"type": "string", "pattern": r"^[0-9]+\.[0-9]+$"}
)  # fmt: skip
DATE = _plain(
    "a date like 2026-11-22", str, _is_date, {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
)  # fmt: skip


def one_of(*words: str) -> Kind:
    return _plain("one of " + ", ".join(map(repr, words)), str, lambda text: text in words, {"enum": list(words)})


def maybe(kind: Kind) -> Kind:
    """That kind, or null."""
    return Kind(
        kind.words + ", or null",
        lambda values: kind.fit([value for value in values if value is not None]),
        {"anyOf": [kind.schema, {"type": "null"}]},
        lambda value: None if value is None else kind.freeze(value),
    )


def many(kind: Kind, at_least: int = 0) -> Kind:
    """A list without repeats."""

    def fit(values: Sequence[Any]) -> bool:
        return (
            set(map(type, values)) <= {list}
            and kind.fit(list(chain.from_iterable(values)))
            and all(len(value) >= at_least and not _repeats(value) for value in values)
        )

    return Kind(
        f"a list without repeats of at least {at_least}, each {kind.words}",
        fit,
        {"type": "array", "items": kind.schema, "uniqueItems": True, "minItems": at_least},
        lambda value: tuple(map(kind.freeze, value)),
    )


def _repeats(items: Sequence[Any]) -> bool:
    if items and type(items[0]) is dict:
        return any(item in items[:place] for place, item in enumerate(items))
    return len(set(items)) != len(items)


def named(kind: Kind) -> Kind:
    """An object whose keys are free texts."""

    def fit(values: Sequence[Any]) -> bool:
        return (
            set(map(type, values)) <= {dict}
            and TEXT.fit(list(chain.from_iterable(values)))
            and kind.fit(list(chain.from_iterable(value.values() for value in values)))
        )

    return Kind(
        f"an object, each value {kind.words}",
        fit,
        {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": kind.schema},
        lambda value: {key: kind.freeze(item) for key, item in value.items()},
    )


def record(make: Callable[..., Any], **fields: Kind) -> Kind:
    """An object with exactly these keys, frozen by calling `make` with them."""

    def fit(values: Sequence[Any]) -> bool:
        return all(type(value) is dict and value.keys() == fields.keys() for value in values) and all(
            kind.fit([value[name] for value in values]) for name, kind in fields.items()
        )

    def freeze(value: Mapping[str, Any]) -> Any:
        return make(**{name: kind.freeze(value[name]) for name, kind in fields.items()})

    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": list(fields),
        "properties": {name: kind.schema for name, kind in fields.items()},
    }
    return Kind("an object with exactly " + ", ".join(fields), fit, schema, freeze)


def misfit(kind: Kind, values: Sequence[Any]) -> Tuple[int, Any]:
    """Place and value of the first that does not fit; call only where `fit` said so."""
    return next((place, value) for place, value in enumerate(values) if not kind.fit([value]))
