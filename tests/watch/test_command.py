"""`envdoctor watch` as a user starts it: bad input, jobs of other people, jobs that it starts itself."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

import pytest

from envdoctor._machine.sampling import open_files
from envdoctor.host import LocalHost
from envdoctor.watch.series import Series
from envdoctor.watch.watching import Gpus, Watch
from tests.cli.run import PLAIN, Ended, envdoctor
from tests.conftest import FakeNvml

pytestmark = pytest.mark.real

BUSY = "while True: pass"


def watch(*args: str, env: Optional[Dict[str, str]] = None) -> Ended:
    return envdoctor("watch", *args, env=env)


@contextlib.contextmanager
def job(code: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "args, sentence",
    [
        (("4194305",), "there is no process 4194305"),
        (("99999999999999999999",), "there is no process 99999999999999999999"),
        (("1", "--for", "0"), "--for 0: a watch takes 3 s at least and a day at most"),
        (("1", "--for", "9d"), "--for 9d: a watch takes 3 s at least and a day at most"),
        (("1", "--for", "soon"), "--for: 'soon' is no length of time"),
        (("--gpu", "0"), "there is no GPU 0 here: none is seen"),
        (("--gpu", "x"), "'x' is not a valid int"),
        (("--", "no-such-program\n[red]"), "no-such-program\\n[red]: there is no such program"),
    ],
)
def test_bad_input_is_one_sentence(args: Any, sentence: str) -> None:
    ended = watch(*args)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err and ended.err.count("\n") == 1


@pytest.mark.slow
def test_gpus_that_nobody_or_nobody_visible_uses(fakenvml: FakeNvml) -> None:
    env = fakenvml.environ("[gpu x2]\n[gpu 1]\nproc = C 4190001 9\n")
    assert "nobody computes on GPU 0" in watch("--gpu", "0", env=env).err
    assert "not visible to you (pid 4190001)" in watch("--gpu", "1", env=env).err
    assert "there is no GPU 2 here: they are 0 to 1" in watch("--gpu", "2", env=env).err


def test_a_process_that_has_ended_and_was_not_waited_for() -> None:
    process = subprocess.Popen(["true"])
    while Path(f"/proc/{process.pid}/stat").read_text().split()[2] != "Z":
        time.sleep(0.01)
    ended = watch(str(process.pid))
    process.wait()
    assert ended.code == 2 and "has ended" in ended.err


@pytest.mark.slow
def test_a_job_that_ends_while_it_is_watched_and_a_report_that_cannot_be_written() -> None:
    """Long before the time that was asked for; the answer is told all the same."""
    with job("import time; time.sleep(1.5)") as process:
        began = time.monotonic()
        ended = watch(str(process.pid), "--for", "5m", "--save", "/nonexistent/report.html")
    assert time.monotonic() - began < 60
    assert "it ended meanwhile" in ended.out and "Cannot tell: the job ended after" in ended.out
    assert ended.code == 2 and "/nonexistent/report.html cannot be written: No such file or directory" in ended.err


@pytest.mark.slow
def test_a_gpu_that_is_lost_meanwhile(fakenvml: FakeNvml) -> None:
    with job(BUSY) as process:
        state = f"[gpu]\nutil = 50\nproc = C {process.pid} 900 50\nfault = nvmlDeviceGet[SU]* 0 GPU_IS_LOST after:2\n"
        ended = watch("--gpu", "0", "--for", "3", env=fakenvml.environ(state))
    assert ended.code == 1 and "The GPU stopped answering: GPU_IS_LOST" in ended.out


@pytest.mark.slow
def test_the_newest_job_that_holds_a_gpu_is_found(fakenvml: FakeNvml, tmp_path: Path) -> None:
    """Loading in the main process: its Python is at work while the GPU waits. The saved page hides names."""
    report = tmp_path / "report.html"
    with job("import time; time.sleep(60)") as idle, job(BUSY) as busy:
        env = fakenvml.environ(f"[gpu]\nutil = 20\nproc = C {idle.pid} 9\nproc = C {busy.pid} 900 20\n")
        ended = watch("--for", "3", "--save", str(report), "--format", "json", env={**env, "HOME": "/home/gisela"})
    found = json.loads(ended.out)
    assert (found["pid"], found["answer"], found["exit_code"], ended.code) == (busy.pid, "main-process", 1, 1)
    assert found["best_gain_factor"] == pytest.approx(5.0, rel=0.2)
    assert found["numbers"]["gpu_busy_share"] == pytest.approx(0.2)
    html = report.read_text()
    assert "<polyline" in html and "gisela" not in html and "num_workers=" in html


@pytest.mark.slow
def test_ctrl_c_tells_what_was_seen_so_far() -> None:
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with job(BUSY) as process:
        argv = [sys.executable, "-m", "envdoctor", "watch", str(process.pid), "--for", "10m"]
        watching = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while f"/proc/{process.pid}/stat" not in open_files(watching.pid) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1.3)
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=60)
    assert watching.returncode == 130 and out.startswith("Watched python") and "interrupted" in err


def launched(*command: str, **how: Any) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "envdoctor", "watch", "--for", "3", "--", *command]
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(argv, env=env, text=True, **{**pipes, **how})


def test_a_commands_input_output_and_exit_code_are_its_own() -> None:
    process = launched("sh", "-c", "read line; echo got $line; echo err >&2; exit 7")
    out, err = process.communicate("hello\n", timeout=60)
    assert (process.returncode, out) == (7, "got hello\n")
    assert err.splitlines() == [
        "err",
        "envdoctor: the job ended before it computed anything; nothing can be told of it",
    ]


def test_a_command_that_dies_of_a_signal() -> None:
    process = launched("sh", "-c", "kill -TERM $$; sleep 9")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM


def test_signals_reach_the_command() -> None:
    process = launched("sh", "-c", "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.1; done")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "told\n")


@pytest.mark.slow
@pytest.mark.root
def test_another_users_job_is_watched_as_far_as_it_can_be_seen(as_user: Callable[..., Any]) -> None:
    """Their CPU time is open to everybody, what they read is not. (The other user here cannot start envdoctor's own
    interpreter either, so that the GPUs stay unknown.)"""
    with job(BUSY) as process:
        series = as_user(lambda: _watched(process.pid, 2.2), before=lambda: _watched(process.pid, 0.3))  # imports all
    assert any("closed to you; its CPU time is not" in sentence for sentence in series.unseen)
    (rank,) = series.ranks
    assert rank.torch is None and rank.ticks[-1].read is None
    assert all(tick.main is not None and tick.main.idle < 0.5 for tick in rank.ticks)


def _watched(pid: int, seconds: float) -> Series:
    host = LocalHost()
    gpus = Gpus(host)
    following = Watch(host, gpus, pid)
    try:
        following.run(seconds)
        return following.series()
    finally:
        following.close()
        gpus.end()
