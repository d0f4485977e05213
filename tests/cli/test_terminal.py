"""On a terminal: colour where it is wanted, a sign of life, and Ctrl-C."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Tuple

import pytest

from tests.cli.run import PLAIN

ESC = "\x1b["


def on_a_terminal(*args: str, env: Dict[str, str], stderr_too: bool = True) -> Tuple[int, str]:
    """Run envdoctor with a terminal for stdout (and stderr); the exit code and everything it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "envdoctor", *args],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs if stderr_too else subprocess.DEVNULL,
        env={**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **env},
    )
    os.close(theirs)
    said = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1.0)[0]:
            continue
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        said += chunk
    os.close(ours)
    return process.wait(timeout=10), said.decode("utf-8", "backslashreplace")


def test_colour_on_a_terminal() -> None:
    _, said = on_a_terminal("check", "--python", sys.executable, env={"TERM": "xterm-256color"}, stderr_too=False)
    assert ESC in said and "Traceback" not in said


@pytest.mark.parametrize("env", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_none_where_it_is_not_wanted(env: Dict[str, str]) -> None:
    _, said = on_a_terminal("check", "--python", sys.executable, env=env)
    assert "python " in said
    assert "\x1b" not in said


def test_the_format_asked_for_wins() -> None:
    _, said = on_a_terminal("check", "--python", sys.executable, "--format", "plain", env={"TERM": "xterm"})
    assert "python " in re.sub(r"\r\x1b\[K[^\r]*", "", said)


@pytest.fixture
def hanging(tmp_path: Path) -> str:
    """An interpreter that never answers."""
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    return str(script)


def test_a_sign_of_life_that_is_taken_back(hanging: str) -> None:
    _, said = on_a_terminal("check", "--python", hanging, "--patience", "2", env={"TERM": "xterm"})
    assert "still looking: python" in said
    # The last thing done to that line is to clear it, before the report begins.
    last = said.rindex("still looking")
    assert said[last:].split("\r", 1)[1].startswith("\x1b[K")


def test_no_sign_of_life_in_a_pipe(hanging: str) -> None:
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "TERM": "xterm"}
    argv = [sys.executable, "-m", "envdoctor", "check", "--python", hanging, "--patience", "1.5"]
    done = subprocess.run(argv, capture_output=True, env=env, timeout=60)
    assert b"still looking" not in done.stderr + done.stdout


def test_an_interpreter_that_hangs_is_no_usage_error(hanging: str) -> None:
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    argv = [sys.executable, "-m", "envdoctor", "check", "--python", hanging, "--patience", "1"]
    started = time.monotonic()
    done = subprocess.run(argv, capture_output=True, env=env, timeout=60)
    assert time.monotonic() - started < 4
    assert done.returncode != 2
    assert b"no answer in time" in done.stdout and b"Traceback" not in done.stderr


def test_ctrl_c_is_one_line(hanging: str) -> None:
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    argv = [sys.executable, "-m", "envdoctor", "check", "--python", hanging, "--patience", "30"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert (out, err) == (b"", b"envdoctor: interrupted\n")
