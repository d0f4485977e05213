"""The command as a user starts it, against the stand-in driver library loaded by the real nvidia-ml-py."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict

import pytest

from tests.cli.run import envdoctor
from tests.conftest import FakeNvml

pytestmark = pytest.mark.real


def asked(fakenvml: FakeNvml, state: str, *options: str) -> Dict[str, Any]:
    ended = envdoctor("gpus", "--format", "json", *options, env=fakenvml.environ(state))
    found: Dict[str, Any] = json.loads(ended.out)
    assert (ended.err, ended.code) == ("", found["exit_code"])
    return found


@pytest.mark.parametrize("count", [0, 1, 8, 16])
def test_so_many_gpus(fakenvml: FakeNvml, count: int) -> None:
    found = asked(fakenvml, f"[gpu x{count}]\n" if count else "driver = 550.54.15\n")
    indexes = [(gpu["index"], gpu["cuda_index"]) for gpu in found["gpus"]]
    assert indexes == [(index, index) for index in range(count)]
    assert all(gpu["unexplained"] == 4 << 20 for gpu in found["gpus"])


def test_mig(fakenvml: FakeNvml) -> None:
    state = f"[gpu]\nmig = 2\nproc = C {os.getpid()} 5 0 1\n"
    (gpu,) = asked(fakenvml, state)["gpus"]
    assert [part["gpu_instance"] for part in gpu["mig_devices"]] == [7, 8]
    assert gpu["holders"][0]["mig_instance"] == 8
    assert gpu["utilisation"] is None and gpu["not_known"]["utilisation"].startswith("absent")


def test_five_hundred_holders(fakenvml: FakeNvml) -> None:
    """Most of them gone, one alive on both cards."""
    holders = "".join(f"proc = C {4190000 + number} 1\n" for number in range(250))
    own = f"proc = C {os.getpid()} 100 5\n"
    found = asked(fakenvml, f"[gpu x2]\n[gpu 0]\n{holders}{own}[gpu 1]\n{holders}{own}")
    assert [len(gpu["holders"]) for gpu in found["gpus"]] == [251, 251]
    (mine,) = [holder for holder in found["gpus"][0]["holders"] if holder["mine"]]
    assert (mine["pid"], mine["share"], mine["memory"]) == (os.getpid(), 5, 100 << 20)
    assert mine["host_memory"] > 1 << 20 and mine["command"]


def test_a_call_that_hangs(fakenvml: FakeNvml) -> None:
    environ = fakenvml.environ("[gpu x3]\nfault = nvmlDeviceGetClockInfo 1 hang\n")
    started = time.monotonic()
    ended = envdoctor("gpus", "--patience", "2", "--format", "plain", env=environ)
    assert time.monotonic() - started < 4
    assert ended.code == 3
    assert "the driver does not answer for it" in ended.out and "nvmlDeviceGetClockInfo of GPU 1" in ended.out
    assert "not asked: the driver got stuck before it" in ended.out


def test_a_card_that_is_lost_between_two_calls(fakenvml: FakeNvml) -> None:
    state = "[gpu x3]\nfault = nvmlDevice[GI]* 1 GPU_IS_LOST after:5\n"
    ended = envdoctor("gpus", env=fakenvml.environ(state))
    assert ended.code == 0
    assert "GPU 1  NVIDIA A100-SXM4-80GB  lost: it has fallen off the bus" in ended.out
    assert "GPU 2  NVIDIA A100-SXM4-80GB  cuda:1" in ended.out


def test_a_library_that_crashes(fakenvml: FakeNvml) -> None:
    ended = envdoctor("gpus", env=fakenvml.environ("[gpu x2]\nfault = nvmlDeviceGetProcessUtilization 1 crash\n"))
    assert ended.code == 3 and "GPU 0  NVIDIA A100-SXM4-80GB  cuda:0" in ended.out and "SIGSEGV" in ended.out


def test_an_old_driver_does_not_tell_shares(fakenvml: FakeNvml) -> None:
    state = f"[gpu]\nproc = C {os.getpid()} 9 9\nfault = nvmlDeviceGetProcessUtilization * FUNCTION_NOT_FOUND\n"
    (gpu,) = asked(fakenvml, state)["gpus"]
    assert gpu["holders"][0]["share"] is None
    assert "too old" in gpu["holders"][0]["not_known"]["share"]


def test_filters(fakenvml: FakeNvml) -> None:
    state = f"[gpu]\nproc = C {os.getpid()} 9 9\nproc = C 4190000 9 9\n"
    for option, pid in (("--mine", os.getpid()), ("--others", 4190000)):
        (gpu,) = asked(fakenvml, state, option)["gpus"]
        assert [holder["pid"] for holder in gpu["holders"]] == [pid]


def test_no_library_at_all() -> None:
    ended = envdoctor("gpus")
    assert (ended.code, ended.err) == (0, "") and ended.out.startswith("No NVIDIA driver answers here")
