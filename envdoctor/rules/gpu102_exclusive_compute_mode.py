"""A GPU in exclusive compute mode that is taken, or in prohibited mode.

It finds GPUs whose compute mode lets one process in (exclusive-process) while a process holds it, and GPUs whose mode
lets none in (prohibited). Exclusive mode with a free GPU works, and is no fault.

It matters because the second process gets "CUDA-capable device(s) is/are busy or unavailable" however much memory is
free; with several ranks or workers on one GPU one's own second process is refused too.

It is mended by another GPU, or by an administrator who sets the mode to Default.

Example: GPU 0 in exclusive-process mode, held by bo's python.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import need, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, NeedVariable, NotApplicable, Remedy
from ._common import finding, listed
from ._gpus import answering, handle, label, nvml_gpus, roomiest, visible
from ._holders import told, words

ID = "GPU102"
NAME = "exclusive-compute-mode"
SEVERITY = "error"
TAGS = ("gpu", "contention")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    seen = answering(visible(facts, nvml_gpus(facts)))
    if not seen:
        raise NotApplicable("no GPU answers")
    closed = [gpu for gpu in seen if _closed(gpu)]
    open_ones = [gpu for gpu in seen if gpu not in closed]
    if closed:
        yield finding(
            ID,
            NAME,
            "warning" if open_ones else SEVERITY,
            f"{listed(f'{label(gpu)} {_why(gpu)}' for gpu in closed)}",
            "A process that starts there is refused as 'busy or unavailable', however much memory is free.",
            [evidence for gpu in closed for evidence in _because(gpu)],
            _remedies(closed, open_ones),
        )
    for gpu in open_ones:
        if need(gpu.compute_mode, f"compute mode of {label(gpu)}") == "exclusive-process":
            need(gpu.holders, f"processes on {label(gpu)}")


def _closed(gpu: Gpu) -> bool:
    mode = value_or(gpu.compute_mode, "default")
    return mode == "prohibited" or (mode == "exclusive-process" and bool(value_or(gpu.holders, ())))


def _why(gpu: Gpu) -> str:
    if value_or(gpu.compute_mode, "") == "prohibited":
        return "lets no process in (compute mode Prohibited)"
    return f"takes one process and is taken by {words(value_or(gpu.holders, ())[0])}"


def _because(gpu: Gpu) -> Iterator[Evidence]:
    mode = value_or(gpu.compute_mode, "")
    yield Evidence(f"{label(gpu)}: compute mode {mode}", source_of(gpu.compute_mode))
    yield from told(gpu, 3)


def _remedies(closed: Sequence[Gpu], open_ones: Sequence[Gpu]) -> Iterator[Remedy]:
    best = roomiest(open_ones)
    if best:
        yield Remedy(f"use {label(best)}", (NeedVariable("CUDA_VISIBLE_DEVICES", handle(best)),))
    commands = tuple(("sudo", "nvidia-smi", "-i", str(gpu.index), "-c", "DEFAULT") for gpu in closed)
    yield Remedy("let several processes in (compute mode Default)", (NeedCommand(commands, who="admin"),))
