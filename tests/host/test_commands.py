"""Commands that hang, flood, hide behind children, survive SIGKILL, or cannot be started."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

import pytest

from envdoctor.host import LocalHost, Output
from envdoctor.reading import Absent, Known, Reading, Unknown

from ..conftest import RealCommand

real = pytest.mark.real


def script(path: Path, text: str, mode: int = 0o755) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def timed(host: LocalHost, argv: list[str], seconds: float) -> Tuple[Reading[Output], float]:
    started = time.monotonic()
    return host.run(argv, seconds), time.monotonic() - started


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int) -> bool:
    until = time.monotonic() + 3
    while running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not running(pid)


def test_guard_of_the_tests() -> None:
    with pytest.raises(RealCommand, match="/sh: mark the test"):
        LocalHost().run(["sh", "-c", "true"], 5)


@real
class TestAnswers:
    def test_code_and_both_streams(self) -> None:
        answer = LocalHost().run(["sh", "-c", "echo out; echo err >&2; exit 3"], 5)
        assert answer == Known(Output(3, "out\n", "err\n"), "sh -c echo out; echo err >&2; exit 3")

    def test_no_shell(self) -> None:
        answer = LocalHost().run(["printf", "%s|", "$HOME", "a b", "*", ";", ""], 5)
        assert isinstance(answer, Known)
        assert answer.value.out == "$HOME|a b|*|;||"

    def test_stdin_is_closed(self) -> None:
        answer, took = timed(LocalHost(), ["cat"], 5)
        assert isinstance(answer, Known)
        assert (answer.value, took < 2) == (Output(0, "", ""), True)

    def test_own_session(self) -> None:
        answer = LocalHost().run([sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"], 10)
        assert isinstance(answer, Known)
        assert answer.value.out == "True\n"

    def test_killed_by_a_signal(self) -> None:
        answer = LocalHost().run(["sh", "-c", "kill -SEGV $$"], 5)
        assert isinstance(answer, Known)
        assert answer.value.code == -signal.SIGSEGV

    def test_bytes_that_are_no_text(self) -> None:
        answer = LocalHost().run(["printf", r"\377\000\303\251"], 5)
        assert isinstance(answer, Known)
        assert answer.value.out == "\udcff\0é"

    def test_argument_that_is_no_text(self) -> None:
        answer = LocalHost().run(["printf", "%s", os.fsdecode(b"\xff\xe9")], 5)
        assert isinstance(answer, Known)
        assert answer.value.out == "\udcff\udce9"


@real
class TestEnvironment:
    def printed(self, host: LocalHost, env: Optional[dict[str, Optional[str]]] = None) -> set[str]:
        answer = host.run(["env"], 5, env)
        assert isinstance(answer, Known)
        return set(answer.value.out.splitlines())

    def test_the_users_own_in_the_C_locale(self) -> None:
        host = LocalHost({"PATH": os.defpath, "LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "zh", "A": "1"})
        assert self.printed(host) == {f"PATH={os.defpath}", "LC_ALL=C", "A=1"}

    def test_overlay(self) -> None:
        host = LocalHost({"PATH": os.defpath, "A": "1", "B": "2"})
        env = self.printed(host, {"A": None, "B": "3", "NONE": None, "LC_ALL": "C.UTF-8"})
        assert env == {f"PATH={os.defpath}", "LC_ALL=C.UTF-8", "B=3"}

    def test_path_of_the_user_decides(self, tmp_path: Path) -> None:
        script(tmp_path / "sh", "#!/bin/sh\necho mine\n")
        answer = LocalHost({"PATH": f"{tmp_path}:{os.defpath}"}).run(["sh"], 5)
        assert isinstance(answer, Known)
        assert answer.value.out == "mine\n"


@real
class TestFlood:
    def test_more_than_the_limit_is_read_and_lost(self) -> None:
        """Were it not read, the child would wait for ever to write the rest."""
        argv = ["sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' x; echo end >&2"]
        started = time.monotonic()
        answer = LocalHost().run(argv, 20, limit=1000)
        assert isinstance(answer, Known)
        assert answer.value == Output(0, "x" * 1000, "end\n")
        assert time.monotonic() - started < 15

    def test_without_end(self) -> None:
        answer, took = timed(LocalHost(), ["yes"], 0.5)
        assert isinstance(answer, Unknown)
        assert (answer.reason, took < 2) == ("timeout", True)

    def test_all_of_a_big_answer_arrives(self) -> None:
        """Also what still waits in the pipe when the child has ended."""
        for _ in range(5):
            answer = LocalHost().run([sys.executable, "-c", "print('y' * 3000000)"], 20, limit=4 << 20)
            assert isinstance(answer, Known)
            assert answer.value.out == "y" * 3_000_000 + "\n"


@real
class TestDeadline:
    def test_sleeper(self) -> None:
        answer, took = timed(LocalHost(), ["sleep", "60"], 0.3)
        assert isinstance(answer, Unknown)
        assert answer.reason == "timeout"
        assert answer.detail.startswith("no end within 0.3 s (pid ")
        assert "state S" in answer.detail and answer.detail.endswith("; killed)")
        assert 0.3 <= took < 1.5

    def test_deaf_to_everything_but_kill(self) -> None:
        argv = ["sh", "-c", "trap '' TERM INT HUP; while :; do sleep 0.1; done"]
        answer, took = timed(LocalHost(), argv, 0.3)
        assert isinstance(answer, Unknown)
        assert (answer.reason, took < 1.5) == ("timeout", True)

    def test_children_go_with_it(self, tmp_path: Path) -> None:
        argv = ["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"]
        answer, _ = timed(LocalHost(), argv, 0.5)
        assert isinstance(answer, Unknown)
        assert wait_until_gone(int((tmp_path / "pid").read_text()))

    def test_streams_closed_long_before_the_end(self) -> None:
        answer, took = timed(LocalHost(), ["sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 4"], 5)
        assert isinstance(answer, Known)
        assert (answer.value.code, took < 2) == (4, True)

    def test_grandchild_that_holds_the_pipe(self, tmp_path: Path) -> None:
        """The command itself has ended: that is its answer, whatever it left running."""
        argv = ["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; echo done"]
        answer, took = timed(LocalHost(), argv, 5)
        pid = int((tmp_path / "pid").read_text())
        try:
            assert isinstance(answer, Known)
            assert (answer.value, took < 2) == (Output(0, "done\n", ""), True)
            assert running(pid)
        finally:
            os.kill(pid, signal.SIGKILL)

    def test_grandchild_that_floods_the_pipe(self, tmp_path: Path) -> None:
        argv = ["sh", "-c", f"yes & echo $! > {tmp_path}/pid; exit 0"]
        answer, took = timed(LocalHost(), argv, 5)
        try:
            assert isinstance(answer, Known)
            assert (answer.value.code, took < 3) == (0, True)
        finally:
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    def test_ctrl_c_takes_the_command_along(self, tmp_path: Path) -> None:
        """It has a session of its own and does not hear the terminal's."""
        code = f"from envdoctor.host import LocalHost; LocalHost().run({self.sleeper(tmp_path)}, 60)"
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        while not (tmp_path / "pid").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.wait(10)
        assert wait_until_gone(int((tmp_path / "pid").read_text()))

    def test_end_of_the_process_takes_the_command_along(self, tmp_path: Path) -> None:
        """A look that was cut short leaves its probes behind in daemon threads."""
        code = (
            "import threading, time, os\n"
            "from envdoctor.host import LocalHost\n"
            f"argv = {self.sleeper(tmp_path)}\n"
            "threading.Thread(target=LocalHost().run, args=(argv, 60), daemon=True).start()\n"
            f"while not os.path.exists('{tmp_path}/pid'): time.sleep(0.01)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
        assert wait_until_gone(int((tmp_path / "pid").read_text()))

    @staticmethod
    def sleeper(folder: Path) -> List[str]:
        """Writes its pid to a file, at once and whole."""
        return ["sh", "-c", f"echo $$ > {folder}/pid.new; mv {folder}/pid.new {folder}/pid; sleep 60"]


FREEZER = Path("/sys/fs/cgroup/freezer")


@pytest.fixture
def freezer() -> Iterator[Path]:
    """A cgroup-v1 freezer: what sits in it does not hear SIGKILL until it is thawed, as in a stuck driver call."""
    group = FREEZER / f"envdoctor-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup-v1 freezer that this user may use: {error}")
    yield group
    (group / "freezer.state").write_text("THAWED")
    until = time.monotonic() + 3
    while (group / "cgroup.procs").read_text().split() and time.monotonic() < until:
        time.sleep(0.02)
    group.rmdir()


