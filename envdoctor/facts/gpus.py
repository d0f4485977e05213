"""Each GPU as NVML sees it, and who holds it."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading, Unknown


@frozen
class Holder:
    """A process with a context on a GPU."""

    pid: int
    kind: str  # C (compute) | G (graphics) | C+G | M (MPS)
    memory: Reading[int]  # bytes; Unknown where the driver does not report it per process
    user: Reading[str]  # Absent: the pid is not in this /proc (another PID namespace, hidepid, gone)
    command: Reading[str]  # the program's name, not its arguments
    state: Reading[str]  # R | S | D | Z ... as /proc says
    mine: Reading[bool]
    started: Reading[str]  # ISO 8601, UTC


@frozen
class MigDevice:
    uuid: str
    profile: str  # 1g.10gb
    memory_total: Reading[int]  # bytes
    memory_used: Reading[int]


@frozen
class Gpu:
    index: int  # in PCI order, as NVML and nvidia-smi count
    status: str  # "ok"; NVML's error name (GPU_IS_LOST, ...); NO_ANSWER: NVML stuck there; NOT_ASKED: behind that one
    name: Reading[str]
    uuid: Reading[str]
    pci_bus_id: Reading[str]
    capability: Reading[str]  # compute capability "8.6"
    memory_total: Reading[int]  # bytes
    memory_used: Reading[int]  # bytes, without what the driver reserves
    memory_free: Reading[int]
    utilisation: Reading[int]  # percent of time with a kernel running
    temperature: Reading[int]  # degrees Celsius
    power: Reading[int]  # milliwatts
    power_limit: Reading[int]
    compute_mode: Reading[str]  # default | prohibited | exclusive-process
    mig_mode: Reading[bool]
    mig_devices: Reading[Tuple[MigDevice, ...]]
    ecc_uncorrected: Reading[int]  # volatile, since the driver was loaded
    remap_pending: Reading[bool]
    remap_failed: Reading[bool]
    throttle_reasons: Reading[
        Tuple[str, ...]
    ]  # idle | sw-power-cap | hw-slowdown | hw-thermal | sw-thermal | hw-power-brake | ...
    persistence: Reading[bool]
    pcie_width: Reading[int]
    pcie_width_max: Reading[int]
    pcie_generation: Reading[int]
    pcie_generation_max: Reading[int]
    holders: Reading[Tuple[Holder, ...]]
    nvlink: Reading[Tuple[int, ...]] = Unknown("not-looked")  # GPUs of a smaller index that it reaches over NVLink


@frozen
class GpusFacts:
    gpus: Reading[Tuple[Gpu, ...]]  # Absent: no NVML library; empty: NVML counts none
    asked: Reading[str]  # who answered: nvml | nvidia-smi
    xids: Reading[Tuple[str, ...]]  # NVRM Xid lines of the kernel log, newest last; Unknown(denied) for most users
