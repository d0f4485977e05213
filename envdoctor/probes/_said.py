"""Parts of the answer of inside/ask.py, as Readings. It may come from a recording, so nothing is taken on trust."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Type, TypeVar

from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from ..target import Answer

T = TypeVar("T")


def part(answer: Reading[Answer], name: str) -> Reading[Any]:
    """One part of the answer; Unknown(failed) where the interpreter met an error in it."""
    if not isinstance(answer, Known):
        return answer
    found = answer.value.get(name)
    if isinstance(found, Mapping) and set(found) == {"error"}:
        return Unknown("failed", str(found["error"]), answer.source)
    if found is None:
        return Unknown("unparsable", f"the interpreter's answer has no {name}", answer.source)
    return Known(found, answer.source)


def item(answer: Reading[Answer], name: str, key: str, kind: Type[T]) -> Reading[T]:
    """One value of a part that is an object. null is Absent."""
    group = part(answer, name)
    if not isinstance(group, Known):
        return group
    found = group.value.get(key) if isinstance(group.value, Mapping) else None
    if found is None:
        return Absent((f"{name}.{key} of {group.source}",))
    if not isinstance(found, kind):
        return Unknown("unparsable", f"{name}.{key} is no {kind.__name__}", group.source)
    return Known(found, group.source)


def rows(answer: Reading[Answer], name: str, change: Callable[[Mapping[str, Any]], T]) -> Reading[List[T]]:
    """A part that is a list of objects. Unknown(unparsable) where one does not have the fields that `change` reads."""

    def changed(found: Any) -> List[T]:
        try:
            return [change(row) for row in found]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{name}: {type(error).__name__}: {error}") from None

    return mapped(part(answer, name), changed)


def closed_site(answer: Reading[Answer]) -> Optional[Unknown]:
    """The environment's own site-packages, where it could not be listed: import finds nothing there, but it is no
    empty one. Other folders of sys.path may be closed: import goes past them, and so does this."""
    notes, entries = value_or(part(answer, "notes"), ()), value_or(part(answer, "path"), ())
    rows_ = [row for row in entries if isinstance(row, dict)] if isinstance(entries, list) else []
    homes = {row.get("path") for row in rows_ if row.get("origin") == "site-packages"}
    for note in notes if isinstance(notes, list) else ():
        if isinstance(note, list) and len(note) == 2 and note[0] in homes:
            return Unknown("denied" if "Permission" in str(note[1]) else "failed", str(note[1]), str(note[0]))
    return None
