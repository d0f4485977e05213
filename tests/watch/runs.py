"""One job of a setting, run and watched: a series, and the truth by the job's own clocks over the same seconds."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from envdoctor.host import LocalHost
from envdoctor.watch.series import Series
from envdoctor.watch.watching import Gpus, Watch

from .settings import Setting

JOB = Path(__file__).parent / "job.py"
SETTLED = 20.0  # seconds that a job may take until its first batches
CGROUP = Path("/sys/fs/cgroup")
GPU_STATE = "[gpu]\nphases = {phases}\nclk_sm = 1410\npower = 300000\nthrottle = 0\n"


@dataclass(frozen=True)
class Truth:
    """Shares of the main loop's time, and the mean share that a worker was at work."""

    wait: float
    compute: float
    main: float
    workers_busy: Optional[float]


@dataclass(frozen=True)
class Bench:
    """Where it runs: `python` has torch and Pillow, `library` holds the stand-in driver, `folder` is for files."""

    python: str
    library: str
    folder: Path

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def arrays(self) -> Path:
        return self.folder / "arrays"

    def prepare(self, images: int = 24, arrays: int = 12) -> None:
        """Real JPEGs of 3 megapixels, and files of raw pixels of 8 MB, on the disk."""
        if not self.images.exists():
            self.images.mkdir(parents=True)
            subprocess.run([self.python, "-c", _MAKE_IMAGES, str(self.images), str(images)], check=True)
        if not self.arrays.exists():
            self.arrays.mkdir()
            for number in range(arrays):
                path = self.arrays / f"{number:02}.npy"
                path.write_bytes(os.urandom(8 << 20))
                with path.open("rb") as file:
                    os.fsync(file.fileno())


_MAKE_IMAGES = """
import random, sys
from PIL import Image, ImageFilter
random.seed(1)
for number in range(int(sys.argv[2])):
    noise = Image.frombytes("RGB", (200, 150), random.randbytes(200 * 150 * 3))
    grain = Image.effect_noise((2000, 1500), 20).convert("RGB")
    image = Image.blend(noise.resize((2000, 1500), Image.BICUBIC), grain, 0.3)
    image.save(f"{sys.argv[1]}/{number:03}.jpg", quality=85)
"""


def can_throttle() -> bool:
    """Whether this machine lets the bench hold a control group's reading and CPU time back (cgroup v1, root)."""
    return os.access(CGROUP / "blkio" / "cgroup.procs", os.W_OK) and os.access(CGROUP / "cpu" / "cgroup.procs", os.W_OK)


@contextlib.contextmanager
def control_groups(setting: Setting, folder: Path) -> Iterator[List[Path]]:
    """Groups that hold a job back as the setting wants: real limits of the kernel's, not a stand-in."""
    made: List[Path] = []
    name = f"envdoctor-watch-{os.getpid()}"
    try:
        if setting.disk_mb:
            made.append(CGROUP / "blkio" / name)
            made[-1].mkdir()
            device = folder.stat().st_dev
            limit = f"{os.major(device)}:{os.minor(device)} {setting.disk_mb * 1_000_000}"
            (made[-1] / "blkio.throttle.read_bps_device").write_text(limit)
        if setting.cpu_quota:
            made.append(CGROUP / "cpu" / name)
            made[-1].mkdir()
            (made[-1] / "cpu.cfs_period_us").write_text("100000")
            (made[-1] / "cpu.cfs_quota_us").write_text(str(int(setting.cpu_quota * 100000)))
        yield made
    finally:
        for group in made:
            for _ in range(50):
                with contextlib.suppress(OSError):
                    group.rmdir()
                    break
                time.sleep(0.1)


