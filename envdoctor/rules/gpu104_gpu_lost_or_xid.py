"""A GPU that is lost, needs a reset, or has reported hardware faults.

It finds GPUs that did not answer the driver (lost, reset required, no power, damaged infoROM), row remapping that
failed or waits for a reset, uncorrectable memory errors since the driver was loaded, and Xid lines of the kernel log
that stand for hardware or driver faults. Xids that a program's own error causes (13, 31, 43, 45) are not counted, and
neither is a GPU that only refuses this user.

It matters because programs on such a GPU stop with odd errors, wrong results, or hang.

It is mended, without root, by keeping to the other GPUs; an administrator resets the GPU or reboots, and hardware that
fails again is replaced.

Example: GPU 2 answers GPU_IS_LOST; the kernel log has Xid 79.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import Known, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, NeedVariable, Remedy
from ._admin import reboot
from ._common import finding
from ._gpus import handles, label, nvml_gpus

ID = "GPU104"
NAME = "gpu-lost-or-xid"
SEVERITY = "error"
TAGS = ("gpu", "hardware")

_STATUS = {
    "GPU_IS_LOST": "fell off the bus",
    "RESET_REQUIRED": "needs a reset",
    "INSUFFICIENT_POWER": "has not enough power: a power cable is missing",
    "IRQ_ISSUE": "gets no interrupts",
    "CORRUPTED_INFOROM": "has a damaged infoROM",
    "TIMEOUT": "does not answer",
    "UNKNOWN": "answers with an unknown error",
}

#: Xids that stand for a fault of the GPU, its memory, its link or its firmware.
#: Source: NVIDIA "Xid Errors" catalogue; names in nverror.h of the open GPU kernel modules.
_XIDS: Dict[int, str] = {
    48: "double-bit memory error",
    61: "firmware halted",
    62: "firmware halted",
    63: "memory row remapping or page retirement",
    64: "memory row remapping failed",
    74: "NVLink error",
    79: "the GPU fell off the bus",
    92: "many single-bit memory errors",
    94: "contained memory error",
    95: "uncontained memory error",
    119: "the GPU's system processor does not answer",
    120: "error of the GPU's system processor",
    140: "unrecovered memory error",
}


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    every = nvml_gpus(facts)
    sick = []
    for gpu in every:
        severity, wrong, because = _state(gpu)
        if wrong:
            sick.append(gpu)
            yield _say(f"{label(gpu)} {wrong}", because, severity, _remedies(gpu, handles(every)))
    xids = facts.gpus.xids
    if isinstance(xids, Known):
        yield from _xids(xids.value, xids.source, bool(sick))


def _state(gpu: Gpu) -> Tuple[str, str, List[Evidence]]:
    """Severity, what is wrong ('' where nothing is) and the evidence."""
    if gpu.status != "ok":
        words = _STATUS.get(gpu.status, "")
        return SEVERITY, words, [Evidence(f"{label(gpu)}: {gpu.status}", "nvml")]
    if value_or(gpu.remap_failed, False):
        return SEVERITY, "has failing memory: row remapping failed", [_seen(gpu, "remap_failed", "failed remapping")]
    errors = value_or(gpu.ecc_uncorrected, 0)
    if errors:
        words = f"has had {errors} uncorrectable memory error(s) since the driver was loaded"
        return "warning", words, [_seen(gpu, "ecc_uncorrected", f"uncorrectable ECC errors: {errors}")]
    if value_or(gpu.remap_pending, False):
        return "warning", "waits for a reset to remap memory rows", [_seen(gpu, "remap_pending", "pending remapping")]
    return "", "", []


def _seen(gpu: Gpu, field: str, says: str) -> Evidence:
    return Evidence(f"{label(gpu)}: {says}", source_of(getattr(gpu, field)))


def _say(
    title: str, because: Sequence[Evidence], severity: str, remedies: Sequence[Remedy], sure: bool = True
) -> Finding:
    meaning = "The hardware or its driver is at fault; programs on this GPU stop, hang, or compute wrongly."
    return finding(ID, NAME, severity, title, meaning, because, remedies, "certain" if sure else "likely")


def _remedies(gpu: Gpu, others: str) -> Tuple[Remedy, ...]:
    which = str(gpu.index) if gpu.index >= 0 else value_or(gpu.pci_bus_id, "")
    reset = NeedCommand((("sudo", "nvidia-smi", "--gpu-reset", *(("-i", which) if which else ())),), who="admin")
    for_admin = (
        Remedy("reset the GPU, once nobody uses it", (reset,)),
        reboot("reboot; a GPU that fails again is for repair"),
    )
    if not others:
        return for_admin
    return (Remedy("keep to the GPUs that are sound", (NeedVariable("CUDA_VISIBLE_DEVICES", others),)), *for_admin)


def _xids(lines: Sequence[str], source: str, told: bool) -> Iterator[Finding]:
    """Faults in the kernel log, a kind once. Less sure than what the GPU says now: the log tells of the past."""
    found: Dict[int, List[str]] = {}
    for line in lines:
        number = re.search(r"Xid \([^)]*\): (\d+)", line)
        if number and int(number.group(1)) in _XIDS:
            found.setdefault(int(number.group(1)), []).append(line)
    if found:
        worst = sorted(found)
        because = [Evidence(found[one][-1].strip()[:200], source) for one in worst[:4]]
        kinds = "; ".join(f"Xid {one}, {_XIDS[one]}, {len(found[one])} time(s)" for one in worst)
        yield _say(
            f"the kernel log holds GPU faults: {kinds}",
            because,
            "note" if told else "warning",
            [reboot("tell an administrator; a reboot or a reset of the GPU clears a passing fault")],
            sure=False,
        )
