"""Where the memory of the GPU was when it ran out, as far as a message tells, and what that speaks for.

    total = free + reserved (allocated + slack) + context of this process + what others hold

A message gives some of these. The others follow, or lie between two bounds, or cannot be told.
"""

from __future__ import annotations

from typing import Iterator, Optional, Sequence, Tuple

from ...frozen import frozen
from .message import OomMessage
from .sizes import GIB, MIB, NO_FIGURE

Pair = Tuple[int, int]

#: What a process holds besides the allocator's segments where nobody says it: context, kernels, cuBLAS, cuDNN, NCCL.
#: 0.3 GiB with lazy loading of kernels, 0.7 without; libraries add to it. More than this is somebody else's.
CONTEXT_MOST = 3 * GIB // 2
#: What a screen and the driver hold, which is nobody's fault.
DESKTOP = GIB // 2
#: Below this what others hold is not worth a word.
OTHERS_LEAST = GIB
#: Figures are rounded to a hundredth of their unit; sums of a few of them are off by less than this.
ROUNDING = 32 * MIB


@frozen
class Balance:
    """The parts of one GPU's memory, in bytes, none negative. None: the message does not tell."""

    total: Optional[int]
    free: Optional[int]
    allocated: Optional[int]
    slack: Optional[int]  # reserved by the allocator, in no tensor
    beside: Optional[int]  # neither free nor reserved: the context of this process and what others hold
    context: Optional[int]  # of this process, where NVML gave a figure
    others: Optional[Pair]  # least and most that others can hold
    listed: Tuple[Pair, ...]  # (pid, bytes) of other processes
    own_pid: Optional[int] = None  # the listed process that must be this one
    over: int = 0  # by how much the parts exceed the whole: memory that Windows lends from the host

    @property
    def reserved(self) -> Optional[int]:
        return None if self.allocated is None or self.slack is None else self.allocated + self.slack

    @property
    def hidden(self) -> int:
        """What others hold at least, and no listed process explains."""
        return max(0, self.others[0] - sum(size for _, size in self.listed)) if self.others else 0


def balance(message: OomMessage) -> Balance:
    """The parts that a message tells of."""
    total, free, allocated, slack = message.total, message.free, message.allocated, message.slack
    own_pid, held = _ours(message)
    listed = tuple((pid, size) for pid, size in message.others if pid != own_pid and size < NO_FIGURE)
    beside: Optional[int] = None
    context: Optional[int] = None
    over = 0
    if total is not None and free is not None and message.reserved is not None:
        rest = total - free - message.reserved
        beside, over = max(0, rest), max(0, -rest)
        if over <= ROUNDING:
            over = 0
        if held is not None:
            context = min(beside, max(0, held - message.reserved))
    return Balance(
        total, free, allocated, slack, beside, context, _others(beside, context, listed), listed, own_pid, over
    )


def _ours(message: OomMessage) -> Tuple[Optional[int], Optional[int]]:
    """The pid under which this process is listed, and what it holds in all, each None where that cannot be told.

    In a container the driver lists this process under the host's pid: what is not free has no room for it and for
    the process that it would otherwise be.
    """
    reserved = message.reserved
    if message.this_process and message.this_process < NO_FIGURE:
        return None, message.this_process
    if reserved is None or message.total is None or message.free is None or message.this_process is not None:
        return None, None
    used = message.total - message.free
    if sum(size for _, size in message.others if size < NO_FIGURE) + reserved <= used + ROUNDING:
        return None, None
    fitting = [(size, pid) for pid, size in message.others if reserved - ROUNDING <= size < NO_FIGURE]
    if not fitting:
        return None, None
    size, pid = min(fitting)
    return pid, size


def _others(beside: Optional[int], context: Optional[int], listed: Sequence[Pair]) -> Optional[Pair]:
    named = sum(size for _, size in listed)
    if beside is None:
        return (named, named) if named else None
    if context is not None:
        return max(0, beside - context - DESKTOP), max(0, beside - context)
    return max(min(named, beside), beside - CONTEXT_MOST), beside


# What the balance speaks for.

