"""What `envdoctor gpus` prints, as a page and as JSON: the cards, and who holds them.

Sizes on the page are rounded as they are shown there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, Iterator, List, Mapping, Match, Sequence

from ..codec import from_plain
from ..facts import Gpu, Holder
from ..reading import Absent, Known, Reading
from . import _gpu
from ._said import NOT_SAID, WHOLE, Said, said, where
from .lines import Line

_HEAD = re.compile(r"\d{1,4} GPUs?, driver (\d{3}\.\d[\d.]{0,16})(?: \(CUDA (\d{1,3}\.\d{1,2})\))?$")
_CARD = re.compile(r"GPU (\d{1,3})  (\S.{0,100}?)(?:  (?:cuda:\d{1,3}(?: \(likely\))?|CUDA's number .{1,40}))?$")
_LOAD = re.compile(r"  (\S.{0,20}?) of (\S.{0,20}?) used, (.{1,400})$")
_IDENTITY = re.compile(
    r"  (\S{1,80}), (\S{1,40}), compute capability (.{1,40}?), compute mode (.{1,40}?), "
    r"persistence (.{1,40}?), MIG (.{1,40})$"
)
_BUS = re.compile(r"  PCIe gen (.{1,20}?) x(.{1,20}?) of gen (.{1,20}?) x(.{1,20}?)((?:, .{0,400})?)$")
_HOLDER = re.compile(r"    (\S.{0,80}?)  pid (\d{1,10})  (?:([\d.]{1,12} \wi?B)|memory not told .{1,20})  (.{0,300})$")
_STATES = (
    ("lost: it has fallen off the bus", "GPU_IS_LOST"),
    ("needs a reset", "RESET_REQUIRED"),
    ("the driver does not answer for it", "NO_ANSWER"),
    ("not asked: the driver got stuck before it", "NOT_ASKED"),
)
_MODES = ("default", "prohibited", "exclusive-process", "exclusive-thread")
_UNITS = {"MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_PLAIN_NOT_SAID = {"unknown": "not-looked", "detail": NOT_SAID.detail, "source": ""}


def read(lines: Sequence[Line]) -> Iterator[Said]:
    """The page."""
    cards: List[Dict[str, Any]] = []
    holders: List[Any] = []
    first = last = 0
    for line in lines:
        text, number = line.text.rstrip(), line.number
        head = _HEAD.match(text)
        if head:
            cards, first, last = [], number, number
            yield said("driver", "nvml_driver_version", head.group(1), number)
            if head.group(2):
                yield said("driver", "cuda", head.group(2), number)
        if not first:
            continue
        card, holder = _CARD.match(text), _HOLDER.match(text)
        if card:
            holders = []
            cards.append({"index": int(card.group(1)), **_named(card.group(2), number), "holders": holders})
        elif cards and holder:
            holders.append(_holder(holder, number))
        elif cards:
            cards[-1].update(_figures(text, number))
        else:
            continue
        last = number if card or holder else last
    if cards:
        gpus = tuple(_made(one, where(first, last)) for one in cards)
        yield said("gpus", "gpus", gpus, first, last, WHOLE)


def _made(card: Dict[str, Any], source: str) -> Gpu:
    return _gpu.gpu(**{**card, "holders": Known(tuple(card["holders"]), source)})


def _named(text: str, number: int) -> Dict[str, Any]:
    for words, status in _STATES:
        name, found, _ = text.partition(f"  {words}")
        if found:
            return {"status": status, "name": Known(name, where(number))}
    return {"name": Known(text, where(number))} if text != "name unknown" else {}


def _figures(text: str, number: int) -> Dict[str, Reading[Any]]:
    """What one of the lines below a card's name says."""
    found: Dict[str, Any] = {}
    load, identity, bus = _LOAD.match(text), _IDENTITY.match(text), _BUS.match(text)
    if load:
        found = {"memory_used": size(load.group(1)), "memory_total": size(load.group(2))}
        for name, pattern in (("utilisation", r"(\d{1,3}) % busy"), ("temperature", r", (\d{1,3}) C(?:,|$)")):
            figure = re.search(pattern, load.group(3) if name == "utilisation" else f", {load.group(3)}")
            found[name] = int(figure.group(1)) if figure else None
        power = re.search(r", (\d{1,5}) W of (?:(\d{1,5}) W|no cap)", load.group(3))
        if power:
            found["power"] = 1000 * int(power.group(1))
            found["power_limit"] = 1000 * int(power.group(2)) if power.group(2) else None
        held = re.search(r"clocks held down by ([a-z0-9, -]{1,200})$", load.group(3))
        if held:
            found["throttle_reasons"] = tuple(held.group(1).split(", "))
    elif identity:
        uuid, address, capability, mode, persistence, mig = identity.groups()
        found = {"uuid": uuid, "pci_bus_id": address, "persistence": _switch(persistence), "mig_mode": _switch(mig)}
        found["capability"] = capability if capability[0].isdigit() else None
        found["compute_mode"] = mode if mode in _MODES else None
    elif bus:
        names = ("pcie_generation", "pcie_width", "pcie_generation_max", "pcie_width_max")
        found = {name: _gpu.whole_number(text) for name, text in zip(names, bus.groups())}
        ecc = re.search(r"ECC errors: (\d{1,12}) uncorrected", bus.group(5))
        found["ecc_uncorrected"] = int(ecc.group(1)) if ecc else None
        found["remap_pending"] = True if "a row remap waits" in bus.group(5) else None
        found["remap_failed"] = True if "a row remap failed" in bus.group(5) else None
    return {name: Known(value, where(number)) for name, value in found.items() if value is not None}


