"""GPUs and their holders as far as a text describes them, and several descriptions of one GPU made one."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..facts import Gpu, Holder
from ..reading import Known, Reading
from ._said import NOT_SAID, WHOLE

MIB = 1 << 20
_FIELDS = tuple(field.name for field in dataclasses.fields(Gpu) if field.name not in ("index", "status"))

#: nvidia-smi's words, long and short, to those of the facts.
COMPUTE_MODES = {
    "default": "default", "prohibited": "prohibited", "e. process": "exclusive-process",
    "exclusive_process": "exclusive-process", "exclusive process": "exclusive-process",
    "e. thread": "exclusive-process", "exclusive_thread": "exclusive-process", "exclusive thread": "exclusive-process",
}  # fmt: skip


def gpu(index: int, status: str = "ok", **fields: Reading[Any]) -> Gpu:
    """A GPU of which only `fields` are known. Its index is -1 where the text names it by its bus address alone."""
    return Gpu(index=index, status=status, **{**dict.fromkeys(_FIELDS, NOT_SAID), **fields})


def holder(pid: int, kind: str, memory: Reading[int], command: Reading[str]) -> Holder:
    return Holder(pid, kind, memory, NOT_SAID, command, NOT_SAID, NOT_SAID, NOT_SAID)


class Listing(NamedTuple):
    """GPUs as one voice lists them."""

    gpus: Tuple[Gpu, ...]
    source: str
    weight: int


def merged(listings: List[Listing]) -> Known[Tuple[Gpu, ...]]:
    """One list: that of the last whole listing, with what others say of the same GPUs.

    `listings` are in the order of the text and not empty. Where no listing is whole every GPU that is named is there.
    """
    whole = max((place for place, one in enumerate(listings) if one.weight == WHOLE), default=-1)
    found: Dict[int, Gpu] = {one.index: one for one in listings[whole].gpus} if whole >= 0 else {}
    sources = [listings[whole].source] if whole >= 0 else []
    for place, listing in enumerate(listings):
        if place == whole:
            continue
        for one in listing.gpus:
            there = found.get(one.index)
            if there is None and (whole < 0 or listing.weight != WHOLE):
                found[one.index] = one
            elif there is not None and same_model(there, one):
                found[one.index] = _filled(there, one) if place < whole else _filled(one, there)
            else:
                continue
            if listing.source not in sources:
                sources.append(listing.source)
    return Known(tuple(found[index] for index in sorted(found)), ", ".join(sources[:8]))


def same_model(left: Gpu, right: Gpu) -> bool:
    """Whether two descriptions may be of one card: names may be cut ("NVIDIA GeForce ...") or lack the maker."""
    if not (isinstance(left.name, Known) and isinstance(right.name, Known)):
        return True
    one, other = (_bare(name.value) for name in (left.name, right.name))
    return one == other or _cut_of(one, other) or _cut_of(other, one)


def _bare(name: str) -> str:
    return name[7:] if name.startswith("NVIDIA ") else name


def _cut_of(short: str, full: str) -> bool:
    return short.endswith("...") and full.startswith(short[:-3].rstrip())


def _filled(first: Gpu, second: Gpu) -> Gpu:
    """`first`, with what only `second` knows."""
    changes: Dict[str, Any] = {}
    for name in _FIELDS:
        if not isinstance(getattr(first, name), Known) and isinstance(getattr(second, name), Known):
            changes[name] = getattr(second, name)
    if isinstance(first.name, Known) and first.name.value.endswith("...") and isinstance(second.name, Known):
        changes["name"] = second.name
    if first.status == "ok" and second.status != "ok":
        changes["status"] = second.status
    return dataclasses.replace(first, **changes)


def named(names: Iterable[Tuple[int, str]], source: str) -> Tuple[Gpu, ...]:
    """GPUs of which a text gives index and name."""
    return tuple(gpu(index, name=Known(name, source)) for index, name in names)


def whole_number(text: str) -> Optional[int]:
    """'451' -> 451, 'N/A' -> None. Numbers of more than 18 digits are none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
