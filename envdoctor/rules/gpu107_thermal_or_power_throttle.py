"""A GPU is slowed down by heat, or by its power supply.

It finds throttle reasons that stand for heat (hw-thermal, sw-thermal), for a power brake or for the hardware's own
slowdown. Running at the power limit (sw-power-cap) is what a busy GPU does, and no fault.

It matters because training is slower for hours on end, and nothing says so.

It is mended by an administrator: fans, filters, neighbours, cables; a lower power limit keeps a hot card steady.

Example: GPU 1 at 91 degrees, reason hw-thermal.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import Known, given, source_of
from ..report import Evidence, Finding, NeedVariable, NotApplicable, Remedy
from ._common import finding, listed
from ._gpus import answering, handles, label, nvml_gpus

ID = "GPU107"
NAME = "thermal-or-power-throttle"
SEVERITY = "warning"
TAGS = ("gpu", "hardware", "speed")

#: Reason -> what it is, the most telling first: hw-slowdown comes with each of the others.
_REASONS = {
    "hw-thermal": "heat",
    "sw-thermal": "heat",
    "hw-power-brake": "the power supply's brake",
    "hw-slowdown": "the hardware itself (heat or power)",
}


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    gpus = answering(nvml_gpus(facts))
    if not gpus:
        raise NotApplicable("no GPU answers")
    for gpu in gpus:
        reasons = [name for name in given(gpu.throttle_reasons, f"clocks of {label(gpu)}") or () if name in _REASONS]
        if not reasons:
            continue
        because = [Evidence(f"{label(gpu)}: {listed(reasons)}", source_of(gpu.throttle_reasons))]
        if isinstance(gpu.temperature, Known):
            because.append(Evidence(f"{label(gpu)}: {gpu.temperature.value} degrees Celsius", gpu.temperature.source))
        names = handles(other for other in gpus if not _slowed(other))
        yield finding(
            ID,
            NAME,
            SEVERITY,
            f"{label(gpu)} is slowed down by {_cause(reasons)}",
            "Everything on this GPU runs slower until it is cooled or its power is mended.",
            because,
            [Remedy("use the other GPUs meanwhile", (NeedVariable("CUDA_VISIBLE_DEVICES", names),))] if names else [],
        )


def _cause(reasons: Sequence[str]) -> str:
    return next(words for reason, words in _REASONS.items() if reason in reasons)


def _slowed(gpu: Gpu) -> bool:
    return isinstance(gpu.throttle_reasons, Known) and any(name in _REASONS for name in gpu.throttle_reasons.value)
