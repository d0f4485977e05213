"""The memory of the GPUs is held by other processes.

It finds GPUs on which others hold so much that less than a fifth of the memory is free. It looks at the GPUs that a
program started here would see; one that takes a single process is `exclusive-compute-mode`. A busy GPU among free ones
is normal on a shared server, and a note that names the free ones; it is a warning where the first one is nearly full,
because that is where a program lands by default, and an error where every one is taken. One's own processes, a
desktop's few hundred MiB, and a mere kernel load are no fault.

It matters because "CUDA out of memory" then has nothing to do with one's own model.

It is mended by choosing the GPU with the most free memory, or by asking the owners, who are named here.

Example: bo holds 22 of 24 GiB on GPU 0 since this morning; GPU 3 is free.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import Known, Missing, value_or
from ..report import CannotTell, Evidence, Finding, NeedVariable, NotApplicable, Remedy
from ._common import finding, listed
from ._gpus import GIB, MIB, answering, handle, label, nvml_gpus, roomiest, variable, visible
from ._holders import held_by_others, told

ID = "GPU101"
NAME = "gpu-occupied-by-others"
SEVERITY = "note"
TAGS = ("gpu", "contention")

_FREE_SHARE = 5  # taken: less than a fifth is free
_FULL_SHARE = 10  # nearly full: less than a tenth
_NOTHING = GIB  # what others hold below this is a desktop or a context, not work


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    every = nvml_gpus(facts)
    seen = tuple(gpu for gpu in answering(visible(facts, every)) if value_or(gpu.compute_mode, "default") == "default")
    if not seen:
        raise NotApplicable("no GPU that takes several processes answers")
    told_of = [gpu for gpu in seen if isinstance(gpu.memory_free, Known) and isinstance(gpu.memory_total, Known)]
    if not told_of:
        raise CannotTell("the memory of no GPU is known")
    taken = [gpu for gpu in told_of if _taken(gpu)]
    if not taken:
        return
    free = [gpu for gpu in told_of if gpu not in taken]
    yield finding(
        ID,
        NAME,
        _severity(seen, taken, free),
        _title(taken, free),
        "A program that lands there runs out of memory or shares the GPU; nothing is wrong with the installation.",
        _because(taken),
        _remedies(facts, free, len(seen)),
        "certain" if all(isinstance(gpu.holders, Known) and gpu.holders.value for gpu in taken) else "likely",
    )


def _taken(gpu: Gpu) -> bool:
    total, free, others = value_or(gpu.memory_total, 0), value_or(gpu.memory_free, 0), held_by_others(gpu)
    if value_or(gpu.mig_mode, False) or others is None:  # memory of a MIG GPU is that of its instances together
        return False
    return free * _FREE_SHARE < total and others > max(_NOTHING, total // 4)


def _severity(seen: Sequence[Gpu], taken: Sequence[Gpu], free: Sequence[Gpu]) -> str:
    if not free:
        return "error"
    first = seen[0]
    full = value_or(first.memory_free, 0) * _FULL_SHARE < value_or(first.memory_total, 0)
    return "warning" if first in taken and full else "note"


def _title(taken: Sequence[Gpu], free: Sequence[Gpu]) -> str:
    amounts = listed((f"GPU {gpu.index} has {_gib(value_or(gpu.memory_free, 0))} free" for gpu in taken), 8)
    rest = f"; free: {listed((_index(gpu) for gpu in free), 8)}" if free else ", and no other GPU is free"
    return f"others hold {len(taken)} of {len(taken) + len(free)} GPU(s): {amounts}{rest}"


def _index(gpu: Gpu) -> str:
    return f"GPU {gpu.index} ({_gib(value_or(gpu.memory_free, 0))})"


def _gib(number: int) -> str:
    return f"{number / GIB:.1f} GiB" if number >= GIB else f"{number // MIB} MiB"


def _because(taken: Sequence[Gpu]) -> Tuple[Evidence, ...]:
    because: List[Evidence] = []
    for gpu in taken:
        free, total = value_or(gpu.memory_free, 0), value_or(gpu.memory_total, 0)
        source = gpu.memory_free.source if isinstance(gpu.memory_free, Known) else ""
        because.append(Evidence(f"{label(gpu)}: {_gib(free)} of {_gib(total)} free", source))
        holders = tuple(told(gpu))
        because += holders or [Evidence(f"{label(gpu)}: who holds it is not visible here", source)]
    return tuple(because)


def _remedies(facts: Facts, free: Sequence[Gpu], seen: int) -> Iterator[Remedy]:
    best = roomiest(free)
    try:
        scheduled = value_or(facts.session.slurm_job, None) is not None
        masked = variable(facts, "CUDA_VISIBLE_DEVICES") is not None
    except Missing:
        scheduled = masked = False
    if best and seen > 1:
        title = f"use {_index(best)}, the one with the most free memory"
        if scheduled and masked:
            title += ", within what Slurm gave this job"
        yield Remedy(title, (NeedVariable("CUDA_VISIBLE_DEVICES", handle(best)),))
    else:
        yield Remedy("ask the owners named above, or wait until one of them ends", ())
