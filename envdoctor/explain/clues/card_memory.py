"""Memory that ran out in programs that say less than PyTorch: who holds the GPU, by what else the text shows."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Tuple

from ...reading import value_or
from ..evidence import Case, Clue

_MESSAGES = ("xla.memory", "oom.other-program")
_UNITS = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
#: TensorFlow's line about a device at its start.
_AT_START = re.compile(r"totalMemory: ([\d.]{1,9})([KMG])iB freeMemory: ([\d.]{1,9})([KMG])iB")
#: "Created TensorFlow device (... with 372 MB memory) -> physical GPU (device: 6, name: TITAN Xp".
_CREATED = re.compile(r"with (\d{1,6}) MB memory\)? ?->")
#: Rows of `nvidia-smi --query-compute-apps` and of its table of processes.
_HELD = re.compile(r"^\d{2,8}, ?(?:[^,\n]{1,120}, ?)?(\d{1,6}) MiB|^\| [^|\n]{8,120}? (\d{1,6})MiB \|\s{0,4}$", re.M)
_CONTEXT = 1 << 30  # bytes that a context and a desktop may hold
_OUR_SHARE = (0.70, 0.80)  # of the memory, which JAX takes for itself at its start
_STARTED_FULL = 1 << 30  # a device with less than this at a program's start was taken


def read(case: Case) -> Iterator[Clue]:
    if not case.hit(*_MESSAGES, "xla.no-context") and "CUDA_ERROR_OUT_OF_MEMORY" not in case.text:
        return
    shown = _free_at_start(case) or _held_by_several(case) or _listed(case)
    if shown:
        says, source = shown
        yield Clue("gpu-occupied-by-others", 82, says, source, says)
        yield Clue("oom-too-large", -55, says, source)
        yield Clue("cudnn-conflict", -55, says, source)


def _free_at_start(case: Case) -> Optional[Tuple[str, str]]:
    found = case.find(_AT_START)
    if found:
        total = float(found[0].group(1)) * _UNITS[found[0].group(2)]
        free = float(found[0].group(3)) * _UNITS[found[0].group(4)]
        if free < 0.25 * total:
            return f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB were free when it started", f"line {found[1]}"
    created = case.find(_CREATED)
    if created and int(created[0].group(1)) << 20 < _STARTED_FULL:
        return f"only {created[0].group(1)} MB were free when it started", f"line {created[1]}"
    return None


def _held_by_several(case: Case) -> Optional[Tuple[str, str]]:
    """Processes that hold a GPU beside, or instead of, the one that failed."""
    finding = case.finding("gpu-occupied-by-others")
    for gpu in value_or(case.facts.gpus.gpus, ()):
        sizes = [value_or(holder.memory, 0) for holder in value_or(gpu.holders, ())]
        large = [size for size in sizes if size > _CONTEXT]
        total = value_or(gpu.memory_total, 0) or value_or(gpu.memory_used, 0) or sum(sizes)
        ours = len(sizes) == 1 and _OUR_SHARE[0] * total < sizes[0] < _OUR_SHARE[1] * total
        if large and not ours and (len(sizes) > 1 or finding):
            source = finding.because[0].source if finding and finding.because else "the list of processes"
            return f"processes beside it hold {sum(large) / 2**30:.1f} GiB of GPU {gpu.index}", source
    return None


def _listed(case: Case) -> Optional[Tuple[str, str]]:
    """Processes in a list that goes without its GPUs."""
    if any(value_or(gpu.holders, ()) for gpu in value_or(case.facts.gpus.gpus, ())):
        return None
    rows = [(int(found.group(1) or found.group(2)) << 20, line) for found, line in case.all(_HELD)]
    large = [(size, line) for size, line in rows if size > _CONTEXT]
    if large and len(rows) > 1:
        return f"a process beside it holds {large[0][0] / 2**30:.1f} GiB", f"line {large[0][1]}"
    return None