@real
@pytest.mark.root
def test_survivor_of_sigkill_is_left_behind(freezer: Path, tmp_path: Path) -> None:
    stuck = script(
        tmp_path / "stuck",
        f"#!/bin/sh\necho $$ > {freezer}/cgroup.procs\necho FROZEN > {freezer}/freezer.state\nsleep 600\n",
    )
    answer, took = timed(LocalHost(), [stuck], 0.5)
    assert isinstance(answer, Unknown)
    assert answer.reason == "timeout"
    assert "state D in" in answer.detail
    assert "it survives SIGKILL and was left behind" in answer.detail
    assert took < 2


@real
class TestCannotStart:
    def test_not_on_path(self) -> None:
        assert LocalHost({"PATH": "/usr/bin:/none"}).run(["no-such-tool"], 5) == Absent(("no-such-tool on PATH",))

    def test_no_such_file(self) -> None:
        assert LocalHost().run(["/none/tool"], 5) == Absent(("/none/tool",))

    def test_folder(self, tmp_path: Path) -> None:
        assert LocalHost().run([str(tmp_path)], 5) == Unknown("denied", "not an executable file", str(tmp_path))

    def test_no_permission(self, tmp_path: Path) -> None:
        path = script(tmp_path / "tool", "#!/bin/sh\n", stat.S_IRUSR)
        assert LocalHost().run([path], 5) == Unknown("denied", "not an executable file", path)

    def test_interpreter_of_a_moved_environment(self, tmp_path: Path) -> None:
        path = script(tmp_path / "pip", f"#!{tmp_path}/moved/bin/python\n")
        detail = "it is there, but the interpreter or loader that it names is not"
        assert LocalHost().run([path], 5) == Unknown("failed", detail, path)

    @pytest.mark.parametrize("content", ["", "\x7fELF rubbish", "no shebang\n"])
    def test_not_a_program(self, content: str, tmp_path: Path) -> None:
        path = script(tmp_path / "tool", content)
        assert LocalHost().run([path], 5) == Unknown("failed", "Exec format error", path)

    def test_nul_in_an_argument(self) -> None:
        assert LocalHost().run(["echo", "a\0b"], 5).reason == "failed"  # type: ignore[union-attr]

    def test_too_many_arguments(self) -> None:
        answer = LocalHost().run(["echo", "x" * 10_000_000], 5)
        assert isinstance(answer, Unknown)
        assert (answer.reason, answer.detail) == ("failed", "Argument list too long")

    def test_relative_to_the_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        script(tmp_path / "tool", "#!/bin/sh\necho here\n")
        monkeypatch.chdir(tmp_path)
        answer = LocalHost().run(["./tool"], 5)
        assert isinstance(answer, Known)
        assert answer.value.out == "here\n"


