"""Run envdoctor as the user of a Situation's shell would, with envdoctor installed elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

from .build import Situation

ROOT = Path(__file__).resolve().parents[2]
# envdoctor's own Python is named by its path and told where envdoctor lies: the user's PYTHONPATH must not decide it.
START = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[0] = 'envdoctor'; from envdoctor.cli import main; main()"
)


def command(*options: str) -> List[str]:
    return [sys.executable, "-c", START, *options]


def envdoctor(situation: Situation, *options: str, nvml: str = "") -> subprocess.CompletedProcess[bytes]:
    """`nvml` is the folder of the stand-in NVML, needed where the situation has a state for it."""
    environ = {**situation.environ(), "PYTHONDONTWRITEBYTECODE": "1"}
    if situation.nvml:
        state = situation.home / "nvml.conf"
        state.write_text(situation.nvml)
        environ.update(FAKENVML=str(state), LD_LIBRARY_PATH=nvml)
    return subprocess.run(command(*options), env=environ, cwd=situation.cwd, capture_output=True, timeout=60)


def check(situation: Situation, *options: str, nvml: str = "") -> Dict[str, Any]:
    """The JSON report. A traceback or a crashed rule or probe is a failure of the test."""
    done = envdoctor(situation, "check", "--format", "json", *options, nvml=nvml)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    report: Dict[str, Any] = json.loads(done.stdout)
    crashed = [v for v in [*report["verdicts"], *report["probes"]] if v["status"] == "crashed"]
    assert not crashed, crashed
    return report


def loud(report: Dict[str, Any]) -> List[str]:
    """Names of the findings at warning or error, worst first."""
    return [finding["name"] for finding in report["findings"] if finding["severity"] != "note"]
