"""One GPU of the NVML worker's answer as facts."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

from ..facts import Gpu, Holder, MigDevice
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from ._nvml import SOURCE, field, part
from ._pids import foreign_processes, holder

#: nvml.h, nvmlClocksEventReason*: why clocks are below what they could be.
REASONS = {
    0x1: "idle",
    0x2: "application-clocks",
    0x4: "sw-power-cap",
    0x8: "hw-slowdown",
    0x10: "sync-boost",
    0x20: "sw-thermal",
    0x40: "hw-thermal",
    0x80: "hw-power-brake",
    0x100: "display-clocks",
}

_MODES = {"exclusive-thread": "exclusive-process"}  # drivers since CUDA 8 treat the old name as the new one


def gpu(host: Host, record: Mapping[str, object]) -> Gpu:
    memory = field(record, "memory")
    rows = field(record, "remapped_rows")
    mig = part(field(record, "mig_mode"), "current")
    return Gpu(
        index=_index(record),
        status=str(record.get("status", "ok")),
        name=field(record, "name"),
        uuid=field(record, "uuid"),
        pci_bus_id=field(record, "pci_bus_id"),
        capability=field(record, "capability"),
        memory_total=part(memory, "total"),
        memory_used=part(memory, "used"),
        memory_free=part(memory, "free"),
        utilisation=part(field(record, "utilisation"), "gpu"),
        temperature=field(record, "temperature"),
        power=field(record, "power"),
        power_limit=field(record, "power_limit"),
        compute_mode=mapped(field(record, "compute_mode"), lambda mode: _MODES.get(mode, mode)),
        mig_mode=mig,
        mig_devices=mig if isinstance(mig, Absent) else mapped(field(record, "mig_devices"), _mig_devices),
        ecc_uncorrected=field(record, "ecc_uncorrected"),
        remap_pending=part(rows, "pending"),
        remap_failed=part(rows, "failure"),
        throttle_reasons=mapped(field(record, "clocks_event_reasons"), reasons),
        persistence=field(record, "persistence"),
        pcie_width=field(record, "pcie_width"),
        pcie_width_max=field(record, "pcie_width_max"),
        pcie_generation=field(record, "pcie_generation"),
        pcie_generation_max=field(record, "pcie_generation_max"),
        holders=_holders(host, record),
        nvlink=mapped(field(record, "nvlink"), tuple),
    )


def silent_gpu(index: int, status: str, why: Unknown) -> Gpu:
    """A GPU that NVML counts and that was not heard of: nothing about it is known but its number."""
    unheard: Dict[str, Any] = {name: why for name in Gpu.__dataclass_fields__ if name not in ("index", "status")}
    return Gpu(index=index, status=status, **unheard)


def reasons(mask: int) -> Tuple[str, ...]:
    """Names of the bits that are set; a bit of a newer driver by its number."""
    bits = [1 << place for place in range(64) if mask >> place & 1]
    return tuple(REASONS.get(bit, f"{bit:#x}") for bit in bits)


def _index(record: Mapping[str, object]) -> int:
    index = record.get("index")
    return index if isinstance(index, int) else -1


def _mig_devices(records: List[Mapping[str, object]]) -> Tuple[MigDevice, ...]:
    devices = []
    for record in records:
        uuid, memory = field(record, "uuid"), field(record, "memory")
        if isinstance(uuid, Known):
            profile = str(record.get("profile", ""))
            devices.append(MigDevice(uuid.value, profile, part(memory, "total"), part(memory, "used")))
    return tuple(devices)


def _holders(host: Host, record: Mapping[str, object]) -> Reading[Tuple[Holder, ...]]:
    """Processes of all three lists, one entry a pid. Unknown when the list of compute processes is."""
    compute = field(record, "compute_processes")
    if not isinstance(compute, Known):
        return compute
    kinds: Dict[int, List[str]] = {}
    memory: Dict[int, Reading[int]] = {}
    for kind, name in (("C", "compute_processes"), ("G", "graphics_processes"), ("M", "mps_processes")):
        listed = field(record, name)
        for process in listed.value if isinstance(listed, Known) else ():
            pid, used = int(process["pid"]), process.get("memory")
            kinds.setdefault(pid, []).append(kind)
            if isinstance(used, int):
                memory[pid] = Known(used, SOURCE)
            else:
                memory.setdefault(pid, Unknown("not-looked", "the driver does not report it per process", SOURCE))
    foreign = bool(kinds) and foreign_processes(host)
    return Known(
        tuple(holder(host, pid, _kind(kinds[pid]), memory[pid], foreign) for pid in sorted(kinds)), compute.source
    )


def _kind(kinds: List[str]) -> str:
    """MPS's own list holds what the compute list holds as well."""
    return "M" if "M" in kinds else "+".join(kinds)
