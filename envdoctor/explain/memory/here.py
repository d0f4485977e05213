"""The GPU that a message is about, as the facts describe it: who is on it, and how full it is."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ...facts import Facts, Gpu, Holder
from ...frozen import frozen
from ...reading import Known, value_or
from ...report import Evidence
from ...rules._gpus import answering, label, visible
from ...rules._holders import told
from .message import OomMessage
from .sizes import words


@frozen
class Card:
    """A GPU of the facts. Sizes in bytes, None where they are not known."""

    gpu: Gpu
    used: Optional[int]
    free: Optional[int]
    total: Optional[int]
    holders: Optional[Tuple[Holder, ...]]  # None: nobody said who is on it
    source: str

    @property
    def full(self) -> bool:
        """Four fifths are in use."""
        return self.used is not None and self.total is not None and self.used * 5 >= self.total * 4

    @property
    def roomy(self) -> bool:
        """Half of it is free."""
        return self.free is not None and self.total is not None and self.free * 2 >= self.total

    @property
    def unexplained(self) -> int:
        """Bytes in use that no listed process holds; 0 where that is not known of every one of them."""
        if self.holders is None or self.used is None:
            return 0
        if not all(isinstance(holder.memory, Known) for holder in self.holders):
            return 0
        return max(0, self.used - sum(value_or(holder.memory, 0) for holder in self.holders))

    def evidence(self) -> Iterator[Evidence]:
        if self.used is not None and self.total is not None:
            yield Evidence(f"{label(self.gpu)}: {words(self.used)} of {words(self.total)} in use", self.source)
        yield from told(self.gpu, 3)


def card(facts: Facts, message: OomMessage) -> Optional[Card]:
    """The GPU that the message is about; None where the facts have none that it can be.

    A program counts the GPUs that it sees, from 0; the first one is what it takes when nobody chose.
    """
    every: Tuple[Gpu, ...] = value_or(facts.gpus.gpus, ())
    gpus = answering(every)
    if not gpus or message.device != "CUDA":
        return None
    seen = visible(facts, gpus)
    index = message.gpu or 0
    if index >= len(seen):
        return None
    found = seen[index]
    total = value_or(found.memory_total, None)
    # CUDA gives one or two percent less than the driver; another size is another GPU, or a part of this one (MIG).
    if total is not None and message.total is not None and not total * 0.92 <= message.total <= total * 1.02:
        return None
    holders = found.holders
    return Card(
        found,
        value_or(found.memory_used, None),
        value_or(found.memory_free, None),
        total,
        holders.value if isinstance(holders, Known) else None,
        found.memory_used.source if isinstance(found.memory_used, Known) else "",
    )
