"""The picture: cards from NVML (nvidia-smi where NVML cannot), and for every pid it names what /proc and the login
records say."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..facts import Gpu
from ..host import Host, NvmlAnswer
from ..probes import gpus as probe
from ..probes._nvml import field, part
from ..probes._pids import foreign_processes
from ..reading import Known, Reading, Unknown, mapped, value_or
from ..target import Target
from .hidden import hidepid
from .holders import Holders
from .model import Card, MigPart, Picture
from .order import cuda_order

_Record = Mapping[str, object]


def look(host: Host, target: Target, whole: bool = True, holders: Optional[Holders] = None) -> Picture:
    """Never much longer than the target's patience, whatever the driver does. `whole`: with others' arguments.
    `holders`: what an earlier look has learnt of them."""
    facts = probe.look(host, target)
    answer = target.nvml(host)
    records = _records(answer)
    foreign = foreign_processes(host)
    asker = holders or Holders(host, foreign, whole)
    cards = mapped(facts.gpus, lambda gpus: _cards(gpus, records, asker, host.environ))
    system: _Record = answer.value.system if isinstance(answer, Known) else {}
    return Picture(
        taken_at=host.now(),
        driver=field(system, "driver_version"),
        cuda=field(system, "cuda_driver_version"),
        cards=cards,
        xids=facts.xids,
        limits=tuple(_limits(host, foreign)),
    )


def _records(answer: Reading[NvmlAnswer]) -> Dict[int, _Record]:
    gpus = answer.value.gpus if isinstance(answer, Known) else ()
    return {index: record for record in gpus for index in (record.get("index"),) if isinstance(index, int)}


def _limits(host: Host, foreign: bool) -> List[str]:
    """What cannot be seen from here, and the way to see it."""
    found = []
    if foreign:
        found.append(
            "This is a container: processes outside of it cannot be named. Run `envdoctor gpus` on the host itself."
        )
    how = hidepid(host)
    if how:
        found.append(
            f"/proc is mounted with hidepid={how}: other users' processes are not visible to you. "
            "An administrator sees them (`sudo envdoctor gpus`)."
        )
    return found


def _cards(
    gpus: Tuple[Gpu, ...], records: Mapping[int, _Record], holders: Holders, environ: Mapping[str, str]
) -> Tuple[Card, ...]:
    speeds = {index: _speed(record) for index, record in records.items()}
    order = cuda_order(gpus, environ, speeds)
    return tuple(_card(gpu, records.get(gpu.index, {}), order[gpu.index], holders) for gpu in gpus)


def _speed(record: _Record) -> Reading[int]:
    cores, clock = field(record, "cores"), field(record, "clock_sm_max")
    return mapped(cores, lambda count: int(count) * int(clock.value)) if isinstance(clock, Known) else clock


def _card(gpu: Gpu, record: _Record, order: Tuple[Reading[int], bool], holders: Holders) -> Card:
    rows = field(record, "remapped_rows")
    held = mapped(gpu.holders, lambda listed: holders.held(gpu, listed, record))
    return Card(
        gpu=gpu,
        cuda_index=order[0],
        cuda_sure=order[1],
        clock_sm=field(record, "clock_sm"),
        clock_sm_max=field(record, "clock_sm_max"),
        clock_memory=field(record, "clock_memory"),
        clock_memory_max=field(record, "clock_memory_max"),
        ecc_corrected=field(record, "ecc_corrected"),
        remapped_correctable=part(rows, "correctable"),
        remapped_uncorrectable=part(rows, "uncorrectable"),
        mig=mapped(field(record, "mig_devices"), _mig_parts),
        held=held,
        unexplained=unexplained(gpu),
    )


def _mig_parts(devices: List[Mapping[str, Any]]) -> Tuple[MigPart, ...]:
    return tuple(
        MigPart(
            uuid=str(value_or(field(device, "uuid"), "")),
            profile=str(device.get("profile", "")),
            gpu_instance=field(device, "gpu_instance"),
            compute_instance=field(device, "compute_instance"),
            memory_total=part(field(device, "memory"), "total"),
            memory_used=part(field(device, "memory"), "used"),
        )
        for device in devices
    )


def unexplained(gpu: Gpu) -> Reading[int]:
    """Bytes in use beyond what the listed processes hold. Unknown where a process's share is not told."""
    if not isinstance(gpu.memory_used, Known):
        return gpu.memory_used
    if not isinstance(gpu.holders, Known):
        return gpu.holders
    total = 0
    for holder in gpu.holders.value:
        if holder.kind == "M":
            return Unknown("not-looked", "an MPS server hands memory on to its clients", "nvml")
        if not isinstance(holder.memory, Known):
            return holder.memory
        total += holder.memory.value
    return Known(max(0, gpu.memory_used.value - total), gpu.memory_used.source)
