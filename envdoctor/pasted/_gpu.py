"""GPUs and their holders as far as a text describes them, and several descriptions of one GPU made one."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ..facts import Gpu, Holder
from ..reading import Known, Reading, mapped
from ._said import NOT_SAID, WHOLE, joined

MIB = 1 << 20
FIELDS = tuple(field.name for field in dataclasses.fields(Gpu) if field.name not in ("index", "status"))

#: nvidia-smi's words, long and short, to those of the facts.
COMPUTE_MODES = {
    "default": "default", "prohibited": "prohibited", "e. process": "exclusive-process",
    "exclusive_process": "exclusive-process", "exclusive process": "exclusive-process",
    "e. thread": "exclusive-process", "exclusive_thread": "exclusive-process", "exclusive thread": "exclusive-process",
}  # fmt: skip


def gpu(index: int, status: str = "ok", **fields: Reading[Any]) -> Gpu:
    """A GPU of which only `fields` are known. Its index is -1 where the text names it by its bus address alone."""
    return Gpu(index=index, status=status, **{**dict.fromkeys(FIELDS, NOT_SAID), **fields})


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
    found: List[Gpu] = list(listings[whole].gpus) if whole >= 0 else []
    sources = [listings[whole].source] if whole >= 0 else []
    for place, listing in enumerate(listings):
        if place == whole:
            continue
        for one in listing.gpus:
            at = _place_of(one, found)
            if at is None and (whole < 0 or listing.weight != WHOLE):
                found.append(one)
            elif at is not None and same_model(found[at], one):
                found[at] = _filled(found[at], one) if place < whole else _filled(one, found[at])
            else:
                continue
            if listing.source not in sources:
                sources.append(listing.source)
    return Known(tuple(sorted(found, key=lambda one: one.index)), joined(sources))


def _place_of(one: Gpu, found: Sequence[Gpu]) -> Optional[int]:
    """Where the same GPU stands: by its index, else by what names it."""
    for place, other in enumerate(found):
        if one.index >= 0 and other.index >= 0:
            if one.index == other.index:
                return place
        elif _same(one.uuid, other.uuid) or _same(mapped(one.pci_bus_id, bus), mapped(other.pci_bus_id, bus)):
            return place
    return None


def _same(left: Reading[str], right: Reading[str]) -> bool:
    return isinstance(left, Known) and isinstance(right, Known) and left.value.lower() == right.value.lower()


def bus(address: str) -> str:
    """'00000000:3B:00.0' -> '3b:00.0', with the domain where it is not 0."""
    domain, _, _ = address.lower().rpartition(":")[0].rpartition(":")
    tail = address.lower()[len(domain) + 1 :] if domain else address.lower()
    return f"{domain.lstrip('0')}:{tail}".lstrip(":")


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
    changes: Dict[str, Any] = {} if first.index >= 0 else {"index": second.index}
    for name in FIELDS:
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


#: nvidia-smi's names of what holds clocks down, in queries and in its long form, to those of the facts.
THROTTLE = {
    "gpu idle": "idle", "applications clocks setting": "application-clocks", "sw power cap": "sw-power-cap",
    "hw slowdown": "hw-slowdown", "sync boost": "sync-boost", "sw thermal slowdown": "sw-thermal",
    "hw thermal slowdown": "hw-thermal", "hw power brake slowdown": "hw-power-brake", "hw power braking":
    "hw-power-brake", "display clock setting": "display-clocks",
}  # fmt: skip
#: The bits of nvml.h in their order.
_BITS = (
    "idle", "application-clocks", "sw-power-cap", "hw-slowdown", "sync-boost", "sw-thermal", "hw-thermal",
    "hw-power-brake", "display-clocks",
)  # fmt: skip


def reasons(mask: int) -> Tuple[str, ...]:
    """Names of the bits that are set; a bit of a newer driver by its number."""
    bits = [place for place in range(64) if mask >> place & 1]
    return tuple(_BITS[place] if place < len(_BITS) else f"{1 << place:#x}" for place in bits)


_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}


def size(text: str) -> Optional[int]:
    """'362 MiB' -> bytes, None where it is no size. A bare number is of MiB: nvidia-smi's nounits."""
    number, _, unit = text.strip().partition(" ")
    figure = whole_number(number)
    scale = _UNITS.get(unit.strip().lower() or "mib")
    return figure * scale if figure is not None and scale is not None else None


def milliwatts(text: str) -> Optional[int]:
    """'246.31 W', '246W' and '246.31' -> 246310."""
    number = text.strip().rstrip("W").strip()
    if not number.replace(".", "", 1).isdigit() or not number.isascii() or len(number) > 10:
        return None
    return round(float(number) * 1000)
