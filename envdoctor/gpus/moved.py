"""The next picture of a watch from the one before and what has moved since: a tenth of the work of a whole look.

Who holds which card and how the cards are is as the last whole look saw it; the load of all of them is new.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Mapping, Optional

from ..host import NvmlAnswer
from ..probes._nvml import field, part
from ..probes._nvml_gpu import reasons
from ..reading import Absent, Known, Reading, mapped, value_or
from .holders import idle_for
from .look import unexplained
from .model import Card, Held, Picture
from .proc import epoch

_YOUNG = 120  # seconds: of older processes the age is shown in minutes
_Record = Mapping[str, Any]
_LISTS = ("compute_processes", "graphics_processes", "mps_processes")


def moved(picture: Picture, answer: Reading[NvmlAnswer], taken_at: str, now: int) -> Optional[Picture]:
    """None where more has happened than load: a card or a process came or went, a card or the driver fails. `now`:
    seconds since 1970."""
    if not isinstance(answer, Known) or answer.value.ended != "ok" or not isinstance(picture.cards, Known):
        return None
    records = {record["index"]: record for record in answer.value.gpus}
    if len(records) != len(picture.cards.value):
        return None
    cards = []
    for card in picture.cards.value:
        record = records.get(card.gpu.index)
        found = _card(card, record, now) if record is not None and record["status"] == card.gpu.status else None
        if found is None:
            return None
        cards.append(found)
    return dataclasses.replace(picture, taken_at=taken_at, cards=Known(tuple(cards), picture.cards.source))


def _card(card: Card, record: _Record, now: int) -> Optional[Card]:
    if not isinstance(card.held, Known):
        return card if card.gpu.status != "ok" else None
    memory = _memory_by_pid(record)
    if memory.keys() != {held.holder.pid for held in card.held.value}:
        return None
    shares = field(record, "process_utilisation")
    by_pid = {entry["pid"]: entry for entry in value_or(shares, ())}
    told = isinstance(shares, Known)
    use = field(record, "memory")
    gpu = dataclasses.replace(
        card.gpu,
        memory_used=part(use, "used"),
        memory_free=part(use, "free"),
        utilisation=part(field(record, "utilisation"), "gpu"),
        temperature=field(record, "temperature"),
        power=field(record, "power"),
        throttle_reasons=mapped(field(record, "clocks_event_reasons"), reasons),
    )
    held = tuple(
        _held(one, gpu.utilisation, memory[one.holder.pid], by_pid.get(one.holder.pid, {}) if told else None, now)
        for one in card.held.value
    )
    gpu = dataclasses.replace(gpu, holders=Known(tuple(one.holder for one in held), card.held.source))
    return dataclasses.replace(
        card,
        gpu=gpu,
        clock_sm=field(record, "clock_sm"),
        held=Known(held, card.held.source),
        unexplained=unexplained(gpu),
    )


def _memory_by_pid(record: _Record) -> Dict[int, Optional[int]]:
    found: Dict[int, Optional[int]] = {}
    for name in _LISTS:
        for process in value_or(field(record, name), ()):
            if process["memory"] is not None or process["pid"] not in found:
                found[process["pid"]] = process["memory"]
    return found


def _held(
    held: Held, utilisation: Reading[int], memory: Optional[int], sample: Optional[Mapping[str, int]], now: int
) -> Held:
    """The same object where nothing has changed. `sample`: the driver's of this process, None where it tells none."""
    changed: Dict[str, Any] = {}
    if memory is not None and (not isinstance(held.holder.memory, Known) or held.holder.memory.value != memory):
        changed["holder"] = dataclasses.replace(held.holder, memory=Known(memory, "nvml"))
    load = utilisation
    if sample is not None:
        share = sample.get("sm", 0)
        load = Known(share, "nvml")
        if not isinstance(held.share, Known) or held.share.value != share:
            changed.update(share=load, samples=sample.get("samples", 0))
    if isinstance(load, Known) and (load.value > 0) != isinstance(held.idle_for, Absent):
        busy = (sample or {}).get("busy", 0) // 1_000_000
        changed["idle_for"] = idle_for(load, max(0, now - busy) if busy else None, None, held.age)
    if isinstance(held.age, Known) and held.age.value < _YOUNG:
        began = epoch(str(value_or(held.holder.started, "")))
        changed["age"] = held.age if began is None else Known(max(0, now - began), held.age.source)
    return dataclasses.replace(held, **changed) if changed else held
