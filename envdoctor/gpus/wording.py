"""The numbers of a picture in words. What is not known is said, never shown as 0."""

from __future__ import annotations

from typing import Callable, TypeVar

from ..reading import Absent, Known, Reading
from ..render.words import gib, shown
from .model import Held, Idle, Login, Place

T = TypeVar("T")
MIB = 1 << 20


def said(reading: Reading[T], words: Callable[[T], str] = str, absent: str = "none") -> str:
    if isinstance(reading, Known):
        return words(reading.value)
    return absent if isinstance(reading, Absent) else unknown(reading)


def unknown(reading: Reading[T]) -> str:
    reason = getattr(reading, "reason", "")
    return {"denied": "not visible to you", "timeout": "no answer", "not-looked": "not told"}.get(reason, "unknown")


def size(count: int) -> str:
    return f"{round(count / MIB)} MiB" if count < 1 << 30 else gib(count)


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def watts(milliwatts: int) -> str:
    return f"{milliwatts / 1000:.0f} W"


def moment(text: str) -> str:
    """2026-11-24T08:00:00Z -> 2026-11-24 08:00Z."""
    return f"{text[:10]} {text[11:16]}Z" if len(text) == 20 else text


def clock(text: str) -> str:
    """2026-11-24T08:00:00Z -> 08:00:00Z."""
    return text[11:] if len(text) == 20 else text


def place(where: Place) -> str:
    """'Slurm job 12.0, pod 6e0c..., docker 0a1b2c3d4e5f', or ""."""
    parts = []
    if where.slurm_job:
        parts.append(f"Slurm job {where.slurm_job}" + (f".{where.slurm_step}" if where.slurm_step else ""))
    if where.pod:
        parts.append(f"pod {where.pod}")
    if where.container:
        parts.append(f"{where.container} {shown(where.container_id)}")
    if where.unit and not where.container:
        parts.append(shown(where.unit))
    return ", ".join(parts)


def login(from_where: Login, user: str) -> str:
    """'login from 10.0.0.5 (likely: ...)'. `user`: whose process it is."""
    who = f" as {shown(from_where.user)}" if from_where.user and from_where.user != user else ""
    host = shown(from_where.host) or "the machine itself"
    sure = {"one-of": "one of these"}.get(from_where.certainty, from_where.certainty)
    return f"login{who} from {host} ({sure}: {shown(from_where.how)})"


def idle(found: Idle) -> str:
    return f"idle for {duration(found.seconds)} at least ({found.how})"


def whose(held: Held) -> str:
    """The user's name, or why there is none."""
    if isinstance(held.holder.user, Known):
        return shown(held.holder.user.value)
    words = {
        "hidden": "hidden user",
        "elsewhere": "outside this container",
        "gone": "no such process here",
    }
    return words.get(held.missing, unknown(held.holder.user))


def invisible(held: Held) -> str:
    """Why a holder is not visible, and the way to find out; "" for one that is."""
    pid = held.holder.pid
    if held.missing == "hidden":
        return f"/proc hides it from you (hidepid); root sees it: sudo ps -fp {pid}"
    if held.missing == "elsewhere":
        return f"pid {pid} counts outside this container; on the host: ps -fp {pid}"
    if held.missing == "gone":
        return (
            "it ended just now, or runs in another PID namespace; root sees who keeps the card: fuser -v /dev/nvidia*"
        )
    if held.parent:
        return f"a zombie: it ended, and {shown(held.parent)} has not collected it"
    return ""
