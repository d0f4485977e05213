"""Each GPU as NVML sees it, and who holds it. nvidia-smi is asked only where NVML could not be (see driver.py)."""

from __future__ import annotations

from typing import Tuple

from ..facts import Gpu, GpusFacts
from ..host import Host, NvmlAnswer
from ..reading import Absent, Known, Reading, Unknown, mapped
from ..target import Target
from . import _nvidia_smi, _nvml, _nvml_gpu, _smi_gpu
from .driver import either, smi_may_know

_MODULE = "/sys/module/nvidia"
_RESTRICT = "/proc/sys/kernel/dmesg_restrict"
_MOST_XIDS = 20
_MOST_GPUS = 256


def look(host: Host, target: Target) -> GpusFacts:
    answer = target.nvml(host)
    gpus, asked = by_nvml(host, answer), mapped(answer, lambda _: "nvml")
    if smi_may_know(answer):
        by_tool = by_smi(host, target)
        gpus, asked = either(by_tool, gpus), either(mapped(by_tool, lambda _: "nvidia-smi"), asked)
    return GpusFacts(gpus, asked, xids(host))


def by_nvml(host: Host, answer: Reading[NvmlAnswer]) -> Reading[Tuple[Gpu, ...]]:
    """Every GPU that NVML counts. The one it got stuck at has the status NO_ANSWER, those behind it NOT_ASKED."""
    if not isinstance(answer, Known):
        return answer
    said = answer.value
    status = _nvml.status(said.system)
    why = Unknown("timeout" if said.ended == "timeout" else "failed", said.detail, _nvml.SOURCE)
    if status is None:
        return why
    if status != "SUCCESS":
        return _nvml.error(status)
    count = _nvml.field(said.system, "count")
    if not isinstance(count, Known):
        return count
    gpus = {gpu.index: gpu for gpu in (_nvml_gpu.gpu(host, record) for record in said.gpus)}
    silent = [index for index in range(min(int(count.value), _MOST_GPUS)) if index not in gpus]
    for index in silent:
        stuck = index == silent[0]
        behind = Unknown("not-looked", f"NVML did not get past GPU {silent[0]}", _nvml.SOURCE)
        gpus[index] = _nvml_gpu.silent_gpu(index, "NO_ANSWER" if stuck else "NOT_ASKED", why if stuck else behind)
    return Known(tuple(gpus[index] for index in sorted(gpus)), _nvml.SOURCE)


def by_smi(host: Host, target: Target) -> Reading[Tuple[Gpu, ...]]:
    rows = _nvidia_smi.rows(host, target)
    if not isinstance(rows, Known):
        return rows
    processes = _nvidia_smi.processes(host, target)
    return mapped(rows, lambda found: tuple(_smi_gpu.gpu(host, row, processes) for row in found))


def xids(host: Host) -> Reading[Tuple[str, ...]]:
    """The driver's Xid lines of the kernel log, newest last. Asked only where the driver's module is loaded.

    /dev/kmsg is not read: it blocks, and who may read it may run dmesg.
    """
    if isinstance(host.stat(_MODULE), Absent):
        return Absent((_MODULE,))
    restricted = host.read(_RESTRICT, 16)
    if isinstance(restricted, Known) and restricted.value.strip() != "0" and host.identity().uid != 0:
        return Unknown("denied", "the kernel log is for root here", _RESTRICT)
    said = host.run(["dmesg"], 1.0, limit=8 << 20)
    if isinstance(said, Known) and said.value.code != 0:
        return Unknown("denied", said.value.err.strip()[:200], "dmesg")
    return mapped(
        said, lambda output: tuple(line for line in output.out.splitlines() if "NVRM: Xid" in line)[-_MOST_XIDS:]
    )
