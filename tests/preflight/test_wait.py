"""Waiting: in turn, never for ever, and without asking the driver more than it must."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Callable, List

import pytest

from envdoctor._machine.claims import locks
from envdoctor.exits import Exit
from envdoctor.host import LocalHost
from envdoctor.preflight.claims import QUEUE, Claims
from envdoctor.preflight.decide import Decision
from envdoctor.preflight.wait import wait

from ..conftest import FakeNvml
from .run import end, environ, preflight, started

LATER = Decision(Exit.TRY_LATER, "not now")
GO = Decision(Exit.OK, "go")


class Attempts:
    """Answers in order, the last one again and again; remembers what was asked and when."""

    def __init__(self, *answers: Decision) -> None:
        self.answers = list(answers)
        self.taking: List[bool] = []

    def __call__(self, taking: bool) -> Decision:
        self.taking.append(taking)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def waited(folder: Path, attempts: Attempts, seconds: float, passing: float = 60.0) -> Decision:
    host = LocalHost()
    return wait(attempts, host, Claims(host, str(folder)), seconds, tick=0.01, passing=passing)


def test_what_does_not_pass_is_not_waited_for(tmp_path: Path) -> None:
    attempts = Attempts(Decision(Exit.FINDINGS, "no go"))
    assert waited(tmp_path / "c", attempts, 60).code == Exit.FINDINGS
    assert attempts.taking == [True]


def test_the_time_has_an_end(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert waited(tmp_path / "c", Attempts(LATER), 0.3).code == Exit.TRY_LATER
    assert 0.3 <= time.monotonic() - begun < 2


def test_it_asks_ever_more_rarely(tmp_path: Path) -> None:
    attempts = Attempts(LATER)
    waited(tmp_path / "c", attempts, 3.5)
    assert 3 <= len(attempts.taking) <= 4  # at 0, 1, 3 seconds, and at the end


def test_who_is_behind_only_looks_until_it_is_first(tmp_path: Path) -> None:
    before = Claims(LocalHost(), str(tmp_path / "c")).queue()
    before.join(1)
    attempts = Attempts(GO)
    assert waited(tmp_path / "c", attempts, 0.3).code == Exit.TRY_LATER
    assert attempts.taking and not any(attempts.taking)
    before.leave()
    assert waited(tmp_path / "c", attempts, 0.3).code == Exit.OK
    assert attempts.taking[-1] is True


def test_nobody_holds_up_the_line_for_ever(tmp_path: Path) -> None:
    hostile = Claims(LocalHost(), str(tmp_path / "c")).queue()
    hostile.join(0)
    attempts = Attempts(GO)
    assert waited(tmp_path / "c", attempts, 30, passing=0.2).code == Exit.OK
    assert attempts.taking == [False, True]
    hostile.leave()


def in_line(folder: Path) -> int:
    """How many wait."""
    try:
        inode = (folder / QUEUE).stat().st_ino
    except FileNotFoundError:
        return 0
    with open("/proc/locks", encoding="ascii") as table:
        return sum(lock.kind == "OFDLCK" and lock.file[2] == inode for lock in locks(table.read()))


def until(true: Callable[[], bool]) -> None:
    end_of_patience = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end_of_patience
        time.sleep(0.02)


@pytest.mark.real
def test_first_come_first_served(fakenvml: FakeNvml, tmp_path: Path) -> None:
    """Three wait for one GPU that a job holds; they get it in the order in which they came."""
    log = tmp_path / "log"
    log.touch()
    env = environ(fakenvml, "[gpu]\n", tmp_path, LOG=str(log))
    script = 'echo "$0" >> "$LOG"; exec sleep "$1"'
    holder = started(env, "--", "sh", "-c", script, "holder", "60", stderr=subprocess.DEVNULL)
    until(lambda: log.read_text() == "holder\n")
    jobs = []
    for number, name in enumerate("abc"):
        args = ("--wait", "60s", "--", "sh", "-c", script, name, "0")
        jobs.append(started(env, *args, stderr=subprocess.DEVNULL))
        until(lambda: in_line(tmp_path / "claims") == number + 1)  # noqa: B023 - called before the next turn
    end(holder)
    assert [job.wait(60) for job in jobs] == [0, 0, 0]
    assert log.read_text().split() == ["holder", "a", "b", "c"]
    assert in_line(tmp_path / "claims") == 0


@pytest.mark.real
def test_a_gpu_that_never_gets_free(fakenvml: FakeNvml, tmp_path: Path) -> None:
    code, out, _ = preflight(environ(fakenvml, "[gpu]\nproc = C 1 38000 95\n", tmp_path), "--wait", "2s")
    assert code == 75 and out.splitlines()[-1] == "not now: no GPU is free"
