"""The driver did not answer in time.

It finds a question to NVML that was still open when its deadline passed: at its start, or about one GPU, behind which
the others could not be asked. That a look failed is otherwise never a finding; here it is one, because a driver that
answers nobody is itself the fault.

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
from ..reading import Unknown, need, value_or
from ..report import Evidence, Finding, NeedCommand, Remedy
from ._admin import reboot
from ._common import finding

ID = "DRV107"
NAME = "driver-does-not-answer"
SEVERITY = "error"
TAGS = ("driver", "gpu")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    status = facts.driver.nvml_status
    if isinstance(status, Unknown) and status.reason == "timeout":
        meaning = "Programs that ask the driver hang with it, so nothing is known of the GPUs."
        yield _say("the NVIDIA driver did not answer in time", meaning, Evidence(status.sentence(), status.source))
        return
    need(status, "the driver's answer")
    for gpu in value_or(facts.gpus.gpus, ()):
        if gpu.status == "NO_ANSWER" and isinstance(gpu.name, Unknown) and gpu.name.reason == "timeout":
            meaning = "Programs that ask about this GPU hang, and so does what lists all of them."
            title = f"the NVIDIA driver did not answer in time for GPU {gpu.index}"
            yield _say(title, meaning, Evidence(gpu.name.sentence(), gpu.name.source))


def _say(title: str, meaning: str, because: Evidence) -> Finding:
    kernel_log = NeedCommand((("sudo", "dmesg", "--level=err,warn"),), who="admin", safety="safe")
    remedies = [
        Remedy("look again with `envdoctor check --patience 60`: a busy machine may only be slow", ()),
        Remedy("the kernel log names the GPU (NVRM, Xid)", (kernel_log,)),
        reboot("reboot, where the GPU cannot be reset"),
    ]
    return finding(ID, NAME, SEVERITY, title, meaning, [because], remedies, "likely")
