"""Whatever hangs, check answers within its patience, keeps what it could see, and says what it could not tell."""

from __future__ import annotations

import dataclasses
import os
import platform
import stat
import time
from pathlib import Path
from typing import Any, Dict

import pytest

from .build import Situation
from .gpu_situations import AMPERE, healthy_gpu
from .shell import check
from .situations import healthy
from .stuck_mount import stuck_mount

pytestmark = [pytest.mark.slow, pytest.mark.real]
PATIENCE = 3.0
ROOM = 2.0  # seconds for starting, judging and printing on a busy machine


def answers_in_time(situation: Situation, nvml: str = "") -> Dict[str, Any]:
    started = time.monotonic()
    report = check(situation, "--patience", str(PATIENCE), nvml=nvml)
    assert time.monotonic() - started < PATIENCE + ROOM
    assert report["target"]["version"] == platform.python_version()
    return report


def reasons(report: Dict[str, Any]) -> str:
    return str([verdict["why"] for verdict in report["verdicts"] if verdict["status"] == "cannot-tell"])


def test_nvml_call_that_hangs(tmp_path: Path, nvml_library: str) -> None:
    situation = dataclasses.replace(healthy_gpu(tmp_path), nvml=AMPERE + "fault = nvmlDeviceGetMemoryInfo* 1 hang\n")
    report = answers_in_time(situation, nvml_library)
    first = report["facts"]["gpus"]["gpus"]["known"][0]
    assert first["name"]["known"] == "NVIDIA GeForce RTX 3090"
    assert "no answer" in str(report)


def test_nvml_that_hangs_at_once(tmp_path: Path, nvml_library: str) -> None:
    situation = dataclasses.replace(healthy_gpu(tmp_path), nvml=AMPERE + "fault = nvmlInit* * hang\n")
    assert "no answer in time" in reasons(answers_in_time(situation, nvml_library))


def test_nvidia_smi_that_hangs(tmp_path: Path) -> None:
    """No NVML library, and a wedged nvidia-smi that ignores SIGTERM."""
    situation = healthy(tmp_path)
    wedged = tmp_path / "bin" / "nvidia-smi"
    wedged.parent.mkdir()
    wedged.write_text("#!/bin/sh\ntrap '' TERM INT\nwhile :; do sleep 60; done\n")
    wedged.chmod(wedged.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    answers_in_time(dataclasses.replace(situation, path=(*situation.path, wedged.parent)))


needs_root = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and /dev/fuse")


@needs_root
@pytest.mark.root
@pytest.mark.parametrize("where", ["PATH", "PYTHONPATH", "home", "CUDA_HOME", "TMPDIR"])
def test_mount_that_hangs(where: str, tmp_path: Path) -> None:
    situation = healthy(tmp_path)
    dead = situation.home if where == "home" else tmp_path / "dead"
    dead.mkdir(exist_ok=True)
    if where == "PATH":
        situation = dataclasses.replace(situation, path=(*situation.path, dead))
    elif where == "home":
        situation = dataclasses.replace(situation, cwd=tmp_path)
    else:
        situation = dataclasses.replace(situation, variables={**situation.variables, where: str(dead)})
    with stuck_mount(dead):
        started = time.monotonic()
        report = check(situation, "--patience", str(PATIENCE))
        assert time.monotonic() - started < PATIENCE + ROOM
    assert report["facts"]["driver"]["nvml_status"] is not None
