"""Recorded and replayed by the real command: every verdict is what it was, and no secret came along."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Dict

import pytest

from . import gpu_situations, situations
from .build import Situation
from .shell import check, envdoctor

pytestmark = [pytest.mark.slow, pytest.mark.real]

SECRETS = {
    "HF_TOKEN": "hf_CanaryCanaryCanaryCanary00",
    "https_proxy": "http://someone:canary-pr0xy@proxy.example.org:3128",
    "PIP_EXTRA_INDEX_URL": "https://someone:canary-t0ken@pypi.example.org/simple",
    "MYSQL_PASSWORD": "canary-Pa55word",
}


def verdicts(report: Dict[str, Any]) -> Dict[str, str]:
    return {one["name"]: one["status"] for one in report["verdicts"]}


def recorded(situation: Situation, folder: Path, nvml: str = "") -> Dict[str, Any]:
    """The report of the replay; the live one must judge alike."""
    situation = dataclasses.replace(situation, variables={**situation.variables, **SECRETS})
    live = check(situation, nvml=nvml)
    done = envdoctor(situation, "record", str(folder), nvml=nvml)
    assert done.returncode == 0, done.stderr.decode()
    elsewhere = dataclasses.replace(situation, path=(), variables={}, cwd=folder, nvml="")
    again = check(elsewhere, "--replay", str(folder))
    assert verdicts(again) == verdicts(live)
    assert [(one["name"], one["severity"]) for one in again["findings"]] == [
        (one["name"], one["severity"]) for one in live["findings"]
    ]
    texts = [path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()]
    assert not [text for text in texts if b"canary" in text or b"someone" in text]
    assert any(b"pypi.example.org" in text for text in texts)
    return again


@pytest.mark.parametrize("name", ["healthy", "interrupted-pip", "pythonpath-shadow", "moved-venv", "hostile-names"])
def test_environment(name: str, tmp_path: Path) -> None:
    situation = situations.SITUATIONS[name][0](tmp_path)
    report = recorded(situation, tmp_path / "recording")
    assert "not in the recording" not in json.dumps(report)


def test_environment_beside_a_gpu(tmp_path: Path, nvml_library: str) -> None:
    report = recorded(gpu_situations.lost_gpu(tmp_path), tmp_path / "recording", nvml_library)
    assert report["findings"][0]["name"] == "gpu-lost-or-xid"
    assert "not in the recording" not in json.dumps(report)
