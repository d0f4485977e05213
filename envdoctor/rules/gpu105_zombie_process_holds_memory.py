"""GPU memory that no living process explains.

It finds memory in use that the listed processes do not account for, and processes on a GPU that are dead (state Z).
Inside a container that says nothing, because the processes of others are invisible there; a GPU with a process that is
not in this /proc, MIG and MPS are left out as well.

It matters because the memory stays lost until the process, or the thing that keeps it, is gone; nobody's name is on it.

It is mended by ending one's own left-over workers (their parent died, they did not), else by an administrator:
`fuser -v /dev/nvidia*` names every process that holds a GPU open.

Example: 18 GiB in use on GPU 1, and not one process listed.
"""

from __future__ import annotations

from typing import Iterable, Iterator, Tuple

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import Absent, Known, need, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ._common import finding
from ._gpus import GIB, answering, label, nvml_gpus
from ._holders import words

ID = "GPU105"
NAME = "zombie-process-holds-memory"
SEVERITY = "warning"
TAGS = ("gpu", "contention")

_MUCH = 2 * GIB


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if value_or(facts.session.container, None) or value_or(facts.session.wsl, None):
        raise NotApplicable("processes outside of this container or of WSL are not visible")
    for gpu in answering(nvml_gpus(facts)):
        if value_or(gpu.mig_mode, False):
            continue
        need(gpu.holders, f"processes on {label(gpu)}")
        need(gpu.memory_used, f"memory of {label(gpu)}")
        dead = [holder for holder in value_or(gpu.holders, ()) if value_or(holder.state, "") == "Z"]
        lost = _unexplained(gpu)
        if dead:
            because = [Evidence(f"{label(gpu)}: {words(one)}, a zombie", source_of(gpu.holders)) for one in dead[:3]]
            yield _say(f"{label(gpu)} is held by {len(dead)} dead process(es)", because)
        elif lost > _MUCH:
            title = f"{lost / GIB:.1f} GiB on {label(gpu)} are in use, and no process that is listed explains them"
            yield _say(title, _sums(gpu))


def _unexplained(gpu: Gpu) -> int:
    """Bytes in use beyond what the processes hold; 0 where a process's share is not known, or MPS hands it out."""
    explained = 0
    for holder in value_or(gpu.holders, ()):
        if not isinstance(holder.memory, Known) or holder.kind == "M" or isinstance(holder.user, Absent):
            return 0
        explained += holder.memory.value
    return value_or(gpu.memory_used, 0) - explained


def _sums(gpu: Gpu) -> Tuple[Evidence, ...]:
    holders = value_or(gpu.holders, ())
    held = sum(value_or(holder.memory, 0) for holder in holders)
    return (
        Evidence(f"{label(gpu)}: {value_or(gpu.memory_used, 0) / GIB:.1f} GiB in use", source_of(gpu.memory_used)),
        Evidence(f"{len(holders)} process(es) listed, which hold {held / GIB:.1f} GiB", source_of(gpu.holders)),
    )


def _say(title: str, because: Iterable[Evidence]) -> Finding:
    who = NeedCommand((("sudo", "sh", "-c", "fuser -v /dev/nvidia*"),), who="admin", safety="safe")
    return finding(
        ID,
        NAME,
        SEVERITY,
        title,
        "That memory is not free for anybody until whatever keeps it has ended.",
        because,
        [
            Remedy("end left-over workers of your own runs (ps -u $USER shows them)", ()),
            Remedy("an administrator finds who keeps the GPU open", (who,)),
        ],
        "likely",
    )
