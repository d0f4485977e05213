"""CUDA counts the GPUs in another order than nvidia-smi.

It finds machines with different GPU models where CUDA_DEVICE_ORDER is not PCI_BUS_ID. CUDA then puts the fastest GPU
first, nvidia-smi counts by bus. It is a note, and a warning where CUDA_VISIBLE_DEVICES chooses by index.

It matters because cuda:0, or CUDA_VISIBLE_DEVICES=0, is then another card than the one that nvidia-smi shows as free.

It is mended by CUDA_DEVICE_ORDER=PCI_BUS_ID, or by choosing GPUs by UUID.

Example: a GTX 1080 Ti as GPU 0 and an RTX 3090 as GPU 1: CUDA calls the RTX 3090 device 0.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import source_of
from ..report import Evidence, Finding, NeedVariable, NotApplicable, Remedy
from ._common import finding
from ._gpus import answering, label, mixed, nvml_gpus, variable

ID = "GPU106"
NAME = "wrong-device-index"
SEVERITY = "note"
TAGS = ("gpu", "environment")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    gpus = answering(nvml_gpus(facts))
    if len(gpus) < 2:
        raise NotApplicable("there is at most one GPU")
    if not mixed(gpus) or variable(facts, "CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return
    value = variable(facts, "CUDA_VISIBLE_DEVICES") or ""
    by_index = value[:1].isdigit()
    because = [Evidence(label(gpu), source_of(gpu.name)) for gpu in gpus]
    if by_index:
        because.append(Evidence(f"CUDA_VISIBLE_DEVICES={value}", source_of(facts.session.variables)))
    yield finding(
        ID,
        NAME,
        "warning" if by_index else SEVERITY,
        "CUDA puts the fastest of these GPUs first, nvidia-smi counts by bus: their numbers may differ",
        "cuda:0 can be another card than GPU 0 of nvidia-smi.",
        because,
        [Remedy("count as nvidia-smi does", (NeedVariable("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),))],
        "likely",
    )
