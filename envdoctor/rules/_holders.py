"""Who holds a GPU, in words and in bytes."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ..facts import Gpu, Holder
from ..reading import Absent, Known, source_of, value_or
from ..report import Evidence
from ._gpus import MIB, label


def foreign(gpu: Gpu) -> Tuple[Holder, ...]:
    """Processes on this GPU that are not known to be one's own."""
    return tuple(holder for holder in value_or(gpu.holders, ()) if value_or(holder.mine, None) is not True)


def mine(gpu: Gpu) -> Tuple[Holder, ...]:
    return tuple(holder for holder in value_or(gpu.holders, ()) if value_or(holder.mine, None) is True)


def held_by_others(gpu: Gpu) -> Optional[int]:
    """Bytes that other processes hold: as the driver reports them, else what is used and not one's own.

    None where neither can be told. What no visible process explains counts as others': a container or a closed /proc
    hides its owner, not its memory.
    """
    own = 0
    for holder in mine(gpu):
        if not isinstance(holder.memory, Known):
            return None
        own += holder.memory.value
    return max(0, gpu.memory_used.value - own) if isinstance(gpu.memory_used, Known) else None


def told(gpu: Gpu, most: int = 6) -> Iterator[Evidence]:
    """One piece of evidence a holder: user, pid, memory, command, since when."""
    holders = sorted(foreign(gpu), key=lambda one: -value_or(one.memory, 0))
    source = source_of(gpu.holders)
    for holder in holders[:most]:
        yield Evidence(f"{label(gpu)}: {words(holder)}", source)
    if len(holders) > most:
        yield Evidence(f"{label(gpu)}: {len(holders) - most} more processes", source)


def words(holder: Holder) -> str:
    """'bo, pid 4242, 20480 MiB, python, since 2026-11-24T08:00:00Z'."""
    if isinstance(holder.user, Known):
        user = holder.user.value
    elif isinstance(holder.user, Absent):
        user = "a process that is not in this /proc"
    else:
        user = "an unknown user"
    parts = [user, f"pid {holder.pid}"]
    if isinstance(holder.memory, Known):
        parts.append(f"{holder.memory.value // MIB} MiB")
    if isinstance(holder.command, Known):
        parts.append(holder.command.value)
    if isinstance(holder.started, Known):
        parts.append(f"since {holder.started.value}")
    return ", ".join(parts)
