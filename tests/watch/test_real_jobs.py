"""Real jobs, watched for real: two short ones with a loader of the standard library's, and on request all settings of
scripts/watch_bench.py with torch's DataLoader."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor.watch.judge import INPUT, judge

from .runs import Bench, accepted, can_throttle, run
from .settings import Setting, settings

pytestmark = pytest.mark.real


@pytest.fixture
def bench(nvml_library: str, tmp_path: Path) -> Bench:
    made = Bench(sys.executable, nvml_library, tmp_path)
    made.prepare(images=3, arrays=0)
    return made


def named(bench: Bench, setting: Setting, seconds: float, settle: float = 2.0) -> str:
    """The name that the watch gave, checked against the job's own clocks."""
    series, truth = run(bench, setting, seconds, settle)
    right = accepted(setting.kind, setting.job["workers"], truth, series)
    answer = judge(series)
    assert answer.kind in right, (truth, answer.numbers)
    return answer.kind


@pytest.mark.slow
def test_a_job_that_decodes_and_one_that_computes(bench: Bench) -> None:
    """Pillow's decoding of 3 megapixels in one forked worker against steps of 10 ms; next to nothing against 200 ms."""
    job = {"loader": "plain", "workers": 1, "batch": 2}
    decoding = Setting("decode", "decode", {**job, "item": "jpeg", "gpu_ms": 10})
    assert named(bench, decoding, 3.2, 0.3) in INPUT
    computing = Setting("gpu-bound", "gpu-bound", {**job, "item": "tiny", "gpu_ms": 200, "spin": True})
    assert named(bench, computing, 3.2, 0.3) == "gpu-bound"


@pytest.mark.big
def test_every_setting_with_torchs_loader(nvml_library: str, tmp_path: Path) -> None:
    """A quarter of an hour. 95 % are named right, and no compute-bound job is called input-bound."""
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", "torch==2.13.0", "Pillow", "numpy"], check=True)
    bench = Bench(str(python), nvml_library, tmp_path)
    bench.prepare()
    wrong, every = [], settings(len(os.sched_getaffinity(0)))
    every = tuple(each for each in every if can_throttle() or not (each.disk_mb or each.cpu_quota))
    for setting in every:
        try:
            kind = named(bench, setting, 10.0)
            assert setting.kind != "gpu-bound" or kind not in INPUT
        except AssertionError as error:
            wrong.append(f"{setting.name}: {error}")
    assert len(wrong) <= 0.05 * len(every), "\n".join(wrong)
