"""What a followed process did, against what it really does."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import Iterator, List

import pytest

from envdoctor._machine.sampling import children
from envdoctor.watch.processes import Done, Followed

Started = List["subprocess.Popen[bytes]"]


@pytest.fixture
def started() -> Iterator[Started]:
    every: Started = []
    yield every
    for process in every:
        process.kill()
        process.wait()


def followed(started: Started, code: str, seconds: float = 0.5) -> Done:
    process = subprocess.Popen([sys.executable, "-c", f"print(flush=True)\n{code}"], stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    time.sleep(0.1)
    began = time.monotonic()
    seen = Followed(process.pid, began)
    while time.monotonic() - began < seconds:
        seen.glance(waits=True)
        time.sleep(0.02)
    done = seen.done(time.monotonic())
    seen.close()
    assert done is not None
    return done


def test_one_that_spins_is_never_idle(started: Started) -> None:
    shares = followed(started, "while True: pass").shares
    assert shares.idle < 0.15 and shares.run + shares.delay > 0.85 and shares.disk < 0.2


@pytest.mark.slow
def test_one_that_sleeps_is_idle(started: Started) -> None:
    shares = followed(started, "import time; time.sleep(60)").shares
    assert shares.idle > 0.9 and shares.remote == 0.0


@pytest.mark.slow
def test_one_that_waits_for_a_server_is_not_idle(started: Started) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]})).recv(1)"
        shares = followed(started, code).shares
    assert shares.remote > 0.8 and shares.idle < 0.2


@pytest.mark.slow
def test_one_in_state_d_waits_for_storage(started: Started) -> None:
    """vfork keeps the parent in state D until its child goes: a stand-in for a disk that does not answer.

    The child goes with its parent (PR_SET_PDEATHSIG), or after a minute.
    """
    code = (
        "import ctypes\nlibc = ctypes.CDLL(None)\nif libc.vfork() == 0: libc.prctl(1, 9), libc.sleep(60), libc._exit(0)"
    )
    shares = followed(started, code).shares
    assert shares.disk > 0.8 and shares.idle < 0.2


@pytest.mark.slow
def test_threads_that_work_while_the_first_one_waits(started: Started) -> None:
    code = "import threading, hashlib\ndef work():\n  while True: hashlib.sha256(bytes(1 << 20)).digest()\n"
    shares = followed(started, code + "t = threading.Thread(target=work); t.start(); t.join()").shares
    assert shares.run < 0.3 and shares.idle < 0.9 and shares.cpu > 0.1


@pytest.mark.slow
def test_what_it_reads(started: Started) -> None:
    done = followed(started, "import time\nwhile True: open('/proc/self/stat').read(); time.sleep(.001)")
    assert done.read is not None and done.read > 1000 and done.threads == 1


def test_one_that_has_gone(started: Started) -> None:
    process = subprocess.Popen(["sleep", "0.1"])
    seen = Followed(process.pid, 0.0)
    assert not seen.gone
    process.wait()
    seen.glance(waits=False)
    assert seen.gone and seen.done(1.0) is None
    assert Followed(process.pid, 0.0).gone
    seen.close()


def test_children_of_every_thread(started: Started) -> None:
    code = (
        "import subprocess, threading, time\n"
        "t = threading.Thread(target=lambda: (subprocess.Popen(['sleep', '30']), time.sleep(30))); t.start()\n"
        "subprocess.Popen(['sleep', '30']); time.sleep(30)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    started.append(process)
    found: List[int] = []
    for _ in range(100):
        found = children(process.pid, True) or []
        if len(found) == 2:
            break
        time.sleep(0.05)
    first = children(process.pid, False)
    for pid in found:
        subprocess.run(["kill", str(pid)], check=True)
    assert len(found) == 2 and first is not None and len(first) == 1
    assert children(4194304, True) == []
