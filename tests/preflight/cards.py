"""GPUs for tests that judge and rank."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional

from envdoctor.facts import Gpu, Holder
from envdoctor.reading import Absent, Known, value_or

from ..healthy import healthy

GIB = 1 << 30
UNSEEN = Absent(("/proc",))


def card(index: int = 0, **changed: Any) -> Gpu:
    """An idle GPU of 24 GiB with these fields changed; plain values are taken as known."""
    base = value_or(healthy().gpus.gpus, ())[0]
    fields = {
        "index": index,
        "uuid": f"GPU-{index:08d}-aaaa",
        "pci_bus_id": f"00000000:{index + 1:02x}:00.0",
        "memory_total": 24 * GIB,
        "memory_used": 0,
        "memory_free": 24 * GIB,
        "utilisation": 0,
        "holders": (),
        **changed,
    }
    plain = ("index", "status")
    known: Dict[str, Any] = {
        name: value if name in plain or not _is_plain(value) else Known(value, "test") for name, value in fields.items()
    }
    return replace(base, **known)


def _is_plain(value: object) -> bool:
    return isinstance(value, (int, str, tuple))


def holder(
    pid: int = 7, user: Optional[str] = "bob", kind: str = "C", memory: int = 2 * GIB, mine: bool = False
) -> Holder:
    """A process on a GPU; without a user it is one that /proc does not show."""
    if user is None:
        return Holder(pid, kind, Known(memory, ""), UNSEEN, UNSEEN, UNSEEN, UNSEEN, UNSEEN)
    said = (Known(user, ""), Known("python", ""), Known("S", ""), Known(mine, ""), Known("2026-11-24T12:00:00Z", ""))
    return Holder(pid, kind, Known(memory, ""), *said)
