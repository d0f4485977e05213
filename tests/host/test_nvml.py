"""NVML through the real binding and a stand-in library: every error, a hang, a crash; what answered is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import pytest

from envdoctor._machine.sampling import children
from envdoctor.host import LocalHost, NvmlAnswer
from envdoctor.nvml_worker import GPU_FIELDS
from envdoctor.reading import Absent, Known

from ..conftest import FakeNvml

pytestmark = pytest.mark.real

MIB = 1 << 20
TWO = "driver = 550.54.15\ncuda = 12.4\n[gpu x2]\n"
FOUR = "[gpu x4]\n"


def ask(environ: Mapping[str, str], seconds: float = 20) -> NvmlAnswer:
    answer = LocalHost(environ).nvml(seconds)
    assert isinstance(answer, Known), answer
    return answer.value


def gpus(answer: NvmlAnswer) -> Tuple[Dict[str, Any], ...]:
    return tuple(dict(gpu) for gpu in answer.gpus)


def test_healthy_machine(fakenvml: FakeNvml) -> None:
    answer = ask(
        fakenvml.environ(TWO + "[gpu 0]\ntemp = 71\nutil = 97\nmemutil = 20\nthrottle = 0x4\nproc = C 4242 1000 97\n")
    )
    assert (answer.ended, answer.detail) == ("ok", "")
    assert answer.system == {
        "status": "SUCCESS",
        "load_error": None,
        "library": {"value": os.path.realpath(f"{fakenvml.library}/libnvidia-ml.so.1")},
        "driver_version": {"value": "550.54.15"},
        "nvml_version": {"value": "12.550.54.15"},
        "cuda_driver_version": {"value": 12040},
        "count": {"value": 2},
        "libcuda": answer.system["libcuda"],
    }
    busy = gpus(answer)[0]["process_utilisation"]["value"][0]["busy"]
    assert abs(busy / 1e6 - time.time()) < 60
    assert gpus(answer)[0] == {
        "index": 0,
        "status": "ok",
        "name": {"value": "NVIDIA A100-SXM4-80GB"},
        "uuid": {"value": "GPU-fa4e0000-0000-4000-8000-000000000000"},
        "serial": {"value": "1320000000000"},
        "pci_bus_id": {"value": "00000000:07:00.0"},
        "capability": {"value": "8.0"},
        "memory": {
            "value": {
                "total": 81920 * MIB,
                "used": 1004 * MIB,
                "free": (81920 - 1004 - 600) * MIB,
                "reserved": 600 * MIB,
            }
        },
        "utilisation": {"value": {"gpu": 97, "memory": 20}},
        "temperature": {"value": 71},
        "power": {"value": 61000},
        "power_limit": {"value": 400000},
        "compute_mode": {"value": "default"},
        "mig_mode": {"error": "NOT_SUPPORTED"},
        "mig_devices": {"value": []},
        "ecc_uncorrected": {"value": 0},
        "ecc_corrected": {"value": 0},
        "clock_sm": {"value": 210},
        "clock_memory": {"value": 1593},
        "clock_sm_max": {"value": 1410},
        "clock_memory_max": {"value": 1593},
        "cores": {"value": 6912},
        "remapped_rows": {"value": {"correctable": 0, "uncorrectable": 0, "pending": False, "failure": False}},
        "clocks_event_reasons": {"value": 4},
        "persistence": {"value": True},
        "pcie_generation": {"value": 4},
        "pcie_generation_max": {"value": 4},
        "pcie_width": {"value": 16},
        "pcie_width_max": {"value": 16},
        "compute_processes": {"value": [{"pid": 4242, "memory": 1000 * MIB, "gpu_instance": None}]},
        "graphics_processes": {"value": []},
        "mps_processes": {"value": []},
        "process_utilisation": {"value": [{"pid": 4242, "sm": 97, "samples": 1, "busy": busy}]},
        "accounting": {"value": None},
        "nvlink": {"value": []},
    }
    assert [gpu["index"] for gpu in gpus(answer)] == [0, 1]


def test_every_field_is_named_once(fakenvml: FakeNvml) -> None:
    (gpu, _) = gpus(ask(fakenvml.environ(TWO)))
    assert sorted(gpu) == sorted(["index", "status", *GPU_FIELDS])


def test_sick_machine(fakenvml: FakeNvml) -> None:
    state = (
        "[gpu x2]\n[gpu 1]\ncompute_mode = 3\necc_uncorrected = 2\nremap_pending = 1\nremap_failure = 1\n"
        "persistence = 0\n"
        "pcie_width = 8\npcie_gen = 1\nproc = C 10 NA\nproc = G 11 5\nproc = M 12 7\n"
    )
    gpu = gpus(ask(fakenvml.environ(state)))[1]
    assert gpu["compute_mode"] == {"value": "exclusive-process"}
    assert gpu["ecc_uncorrected"] == {"value": 2}
    assert gpu["remapped_rows"]["value"]["pending"] is True
    assert gpu["remapped_rows"]["value"]["failure"] is True
    assert gpu["persistence"] == {"value": False}
    assert (gpu["pcie_width"], gpu["pcie_generation"]) == ({"value": 8}, {"value": 1})
    assert gpu["compute_processes"]["value"] == [{"pid": 10, "memory": None, "gpu_instance": None}]
    assert gpu["graphics_processes"]["value"] == [{"pid": 11, "memory": 5 * MIB, "gpu_instance": None}]
    assert gpu["mps_processes"]["value"] == [{"pid": 12, "memory": 7 * MIB, "gpu_instance": None}]


def test_mig(fakenvml: FakeNvml) -> None:
    gpu = gpus(ask(fakenvml.environ("[gpu]\nmig = 2\nproc = C 10 5 0 1\n")))[0]
    assert gpu["status"] == "ok"
    assert gpu["mig_mode"] == {"value": {"current": True, "pending": True}}
    assert gpu["utilisation"] == {"error": "NOT_SUPPORTED"}
    devices = gpu["mig_devices"]["value"]
    assert [device["uuid"]["value"][-12:] for device in devices] == ["000000000000", "000000000001"]
    assert {device["profile"] for device in devices} == {"1g.10gb"}
    assert [device["gpu_instance"] for device in devices] == [{"value": 7}, {"value": 8}]
    assert [device["compute_instance"] for device in devices] == [{"value": 0}, {"value": 0}]
    assert devices[0]["memory"]["value"]["total"] == 81920 * MIB // 3
    assert gpu["compute_processes"]["value"] == [{"pid": 10, "memory": 5 * MIB, "gpu_instance": 8}]


class TestNoDriver:
    def test_no_library_at_all(self) -> None:
        if any(Path(folder, "libcuda.so.1").exists() for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")):
            pytest.skip("this machine has a driver")
        assert LocalHost({}).nvml(20) == Absent(("libnvidia-ml.so.1", "libcuda.so.1"))

    def test_libcuda_alone(self, cuda_library: str) -> None:
        answer = ask({"LD_LIBRARY_PATH": cuda_library})
        assert answer.system["libcuda"] == {
            "value": {"version": 12040, "path": os.path.realpath(f"{cuda_library}/libcuda.so.1")}
        }
        assert answer.system["status"] == "LIBRARY_NOT_FOUND"
        assert answer.system["count"] == {"error": "LIBRARY_NOT_FOUND"}
        assert "libnvidia-ml.so.1" in str(answer.system["load_error"])
        assert (answer.gpus, answer.ended) == ((), "ok")

    def test_library_that_cannot_be_loaded(self, tmp_path: Path) -> None:
        (tmp_path / "libnvidia-ml.so.1").write_text("not a library")
        (tmp_path / "libcuda.so.1").write_text("not a library")
        answer = ask({"LD_LIBRARY_PATH": str(tmp_path)})
        assert answer.system["status"] == "LIBRARY_UNUSABLE"
        assert str(tmp_path) in str(answer.system["load_error"])
        assert answer.system["libcuda"] == {"error": "LIBRARY_UNUSABLE"}
        assert answer.system["library"] == {"error": "NOT_LOADED"}

    @pytest.mark.parametrize("error", ["DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH", "NO_PERMISSION", "UNKNOWN"])
    def test_init_fails(self, error: str, fakenvml: FakeNvml) -> None:
        answer = ask(fakenvml.environ(TWO + f"fault = nvmlInit* * {error}\n"))
        assert answer.system["status"] == error
        assert answer.system["driver_version"] == {"error": "UNINITIALIZED"}
        assert answer.system["library"] == {"value": os.path.realpath(f"{fakenvml.library}/libnvidia-ml.so.1")}
        assert (answer.gpus, answer.ended, answer.detail) == ((), "ok", "")

    def test_error_that_the_binding_does_not_know(self, fakenvml: FakeNvml) -> None:
        assert ask(fakenvml.environ("fault = nvmlInit* * 777\n")).system["status"] == "CODE_777"


class TestLibcuda:
    def ask(self, fakenvml: FakeNvml, cuda_library: str, told: str) -> NvmlAnswer:
        environ = fakenvml.environ(TWO)
        return ask({**environ, "LD_LIBRARY_PATH": f"{environ['LD_LIBRARY_PATH']}:{cuda_library}", "FAKECUDA": told})

    @pytest.mark.parametrize(
        ("told", "answered"),
        [("error:3", "CUDA_ERROR_3"), ("crash", "CRASHED"), ("hang", "NO_ANSWER")],
    )
    def test_its_trouble_is_its_own(self, told: str, answered: str, fakenvml: FakeNvml, cuda_library: str) -> None:
        answer = self.ask(fakenvml, cuda_library, told)
        assert answer.system["libcuda"] == {"error": answered}
        assert (answer.system["status"], len(answer.gpus), answer.ended) == ("SUCCESS", 2, "ok")

    def test_hidden_devices_are_not_hidden_from_it(self, cuda_library: str) -> None:
        answer = ask({"LD_LIBRARY_PATH": cuda_library, "CUDA_VISIBLE_DEVICES": "-1", "FAKECUDA": "11080"})
        assert answer.system["libcuda"]["value"]["version"] == 11080  # type: ignore[index]

    def test_answer_is_kept_when_nvml_hangs(self, fakenvml: FakeNvml, cuda_library: str) -> None:
        environ = fakenvml.environ("fault = nvmlInit* * hang\n")
        environ["LD_LIBRARY_PATH"] += f":{cuda_library}"
        answer = ask(environ, 1.5)
        assert answer.system["libcuda"]["value"]["version"] == 12040  # type: ignore[index]
        assert answer.ended == "timeout"


class TestFaultyGpu:
    def test_lost(self, fakenvml: FakeNvml) -> None:
        """Its handle is still given out, as by the real library."""
        found = gpus(ask(fakenvml.environ(FOUR + "fault = nvmlDeviceGet[!H]* 2 GPU_IS_LOST\n")))
        assert [gpu["status"] for gpu in found] == ["ok", "ok", "GPU_IS_LOST", "ok"]
        assert found[2]["name"] == {"error": "GPU_IS_LOST"}
        assert found[2]["compute_processes"] == {"error": "GPU_IS_LOST"}

    def test_without_a_handle(self, fakenvml: FakeNvml) -> None:
        found = gpus(ask(fakenvml.environ(FOUR + "fault = nvmlDevice* 1 GPU_IS_LOST\n")))
        assert [gpu["status"] for gpu in found] == ["ok", "GPU_IS_LOST", "ok", "ok"]
        assert found[1] == {
            "index": 1,
            "status": "GPU_IS_LOST",
            **{name: {"error": "GPU_IS_LOST"} for name in GPU_FIELDS},
        }

    def test_lost_on_the_way(self, fakenvml: FakeNvml) -> None:
        found = gpus(ask(fakenvml.environ(FOUR + "fault = nvmlDevice[GI]* 2 GPU_IS_LOST after:3\n")))
        assert found[2]["status"] == "GPU_IS_LOST"
        assert found[2]["name"] == {"value": "NVIDIA A100-SXM4-80GB"}

    @pytest.mark.parametrize("error", ["NO_PERMISSION", "NOT_SUPPORTED", "UNKNOWN", "FUNCTION_NOT_FOUND", "TIMEOUT"])
    def test_every_call_refused(self, error: str, fakenvml: FakeNvml) -> None:
        found = gpus(ask(fakenvml.environ(TWO + f"fault = nvmlDeviceGet[!HC]* * {error}\n")))
        assert [gpu["status"] for gpu in found] == ["ok", "ok"]
        assert found[0]["name"] == found[0]["memory"] == found[0]["graphics_processes"] == {"error": error}
        if error != "NOT_SUPPORTED":
            assert found[0]["mig_devices"] == {"error": error}
        else:
            assert found[0]["mig_devices"] == {"value": []}

    def test_count_refused(self, fakenvml: FakeNvml) -> None:
        answer = ask(fakenvml.environ(TWO + "fault = nvmlDeviceGetCount* * NO_PERMISSION\n"))
        assert (answer.system["count"], answer.gpus, answer.ended) == ({"error": "NO_PERMISSION"}, (), "ok")

    def test_old_driver(self, fakenvml: FakeNvml) -> None:
        missing = ("MemoryInfo_v2", "*RunningProcesses_v3", "CurrentClocksEventReasons", "RemappedRows")
        faults = "".join(f"fault = nvmlDeviceGet{name} * FUNCTION_NOT_FOUND\n" for name in missing)
        gpu = gpus(ask(fakenvml.environ("[gpu]\nproc = C 10 5\n" + faults)))[0]
        assert gpu["memory"]["value"]["reserved"] is None
        assert gpu["memory"]["value"]["used"] == (600 + 4 + 5) * MIB
        assert gpu["compute_processes"]["value"] == [{"pid": 10, "memory": 5 * MIB, "gpu_instance": None}]
        assert gpu["clocks_event_reasons"] == {"value": 1}
        assert gpu["remapped_rows"] == {"error": "FUNCTION_NOT_FOUND"}

    def test_name_that_is_no_text(self, fakenvml: FakeNvml) -> None:
        environ = fakenvml.environ("")
        fakenvml.state.write_bytes(b"[gpu]\nname = caf\xe9\n")
        assert gpus(ask(environ))[0]["name"] == {"error": "UNDECODABLE"}

    def test_hang_on_one(self, fakenvml: FakeNvml) -> None:
        environ = fakenvml.environ(FOUR + "fault = nvmlDeviceGetMemoryInfo* 2 hang\n")
        started = time.monotonic()
        answer = ask(environ, 1)
        assert 1 <= time.monotonic() - started < 2
        assert answer.system["status"] == "SUCCESS"
        assert [gpu["index"] for gpu in gpus(answer)] == [0, 1]
        assert answer.ended == "timeout"
        assert answer.detail.startswith("no answer within 1 s to nvmlDeviceGetMemoryInfo of GPU 2 (pid ")
        assert "state D" in answer.detail

    def test_hang_at_init(self, fakenvml: FakeNvml) -> None:
        answer = ask(fakenvml.environ("fault = nvmlInit* * hang\n"), 1)
        assert (answer.system["status"], answer.system["count"]) == ("NO_ANSWER", {"error": "NO_ANSWER"})
        assert (answer.gpus, answer.ended) == ((), "timeout")
        assert "to nvmlInit (pid " in answer.detail

    def test_crash_on_one(self, fakenvml: FakeNvml) -> None:
        answer = ask(fakenvml.environ(FOUR + "fault = nvmlDeviceGetPowerUsage 3 crash\n"))
        assert [gpu["index"] for gpu in gpus(answer)] == [0, 1, 2]
        assert answer.ended == "crashed"
        assert answer.detail == "the driver's library crashed (SIGSEGV) in nvmlDeviceGetPowerUsage of GPU 3"

    def test_crash_at_init(self, fakenvml: FakeNvml) -> None:
        answer = ask(fakenvml.environ("fault = nvmlInit* * crash\n"))
        assert (answer.system["status"], answer.ended) == ("NO_ANSWER", "crashed")
        assert answer.detail == "the driver's library crashed (SIGSEGV) in nvmlInit"


class TestBigMachine:
    def test_sixteen_gpus_and_two_hundred_holders(self, fakenvml: FakeNvml) -> None:
        holders = "".join(f"proc = C {1000 + n} {n}\n" for n in range(200))
        answer = ask(fakenvml.environ(f"[gpu x16]\n[gpu 7]\n{holders}"))
        assert [gpu["index"] for gpu in gpus(answer)] == list(range(16))
        assert [holder["pid"] for holder in gpus(answer)[7]["compute_processes"]["value"]] == list(range(1000, 1200))

    def test_sixty_four(self, fakenvml: FakeNvml) -> None:
        """The last word about each call still fits into its pipe."""
        answer = ask(fakenvml.environ("[gpu x64]\nfault = nvmlDeviceGetMemoryInfo* 63 crash\n"))
        assert len(answer.gpus) == 63
        assert answer.detail.endswith("in nvmlDeviceGetMemoryInfo of GPU 63")


def test_files_beside_the_user_are_not_imported(
    fakenvml: FakeNvml, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pynvml", "ctypes", "os", "_json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    answer = ask({**fakenvml.environ(TWO), "PYTHONPATH": str(tmp_path), "PYTHONHOME": "/none"})
    assert (answer.system["status"], len(answer.gpus)) == ("SUCCESS", 2)


def test_without_the_binding(fakenvml: FakeNvml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [path for path in sys.path if "site-packages" not in path])
    answer = ask(fakenvml.environ(TWO))
    assert (answer.system["status"], answer.gpus, answer.ended) == ("BINDING_NOT_FOUND", (), "ok")


@pytest.mark.parametrize("fault", ["nvmlDeviceGetName 0", "nvmlInit* *"])
def test_a_worker_that_is_stuck_goes_with_whoever_asked(fault: str, fakenvml: FakeNvml) -> None:
    """Killed, it can end nothing itself; a login that looks at the GPUs would leave one more each time."""
    environ = {**os.environ, **fakenvml.environ(TWO + f"fault = {fault} hang\n")}
    asker = subprocess.Popen(
        [sys.executable, "-m", "envdoctor", "gpus", "--patience", "60"], env=environ, stdout=subprocess.DEVNULL
    )
    stuck: List[int] = []
    while not stuck:
        assert asker.poll() is None
        time.sleep(0.02)
        stuck = [pid for pid in children(asker.pid, True) or [] if state(pid) == "D"]
    asker.kill()
    asker.wait()
    until = time.monotonic() + 20
    while any(state(pid) not in ("", "Z") for pid in stuck):
        assert time.monotonic() < until
        time.sleep(0.02)


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
