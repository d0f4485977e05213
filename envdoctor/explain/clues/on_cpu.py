"""A GPU that rests while a program says that it computes on the CPU, or was told to."""

from __future__ import annotations

import re
from typing import Iterator

from ...reading import Known, value_or
from ..evidence import Case, Clue

_SAYS = ("device.on-cpu", "device.mentions-cpu", "torch.lightning-cpu", "torch.cuda-requested-cpu", "yolo.cpu-banner")
#: Options that programs read as "use no GPU".
_TOLD = re.compile(
    r"--(?:no[_-]cuda|no[_-]gpu|use[_-]cpu|cpu(?=\s|$)|device[= ]cpu\b|accelerator[= ]cpu\b)|\bdevice=[\"']?cpu\b"
    r"|\b(?:no_cuda|use_cpu) ?= ?True|\bn-gpu-layers[= ]0\b|-ngl 0\b",
    re.M,
)


def read(case: Case) -> Iterator[Clue]:
    rests = [
        gpu.index
        for gpu in value_or(case.facts.gpus.gpus, ())
        if isinstance(gpu.utilisation, Known) and gpu.utilisation.value < 5 and value_or(gpu.memory_used, 0) < 1 << 30
    ]
    if not rests:
        return
    told = case.find(_TOLD)
    hit = case.hit(*_SAYS)
    if told:
        says = f"GPU {rests[0]} rests, and the program was told to use the CPU: {told[0].group().strip()}"
        yield Clue("cpu-device-used-silently", 65, says, f"line {told[1]}", says)
    elif hit:
        yield Clue("cpu-device-used-silently", 45, f"GPU {rests[0]} rests", hit.source)
