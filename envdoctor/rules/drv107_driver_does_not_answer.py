"""The driver did not answer in time.

It finds a question to NVML that was still open when its deadline passed. That a look failed is otherwise never a
finding; here it is one, because a driver that answers nobody is itself the fault.

It matters because every program that asks the driver hangs with it: nvidia-smi, torch at start-up, monitoring tools. A
process stuck in the driver (state D) cannot even be killed.

It is mended by an administrator: the kernel log names the GPU (lines with NVRM or Xid); that GPU is reset, or the
machine rebooted. A very busy machine may only be slow: look again with more patience first.

Example: one GPU fell off the bus, and nvidia-smi hangs for everybody.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Unknown, need
from ..report import Evidence, Finding, NeedCommand, Remedy
from ._admin import reboot
from ._common import finding

ID = "DRV107"
NAME = "driver-does-not-answer"
SEVERITY = "error"
TAGS = ("driver", "gpu")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    status = facts.driver.nvml_status
    if not (isinstance(status, Unknown) and status.reason == "timeout"):
        need(status, "the driver's answer")
        return
    kernel_log = NeedCommand((("sudo", "dmesg", "--level=err,warn"),), who="admin", safety="safe")
    yield finding(
        ID,
        NAME,
        SEVERITY,
        "the NVIDIA driver did not answer in time",
        "Programs that ask the driver hang with it, so nothing is known of the GPUs.",
        [Evidence(status.sentence(), status.source)],
        [
            Remedy("look again with `envdoctor check --patience 60`: a busy machine may only be slow", ()),
            Remedy("the kernel log names the GPU (NVRM, Xid)", (kernel_log,)),
            reboot("reboot, where the GPU cannot be reset"),
        ],
        "likely",
    )
