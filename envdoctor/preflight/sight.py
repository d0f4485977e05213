"""The cards as the driver shows them: through NVML, or through nvidia-smi where NVML itself cannot be asked."""

from __future__ import annotations

from typing import Tuple

from ..facts import Gpu
from ..host import Host, NvmlAnswer
from ..probes.driver import either, smi_may_know
from ..probes.gpus import by_nvml, by_smi
from ..reading import Absent, Known, Reading
from ..target import Request, Target

BY_TOOL = "NVML could not be asked, nvidia-smi was: row remaps and MIG instances are not known"


def cards(host: Host, answer: Reading[NvmlAnswer], seconds: float) -> Tuple[Reading[Tuple[Gpu, ...]], str]:
    """The cards, and a remark where they come from nvidia-smi, which has as long as NVML had."""
    gpus = by_nvml(host, answer)
    if not smi_may_know(answer):
        return gpus, ""
    by_tool = by_smi(host, Target(Absent(), Absent(), (), Request(patience=seconds / 0.75)))
    return either(by_tool, gpus), BY_TOOL if isinstance(by_tool, Known) else ""