def _start(argv: Sequence[str], groups: Sequence[Path]) -> subprocess.Popen[bytes]:
    enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    return subprocess.Popen(["sh", "-c", enter + 'exec "$@"', "sh", *argv], start_new_session=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def decode_ms(bench: Bench) -> float:
    """Wall time of an image now, on this machine with its present load."""
    code = (
        "import sys, time, glob; from PIL import Image; p = glob.glob(sys.argv[1] + '/*')[:12]; t = time.time()\n"
        "for x in p: Image.open(x).convert('RGB')\nprint((time.time() - t) / len(p) * 1000)"
    )
    done = subprocess.run([bench.python, "-c", code, str(bench.images)], check=True, capture_output=True)
    return float(done.stdout)


def run(bench: Bench, setting: Setting, seconds: float, settle: float = 2.0) -> Tuple[Series, Truth]:
    phases, truth, state = (bench.folder / name for name in ("phases", "truth", "nvml.conf"))
    folder = {"jpeg": bench.images, "npy": bench.arrays}.get(setting.job["item"])
    job: Dict[str, Any] = {**setting.job, "truth": str(truth), "folder": None if folder is None else str(folder)}
    job["torch_loaded"] = job["loader"] == "torch"
    if setting.holds_gpu:
        job["phases"] = str(phases)
    if setting.relative:
        # torch's queues and the other processes of this machine make a batch dearer than its images alone
        job["gpu_ms"] = setting.relative * 1.2 * job["batch"] * decode_ms(bench) / max(1, job["workers"])
    for path in (phases, truth):
        path.unlink(missing_ok=True)
    phases.touch()
    state.write_text(GPU_STATE.format(phases=phases))
    burners: List[subprocess.Popen[bytes]] = []
    with control_groups(setting, bench.folder) as groups:
        process = _start([bench.python, str(JOB), json.dumps(job)], groups)
        try:
            _settle(truth, process, settle)
            burners = [_start([bench.python, "-c", "while True: pass"], ()) for _ in range(setting.burners)]
            holds = f"proc = C {process.pid} 9000 95\n" if setting.holds_gpu else ""
            state.write_text(GPU_STATE.format(phases=phases) + holds)
            series, began, over = watched(bench, process.pid, seconds)
            time.sleep(0.6)
        finally:
            for each in (process, *burners):
                _end(each)
    return series, _truth(truth, began, over, job["workers"])


def _settle(truth: Path, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Until three batches and then some time have passed: the queues are as full as they will be."""
    until, first = time.time() + SETTLED, None
    while time.time() < until and process.poll() is None:
        rows = _rows(truth)
        if rows and rows[-1][4] >= 3:
            first = first or time.time()
            if time.time() - first > seconds:
                return
        time.sleep(0.1)
    assert process.poll() is None, "the job has ended"


def watched(bench: Bench, pid: int, seconds: float) -> Tuple[Series, float, float]:
    environ = {**os.environ, "LD_LIBRARY_PATH": bench.library, "FAKENVML": str(bench.folder / "nvml.conf")}
    host = LocalHost(environ)
    gpus = Gpus(host)
    watch = Watch(host, gpus, pid)
    try:
        began = time.time()
        watch.run(seconds)
        return watch.series(), began, time.time()
    finally:
        watch.close()
        gpus.end()


def _rows(path: Path) -> List[List[float]]:
    if not path.exists():
        return []
    rows = []
    for line in path.read_text().splitlines():
        with contextlib.suppress(ValueError):
            rows.append(json.loads(line))
    return rows


def _truth(path: Path, began: float, over: float, workers: int) -> Truth:
    rows = _rows(path)
    first, last = (min(rows, key=lambda row: abs(row[0] - at)) for at in (began, over))
    # Sums only grow when a batch is through: shares of what was counted, not of the clock.
    wait, compute, main = (last[place] - first[place] for place in (1, 2, 3))
    total = wait + compute + main or 1.0
    busy = (last[5] - first[5]) / (last[0] - first[0]) / workers if workers else None
    return Truth(wait / total, compute / total, main / total, busy)


def accepted(kind: str, workers: int, truth: Truth, series: Series) -> Tuple[str, ...]:
    """The names that are right, by the job's clocks and what was done to it; two at the border between two kinds.

    This machine is shared, and its load is not the bench's to choose: by the kernel's counters of the same seconds,
    "neighbours" is as right a name as "decode" where others used a quarter of the CPUs and more, and the only one where
    a quota was not reached for them.
    """
    if kind == "cpu-used":
        return ("cpu-used",)
    if workers == 0:
        return ("main-process",) if truth.wait + truth.main >= 0.2 else ("gpu-bound",)
    if truth.main >= 0.2 and truth.wait < 0.15:
        return ("main-process",)
    causes: Tuple[str, ...] = (kind,) if kind in CAUSES else ("decode",)
    others = _mean([it.others for it in series.machine]) / (series.ranks[0].cpus or 1)
    if causes == ("decode",) and others >= 0.25:
        causes = ("decode", "neighbours")
    if causes == ("quota",) and _mean([it.throttled for it in series.machine]) < 0.1 and others >= 0.25:
        causes = ("neighbours",)
    if truth.main >= max(0.2, truth.wait):
        return ("main-process", *causes)
    if truth.wait >= 0.2:
        return causes
    idle = 1 - (truth.workers_busy or 0.0)
    slack = ("gpu-bound",) if idle >= 0.2 else ("balanced", "gpu-bound") if idle >= 0.1 else ("balanced",)
    return (*slack, *causes) if truth.wait >= 0.1 else slack


def _mean(numbers: Sequence[Optional[float]]) -> float:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else 0.0


CAUSES = ("decode", "disk", "too-many-workers", "neighbours", "quota")
