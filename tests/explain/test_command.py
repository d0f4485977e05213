"""`envdoctor explain` as a user starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from tests.cli.run import PLAIN

pytestmark = pytest.mark.real
LOG = b"RuntimeError: CUDA error: no kernel image is available for execution on the device\n"


def start(*args: str, **options: Any) -> subprocess.Popen[bytes]:
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "envdoctor", "explain", *args], env=env, **{**pipes, **options})


def run(*args: str, given: bytes = b"") -> Tuple[int, bytes, bytes]:
    child = start(*args)
    out, err = child.communicate(given, timeout=60)
    return child.returncode, out, err


def findings(out: bytes) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = json.loads(out)["findings"]
    return found


@pytest.mark.parametrize("args", [(), ("-",)])
def test_stdin(args: Tuple[str, ...]) -> None:
    code, out, err = run("--elsewhere", "--format", "json", *args, given=LOG)
    assert (code, err) == (1, b"")
    (first, *_) = findings(out)
    assert first["name"] == "gpu-arch-not-in-build"
    assert first["id"] == "TOR102"
    assert first["because"][0]["source"] == "line 1"
    assert set(first) >= {"name", "id", "severity", "confidence", "title", "meaning", "because", "fixes"}


def test_what_was_read_of_the_text_is_in_the_json() -> None:
    """As in the JSON of check, without what the text does not tell."""
    _, out, _ = run(
        "--elsewhere", "--format", "json", given=b"pytorch.version:   1.13.1+cu117\npytorch.cuda:   available\n"
    )
    told = json.loads(out)["facts"]
    assert told["torch"]["version"] == {"known": "1.13.1+cu117", "source": "line 1"}
    assert "path" not in told["torch"] and "gpus" not in told
    assert json.loads(run("--elsewhere", "--format", "json", given=b"all is well\n")[1])["facts"] is None


def test_a_file(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(b"fine\n" * 3 + LOG)
    code, out, _ = run("--elsewhere", str(log))
    assert code == 1
    assert b"gpu-arch-not-in-build" in out
    assert b"[line 4]" in out


def test_nothing_wrong() -> None:
    code, out, _ = run("--elsewhere", given=b"epoch 1 loss 0.3\n")
    assert code == 0
    assert out.startswith(b"Nothing wrong with this environment")


def test_a_fault_of_the_program() -> None:
    code, out, _ = run("--elsewhere", given=b"RuntimeError: CUDA error: device-side assert triggered\n")
    assert code == 0
    assert b"the fault is in the program" in out


@pytest.mark.parametrize("args", [("no-such-file",), ("one", "two"), ("/",)])
def test_what_cannot_be_read(args: Tuple[str, ...]) -> None:
    code, out, err = run("--elsewhere", *args)
    assert (code, out) == (2, b"")
    assert err.startswith(b"envdoctor: ")
    assert b"Traceback" not in err


def test_here_the_machine_is_looked_at() -> None:
    code, out, _ = run("--format", "json", given=LOG)
    assert code == 1
    answer = json.loads(out)
    assert answer["elsewhere"] is False
    assert answer["target"]["executable"]


SCRIPT = r"""
import sys
sys.stdout.write("out\n")
sys.stdout.flush()
sys.stderr.write(sys.argv[1])
sys.exit(int(sys.argv[2]))
"""


def test_a_command_that_works_is_passed_through() -> None:
    code, out, err = run("--", sys.executable, "-c", SCRIPT, "err", "0")
    assert (code, out, err) == (0, b"out\n", b"err")


def test_a_command_that_fails_is_explained() -> None:
    code, out, err = run("--", sys.executable, "-c", SCRIPT, LOG.decode(), "7")
    assert (code, out) == (7, b"out\n")
    assert err.startswith(LOG)
    assert b"gpu-arch-not-in-build" in err


def test_a_command_that_is_not_there() -> None:
    code, out, err = run("--", "/no/such/program")
    assert (code, out) == (2, b"")
    assert b"cannot be started" in err


def test_stdin_is_the_command_s_own() -> None:
    code, out, _ = run("--", "cat", given=b"\x00\xff binary\n" * 1000)
    assert (code, out) == (0, b"\x00\xff binary\n" * 1000)


def test_the_signal_that_ended_it() -> None:
    assert run("--", "sh", "-c", "kill -9 $$")[0] == 128 + signal.SIGKILL


def test_signals_go_on_to_the_command() -> None:
    child = start("--", "sh", "-c", "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=30)
    assert (child.returncode, out) == (5, b"got\n")


def test_more_output_than_is_kept_is_passed_on_and_its_end_explained() -> None:
    script = "import sys; [print('x' * 99) for _ in range(100000)]; sys.stderr.write(sys.argv[1]); sys.exit(1)"
    code, out, err = run("--", sys.executable, "-c", script, LOG.decode())
    assert code == 1
    assert len(out) == 10_000_000
    assert b"gpu-arch-not-in-build" in err


def test_a_terminal_stays_one() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    script = "import sys; print(sys.stdout.isatty(), sys.stderr.isatty())"
    child = start("--", sys.executable, "-c", script, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert child.stdin is not None
    child.stdin.close()
    said = b""
    until = time.monotonic() + 30
    while b"\n" not in said and time.monotonic() < until:
        said += os.read(ours, 1000)
    child.wait(timeout=30)
    os.close(ours)
    if child.stderr is not None:
        child.stderr.close()
    assert said.split() == [b"True", b"False"]


def test_after_an_early_reader_has_gone_the_command_goes_on(tmp_path: Path) -> None:
    mark = tmp_path / "done"
    script = f"import sys; [print(i) for i in range(20000)]; open({str(mark)!r}, 'w').close()"
    child = start("--", sys.executable, "-c", script)
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    child.wait(timeout=30)
    for pipe in (child.stdin, child.stderr):
        if pipe is not None:
            pipe.close()
    assert mark.exists()


def test_what_was_killed_is_explained_though_it_cannot_say_so() -> None:
    code, _, err = run("--", "sh", "-c", "kill -9 $$")
    assert code == 137
    assert b"host memory ran out" in err


def test_what_fails_silently_gets_one_sentence() -> None:
    code, out, err = run("--", "sh", "-c", "exit 4")
    assert (code, out) == (4, b"")
    assert b"exit code 4 and printed nothing" in err
    assert b"may be" not in err


def test_what_somebody_ended_is_not_explained() -> None:
    code, _, err = run("--", "sh", "-c", "kill -TERM $$")
    assert (code, err) == (128 + signal.SIGTERM, b"")


def test_a_terminal_gets_each_line_end_once() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    child = start("--", sys.executable, "-c", "print('a'); print('b')", stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    said = b""
    until = time.monotonic() + 30
    while said.count(b"\n") < 2 and time.monotonic() < until:
        said += os.read(ours, 1000)
    child.communicate(timeout=30)
    os.close(ours)
    assert said == b"a\r\nb\r\n"
