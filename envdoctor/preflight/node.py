"""`--node`: for Slurm's Prolog and HealthCheckProgram. Only what the administrator listed gives a code other than 0.

A Prolog that fails drains the node and holds the job, so nobody's processes, variables or environment count here, and
no question that was not answered.
"""

from __future__ import annotations

from typing import Tuple

from ..exits import Exit
from ..host import Host
from ..reading import Known, Unknown
from .ahead import Ahead
from .choice import Choice, Opinion
from .decide import HOPELESS, Decision
from .judge import fault_of
from .sight import cards
from .site import FILE, Site


def node_decision(host: Host, nvml: Ahead, seconds: float, site: Site) -> Decision:
    """FINDINGS where a listed fault is there, else OK, whatever else was seen."""
    answer, remark = cards(host, nvml(seconds), seconds)
    if isinstance(answer, Unknown):
        driver = "driver" in site.node_faults and answer.detail in HOPELESS
        sentence = f"the driver: {answer.detail or answer.reason}"
        return Decision(Exit.FINDINGS if driver else Exit.OK, sentence)
    if not isinstance(answer, Known):
        return Decision(Exit.OK, "there is no NVIDIA driver here")
    faults = [(gpu, fault_of(gpu)) for gpu in answer.value]
    listed = [(gpu, found) for gpu, found in faults if found and found[0] in site.node_faults]
    others = tuple(f"GPU {gpu.index}: {found[1]}" for gpu, found in faults if found and (gpu, found) not in listed)
    others += (remark,) if remark else ()
    if not site.node_faults:
        others += (f"no fault is listed under [node] in {site.source or FILE}: the answer is always 0",)
    opinions: Tuple[Opinion, ...] = tuple(Opinion(Choice(gpu), "no", found[1]) for gpu, found in listed)
    if not listed:
        return Decision(Exit.OK, f"{len(faults)} GPU(s), no listed fault", (), (), others)
    told = ", ".join(f"GPU {gpu.index}: {found[1]}" for gpu, found in listed)
    return Decision(Exit.FINDINGS, told, opinions, (), others)
