"""/dev/shm in `df`: small or full while workers hang or die."""

from __future__ import annotations

import re
from typing import Iterator

from ..evidence import Case, Clue

_ROW = re.compile(
    r"^(?:shm|tmpfs|none|\S{1,40}) +(\d[\d.]{0,10})([KMGTkB]?)i?B? +\S{1,12} +\S{1,12} +(\d{1,3})% +/dev/shm", re.M
)
_SIZES = {"": 1024, "K": 1 << 10, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "B": 1}
_DOCKER = 64 << 20
_TROUBLE = re.compile(
    r"defunct|rc=1(?:24|35)|hang|Bus error|bus error|core dumped|killed by signal|torch_\d|SIGBUS|Resource temporarily",
    re.I,
)


def read(case: Case) -> Iterator[Clue]:
    found = case.find(_ROW)
    if not found:
        return
    size = float(found[0].group(1)) * _SIZES[found[0].group(2)]
    used, trouble = int(found[0].group(3)), case.find(_TROUBLE)
    source = f"line {found[1]}"
    if used >= 80:
        says = f"/dev/shm is {used} % full"
        yield Clue("shm-too-small", 80 if trouble else 55, says, source, says)
    elif size <= _DOCKER:
        yield Clue("shm-too-small", 65 if trouble else 30, "/dev/shm has 64 MB, a container's default", source)
    if used >= 80 and trouble:
        yield Clue("nccl-hang-or-p2p", -60, "shared memory is full", source)
