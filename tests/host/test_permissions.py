"""Closed doors, seen by a user for whom they are closed. Root sees none of them."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from envdoctor.host import LocalHost
from envdoctor.reading import Absent, Known, Unknown

pytestmark = pytest.mark.root
AsUser = Callable[[Callable[[], Any]], Any]


def test_every_question_at_a_closed_door(open_path: Path, as_user: AsUser) -> None:
    door = open_path / "door"
    door.mkdir(mode=0o700)
    path = str(door / "file")
    (door / "file").write_text("x")
    host = LocalHost()
    answers = as_user(
        lambda: (
            host.read(path),
            host.read_bytes(path, 0, 1),
            host.search(path, "x"),
            host.listdir(str(door)),
            host.stat(path),
            host.readlink(path),
            host.realpath(path),
            host.access(path, "r"),
            host.disk(path),
            host.run([path], 5),
        )
    )
    for answer in answers:
        assert answer in (
            Unknown("denied", "Permission denied", path),
            Unknown("denied", "Permission denied", str(door)),
        )


def test_closed_file(open_path: Path, as_user: AsUser) -> None:
    path = str(open_path / "secret")
    (open_path / "secret").write_text("x")
    os.chmod(path, 0o600)
    host = LocalHost()
    read, stat, may_read = as_user(lambda: (host.read(path), host.stat(path), host.access(path, "r")))
    assert read == Unknown("denied", "Permission denied", path)
    assert isinstance(stat, Known)
    assert may_read == Known(False, path)


def test_access_by_mode(open_path: Path, as_user: AsUser) -> None:
    path = str(open_path)
    host = LocalHost()
    assert as_user(lambda: tuple(host.access(path, mode) for mode in ("r", "w", "x", "rw", "rx"))) == tuple(
        Known(may, path) for may in (True, False, True, False, True)
    )
    assert host.access(path, "w") == Known(True, path)  # root passes modes


def test_access_asks_for_the_effective_user(open_path: Path, as_user: AsUser) -> None:
    """Root that only took another user's effective id must not be told what root may."""
    host = LocalHost()
    path = str(open_path)
    os.seteuid(65534)
    try:
        answer = host.access(path, "w")
    finally:
        os.seteuid(0)
    assert answer == Known(False, path)


def test_read_only_mount_stops_root(open_path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    read_only, detach = 1, 2
    if libc.mount(b"none", os.fsencode(open_path), b"tmpfs", read_only, b"size=1m"):
        pytest.skip("mounting is not allowed here")
    try:
        assert LocalHost().access(str(open_path), "w") == Known(False, str(open_path))
        assert LocalHost().access(str(open_path), "r") == Known(True, str(open_path))
    finally:
        libc.umount2(os.fsencode(open_path), detach)


def test_path_entries_that_cannot_be_entered(open_path: Path, as_user: AsUser) -> None:
    """The classic: execvp says "permission denied" for a program that is simply not there."""
    closed, good = open_path / "closed", open_path / "good"
    for folder in (closed, good):
        folder.mkdir()
        (folder / "tool").write_text("#!/bin/sh\n")
        (folder / "tool").chmod(0o755)
    closed.chmod(0o700)
    host = LocalHost({"PATH": f"{closed}:{good}:{open_path}/none"})
    found, missing = as_user(lambda: (host.which("tool"), host.run(["no-such-tool"], 5)))
    assert found == (f"{good}/tool",)
    assert missing == Absent(("no-such-tool on PATH",))


@pytest.mark.real
def test_file_that_may_not_be_executed(open_path: Path, as_user: AsUser) -> None:
    tool = open_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o744)
    assert as_user(lambda: LocalHost().run([str(tool)], 5)) == Unknown("denied", "not an executable file", str(tool))


def test_owner_of_a_process_of_another_user(as_user: AsUser) -> None:
    answer = as_user(lambda: LocalHost().process(1))
    assert isinstance(answer, Known)
    assert answer.value.uid == 0
    assert answer.value.user == "root"