class TestWhich:
    def path(self, tmp_path: Path) -> str:
        for folder in ("a", "b", "c", "d"):
            (tmp_path / folder).mkdir()
        script(tmp_path / "a" / "tool", "", 0o644)
        script(tmp_path / "b" / "tool", "")
        (tmp_path / "c" / "tool").mkdir()
        (tmp_path / "d" / "tool").symlink_to("../b/tool")
        return ":".join(f"{tmp_path}/{name}" for name in ("none", "a", "b", "c", "d", "b", "b/tool"))

    def test_every_executable_once_and_in_order(self, tmp_path: Path) -> None:
        assert LocalHost({"PATH": self.path(tmp_path)}).which("tool") == (f"{tmp_path}/b/tool", f"{tmp_path}/d/tool")

    @pytest.mark.parametrize("path", ["", "/none:", ":/none", "/none::/none2", "."])
    def test_empty_entry_is_the_current_folder(
        self, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script(tmp_path / "tool", "")
        monkeypatch.chdir(tmp_path)
        assert [os.path.normpath(found) for found in LocalHost({"PATH": path}).which("tool")] == [f"{tmp_path}/tool"]

    def test_dangling_link_and_odd_entries(self, tmp_path: Path) -> None:
        odd = tmp_path / os.fsdecode(b"\xff odd")
        odd.mkdir()
        (odd / "dangling").symlink_to("none")
        script(odd / "tool", "")
        host = LocalHost({"PATH": f"{odd}:\n:/dev/null:{'x' * 5000}"})
        assert host.which("tool") == (f"{odd}/tool",)
        assert host.which("dangling") == ()

    def test_a_path_is_looked_at_directly(self, tmp_path: Path) -> None:
        path = script(tmp_path / "tool", "")
        assert LocalHost({"PATH": ""}).which(path) == (path,)
        assert LocalHost({"PATH": str(tmp_path)}).which(f"{tmp_path}/none") == ()

    def test_no_path_at_all(self) -> None:
        assert LocalHost({}).which("sh") != ()
