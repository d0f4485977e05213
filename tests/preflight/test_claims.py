"""Claims between processes and users: never two winners, nothing left behind, whatever stands in the way."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, List, Set, Tuple

import pytest

from envdoctor._machine import claims as locks
from envdoctor.host import LocalHost
from envdoctor.preflight.claims import TAKEN, Claims

from ..conftest import FakeNvml
from .run import UUID, end, environ, preflight, started

GPU = UUID.format(0)

#: Puts its mark on its GPU, and looks after a while whether the mark is still its own. A second winner would have
#: written over it, or taken it away, whichever of the two was killed.
JOB = """
mark="$BUSY/$CUDA_VISIBLE_DEVICES"
echo $$ > "$mark"; echo start >> "$LOG"
sleep 0.$((RANDOM % 5 + 1))
[ "$(cat "$mark" 2>&1)" = $$ ] || echo two winners >> "$LOG"
rm -f "$mark"
"""


def claims(folder: Path) -> Claims:
    return Claims(LocalHost(), str(folder))


def held_locks(folder: Path) -> Set[int]:
    """Inodes of files in the folder that somebody has locked."""
    inodes = {entry.stat().st_ino for entry in folder.iterdir()}
    with open("/proc/locks", encoding="ascii") as table:
        return {lock.file[2] for lock in locks.locks(table.read())} & inodes


class TestOneClaim:
    def test_is_held_once(self, tmp_path: Path) -> None:
        first, second = claims(tmp_path / "c"), claims(tmp_path / "c")
        assert first.take(GPU) == "" and second.take(GPU) == TAKEN
        assert second.owners([GPU])[GPU].pid == os.getpid()
        assert second.take(UUID.format(1)) == ""
        first.release()
        assert second.take(GPU) == ""
        second.release()
        assert not held_locks(tmp_path / "c")

    def test_the_folder_and_its_files_are_open_to_all_whatever_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            claims(tmp_path / "c").take(GPU)
        finally:
            assert os.umask(before) == 0o077
        assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o1777
        assert stat.S_IMODE((tmp_path / "c" / GPU).stat().st_mode) == 0o444

    def test_a_removed_file_claims_nothing(self, tmp_path: Path) -> None:
        first = claims(tmp_path / "c")
        assert first.take(GPU) == ""
        folder = os.open(tmp_path / "c", os.O_RDONLY)
        stale = locks.open_file(folder, GPU)
        (tmp_path / "c" / GPU).unlink()
        second = claims(tmp_path / "c")
        assert second.take(GPU) == ""  # a new file, so the old lock is worth nothing; take() looks at the name again
        for descriptor in (folder, stale):
            os.close(descriptor)

    def test_a_name_is_only_a_name(self, tmp_path: Path) -> None:
        assert claims(tmp_path / "c").take("../../etc/passwd") == ""
        assert [path.name for path in (tmp_path / "c").iterdir()] == ["______etc_passwd"]


class TestHostileFiles:
    """What another user can put where a claim should be: none of it hangs, is followed, or is passed over."""

    def put(self, folder: Path, make: Callable[[Path], Any]) -> str:
        ours = claims(folder)  # the folder as envdoctor makes it
        make(folder / GPU)
        begun = time.monotonic()
        said = ours.take(GPU)
        assert time.monotonic() - begun < 1
        return said

    def test_a_link(self, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        assert "link" in self.put(tmp_path / "c", lambda path: path.symlink_to(victim))
        assert not victim.exists()

    def test_a_fifo(self, tmp_path: Path) -> None:
        assert "no plain file" in self.put(tmp_path / "c", lambda path: os.mkfifo(path))

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "no plain file" in self.put(tmp_path / "c", lambda path: path.mkdir())

    def test_a_second_name_of_another_file(self, tmp_path: Path) -> None:
        (tmp_path / "other").touch()
        assert "no plain file" in self.put(tmp_path / "c", lambda path: os.link(tmp_path / "other", path))

    def test_a_socket(self, tmp_path: Path) -> None:
        import socket

        with socket.socket(socket.AF_UNIX) as made:
            assert "its claim file" in self.put(tmp_path / "c", lambda path: made.bind(str(path)))

    def test_a_closed_file(self, tmp_path: Path, open_path: Path, as_user: Callable[..., Any]) -> None:
        folder = open_path / "c"
        claims(folder)
        (folder / GPU).touch(mode=0o000)
        said = as_user(lambda: claims(folder).take(GPU))
        assert "belongs to uid 0" in said

    @pytest.mark.parametrize("kind", ["file", "link", "closed", "not-sticky"])
    def test_the_folder_itself(self, kind: str, tmp_path: Path) -> None:
        folder = tmp_path / "c"
        if kind == "file":
            folder.touch()
        elif kind == "link":
            (tmp_path / "elsewhere").mkdir()
            (tmp_path / "elsewhere").chmod(0o1777)
            folder.symlink_to(tmp_path / "elsewhere")
        else:
            folder.mkdir()
            folder.chmod(0o700 if kind == "closed" else 0o777)
        ours = claims(folder)
        assert ours.trouble and str(folder) in ours.trouble
        assert ours.take(GPU) == "" and not ours.held()
        assert not (tmp_path / "elsewhere" / GPU).exists()


@pytest.mark.real
@pytest.mark.root
def test_another_users_claims_are_honoured_and_named(
    fakenvml: FakeNvml, open_path: Path, as_user: Callable[..., Any], tmp_path: Path
) -> None:
    """nobody holds every card but one: root is left with that one, and is told who has the others."""
    folder = open_path / "claims"
    env = environ(fakenvml, "[gpu x3]\n", tmp_path, ENVDOCTOR_CLAIMS=str(folder))
    claims(folder)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a thread that another test left hanging is no matter here
        child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        hoarder = claims(folder)
        for number in (0, 1):
            hoarder.take(UUID.format(number))
        os.mkfifo(folder / "waiting")  # and tries to hold up the line
        os.write(writer, b"ready")
        signal.pause()
    try:
        assert os.read(reader, 5) == b"ready"
        assert as_user(lambda: claims(folder).take(GPU)) == TAKEN
        begun = time.monotonic()
        code, out, _ = preflight(env, "--wait", "20s", "--format", "plain")
        assert code == 0 and time.monotonic() - begun < 15
        assert out.count(f"claimed by nobody (pid {child}") == 2 and "GPU 2  picked" in out
        code, out, err = preflight(env, "--gpus", "2", "--", "true")
        assert code == 75 and f"claimed by nobody (pid {child}" in err
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for descriptor in (reader, writer):
        os.close(descriptor)
    assert preflight(env, "--gpus", "3", "--", "true")[0] == 0


def storm(env: Dict[str, str], starts: int, chance: random.Random) -> Tuple[int, List[int]]:
    """So many preflights at once, one in six killed at a random moment: how many died of it, the others' exit codes."""
    jobs = [started(env, "--", "bash", "-c", JOB, stderr=subprocess.DEVNULL) for _ in range(starts)]
    victims = chance.sample(jobs, starts // 6)
    for victim in victims:
        time.sleep(chance.random() * 0.1)
        victim.kill()
    codes = [job.wait(120) for job in jobs if job not in victims]
    return sum(victim.wait(60) == -signal.SIGKILL for victim in victims), codes


@pytest.mark.real
@pytest.mark.parametrize(
    ("starts", "rounds"), [(40, 2), pytest.param(200, 5, marks=pytest.mark.big)], ids=["40", "200"]
)
def test_never_two_winners(fakenvml: FakeNvml, tmp_path: Path, starts: int, rounds: int) -> None:
    log, chance = tmp_path / "log", random.Random(4)
    env = environ(fakenvml, "[gpu x8]\n", tmp_path, LOG=str(log), BUSY=str(tmp_path / "busy"))
    (tmp_path / "busy").mkdir()
    for _ in range(rounds):
        log.write_text("")
        killed, codes = storm(env, starts, chance)
        lines = log.read_text().splitlines()
        # On a busy machine a few may all be through before they are killed.
        assert (killed or starts < 100) and set(codes) <= {0, 75}, (killed, set(codes))
        assert set(lines) == {"start"} and len(lines) >= max(8, codes.count(0)), lines
    until = time.monotonic() + 5  # a killed job's child may have its half second left
    while held_locks(tmp_path / "claims") and time.monotonic() < until:
        time.sleep(0.05)
    assert not held_locks(tmp_path / "claims")
    assert preflight(env, "--gpus", "8", "--", "true")[0] == 0


@pytest.mark.real
def test_sets_of_three_never_share_a_gpu(fakenvml: FakeNvml, tmp_path: Path) -> None:
    env = environ(fakenvml, "[gpu x8]\n", tmp_path)
    jobs = [
        started(
            env, "--gpus", "3", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES; exec sleep 60",
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for _ in range(6)
    ]  # fmt: skip
    try:
        got = [job.stdout.readline().strip() for job in jobs if job.stdout]
        taken = [uuid for line in got if line for uuid in line.split(",")]
        assert len(taken) == len(set(taken)) and len(taken) in (3, 6), got
    finally:
        for job in jobs:
            end(job)


def rival(folder: Path, uid: int, go: int, told: int) -> None:
    """In a child: become this user, wait for the start, take the first card that can be had, tell, and keep it."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    ours = claims(folder)
    os.read(go, 1)  # its other end is closed: all start at once
    got = next((number for number in range(8) if ours.take(UUID.format(number)) == ""), -1)
    os.write(told, f"{uid} {got} {int(bool(ours.trouble))}\n".encode())
    signal.pause()


@pytest.mark.real
@pytest.mark.root
def test_two_users_who_start_at_once_never_get_the_same_card(open_path: Path, as_user: Callable[..., Any]) -> None:
    """Twelve processes each of two users, for eight cards: the folder is made by whoever comes first."""
    folder = open_path / "claims"
    open_path.chmod(0o1777)
    (go, start), (reader, told) = os.pipe(), os.pipe()
    children = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a thread that another test left hanging is no matter here
        for number in range(24):
            child = os.fork()
            if child == 0:
                os.close(start)
                rival(folder, (1, 65534)[number % 2], go, told)
            children.append(child)
    try:
        os.close(start)
        os.close(told)
        with open(reader) as lines:
            answers = [tuple(map(int, lines.readline().split())) for _ in children]
        assert [trouble for *_, trouble in answers] == [0] * 24
        won = [(uid, got) for uid, got, _ in answers if got >= 0]
        assert sorted(got for _, got in won) == list(range(8))
        held = as_user(lambda: claims(folder).owners(UUID.format(number) for number in range(8)))
        assert {UUID.format(got): uid for uid, got in won} == {uuid: owner.uid for uuid, owner in held.items()}
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(go)
    assert not held_locks(folder)
