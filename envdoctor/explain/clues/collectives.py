"""A run that hangs, and the same run that ends with a switch of NCCL set."""

from __future__ import annotations

import re
from typing import Iterator

from ...reading import value_or
from ..evidence import Case, Clue, out

_SWITCH = re.compile(
    r"\b(NCCL_(?:P2P_DISABLE|P2P_LEVEL|SHM_DISABLE|IB_DISABLE|SOCKET_IFNAME|NET|ALGO|NVLS_ENABLE)=\S{1,30})"
)
_HANGS = re.compile(r"rc=124|\^C|timed out|hang|Terminated|rc=137")
_ENDS = re.compile(r"rc=0\b|done|OK\b|success|\b(?:step|iter|epoch)\w{0,8}[ :\[]{1,3}\d", re.I)
_MANY = re.compile(r"torchrun|torch\.distributed|mpirun|srun|deepspeed|accelerate launch|all_reduce|allreduce|--nproc")

_LITTLE = 2 << 30  # bytes


def read(case: Case) -> Iterator[Clue]:
    hung = ended = 0
    before = case.exchanges[0].typed.number if case.exchanges else 0
    opening = "\n".join(line.text for line in case.kept if line.number < before)
    if "NCCL" in opening and _HANGS.search(opening):
        hung = 1
    for exchange in case.exchanges:
        printed = out(exchange)
        many = _MANY.search(exchange.typed.text) or "NCCL INFO" in printed
        if not many and not _SWITCH.search(exchange.typed.text):
            continue
        if _SWITCH.search(exchange.typed.text) and (_ENDS.search(printed) or not printed.strip()):
            ended = ended or exchange.typed.number
        elif _HANGS.search(printed):
            hung = hung or exchange.typed.number
    if hung and ended:
        says = "with a switch of NCCL set the same run ends, without it it hangs"
        yield Clue("nccl-hang-or-p2p", 90, says, f"line {ended}", says)
    elif hung:
        yield Clue("nccl-hang-or-p2p", 40, "a run on several GPUs does not end", f"line {hung}")
    yield from _spinning(case)


def _spinning(case: Case) -> Iterator[Clue]:
    """GPUs that are all full of work and hold almost no memory: kernels of NCCL that wait for each other."""
    gpus = value_or(case.facts.gpus.gpus, ())
    spin = [gpu for gpu in gpus if value_or(gpu.utilisation, 0) >= 95 and 0 < value_or(gpu.memory_used, 0) < _LITTLE]
    waits = case.hit("nccl.waits") or (case.hit("nccl.messages", "nccl.timeout") if spin else None)
    if len(spin) > 1 and ("NCCL" in case.text or waits or case.find(_MANY)):
        says = f"{len(spin)} GPUs are at {value_or(spin[0].utilisation, 0)} % with little in their memory"
        yield Clue("nccl-hang-or-p2p", 62, says, waits.source if waits else "the table of GPUs", says)
