"""The picture as JSON: a value, or null and its reason in `not_known`. A key may be added, none is renamed."""

from __future__ import annotations

from typing import Any, Callable, Dict, TypeVar

from ..codec import to_plain
from ..reading import Absent, Known, Reading
from ..render.json_v1 import FORMAT, text_of
from .model import Card, Held, Login, MigPart, Picture, Place

T = TypeVar("T")


def as_json(picture: Picture, exit_code: int) -> str:
    fields = _Fields()
    fields.put("driver", picture.driver)
    fields.put("cuda", picture.cuda, lambda number: f"{number // 1000}.{number % 1000 // 10}")
    fields.put("xids", picture.xids, list)
    fields.put("gpus", picture.cards, lambda cards: [_card(card) for card in cards])
    return text_of(
        {
            "format": FORMAT,
            "command": "gpus",
            "taken_at": picture.taken_at,
            "exit_code": exit_code,
            "limits": list(picture.limits),
            **fields.made(),
        }
    )


class _Fields:
    def __init__(self) -> None:
        self._values: Dict[str, Any] = {}
        self._unknown: Dict[str, str] = {}

    def put(self, name: str, reading: Reading[T], plain: Callable[[T], Any] = to_plain) -> None:
        self._values[name] = plain(reading.value) if isinstance(reading, Known) else None
        if isinstance(reading, Absent):
            self._unknown[name] = "absent" + (f": {', '.join(reading.looked)}" if reading.looked else "")
        elif not isinstance(reading, Known):
            self._unknown[name] = reading.sentence()

    def made(self) -> Dict[str, Any]:
        return {**self._values, "not_known": self._unknown}


_GPU = (
    *("name", "uuid", "pci_bus_id", "capability", "memory_total", "memory_used", "memory_free", "utilisation"),
    *("temperature", "power", "power_limit", "compute_mode", "mig_mode", "ecc_uncorrected", "remap_pending"),
    *("remap_failed", "throttle_reasons", "persistence", "pcie_width", "pcie_width_max", "pcie_generation"),
    "pcie_generation_max",
)
_CARD = (
    *("cuda_index", "clock_sm", "clock_sm_max", "clock_memory", "clock_memory_max", "ecc_corrected"),
    *("remapped_correctable", "remapped_uncorrectable", "unexplained"),
)


def _card(card: Card) -> Dict[str, Any]:
    fields = _Fields()
    for name in _GPU:
        fields.put(name, getattr(card.gpu, name))
    for name in _CARD:
        fields.put(name, getattr(card, name))
    fields.put("mig_devices", card.mig, lambda parts: [_mig(part) for part in parts])
    fields.put("holders", card.held, lambda held: [_held(one) for one in held])
    return {
        "index": card.gpu.index,
        "status": card.gpu.status,
        "cuda_index_certain": card.cuda_sure,
        **fields.made(),
    }


def _mig(part: MigPart) -> Dict[str, Any]:
    fields = _Fields()
    for name in ("gpu_instance", "compute_instance", "memory_total", "memory_used"):
        fields.put(name, getattr(part, name))
    return {"uuid": part.uuid, "profile": part.profile, **fields.made()}


def _held(held: Held) -> Dict[str, Any]:
    fields = _Fields()
    for name in ("user", "mine", "memory", "state", "started"):
        fields.put(name, getattr(held.holder, name))
    fields.put("program", held.holder.command)
    for name in ("command", "share", "cpu_seconds", "age", "host_memory", "idle"):
        fields.put(name, getattr(held, name))
    fields.put("idle_for", held.idle_for, lambda idle: {"seconds": idle.seconds, "how": idle.how})
    fields.put("place", held.place, _place)
    fields.put("login", held.login, _login)
    return {
        "pid": held.holder.pid,
        "kind": held.holder.kind,
        "samples": held.samples,
        "mig_instance": held.mig,
        "inside": held.inside or None,
        "invisible": held.missing or None,
        "zombie_of": held.parent or None,
        **fields.made(),
    }


def _place(place: Place) -> Dict[str, Any]:
    names = ("slurm_job", "slurm_step", "container", "container_id", "pod", "unit", "session")
    return {name: getattr(place, name) or None for name in names}


def _login(login: Login) -> Dict[str, Any]:
    return {"host": login.host or None, "certainty": login.certainty, "how": login.how, "user": login.user or None}
