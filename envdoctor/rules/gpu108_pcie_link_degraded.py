"""A GPU's PCIe link has fewer lanes than device and slot can do.

It finds a link width below the greatest that the driver names for this device in this machine. Half the lanes are a
note, because boards split x16 into twice x8 on purpose; a quarter or less is a warning. The link's generation is looked
at only while the GPU works: an idle link drops to generation 1 to save power, which is no fault.

It matters because moving batches to the GPU takes several times as long, and multi-GPU training most.

It is mended by an administrator: reseat the card or the riser, look at the slot's lanes in the BIOS.

Example: an RTX 3090 at x4 of x16.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import given, source_of, value_or
from ..report import Evidence, Finding, NotApplicable, Remedy
from ._common import finding
from ._gpus import answering, label, nvml_gpus

ID = "GPU108"
NAME = "pcie-link-degraded"
SEVERITY = "warning"
TAGS = ("gpu", "hardware", "speed")

_WORKING = 50  # percent


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    gpus = answering(nvml_gpus(facts))
    if not gpus:
        raise NotApplicable("no GPU answers")
    for gpu in gpus:
        width = given(gpu.pcie_width, f"link of {label(gpu)}")
        most = given(gpu.pcie_width_max, f"link of {label(gpu)}")
        if width and most and width < most:
            severity = SEVERITY if width * 4 <= most else "note"
            says = f"{label(gpu)}: {width} of {most} PCIe lanes in use"
            yield _say(f"{label(gpu)} uses {width} of {most} PCIe lanes", says, source_of(gpu.pcie_width), severity)
        elif _working(gpu):
            now, best = value_or(gpu.pcie_generation, 0), value_or(gpu.pcie_generation_max, 0)
            if now and now < best:
                says = f"{label(gpu)}: PCIe generation {now} of {best} while it works"
                yield _say(
                    f"{label(gpu)} runs at PCIe generation {now} of {best}",
                    says,
                    source_of(gpu.pcie_generation),
                    "note",
                )


def _working(gpu: Gpu) -> bool:
    return value_or(gpu.utilisation, 0) >= _WORKING


def _say(title: str, says: str, source: str, severity: str) -> Finding:
    return finding(
        ID,
        NAME,
        severity,
        title,
        "Moving data to this GPU takes longer than it need.",
        [Evidence(says, source)],
        [Remedy("an administrator looks at card, riser and the slot's lanes", ())],
    )
