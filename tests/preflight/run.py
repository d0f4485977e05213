"""`envdoctor preflight` as a process, beside a stand-in NVML and with a folder of its own for claims."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ..conftest import FakeNvml

PREFLIGHT = [sys.executable, "-m", "envdoctor", "preflight"]
UUID = "GPU-fa4e0000-0000-4000-8000-00000000000{}"


def environ(fakenvml: FakeNvml, state: str, folder: Path, **more: str) -> Dict[str, str]:
    (folder / "no-site.toml").touch()
    return {
        **fakenvml.environ(state),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "ENVDOCTOR_CLAIMS": str(folder / "claims"),
        "ENVDOCTOR_SITE": str(folder / "no-site.toml"),
        "LC_ALL": "C.UTF-8",
        **more,
    }


def preflight(env: Dict[str, str], *args: str) -> Tuple[int, str, str]:
    done = subprocess.run(
        [*PREFLIGHT, "--timeout", "30s", *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=90
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def started(env: Dict[str, str], *args: str, **how: Any) -> subprocess.Popen[str]:
    argv: List[str] = [*PREFLIGHT, "--timeout", "60s", *args]
    return subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, text=True, **how)


def end(job: subprocess.Popen[str]) -> None:
    job.kill()
    job.wait()
    for stream in (job.stdout, job.stderr):
        if stream is not None:
            stream.close()
