"""What the readers said, made one set of facts: the heavier voice counts, of equal ones the later, and lists join."""

from __future__ import annotations

import dataclasses
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Tuple

from ..facts import Distribution, Facts, nothing_known
from ..reading import Absent, Known
from . import _gpu
from ._derive import derived
from ._packages import canonical
from ._said import NOT_SAID, WHOLE, Said
from .tracebacks import Raised

Key = Callable[[Any], object]


def _distribution(one: Distribution) -> object:
    return canonical(one.name)


#: Fields that are lists: what tells two entries apart. A later entry takes the place of an earlier one.
LISTS: Mapping[Tuple[str, str], Key] = {
    ("installs", "distributions"): _distribution,
    ("installs", "conda"): lambda one: one.name,
    ("installs", "modules"): lambda one: one.name,
    ("installs", "elsewhere"): lambda one: (one.name, one.prefix),
    ("installs", "requested"): lambda one: one,
    ("installs", "leftovers"): lambda one: one,
    ("session", "variables"): lambda one: one[0],
    ("session", "limits"): lambda one: one.name,
    ("python", "commands"): lambda one: (one.name, one.path),
    ("python", "claims"): lambda one: (one.by, one.says),
    ("libraries", "libraries"): lambda one: one.path,
    ("toolkit", "toolkits"): lambda one: one.root,
    ("compiler", "compilers"): lambda one: (one.name, one.path),
    ("storage", "places"): lambda one: (one.role, one.path),
    ("indexes", "pip"): lambda one: (one.key, one.source),
    ("indexes", "conda"): lambda one: (one.key, one.source),
    ("indexes", "proxies"): lambda one: (one.key, one.source),
    ("indexes", "managers"): lambda one: one.name,
    ("gpus", "xids"): lambda one: one,
    ("driver", "pci_gpus"): lambda one: one.address,
    ("driver", "device_files"): lambda one: one.path,
    ("torch", "companions"): lambda one: one.name,
    ("torch", "foreign_libraries"): lambda one: (one.soname, one.needed_by),
}
_MOST_SOURCES = 8


def merged(said: Iterable[Said], errors: Sequence[Raised] = ()) -> Facts:
    """Facts of everything that was said, and of what follows from it; of the rest that the text does not say it."""
    by_field: Dict[Tuple[str, str], List[Said]] = {}
    for one in sorted(said, key=lambda one: one.line):
        by_field.setdefault((one.group, one.field), []).append(one)
    changes: Dict[str, Dict[str, Any]] = {}
    deep: Dict[str, Known[object]] = {}
    for (group, field), voices in by_field.items():
        reading = _reading(group, field, voices)
        if not field.startswith("deep."):
            changes.setdefault(group, {})[field] = reading
        elif isinstance(reading, Known):
            deep[field[len("deep.") :]] = reading
    facts = nothing_known("", NOT_SAID)
    facts = dataclasses.replace(
        facts, **{group: dataclasses.replace(getattr(facts, group), **fields) for group, fields in changes.items()}
    )
    return derived(facts, deep, errors)


def _reading(group: str, field: str, voices: List[Said]) -> Any:
    if (group, field) == ("gpus", "gpus"):
        return _gpu.merged(
            [
                _gpu.Listing(one.reading.value, one.reading.source, one.weight)
                for one in voices
                if isinstance(one.reading, Known)
            ]
        )
    key = LISTS.get((group, field))
    return _joined(voices, key) if key else max(voices, key=lambda one: (one.weight, one.line)).reading


def _joined(voices: List[Said], key: Key) -> Known[Tuple[Any, ...]]:
    found: Dict[object, Any] = {}
    sources: List[str] = []
    for one in voices:
        if isinstance(one.reading, Absent):
            for gone in one.reading.looked:
                found.pop(gone, None)
        elif isinstance(one.reading, Known):
            if one.weight == WHOLE:
                found, sources = {}, []
            for item in one.reading.value:
                found[key(item)] = item
            if one.reading.source not in sources:
                sources.append(one.reading.source)
    return Known(tuple(found.values()), ", ".join(sources[-_MOST_SOURCES:]))