def _switch(text: str) -> Any:
    return {"on": True, "off": False}.get(text)


def size(text: str) -> Any:
    """'22.9 GiB' -> bytes, None where it is no size."""
    number, _, unit = text.partition(" ")
    if unit not in _UNITS or not number.replace(".", "", 1).isdigit() or not number.isascii():
        return None
    return round(float(number) * _UNITS[unit])


def _holder(found: Match[str], number: int) -> Holder:
    source = where(number)
    user, pid, memory, rest = found.groups()
    taken = size(memory or "")
    words = [word for word in rest.split("  ")[1:] if word != "idle"]  # after the share
    return replace(
        _gpu.holder(
            int(pid),
            "C",
            Known(taken, source) if taken is not None else NOT_SAID,
            Known(words[0].partition(" ")[0], source) if words else NOT_SAID,
        ),
        # Words in place of a name say why there is none.
        user=Known(user, source) if " " not in user else Absent((source,)),
    )


def of_document(document: Mapping[str, Any], first: int, last: int) -> Iterator[Said]:
    """The JSON. ValueError, KeyError or TypeError where it is not what `gpus` prints."""
    source = where(first, last)
    for name, field in (("driver", "nvml_driver_version"), ("cuda", "cuda")):
        if isinstance(document[name], str):
            yield said("driver", field, document[name], first, last)
    if isinstance(document["xids"], list):
        yield said("gpus", "xids", tuple(map(str, document["xids"])), first, last)
    if isinstance(document["gpus"], list):
        cards = tuple(from_plain(Gpu, _card(card, source)) for card in document["gpus"])
        yield said("gpus", "gpus", cards, first, last, WHOLE)
    elif str(document["not_known"].get("gpus", "")).startswith("absent"):
        yield Said("gpus", "gpus", Absent((source,)), first, WHOLE)


def _card(card: Mapping[str, Any], source: str) -> Dict[str, Any]:
    plain = {name: _reading(card, name, source) for name in _gpu.FIELDS if name in card}
    plain = {**dict.fromkeys(_gpu.FIELDS, _PLAIN_NOT_SAID), **plain}
    for name, each in (("holders", _held), ("mig_devices", _mig)):
        if isinstance(card[name], list):
            plain[name] = {"known": [each(one, source) for one in card[name]], "source": source}
    return {"index": card["index"], "status": card["status"], **plain}


def _held(held: Mapping[str, Any], source: str) -> Dict[str, Any]:
    fields = ("user", "mine", "memory", "state", "started")
    plain = {name: _reading(held, name, source) for name in fields}
    return {"pid": held["pid"], "kind": held["kind"], "command": _reading(held, "program", source), **plain}


def _mig(part: Mapping[str, Any], source: str) -> Dict[str, Any]:
    plain = {name: _reading(part, name, source) for name in ("memory_total", "memory_used")}
    return {"uuid": part["uuid"], "profile": part["profile"], **plain}


def _reading(fields: Mapping[str, Any], name: str, source: str) -> Dict[str, Any]:
    """A value, or null and its reason in `not_known`, as the codec has it."""
    if fields[name] is not None:
        return {"known": fields[name], "source": source}
    why = str(fields["not_known"].get(name, ""))
    if why.startswith("absent"):
        return {"absent": [source]}
    return {"unknown": "not-looked", "detail": why, "source": source}
