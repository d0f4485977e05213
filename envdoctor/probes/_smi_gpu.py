"""One GPU of nvidia-smi's query as facts."""

from __future__ import annotations

from typing import Iterable, Tuple

from ..facts import Gpu, Holder
from ..host import Host
from ..reading import Known, Reading, Unknown, mapped
from ._nvidia_smi import Row, value
from ._nvml_gpu import reasons
from ._pids import foreign_processes, holder

_MIB = 1 << 20
_UNASKED = Unknown("not-looked", "nvidia-smi was not asked for it", "nvidia-smi")
_MODES = {"Default": "default", "Prohibited": "prohibited", "Exclusive_Process": "exclusive-process",
          "Exclusive_Thread": "exclusive-process"}  # fmt: skip
_ON = {"Enabled": True, "Disabled": False}

Listed = Reading[Tuple[Tuple[str, int, str], ...]]


def gpu(host: Host, row: Row, processes: Listed) -> Gpu:
    """ValueError when the row's index is no number."""
    return Gpu(
        index=int(row["index"]),
        status=_status(row.values()),
        name=value(row, "name"),
        uuid=value(row, "uuid"),
        pci_bus_id=value(row, "pci.bus_id"),
        capability=value(row, "compute_cap"),
        memory_total=_mib(row, "memory.total"),
        memory_used=_mib(row, "memory.used"),
        memory_free=_mib(row, "memory.free"),
        utilisation=mapped(value(row, "utilization.gpu"), int),
        temperature=mapped(value(row, "temperature.gpu"), int),
        power=mapped(value(row, "power.draw"), _milliwatts),
        power_limit=mapped(value(row, "power.limit"), _milliwatts),
        compute_mode=mapped(value(row, "compute_mode"), lambda mode: _MODES.get(mode, mode)),
        mig_mode=mapped(value(row, "mig.mode.current"), _on),
        mig_devices=_UNASKED,
        ecc_uncorrected=mapped(value(row, "ecc.errors.uncorrected.volatile.total"), int),
        remap_pending=_UNASKED,
        remap_failed=_UNASKED,
        throttle_reasons=mapped(value(row, "clocks_throttle_reasons.active"), lambda mask: reasons(int(mask, 16))),
        persistence=mapped(value(row, "persistence_mode"), _on),
        pcie_width=mapped(value(row, "pcie.link.width.current"), int),
        pcie_width_max=mapped(value(row, "pcie.link.width.max"), int),
        pcie_generation=mapped(value(row, "pcie.link.gen.current"), int),
        pcie_generation_max=mapped(value(row, "pcie.link.gen.max"), int),
        holders=_holders(host, row.get("uuid", ""), processes),
    )


def _status(texts: Iterable[str]) -> str:
    """A GPU that does not answer says so in nearly every field."""
    words = {text.strip("[] ").lower() for text in texts}
    if "gpu is lost" in words:
        return "GPU_IS_LOST"
    return "RESET_REQUIRED" if "gpu requires reset" in words else "ok"


def _mib(row: Row, name: str) -> Reading[int]:
    return mapped(value(row, name), lambda text: int(text) * _MIB)


def _milliwatts(text: str) -> int:
    watts = float(text)
    if not 0 <= watts < 1e6:
        raise ValueError(f"no power of a GPU: {text[:40]}")
    return round(watts * 1000)


def _on(text: str) -> bool:
    if text not in _ON:
        raise ValueError(f"neither Enabled nor Disabled: {text[:40]!r}")
    return _ON[text]


def _holders(host: Host, uuid: str, processes: Listed) -> Reading[Tuple[Holder, ...]]:
    if not isinstance(processes, Known):
        return processes
    foreign = foreign_processes(host)
    found = []
    for owner, pid, used in processes.value:
        if owner == uuid:
            memory = _mib({"used_memory": used}, "used_memory")
            if not isinstance(memory, Known):
                memory = Unknown("not-looked", "the driver does not report it per process", "nvidia-smi")
            found.append(holder(host, pid, "C", memory, foreign))
    return Known(tuple(found), processes.source)
