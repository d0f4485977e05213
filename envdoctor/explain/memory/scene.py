"""The failure that is explained, with all that is known about it, and the sentences in which its numbers are told."""

from __future__ import annotations

from typing import Iterator, List, Optional

from ...compat import CompatTable
from ...facts import Facts
from ...frozen import frozen
from ...report import Evidence
from . import advice
from .arithmetic import CONTEXT_MOST, OTHERS_LEAST, Balance
from .here import Card
from .message import OomMessage
from .sizes import words


@frozen
class Scene:
    message: OomMessage
    parts: Balance
    card: Optional[Card]  # the GPU as the facts describe it
    facts: Facts
    table: CompatTable

    @property
    def source(self) -> str:
        return f"line {self.message.line}"

    @property
    def gpu(self) -> str:
        return "the GPU" if self.message.gpu is None else f"GPU {self.message.gpu}"

    @property
    def needed(self) -> int:
        """Bytes that the process would take on an empty GPU when it asked, with its context."""
        return (self.parts.allocated or 0) + (self.message.tried or 0) + CONTEXT_MOST

    @property
    def ranks(self) -> bool:
        """Whether processes of the same size as this one are listed: mostly those of one job, all on the first GPU."""
        parts = self.parts
        if parts.reserved is None or parts.context is None:
            return False
        ours = parts.reserved + parts.context
        return sum(abs(size - ours) * 8 <= ours for _, size in parts.listed) >= 2

    def sums(self) -> Iterator[Evidence]:
        """The balance in one line, as far as the message gives it."""
        message, parts = self.message, self.parts
        if parts.total is None:
            says = f"the message says {message.says!r}" if message.says else "the message gives no figures"
            yield Evidence(says, self.source)
            return
        told: List[str] = []
        if parts.free is not None:
            told.append(f"{words(parts.free)} free")
        if parts.reserved is not None:
            inside = f"{words(parts.allocated or 0)} in tensors, {words(parts.slack or 0)} unused"
            told.append(f"{words(parts.reserved)} reserved by this process ({inside})")
        elif parts.allocated is not None:
            told.append(f"{words(parts.allocated)} in tensors of this process")
        if parts.beside:
            told.append(f"{words(parts.beside)} held beside that")
        yield Evidence(f"{words(parts.total)} on {self.gpu} = {' + '.join(told)}", self._place())
        if parts.over:
            says = f"that is {words(parts.over)} more than the GPU has: Windows lends host memory, which is slow"
            yield Evidence(says, self.source)

    def _place(self) -> str:
        if self.message.count > 1:
            return f"{self.source}, {self.message.count} times until line {self.message.last_line}"
        return self.source

    def others(self) -> Iterator[Evidence]:
        """How what others hold follows from the balance, and who they are as far as the message lists them."""
        parts = self.parts
        if not parts.others:
            return
        if parts.context is not None:
            says = f"{words(parts.context)} of that are this process's own: its CUDA context and libraries"
            yield Evidence(says, self.source)
        elif parts.others[0]:
            yield Evidence(f"a CUDA context and its libraries are taken to be {words(CONTEXT_MOST)} at most", "assumed")
        for pid, size in sorted(parts.listed, key=lambda one: -one[1])[:4]:
            yield Evidence(f"process {pid} holds {words(size)}", self.source)
        if parts.listed and parts.hidden > OTHERS_LEAST:
            yield Evidence(f"{words(parts.hidden)} more are held by processes that are not listed", self.source)
        if self.ranks:
            yield Evidence("several of them hold as much as this process: ranks of one job on one GPU", self.source)
        if parts.own_pid is not None:
            says = f"process {parts.own_pid} is this process, under the pid that it has outside its container"
            yield Evidence(says, self.source)

    def useless(self) -> Iterator[Evidence]:
        """That no allocator option helps, where that is so."""
        why = advice.useless(self.parts, self.message.tried)
        if why:
            yield Evidence(why, self.source)

    def on_card(self) -> Iterator[Evidence]:
        """How full the GPU is, and who is on it, by the facts."""
        if self.card is not None:
            yield from self.card.evidence()
