#!/usr/bin/env python3
"""What `envdoctor watch` costs while it watches: CPU time of all its processes, of one CPU.

    scripts/bench_watch.py [--workers 2 8 32] [--seconds 20]

The job is tests/watch/job.py with forked workers that decode nothing and sleep, so that the machine is not full; beside
it the stand-in driver with eight cards, of which the job holds one. Counted from WARM seconds after the start, when
everything is imported, to the end; the start is told by itself. Limit: 1 %.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fakenvml import build_nvml

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 0.01
WARM = 3.0  # seconds
TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """CPU seconds so far of a process and its children that still run. Counted in schedstat's nanoseconds."""
    total = 0.0
    for each in [pid, *children(pid)]:
        for task in Path(f"/proc/{each}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
    return total


def children(pid: int) -> List[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def measure(workers: int, seconds: float, environ: Dict[str, str], folder: Path) -> float:
    setting = {"loader": "plain", "item": "sleep", "item_ms": 20, "workers": workers, "batch": 4, "gpu_ms": 100}
    setting["phases"] = str(folder / "phases")
    job = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/watch/job.py"), json.dumps(setting)], start_new_session=True
    )
    try:
        (folder / "nvml.conf").write_text(
            f"[gpu x7]\n[gpu]\nphases = {folder}/phases\nproc = C {job.pid} 9000 90\n[gpu 0]\nutil = 30\n"
        )
        time.sleep(2)
        argv = [sys.executable, "-m", "envdoctor", "watch", str(job.pid), "--for", f"{seconds + WARM + 1:g}s"]
        watch = subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        time.sleep(WARM)
        before, began = cpu(watch.pid), time.monotonic()
        time.sleep(seconds)
        share = (cpu(watch.pid) - before) / (time.monotonic() - began)
        said, _ = watch.communicate(timeout=60)
    finally:
        os.killpg(job.pid, signal.SIGKILL)  # its workers too
        job.wait()
    print(f"{workers:3} workers: {share * 100:.2f} % of one CPU; start {before:.2f} s of CPU; said: {_verdict(said)}")
    return share


def _verdict(said: str) -> str:
    return next(
        (line for line in said.splitlines() if "confidence" in line), said.splitlines()[0] if said else "nothing"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 8, 32])
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = build_nvml(folder)
        environ = {**os.environ, "LD_LIBRARY_PATH": library, "FAKENVML": str(folder / "nvml.conf")}
        shares = [measure(workers, options.seconds, environ, folder) for workers in options.workers]
    return int(max(shares) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