TOO_LARGE, FRAGMENTED, OCCUPIED = "oom-too-large", "oom-fragmentation", "gpu-occupied-by-others"


@frozen
class Reason:
    """A problem that the numbers speak for. `weight` is percent; `kind` says by which figures (see suspicion.py)."""

    name: str
    kind: str
    weight: int


def reasons(message: OomMessage, parts: Balance) -> Tuple[Reason, ...]:
    """What one message speaks for, heaviest first."""
    return tuple(sorted(_reasons(message, parts), key=lambda one: -one.weight))


def _reasons(message: OomMessage, parts: Balance) -> Iterator[Reason]:
    tried, total, free = message.tried, message.total, message.free
    if capped(message):
        yield Reason(TOO_LARGE, "capped", 92)
        return
    if tried is None or total is None:
        # No figures: nearly always one of these two, and a look at the GPU tells which.
        yield Reason(TOO_LARGE, "no-figures", 45)
        yield Reason(OCCUPIED, "no-figures", 40)
        return
    if tried >= total:
        yield Reason(TOO_LARGE, "request", 97)
        return
    if free is None or parts.allocated is None:
        yield Reason(TOO_LARGE, "few-figures", 50)
        yield Reason(OCCUPIED, "few-figures", 40)
        return
    if free > tried + max(ROUNDING, total // 50):  # of a full GPU a last hundredth often cannot be had
        yield Reason(TOO_LARGE, "refused", 30)
        yield Reason(OCCUPIED, "refused", 25)
        return
    others = _weigh_others(tried, total, free, parts)
    pieces = _weigh_slack(tried, free, parts)
    if others >= 85:
        pieces = min(pieces, 20)
    if others:
        yield Reason(OCCUPIED, "others", others)
    if pieces:
        yield Reason(FRAGMENTED, "slack", pieces)
    yield Reason(TOO_LARGE, "full", _weigh_full(tried, total, parts, others, pieces))


def capped(message: OomMessage) -> bool:
    """Whether set_per_process_memory_fraction refused it: with the request the process would pass its own limit, and
    the GPU has the room."""
    if message.allowed is None or message.reserved is None or message.tried is None:
        return False
    slack = message.slack or 0
    reaches = message.reserved + message.tried > message.allowed - ROUNDING
    return reaches and (message.free is None or message.free + slack + ROUNDING >= message.tried)


def _weigh_others(tried: int, total: int, free: int, parts: Balance) -> int:
    least = parts.others[0] if parts.others else 0
    if least < OTHERS_LEAST:
        return 0
    ours = (parts.reserved or 0) + (parts.context or 0)
    enough = free + least >= tried  # were they gone, it would fit
    if enough and least >= ours:
        return 96
    if enough and least * 4 >= total:
        return 88
    if enough and least * 10 >= total:
        return 60
    return 40 if least * 4 >= total else 15


def _weigh_slack(tried: int, free: int, parts: Balance) -> int:
    """How far pieces of reserved memory explain it. They do where free and slack together are as large as what was
    asked, and the slack is more than the odd remainder of every program."""
    slack, reserved = parts.slack or 0, parts.reserved or 0
    if reserved == 0:
        return 0
    share = slack / reserved
    if slack + free + ROUNDING < tried:
        return 35 if share >= 0.25 and slack >= GIB else 0
    if share >= 0.2 and slack >= min(tried, 2 * GIB) and slack >= 256 * MIB:
        return 92
    if slack >= GIB or (share >= 0.15 and slack >= 256 * MIB):
        return 70
    if share >= 0.05 and slack >= 128 * MIB:
        return 40
    return 30 if share >= 0.02 and slack >= 64 * MIB else 0


def _weigh_full(tried: int, total: int, parts: Balance, others: int, pieces: int) -> int:
    allocated, context = parts.allocated or 0, parts.context or 0
    if others >= 85:
        return 15
    if allocated + tried + context > total:
        return min(95, 95 - others // 4)
    if pieces >= 90:
        return 35
    if pieces >= 70:
        return 60 if allocated * 10 >= total * 9 else 45
    if others >= 60:
        return 55
    return 86 if (allocated + tried) * 20 >= total * 17 else 62
