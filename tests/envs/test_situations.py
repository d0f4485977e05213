"""Real broken environments, checked by the real command from outside: the fault is found, and nothing else is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from .build import Situation
from .situations import SITUATIONS, Builder

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.real]


def envdoctor(situation: Situation, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run as the user of that shell would, with envdoctor installed elsewhere."""
    environ = {**situation.environ(), "PYTHONDONTWRITEBYTECODE": "1"}
    # envdoctor's own Python is named by its path: it is not the environment in question.
    command = [sys.executable, "-m", "envdoctor", *options]
    if "PYTHONPATH" in environ:  # the user's PYTHONPATH must not decide which envdoctor runs
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{RUN}", *options]
    return subprocess.run(command, env=environ, cwd=situation.cwd, capture_output=True)


RUN = "from envdoctor.cli import main; sys.argv[0] = 'envdoctor'; main()"


def findings(situation: Situation) -> Tuple[List[Dict[str, Any]], Dict[str, Any]]:
    done = envdoctor(situation, "check", "--format", "json")
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    report = json.loads(done.stdout)
    return [f for f in report["findings"] if f["severity"] != "note"], report


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_fault_is_found(name: str, tmp_path: Path) -> None:
    builder, expected = SITUATIONS[name]
    found, report = findings(_built(builder, tmp_path))
    names = [finding["name"] for finding in found]
    crashed = [v for v in report["verdicts"] if v["status"] == "crashed"]
    assert not crashed, crashed
    assert set(expected) <= set(names), (names, report["probes"])
    if expected:
        assert names[0] in expected, names
    else:
        assert names == []


def _built(builder: Builder, folder: Path) -> Situation:
    try:
        return builder(folder)
    except FileNotFoundError as error:
        pytest.skip(f"this machine lacks {error.filename}")
