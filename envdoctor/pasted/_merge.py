"""What the readers said, made one set of facts: the heavier voice counts, of equal ones the later, and lists join."""

from __future__ import annotations

import dataclasses
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..facts import Distribution, Elsewhere, Facts, nothing_known
from ..reading import Absent, Known, Unknown
from . import _gpu
from ._derive import derived
from ._packages import canonical
from ._prefixes import prefix_of_command
from ._said import LISTED, NOT_SAID, STATED, WHOLE, Said, joined
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
    ("torch", "missing_libraries"): lambda one: one.soname,
    ("torch", "foreign_libraries"): lambda one: (one.soname, one.needed_by),
}


def merged(said: Iterable[Said], errors: Sequence[Raised] = (), known: Optional[Facts] = None) -> Facts:
    """Facts of everything that was said, and of what follows from it; of the rest that the text does not say it.

    `known` are the facts of a report of our own that was pasted: they hold, and what else was said fills their gaps.
    """
    by_field: Dict[Tuple[str, str], List[Said]] = {}
    for one in sorted(said, key=lambda one: one.line):
        by_field.setdefault((one.group, one.field), []).append(one)
    _drop_older_torch(by_field)
    prefix = _prefix(by_field)
    elsewhere = _moved_elsewhere(by_field, prefix) if prefix else []
    if elsewhere:
        by_field.setdefault(("installs", "elsewhere"), []).extend(elsewhere)
    changes: Dict[str, Dict[str, Any]] = {}
    deep: Dict[str, Known[object]] = {}
    for (group, field), voices in by_field.items():
        reading = _reading(group, field, voices)
        if not field.startswith("deep."):
            changes.setdefault(group, {})[field] = reading
        elif isinstance(reading, Known):
            deep[field[len("deep.") :]] = reading
    facts = known or nothing_known("", NOT_SAID)
    if known:
        changes = {group: _gaps(getattr(known, group), fields) for group, fields in changes.items()}
    facts = dataclasses.replace(
        facts, **{group: dataclasses.replace(getattr(facts, group), **fields) for group, fields in changes.items()}
    )
    return facts if known else derived(facts, deep, errors)


def _drop_older_torch(by_field: Dict[Tuple[str, str], List[Said]]) -> None:
    """Where the text is about two builds of torch, one after the other, only what was said of the last one stays."""
    versions = [one for one in by_field.get(("torch", "version"), []) if one.weight >= STATED]
    others = [one.line for one in versions if _value(one) != _value(versions[-1])]
    if not others:
        return
    since = min(one.line for one in versions if one.line >= max(others) and _value(one) == _value(versions[-1]))
    for key in [key for key in by_field if key[0] == "torch" and key[1] not in ("version", "companions")]:
        kept = [one for one in by_field[key] if one.line >= since]
        if kept:
            by_field[key] = kept
        else:
            del by_field[key]


def _value(one: Said) -> Any:
    return one.reading.value if isinstance(one.reading, Known) else None


def _gaps(group: Any, fields: Mapping[str, Any]) -> Dict[str, Any]:
    return {field: reading for field, reading in fields.items() if isinstance(getattr(group, field), Unknown)}


def _prefix(by_field: Mapping[Tuple[str, str], List[Said]]) -> str:
    """The environment of the Python that runs, "" where it is not told."""
    for field in ("prefix", "executable"):
        voices = by_field.get(("python", field), [])
        if voices:
            best = max(voices, key=lambda one: (one.weight, one.line)).reading
            if isinstance(best, Known):
                return best.value if field == "prefix" else prefix_of_command(best.value)
    return ""


def _moved_elsewhere(by_field: Dict[Tuple[str, str], List[Said]], prefix: str) -> List[Said]:
    """Packages listed by a pip of another environment: they are not installed here, but there."""
    voices = by_field.get(("installs", "distributions"), [])
    others = [one for one in voices if one.owner and one.owner != prefix and isinstance(one.reading, Known)]
    if not others:
        return []
    by_field["installs", "distributions"] = [one for one in voices if one not in others]
    if not by_field["installs", "distributions"]:
        del by_field["installs", "distributions"]
    found = []
    for one in others:
        if isinstance(one.reading, Known):
            places = tuple(
                Elsewhere(dist.name, dist.version, one.owner, "", one.reading.source, "") for dist in one.reading.value
            )
            found.append(Said("installs", "elsewhere", Known(places, one.reading.source), one.line, LISTED))
    return found


_FIRST, _LAST = 8, 56  # listings of GPUs that are joined, of a text with more


def _reading(group: str, field: str, voices: List[Said]) -> Any:
    if (group, field) == ("gpus", "gpus"):
        return _gpu.merged(
            [
                _gpu.Listing(one.reading.value, one.reading.source, one.weight)
                for one in (voices if len(voices) <= _FIRST + _LAST else voices[:_FIRST] + voices[-_LAST:])
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
                there = found.pop(key(item), None)  # to the end: the later entry is the newer one
                found[key(item)] = _completed(there, item)
            sources.append(one.reading.source)
    return Known(tuple(found.values()), joined(sources))


def _completed(older: Any, newer: Any) -> Any:
    """A distribution of the same version keeps what an earlier list said of it."""
    if not isinstance(older, Distribution) or older.version != newer.version:
        return newer
    kept = ("location", "installer", "direct_url", "requires")
    return dataclasses.replace(newer, **{name: getattr(newer, name) or getattr(older, name) for name in kept})
