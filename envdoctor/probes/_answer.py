"""What most looks at libraries ask of the interpreter's answer: empty where it did not say."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from ..reading import Reading, value_or
from ..target import Answer
from . import _said

Item = Mapping[str, Any]


def items(answer: Reading[Answer], name: str) -> Tuple[Item, ...]:
    """A part that is a list of objects: path, distributions."""
    said = value_or(_said.part(answer, name), None)
    return tuple(said) if isinstance(said, list) else ()


def copies(answer: Reading[Answer], module: str) -> Tuple[Item, ...]:
    """Every copy of a watched module, the one that import takes first."""
    said = value_or(_said.part(answer, "modules"), None)
    return tuple(said.get(module, ())) if isinstance(said, Mapping) else ()


def sys_path(answer: Reading[Answer]) -> Tuple[str, ...]:
    return tuple(entry["path"] for entry in items(answer, "path"))


def prefix(answer: Reading[Answer]) -> str:
    """sys.prefix, "" where it is not known."""
    return value_or(_said.item(answer, "interpreter", "prefix", str), "")
