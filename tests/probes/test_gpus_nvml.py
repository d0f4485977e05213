"""Driver and GPUs through the real worker and the real nvidia-ml-py, against the stand-in driver library."""

from __future__ import annotations

import os
import time
from typing import Tuple

import pytest

from envdoctor.facts import DriverFacts, GpusFacts
from envdoctor.host import LocalHost
from envdoctor.probes import driver, gpus
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.target import Request, Target
from tests.conftest import FakeNvml

pytestmark = pytest.mark.real


def look(fakenvml: FakeNvml, state: str, patience: float = 8.0, **environ: str) -> Tuple[DriverFacts, GpusFacts]:
    host = LocalHost({**fakenvml.environ(state), **environ})
    target = Target(Absent(), Absent(), (), Request(patience=patience))
    return driver.look(host, target), gpus.look(host, target)


def test_a_lab_server(fakenvml: FakeNvml) -> None:
    state = (
        "driver = 550.54.15\ncuda = 12.4\n[gpu x3]\n"
        f"[gpu 0]\nproc = C {os.getpid()} 30500 97\nproc = G {os.getpid()} 30500\nthrottle = 0x48\n"
        "[gpu 1]\nmig = 3\n"
        "[gpu 2]\nproc = C 4194300 NA\ncompute_mode = 3\necc = -1\npcie_width = 8\nremap_pending = 1\n"
    )
    facts, found = look(fakenvml, state)
    assert facts.nvml_status == Known("SUCCESS", "nvml")
    assert facts.nvml_driver_version == Known("550.54.15", "nvml")
    assert facts.library_version == Known("550.54.15", "nvml")
    assert isinstance(facts.cuda, Known) and facts.cuda.value == "12.4"
    assert isinstance(found.gpus, Known)
    zero, one, two = found.gpus.value
    assert zero.throttle_reasons == Known(("hw-slowdown", "hw-thermal"), "nvml")
    assert isinstance(zero.holders, Known)
    (holder,) = zero.holders.value
    assert (holder.pid, holder.kind, holder.memory) == (os.getpid(), "C+G", Known(30500 << 20, "nvml"))
    assert isinstance(holder.started, Known) and holder.started.value.endswith("Z")
    assert one.mig_mode == Known(True, "nvml") and isinstance(one.utilisation, Absent)
    assert (
        isinstance(one.mig_devices, Known) and [device.profile for device in one.mig_devices.value] == ["1g.10gb"] * 3
    )
    assert two.compute_mode == Known("exclusive-process", "nvml")
    assert isinstance(two.ecc_uncorrected, Absent) and two.remap_pending == Known(True, "nvml")
    assert two.pcie_width == Known(8, "nvml")
    assert isinstance(two.holders, Known) and isinstance(two.holders.value[0].user, Absent)
    assert isinstance(two.holders.value[0].memory, Unknown)


@pytest.mark.parametrize("status", ["DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH", "NO_PERMISSION", "UNKNOWN"])
def test_an_init_that_fails(fakenvml: FakeNvml, status: str) -> None:
    facts, found = look(fakenvml, f"fault = nvmlInit* * {status}\n[gpu]\n")
    assert facts.nvml_status == Known(status, "nvml")
    assert isinstance(found.gpus, Unknown) and found.gpus.detail == status


def test_a_lost_gpu(fakenvml: FakeNvml) -> None:
    _, found = look(fakenvml, "fault = nvmlDevice* 1 GPU_IS_LOST\n[gpu x3]\n")
    assert isinstance(found.gpus, Known)
    assert [gpu.status for gpu in found.gpus.value] == ["ok", "GPU_IS_LOST", "ok"]


@pytest.mark.parametrize("action, reason", [("hang", "timeout"), ("crash", "failed")])
def test_a_gpu_at_which_nvml_stops(fakenvml: FakeNvml, action: str, reason: str) -> None:
    started = time.monotonic()
    facts, found = look(fakenvml, f"fault = nvmlDeviceGetMemoryInfo* 1 {action}\n[gpu x3]\n", patience=2.0)
    assert time.monotonic() - started < 2.0
    assert facts.nvml_status == Known("SUCCESS", "nvml")
    assert isinstance(found.gpus, Known)
    assert [gpu.status for gpu in found.gpus.value] == ["ok", "NO_ANSWER", "NOT_ASKED"]
    name = found.gpus.value[1].name
    assert isinstance(name, Unknown) and name.reason == reason and "nvmlDeviceGetMemoryInfo" in name.detail


def test_a_hanging_init_leaves_time_to_tell(fakenvml: FakeNvml) -> None:
    started = time.monotonic()
    facts, found = look(fakenvml, "fault = nvmlInit* * hang\n[gpu]\n", patience=2.0)
    assert time.monotonic() - started < 2.0
    for reading in (facts.nvml_status, facts.nvml_driver_version, found.gpus):
        assert isinstance(reading, Unknown) and reading.reason == "timeout" and "nvmlInit" in reading.detail


def test_libcuda_answers_where_the_driver_is_not_loaded(fakenvml: FakeNvml, cuda_library: str) -> None:
    path = f"{fakenvml.library}:{cuda_library}"
    facts, _ = look(fakenvml, "fault = nvmlInit* * DRIVER_NOT_LOADED\n", LD_LIBRARY_PATH=path, FAKECUDA="12080")
    assert facts.cuda == Known("12.8", "libcuda")


def test_a_crashing_libcuda_leaves_nvmls_word(fakenvml: FakeNvml, cuda_library: str) -> None:
    path = f"{fakenvml.library}:{cuda_library}"
    facts, _ = look(fakenvml, "cuda = 12.4\n[gpu]\n", LD_LIBRARY_PATH=path, FAKECUDA="crash")
    assert facts.cuda == Known("12.4", "nvml")
