"""The gpus probe: the NVML worker's records as facts, and the holders in this machine's process table."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from envdoctor.facts import Gpu, GpusFacts
from envdoctor.host import NvmlAnswer, Output, Process
from envdoctor.probes import _nvml_gpu, gpus
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

NOT_SUPPORTED = {"error": "NOT_SUPPORTED"}


def record(index: int = 0, **changes: Any) -> Dict[str, Any]:
    fields: Dict[str, Any] = {
        "name": "NVIDIA A100-SXM4-80GB",
        "uuid": f"GPU-{index}",
        "pci_bus_id": "00000000:07:00.0",
        "capability": "8.0",
        "memory": {"total": 81920, "used": 4, "free": 81316, "reserved": 600},
        "utilisation": {"gpu": 7, "memory": 1},
        "temperature": 32,
        "power": 61000,
        "power_limit": 400000,
        "compute_mode": "default",
        "mig_mode": {"current": False, "pending": True},
        "mig_devices": [],
        "ecc_uncorrected": 0,
        "remapped_rows": {"correctable": 0, "uncorrectable": 0, "pending": True, "failure": False},
        "clocks_event_reasons": 1,
        "persistence": True,
        "pcie_generation": 1,
        "pcie_generation_max": 4,
        "pcie_width": 8,
        "pcie_width_max": 16,
        "compute_processes": [],
        "graphics_processes": [],
        "mps_processes": [],
        "nvlink": [0],
    }
    fields.update(changes)
    wrapped = {
        name: value if isinstance(value, dict) and "error" in value else {"value": value}
        for name, value in fields.items()
    }
    return {"index": index, "status": "ok", **wrapped}


def answer(*records: Dict[str, Any], count: int = -1, ended: str = "ok", detail: str = "") -> Known[NvmlAnswer]:
    system = {"status": "SUCCESS", "count": {"value": len(records) if count < 0 else count}}
    return Known(NvmlAnswer(system, records, ended, detail), "NVML")


def look(host: FakeHost) -> GpusFacts:
    return gpus.look(host, Target(Absent(), Absent(), (), Request()))


def seen(host: FakeHost) -> Tuple[Gpu, ...]:
    found = look(host).gpus
    assert isinstance(found, Known), found
    return found.value


def only(**changes: Any) -> Gpu:
    (gpu,) = seen(FakeHost(nvml_answer=answer(record(**changes))))
    return gpu


def test_every_field_of_a_healthy_gpu() -> None:
    gpu = only()
    told = {name: getattr(gpu, name) for name in Gpu.__dataclass_fields__ if name not in ("index", "status")}
    assert not [name for name, reading in told.items() if not isinstance(reading, Known)]
    assert (gpu.memory_total, gpu.memory_used, gpu.memory_free) == tuple(Known(n, "nvml") for n in (81920, 4, 81316))
    assert gpu.utilisation == Known(7, "nvml")
    assert (gpu.mig_mode, gpu.remap_pending, gpu.remap_failed) == tuple(Known(b, "nvml") for b in (False, True, False))
    assert gpu.throttle_reasons == Known(("idle",), "nvml") and gpu.nvlink == Known((0,), "nvml")


@pytest.mark.parametrize(
    "mask, names",
    [
        (0, ()),
        (0x4C, ("sw-power-cap", "hw-slowdown", "hw-thermal")),
        (0xA0, ("sw-thermal", "hw-power-brake")),
        (0x8000_0000_0000_0001, ("idle", "0x8000000000000000")),
    ],
)
def test_throttle_bits_have_names(mask: int, names: Tuple[str, ...]) -> None:
    assert _nvml_gpu.reasons(mask) == names


def test_what_the_device_has_not_is_absent_and_what_it_does_not_say_is_unknown() -> None:
    gpu = only(
        ecc_uncorrected=NOT_SUPPORTED,
        mig_mode=NOT_SUPPORTED,
        remapped_rows=NOT_SUPPORTED,
        name={"error": "UNDECODABLE"},
        power={"error": "NO_PERMISSION"},
        temperature={"error": "FUNCTION_NOT_FOUND"},
        compute_mode="exclusive-thread",
    )
    assert gpu.ecc_uncorrected == Absent(("nvml: not supported",))
    assert isinstance(gpu.mig_mode, Absent) and isinstance(gpu.mig_devices, Absent)
    assert isinstance(gpu.remap_pending, Absent)
    assert isinstance(gpu.name, Unknown) and gpu.name.reason == "unparsable"
    assert isinstance(gpu.power, Unknown) and gpu.power.reason == "denied"
    assert isinstance(gpu.temperature, Unknown) and "too old" in gpu.temperature.detail
    assert gpu.compute_mode == Known("exclusive-process", "nvml")


def test_a_lost_gpu_among_others() -> None:
    lost = {**record(1), **{name: {"error": "GPU_IS_LOST"} for name in record() if name not in ("index", "status")}}
    lost["status"] = "GPU_IS_LOST"
    first, second = seen(FakeHost(nvml_answer=answer(record(0), lost)))
    assert (first.status, second.status) == ("ok", "GPU_IS_LOST")
    assert second.memory_used == Unknown("failed", "GPU_IS_LOST", "nvml")
    assert isinstance(second.holders, Unknown)


def test_mig_devices() -> None:
    devices = [
        {
            "uuid": {"value": "MIG-1"},
            "name": {"value": "NVIDIA A100 MIG 1g.10gb"},
            "profile": "1g.10gb",
            "memory": {"value": {"total": 10, "used": 1, "free": 9, "reserved": 0}},
        },
        {"uuid": {"error": "UNKNOWN"}, "name": {"error": "UNKNOWN"}, "profile": "", "memory": {"error": "UNKNOWN"}},
    ]
    gpu = only(mig_mode={"current": True, "pending": True}, mig_devices=devices)
    assert isinstance(gpu.mig_devices, Known)
    (device,) = gpu.mig_devices.value
    assert (device.uuid, device.profile, device.memory_used) == ("MIG-1", "1g.10gb", Known(1, "nvml"))


def process(pid: int, memory: Any = None) -> Dict[str, Any]:
    return {"pid": pid, "memory": memory, "gpu_instance": None}


TABLE = {
    10: Process(10, 1000, "ana", "python", "S", "2026-11-24T10:00:00Z"),
    20: Process(20, 1001, "bob", "", "", ""),  # hidepid=1: only the owner is seen
    30: Process(30, 0, "root", "Xorg", "S", "2026-11-20T10:00:00Z"),
}


def held(**more: Any) -> Gpu:
    processes = record(
        compute_processes=[process(20), process(10, 500), process(99, 7)],
        graphics_processes=[process(30, 60), process(10, 500)],
        mps_processes=[process(99, 7)],
    )
    (gpu,) = seen(FakeHost(nvml_answer=answer(processes), process_table=TABLE, **more))
    return gpu


def test_holders_of_all_lists_once_each() -> None:
    holders = held().holders
    assert isinstance(holders, Known)
    assert [(holder.pid, holder.kind) for holder in holders.value] == [(10, "C+G"), (20, "C"), (30, "G"), (99, "M")]
    mine, hidden, _, gone = holders.value
    assert (mine.memory, mine.mine, mine.user) == (
        Known(500, "nvml"),
        Known(True, "/proc/10"),
        Known("ana", "/proc/10"),
    )
    assert isinstance(hidden.memory, Unknown) and "per process" in hidden.memory.detail
    assert hidden.user == Known("bob", "/proc/20") and hidden.mine == Known(False, "/proc/20")
    assert isinstance(hidden.command, Unknown) and hidden.command.reason == "denied"
    assert gone.user == Absent(("/proc/99",)) and isinstance(gone.mine, Absent)


def test_in_a_container_a_pid_is_not_taken_for_the_local_process_of_that_number() -> None:
    holders = held(links={"/proc/self/ns/pid": "pid:[4026532201]"}).holders
    assert isinstance(holders, Known)
    assert isinstance(holders.value[0].user, Unknown) and "container" in holders.value[0].user.detail
    assert isinstance(holders.value[3].user, Absent)
    assert isinstance(held(links={"/proc/self/ns/pid": "pid:[4026531836]"}).holders.value[0].user, Known)  # type: ignore[union-attr]


def test_a_process_list_that_is_refused_is_not_an_empty_one() -> None:
    assert isinstance(only(compute_processes={"error": "NO_PERMISSION"}).holders, Unknown)
    assert isinstance(only(compute_processes=NOT_SUPPORTED).holders, Absent)


def test_a_stuck_gpu_keeps_the_others() -> None:
    stuck = answer(
        record(0), record(1), count=4, ended="timeout", detail="no answer to nvmlDeviceGetMemoryInfo of GPU 2"
    )
    found = seen(FakeHost(nvml_answer=stuck))
    assert [gpu.status for gpu in found] == ["ok", "ok", "NO_ANSWER", "NOT_ASKED"]
    assert found[2].name == Unknown("timeout", "no answer to nvmlDeviceGetMemoryInfo of GPU 2", "nvml")
    assert isinstance(found[3].name, Unknown) and found[3].name.reason == "not-looked"


@pytest.mark.parametrize("status", ["DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH", "NO_PERMISSION"])
def test_without_a_driver_the_gpus_are_unknown(status: str) -> None:
    facts = look(FakeHost(nvml_answer=Known(NvmlAnswer({"status": status}, (), "ok", ""), "NVML")))
    assert isinstance(facts.gpus, Unknown) and facts.gpus.detail == status


def test_without_nvml_they_are_absent_and_with_none_they_are_none() -> None:
    assert isinstance(look(FakeHost()).gpus, Absent)
    assert look(FakeHost(nvml_answer=answer())).gpus == Known((), "nvml")


def test_a_stuck_init() -> None:
    stuck = Known(NvmlAnswer({"status": "NO_ANSWER"}, (), "timeout", "no answer to nvmlInit"), "NVML")
    assert look(FakeHost(nvml_answer=stuck)).gpus == Unknown("timeout", "no answer to nvmlInit", "nvml")


XID = "[  812.1] NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus."


QUIET = Known(Output(0, "", ""), "dmesg")


def xids(uid: int = 0, restrict: str = "1\n", said: Reading[Output] = QUIET) -> Reading[Any]:
    host = FakeHost(
        files={"/proc/sys/kernel/dmesg_restrict": restrict},
        dirs={"/sys/module/nvidia"},
        commands={("dmesg",): said},
    )
    host.who = type(host.who)(uid, "x", "/home/x", "linux", "5.15.0", "x86_64")
    return look(host).xids


def test_xids_of_the_kernel_log() -> None:
    log = f"[    0.0] Linux\n{XID}\n[  813.0] NVRM: loading\n"
    assert xids(said=Known(Output(0, log, ""), "dmesg")) == Known((XID,), "dmesg")
    assert xids(uid=1000, restrict="0\n", said=Known(Output(0, log, ""), "dmesg")) == Known((XID,), "dmesg")


def test_a_closed_kernel_log_is_unknown_and_without_a_driver_there_is_none() -> None:
    for reading in (xids(uid=1000), xids(said=Known(Output(1, "", "dmesg: Operation not permitted\n"), "dmesg"))):
        assert isinstance(reading, Unknown) and reading.reason == "denied"
    assert look(FakeHost()).xids == Absent(("/sys/module/nvidia",))
