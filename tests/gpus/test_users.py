"""Real processes of real users, seen by root and by somebody who is not. Needs root: CI is root."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from envdoctor.gpus.look import look
from envdoctor.gpus.model import Held
from envdoctor.host import LocalHost, NvmlAnswer
from envdoctor.reading import Known, Reading, Unknown, value_or
from tests.conftest import NOBODY, FakeNvml
from tests.gpus.machines import target

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]
DAEMON = 1  # a user of every Linux, who logs in nowhere


@pytest.fixture
def start() -> Iterator[Callable[..., int]]:
    """Starts a sleeping process of a user and returns its pid."""
    children: List[subprocess.Popen[bytes]] = []

    def started(uid: int, argument: str = "300") -> int:
        def become() -> None:  # with its group: hidepid shows a process to those who could trace it
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)

        children.append(subprocess.Popen(["sleep", argument], preexec_fn=become, stdin=subprocess.DEVNULL))
        return children[-1].pid

    yield started
    for child in children:
        child.kill()
        child.wait()


class Asked(LocalHost):
    """This machine, with what NVML told root: the interpreter that asks it may be in a folder closed to others."""

    def __init__(self, environ: Dict[str, str]) -> None:
        super().__init__(environ)
        self._answer = super().nvml(8.0)

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        return self._answer


def held(host: LocalHost) -> Dict[int, Held]:
    cards = look(host, target()).cards
    assert isinstance(cards, Known)
    found = cards.value[0].held
    assert isinstance(found, Known)
    return {one.holder.pid: one for one in found.value}


def state(*pids: int) -> str:
    return "[gpu]\n" + "".join(f"proc = C {pid} 100 0\n" for pid in pids)


def test_two_users(fakenvml: FakeNvml, start: Callable[..., int]) -> None:
    one, other = start(DAEMON), start(NOBODY, "301")
    before = time.time()
    found = held(LocalHost(fakenvml.environ(state(one, other))))
    users = [value_or(found[pid].holder.user, "") for pid in (one, other)]
    assert users == [pwd.getpwuid(DAEMON).pw_name, pwd.getpwuid(NOBODY).pw_name]
    assert [value_or(found[pid].command, "") for pid in (one, other)] == ["sleep 300", "sleep 301"]
    for pid in (one, other):
        assert 0 <= value_or(found[pid].age, -1) <= time.time() - before + 5
        assert value_or(found[pid].host_memory, 0) > 0
        assert value_or(found[pid].holder.mine, None) is False


def test_by_a_user_who_is_not_root(fakenvml: FakeNvml, as_user: Callable[..., Any], start: Callable[..., int]) -> None:
    """Everything but the environment is everybody's to read."""
    pid, own = start(DAEMON), start(NOBODY)
    host = Asked(fakenvml.environ(state(pid, own)))
    found = as_user(lambda: held(host))
    assert value_or(found[pid].holder.user, "") == pwd.getpwuid(DAEMON).pw_name
    assert value_or(found[pid].command, "") == "sleep 300"
    assert [value_or(found[each].holder.mine, None) for each in (pid, own)] == [False, True]


def hide(how: str) -> Callable[[], None]:
    """A new /proc in a mount namespace of its own; a remount would change everybody's."""

    def hidden() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x00020000) != 0 or libc.mount(b"none", b"/", None, 0x44000, None) != 0:
            raise PermissionError("no mount namespace may be made here")
        if libc.mount(b"proc", b"/proc", b"proc", 0, f"hidepid={how}".encode()) != 0:
            raise PermissionError("/proc may not be mounted here")

    return hidden


@pytest.mark.parametrize("how", ["1", "2"])
def test_hidepid(how: str, fakenvml: FakeNvml, as_user: Callable[..., Any], start: Callable[..., int]) -> None:
    pid, own, gone = start(DAEMON), start(NOBODY), 4190000
    host = Asked(fakenvml.environ(state(pid, own, gone)))

    def seen() -> Any:
        return held(host), look(host, target()).limits

    try:
        found, limits = as_user(seen, hide(how))
    except PermissionError as error:
        pytest.skip(str(error))
    assert [found[each].missing for each in (pid, own, gone)] == ["hidden", "", "gone"]
    assert not any(isinstance(reading, Known) for reading in (found[pid].command, found[pid].cpu_seconds))
    assert value_or(found[pid].holder.memory, 0) == 100 << 20
    assert value_or(found[own].command, "") == "sleep 300"
    assert "hidepid" in limits[0]
    if how == "1":  # the owner of the folder still shows
        assert value_or(found[pid].holder.user, "") == pwd.getpwuid(DAEMON).pw_name
    assert "hidepid" not in Path("/proc/mounts").read_text()


def test_a_zombie(fakenvml: FakeNvml) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    try:
        until = time.monotonic() + 5
        while " Z " not in Path(f"/proc/{child}/stat").read_text() and time.monotonic() < until:
            time.sleep(0.01)
        (found,) = held(LocalHost(fakenvml.environ(state(child)))).values()
    finally:
        os.waitpid(child, 0)
    assert value_or(found.holder.state, "") == "Z"
    assert found.parent.startswith(f"pid {os.getpid()} (")
    assert isinstance(found.command, Unknown)


def test_processes_that_end_while_they_are_looked_at(fakenvml: FakeNvml) -> None:
    """A crowd that is killed meanwhile: each is told, or said to be gone."""
    crowd = [subprocess.Popen(["sleep", "300"]) for _ in range(60)]
    host = LocalHost(fakenvml.environ(state(*(child.pid for child in crowd))))
    killer = subprocess.Popen(
        [sys.executable, "-c", "import os, sys\nfor pid in map(int, sys.argv[1:]): os.kill(pid, 9)"]
        + [str(child.pid) for child in crowd[::2]]
    )
    found = held(host)
    killer.wait()
    for child in crowd[::2]:
        child.wait()
    after = held(host)
    for child in crowd:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            child.wait()
    assert len(found) == len(after) == 60
    assert [after[child.pid].missing for child in crowd] == ["gone", ""] * 30
    assert {one.missing for one in found.values()} <= {"", "gone"}
