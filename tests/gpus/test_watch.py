"""`gpus --watch`: what it shows, how it ends, and that it asks one worker again and again."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Tuple

import pytest

from envdoctor._machine.nvml_session import ALL, MOVING, Session
from envdoctor.gpus.history import History
from envdoctor.gpus.look import look
from envdoctor.gpus.model import Card, Held, Idle, Picture
from envdoctor.gpus.moved import moved
from envdoctor.gpus.watch_page import Page
from envdoctor.host import NvmlAnswer
from envdoctor.reading import Absent, Known, Reading, Unknown, value_or
from envdoctor.render.plain import plain
from tests.conftest import FakeNvml
from tests.fakes import FakeHost
from tests.gpus.machines import AT, GIB, field, gpu, machine, process, target

WATCH = [sys.executable, "-m", "envdoctor", "gpus", "--watch"]


def seen(host: FakeHost) -> Picture:
    return look(host, target())


def only_card(picture: Picture) -> Card:
    (card,) = value_or(picture.cards, ())
    return card


def the_held(picture: Picture) -> Held:
    (held,) = value_or(only_card(picture).held, ())
    return held


def lab(**fields: Dict[str, object]) -> FakeHost:
    host = machine({**gpu(0, 50), **fields})
    process(host, 50)
    return host


def shares(share: int, busy: int = 0) -> Dict[str, Dict[str, object]]:
    return {"process_utilisation": field([{"pid": 50, "sm": share, "samples": 3, "busy": busy * 1_000_000}])}


class TestIdleForHowLong:
    def test_one_look_cannot_tell(self) -> None:
        said = the_held(seen(lab())).idle_for
        assert isinstance(said, Unknown) and "--watch" in said.detail

    def test_one_that_computes_is_not_idle(self) -> None:
        assert isinstance(the_held(seen(lab(**shares(7)))).idle_for, Absent)

    def test_the_drivers_newest_sample(self) -> None:
        said = the_held(seen(lab(**shares(0, busy=AT + 4 * 3600 - 90)))).idle_for
        assert said == Known(Idle(90, "the driver's samples"), "nvml")

    def test_accounting_tells_of_a_whole_life(self) -> None:
        life = field([{"pid": 50, "gpu": 0, "start": AT * 1_000_000}])
        said = value_or(the_held(seen(lab(accounting=life))).idle_for, Idle(0, ""))
        assert said.seconds == 4 * 3600 and "accounting" in said.how

    def test_accounting_of_one_that_once_computed_tells_nothing(self) -> None:
        life = field([{"pid": 50, "gpu": 3, "start": AT * 1_000_000}])
        assert isinstance(the_held(seen(lab(accounting=life))).idle_for, Unknown)

    def test_a_watch_counts_from_the_first_moment_at_which_it_saw_nothing(self) -> None:
        history = History()
        assert isinstance(the_held(history.told(seen(lab()), 1000.0)).idle_for, Unknown)
        assert the_held(history.told(seen(lab()), 1060.0)).idle_for == Known(Idle(60, "this watch"), "watch")
        history.told(seen(lab(**shares(1))), 1070.0)
        assert isinstance(the_held(history.told(seen(lab()), 1080.0)).idle_for, Unknown)
        assert the_held(history.told(seen(lab()), 1380.0)).idle_for == Known(Idle(300, "this watch"), "watch")

    def test_a_watch_goes_on_from_what_the_driver_said(self) -> None:
        history = History()
        history.told(seen(lab(**shares(0, busy=AT + 4 * 3600 - 90))), 1000.0)
        said = value_or(the_held(history.told(seen(lab()), 1030.0)).idle_for, Idle(0, ""))
        assert said == Idle(120, "this watch")

    def test_another_process_of_that_number_begins_anew(self) -> None:
        history = History()
        history.told(seen(lab()), 1000.0)
        host = lab()
        process(host, 50, started="2026-11-24T11:59:59Z")
        assert isinstance(the_held(history.told(seen(host), 1060.0)).idle_for, Unknown)


def answer(*records: Dict[str, object], ended: str = "ok") -> Reading[NvmlAnswer]:
    return Known(NvmlAnswer({"status": "SUCCESS"}, records, ended, ""), "NVML")


class TestWhatHasMoved:
    def test_is_put_in_and_all_else_stays(self) -> None:
        before = seen(lab())
        record = {**gpu(0, 50, used=3 * GIB), **shares(40), "temperature": field(70)}
        after = moved(before, answer(record), "2026-11-24T12:00:01Z", AT + 4 * 3600 + 1)
        assert after is not None and after.taken_at.endswith("01Z")
        card = only_card(after)
        assert (card.gpu.memory_used, card.gpu.temperature) == (Known(3 * GIB, "nvml"), Known(70, "nvml"))
        assert the_held(after).share == Known(40, "nvml") and isinstance(the_held(after).idle_for, Absent)
        assert the_held(after).command == the_held(before).command
        assert card.unexplained == Known(2 * GIB, "nvml")

    def test_a_holder_without_news_is_the_same(self) -> None:
        before = seen(lab())
        after = moved(before, answer(gpu(0, 50)), "x", AT)
        assert after is not None and the_held(after) is the_held(before)

    @pytest.mark.parametrize(
        "after",
        [
            answer(gpu(0, 50, 51)),
            answer(gpu(0)),
            answer(gpu(0, 50), gpu(1)),
            answer(gpu(0, 50), ended="timeout"),
            answer({**gpu(0, 50), "status": "GPU_IS_LOST"}),
            answer(gpu(0, 50, compute_processes={"error": "UNKNOWN"})),
            Unknown("failed", "it is gone", "NVML worker"),
        ],
    )
    def test_more_than_that_wants_a_whole_look(self, after: Reading[NvmlAnswer]) -> None:
        assert moved(seen(lab()), after, "x", AT) is None


class TestPage:
    def test_a_line_a_card_and_a_line_a_holder(self) -> None:
        host = machine(gpu(0, 50), gpu(1, ecc_uncorrected=field(2), remapped_rows=field({"pending": True})))
        process(host, 50)
        text = plain(Page().lines(seen(host)))
        assert text.startswith("2 GPUs, driver 550.54.15, 12:00:00Z\n  0  A100")
        assert "2 uncorrected ECC errors  a row remap waits for a reset" in text.splitlines()[2]
        assert text.splitlines()[-1].split()[:8] == ["0", "50", "bo", "1.0", "GiB", "0", "%", "?"]
        assert "4.0 h  python train.py --token=x" in text.splitlines()[-1]

    def test_what_does_not_fit_is_counted(self) -> None:
        host = machine(gpu(0, *range(50, 90)))
        lines = Page().lines(seen(host), 12)
        assert len(lines) == 12 and lines[-1].text.startswith("and 33 more processes")
        assert len(Page().lines(seen(host), 3)) == 3

    def test_the_same_holder_is_the_same_line(self) -> None:
        page, picture = Page(), seen(lab())
        first = page.lines(picture)
        assert page.lines(replace(picture, taken_at="x"))[-1] is first[-1]


@pytest.mark.real
class TestSession:
    @pytest.fixture
    def session(self, fakenvml: FakeNvml) -> Iterator[Session]:
        made = Session(fakenvml.environ("[gpu x3]\n"))
        yield made
        made.end()

    def ask(self, session: Session, question: str = MOVING, seconds: float = 8.0) -> Tuple[Tuple[int, ...], str, int]:
        found = session.ask(question, seconds)
        assert isinstance(found, Known), found
        _, gpus, ended, _ = found.value
        (temperature, *_) = [gpu["temperature"] for gpu in gpus] or [{}]
        assert isinstance(temperature, dict)
        return tuple(int(str(gpu["index"])) for gpu in gpus), ended, temperature.get("value", -1)

    def test_one_worker_tells_what_is_new(self, session: Session, fakenvml: FakeNvml) -> None:
        assert self.ask(session, ALL) == ((0, 1, 2), "ok", 32)
        worker = session._worker
        fakenvml.environ("[gpu x3]\n[gpu 0]\ntemp = 66\n")
        assert self.ask(session) == ((0, 1, 2), "ok", 66)
        assert session._worker is worker is not None
        found = session.ask(MOVING, 8.0)
        assert isinstance(found, Known) and found.value[1][2]["uuid"] and found.value[0]["status"] == "SUCCESS"

    def test_a_hang_costs_its_time_and_the_next_question_a_new_worker(
        self, session: Session, fakenvml: FakeNvml
    ) -> None:
        self.ask(session, ALL)
        fakenvml.environ("[gpu x3]\nfault = nvmlDeviceGetMemoryInfo* 1 hang\n")
        assert self.ask(session, MOVING, 0.5)[:2] == ((0,), "timeout")
        fakenvml.environ("[gpu x2]\n")
        assert self.ask(session)[:2] == ((0, 1), "ok")

    def test_a_crash(self, session: Session, fakenvml: FakeNvml) -> None:
        self.ask(session, ALL)
        fakenvml.environ("[gpu x3]\nfault = nvmlDeviceGetPowerUsage 2 crash\n")
        assert self.ask(session)[:2] == ((0, 1), "crashed")
        fakenvml.environ("[gpu x3]\n")
        assert self.ask(session)[:2] == ((0, 1, 2), "ok")

    def test_a_driver_that_comes_back(self, session: Session, fakenvml: FakeNvml) -> None:
        fakenvml.environ("fault = nvmlInit* * DRIVER_NOT_LOADED\n")
        assert self.ask(session)[:2] == ((), "ok")
        fakenvml.environ("[gpu]\n")
        assert self.ask(session, ALL)[:2] == ((0,), "ok")


class Terminal:
    """A watch in a terminal of 24 rows."""

    def __init__(self, environ: Dict[str, str], *options: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        env = {**environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TERM": "xterm"}
        self.process = subprocess.Popen(
            [*WATCH, "--every", "0.1", *options], env=env, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        self.text = ""

    def until(self, words: str) -> None:
        end = time.monotonic() + 30
        while words not in self.text:
            assert time.monotonic() < end, self.text[-2000:]
            if select.select([self._ours], [], [], 0.1)[0]:
                self.text += os.read(self._ours, 1 << 16).decode("utf-8", "replace")

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def ended(self) -> int:
        """The exit code; the terminal must be as it was."""
        code = self.process.wait(30)
        while select.select([self._ours], [], [], 0)[0]:
            self.text += os.read(self._ours, 1 << 16).decode("utf-8", "replace")
        assert termios.tcgetattr(self._theirs) == self.before
        assert self.text.rstrip().endswith("\x1b[?25h\x1b[?1049l"), self.text[-200:]
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    made: List[Terminal] = []

    def make(environ: Dict[str, str], *options: str) -> Terminal:
        made.append(Terminal(environ, *options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.real
class TestInATerminal:
    def test_it_follows_the_load_and_q_ends_it(self, fakenvml: FakeNvml, terminal: Callable[..., Terminal]) -> None:
        watch = terminal(fakenvml.environ(f"[gpu x2]\n[gpu 1]\nproc = C {os.getpid()} 300 41\n"))
        watch.until("41 %")
        assert "\x1b[?1049h" in watch.text and str(os.getpid()) in watch.text
        fakenvml.environ(f"[gpu x2]\n[gpu 1]\nproc = C {os.getpid()} 300 87\n")
        watch.until("87 %")
        watch.type(b"xq")
        assert watch.ended() == 0

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -15), (signal.SIGHUP, -1)])
    def test_signals(
        self, fakenvml: FakeNvml, terminal: Callable[..., Terminal], number: signal.Signals, code: int
    ) -> None:
        watch = terminal(fakenvml.environ("[gpu]\n"))
        watch.until("A100")
        watch.process.send_signal(number)
        assert watch.ended() == code

    def test_a_driver_that_gets_stuck_and_comes_back(
        self, fakenvml: FakeNvml, terminal: Callable[..., Terminal]
    ) -> None:
        watch = terminal(fakenvml.environ("[gpu x2]\n"), "--patience", "1")
        watch.until("A100")
        fakenvml.environ("[gpu x2]\nfault = nvmlDeviceGetMemoryInfo* 1 hang\n")
        watch.until("the driver does not answer for it")
        fakenvml.environ("[gpu x2]\n[gpu 1]\ntemp = 77\n")
        watch.until("77 C")
        watch.type(b"q")
        assert watch.ended() == 0


@pytest.mark.real
def test_a_block_a_look_where_there_is_no_terminal(fakenvml: FakeNvml) -> None:
    env = {**fakenvml.environ("[gpu]\n"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    watch = subprocess.Popen([*WATCH, "--every", "0.1"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watch.stdout is not None and watch.stderr is not None
    lines = [watch.stdout.readline().decode() for _ in range(6)]
    assert [line[:5] for line in lines] == ["1 GPU", "  0  ", "\n"] * 2
    watch.send_signal(signal.SIGINT)
    assert (watch.wait(30), watch.stderr.read()) == (0, b"")
    watch.stdout.close()
    watch.stderr.close()


@pytest.mark.real
def test_a_reader_that_goes_ends_it(fakenvml: FakeNvml) -> None:
    env = {**fakenvml.environ("[gpu]\n"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    watch = subprocess.Popen([*WATCH, "--every", "0.1"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watch.stdout is not None and watch.stderr is not None
    watch.stdout.readline()
    watch.stdout.close()
    assert (watch.wait(30), watch.stderr.read()) == (0, b"")
    watch.stderr.close()


@pytest.mark.real
def test_prometheus_file_is_renewed(fakenvml: FakeNvml, tmp_path: Path) -> None:
    env = {**fakenvml.environ("[gpu]\n"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    file = tmp_path / "gpus.prom"
    watch = subprocess.Popen([*WATCH, "--every", "0.1", "--format", "prometheus", "--output", str(file)], env=env)
    for temperature in (45, 46):
        fakenvml.environ(f"[gpu]\ntemp = {temperature}\n")
        end = time.monotonic() + 30
        while not file.exists() or f"}} {temperature}\n" not in file.read_text():
            assert time.monotonic() < end
            time.sleep(0.02)
    watch.send_signal(signal.SIGINT)
    assert watch.wait(30) == 0 and [path.name for path in tmp_path.glob("*gpus*")] == ["gpus.prom"]
