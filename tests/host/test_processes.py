"""Processes, users, limits and the clock of this machine."""

from __future__ import annotations

import ctypes
import datetime
import os
import resource
import signal
import time
from typing import Any, Callable

import pytest

from envdoctor.host import LocalHost, Process
from envdoctor.reading import Absent, Known, value_or


def known(pid: int) -> Process:
    answer = LocalHost().process(pid)
    assert isinstance(answer, Known), answer
    assert answer.source == f"/proc/{pid}"
    return answer.value


def forked(action: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        action()
        os._exit(0)
    return child


class TestProcess:
    def test_this_one(self) -> None:
        process = known(os.getpid())
        assert process.pid == os.getpid()
        assert process.uid == os.geteuid()
        assert process.state in "RS"
        with open("/proc/self/comm") as file:
            assert process.command == file.read().rstrip("\n")

    def test_start(self) -> None:
        child = forked(lambda: time.sleep(30))
        try:
            started = datetime.datetime.strptime(known(child).started, "%Y-%m-%dT%H:%M:%SZ")
            age = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - started
            assert -2 < age.total_seconds() < 5
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def test_zombie(self) -> None:
        child = forked(lambda: None)
        until = time.monotonic() + 5
        while known(child).state != "Z" and time.monotonic() < until:
            time.sleep(0.01)
        assert known(child).state == "Z"
        os.waitpid(child, 0)
        assert LocalHost().process(child) == Absent((f"/proc/{child}",))

    @pytest.mark.parametrize("name", ["a) R 1 (", "two words", "new\nline", os.fsdecode(b"\xff")])
    def test_hostile_name(self, name: str) -> None:
        reader, writer = os.pipe()

        def rename() -> None:
            with open("/proc/self/comm", "wb") as file:
                file.write(os.fsencode(name))
            os.write(writer, b"x")
            time.sleep(30)

        child = forked(rename)
        try:
            os.read(reader, 1)
            process = known(child)
            assert (process.command, process.state in "RS") == (name, True)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reader)
            os.close(writer)

    @pytest.mark.parametrize("pid", [4194304 + 5, 2**31, -1])
    def test_not_there(self, pid: int) -> None:
        assert LocalHost().process(pid) == Absent((f"/proc/{pid}",))

    @pytest.mark.root
    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
    def test_user_without_a_name(self) -> None:
        def other() -> None:
            os.setuid(123456)
            time.sleep(30)

        child = forked(other)
        try:
            until = time.monotonic() + 5
            while known(child).uid == 0 and time.monotonic() < until:
                time.sleep(0.01)
            process = known(child)
            assert (process.uid, process.user) == (123456, "123456")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def hide_processes(option: bytes) -> Callable[[], None]:
    """A /proc of its own, in a mount namespace of its own, that hides other people's processes."""

    def mount() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        new_namespace, private = 0x20000, 0x44000
        for failed in (
            libc.unshare(new_namespace),
            libc.mount(b"none", b"/", None, private, None),
            libc.mount(b"proc", b"/proc", b"proc", 0, option),
        ):
            if failed:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    return mount


@pytest.mark.root
class TestHiddenProcesses:
    def ask(self, as_user: Any, option: bytes) -> Any:
        pid = os.getpid()
        try:
            return as_user(lambda: LocalHost().process(pid), hide_processes(option))
        except OSError as error:
            pytest.skip(f"mounting /proc is not allowed here: {error}")

    def test_owner_is_told_all_the_same(self, as_user: Any) -> None:
        assert self.ask(as_user, b"hidepid=1") == Known(
            Process(os.getpid(), 0, "root", "", "", ""), f"/proc/{os.getpid()}"
        )

    def test_nothing_is_told(self, as_user: Any) -> None:
        assert self.ask(as_user, b"hidepid=2") == Absent((f"/proc/{os.getpid()}",))


class TestIdentity:
    def test_home_is_what_the_environment_says(self) -> None:
        assert LocalHost({"HOME": "/home/ana"}).identity().home == "/home/ana"

    @pytest.mark.parametrize("environ", [{}, {"HOME": ""}])
    def test_no_home_in_the_environment(self, environ: Any) -> None:
        import pwd

        assert LocalHost(environ).identity().home == pwd.getpwuid(os.geteuid()).pw_dir

    def test_who_and_where(self) -> None:
        who = LocalHost().identity()
        assert (who.uid, who.kernel, who.machine) == (os.geteuid(), os.uname().release, os.uname().machine)
        assert who.system == "linux"
        assert who.user

    @pytest.mark.root
    def test_another_user(self, as_user: Any) -> None:
        who = as_user(lambda: LocalHost({}).identity())
        assert (who.uid, who.user) == (65534, "nobody")


class TestLimits:
    def test_as_the_kernel_says(self) -> None:
        limits = {name: (soft, hard) for name, soft, hard in LocalHost().limits()}
        assert sorted(limits) == ["address-space", "locked-memory", "open-files", "processes", "stack"]
        assert limits["open-files"] == resource.getrlimit(resource.RLIMIT_NOFILE)

    def test_unlimited_is_minus_one(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            pytest.skip("the address space is limited here")
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, hard))
        try:
            assert ("address-space", -1, -1) in LocalHost().limits()
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_cpus_are_those_of_the_affinity_mask() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert LocalHost().cpus() == Known(1, "sched_getaffinity")
    finally:
        os.sched_setaffinity(0, before)


def test_now() -> None:
    now = datetime.datetime.strptime(LocalHost().now(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    assert abs((now - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 3


def test_alive() -> None:
    host = LocalHost({})
    assert host.alive(os.getpid()) == Known(True, f"signal 0 to {os.getpid()}")
    assert [value_or(host.alive(pid), None) for pid in (1, 4194304, 1 << 70)] == [True, False, False]
