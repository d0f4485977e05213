"""Network file systems: which paths lie on one, and that a dead one stops nobody."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Dict, Optional

import pytest

from envdoctor._machine.mounts import Mounts, Patience, Silent, is_network, parse_mountinfo
from envdoctor.host import LocalHost
from envdoctor.reading import Absent, Known, Unknown

from ..envs.stuck_mount import stuck_mount

MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:40 / /home rw,relatime shared:5 master:2 - nfs4 filer:/home rw,vers=4.2,hard
41 27 0:41 / /mnt/with\040space\134and\011tab rw - fuse.sshfs u@h:/ rw
42 27 0:42 / /data rw - autofs systemd-1 rw
43 27 0:43 / /data rw - ext4 /dev/sdb rw
44 27 0:44 / /scratch rw propagate_from:3 - lustre mds@tcp:/scratch rw
rubbish
45 27 0:45 / /cut rw -
"""


def test_parse_mountinfo() -> None:
    assert parse_mountinfo(MOUNTINFO) == {
        "/proc": "proc",
        "/": "ext4",
        "/home": "nfs4",
        "/mnt/with space\\and\ttab": "fuse.sshfs",
        "/data": "ext4",
        "/scratch": "lustre",
    }


def test_own_table_has_the_root() -> None:
    assert "/" in parse_mountinfo(Path("/proc/self/mountinfo").read_text())


@pytest.mark.parametrize(
    ("kind", "network"),
    [
        *((kind, True) for kind in ("nfs", "nfs4", "cifs", "fuse", "fuse.sshfs", "9p")),
        *((kind, False) for kind in ("ext4", "fuseblk", "tmpfs", "overlay", "fusectl", "")),
    ],
)
def test_is_network(kind: str, network: bool) -> None:
    assert is_network(kind) is network


class TestNetwork:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        """`net` is declared a network mount; links lead onto it, off it and around it."""
        top = Path(os.path.realpath(tmp_path))
        for folder in ("net/inside", "local"):
            (top / folder).mkdir(parents=True)
        (top / "absolute").symlink_to(top / "net" / "inside")
        (top / "local" / "relative").symlink_to("../net")
        (top / "local" / "twice").symlink_to("../absolute")
        (top / "local" / "away").symlink_to("/usr")
        (top / "circle").symlink_to("circle")
        return top

    @pytest.mark.parametrize(
        ("path", "network"),
        [
            ("net", True),
            ("net/inside/x", True),
            ("net/", True),
            ("net/../local", True),  # the kernel walks through it
            ("absolute", True),
            ("absolute/x", True),
            ("local/relative/x", True),
            ("local/twice", True),
            ("local/./../local/twice/x", True),
            ("local/x", False),
            ("local/away/x", False),
            ("network", False),
            ("none/../net", True),
            ("circle/x", False),
            ("", False),
        ],
    )
    def test_walk(self, path: str, network: bool, tree: Path) -> None:
        mounts = Mounts({"/": "ext4", f"{tree}/net": "nfs4", f"{tree}/local": "ext4"})
        assert mounts.network(f"{tree}/{path}") == (f"{tree}/net" if network else None)

    def test_nothing_is_walked_where_nothing_is_mounted(self) -> None:
        assert Mounts({"/": "ext4"}).network("/any/where") is None

    def test_network_root_is_not_asked_with_patience(self) -> None:
        assert Mounts({"/": "nfs"}).network("/any/where") is None

    def test_local_mount_below_a_network_one_is_reached_through_it(self) -> None:
        assert Mounts({"/": "ext4", "/net": "nfs", "/net/local": "ext4"}).network("/net/local/x") == "/net"


class TestPatience:
    def test_answer_and_error_come_through(self) -> None:
        patience = Patience(5)
        assert patience.ask("/net", lambda: 42) == 42
        with pytest.raises(OSError, match="stale") as raised:
            patience.ask("/net", self._stale)
        assert raised.value.errno == errno.ESTALE

    @staticmethod
    def _stale() -> None:
        raise OSError(errno.ESTALE, "stale")

    def test_one_silent_question_silences_the_place(self) -> None:
        release = threading.Event()
        patience = Patience(0.2)
        started = time.monotonic()
        with pytest.raises(Silent, match=r"/net did not answer within 0\.2 s"):
            patience.ask("/net", release.wait)
        first = time.monotonic() - started
        with pytest.raises(Silent, match="did not answer before"):
            patience.ask("/net", lambda: 1)
        assert 0.2 <= first < 1
        assert time.monotonic() - started - first < 0.1
        assert patience.ask("/other", lambda: 2) == 2
        release.set()

    def test_late_answer_opens_it_again(self) -> None:
        release = threading.Event()
        patience = Patience(0.1)
        with pytest.raises(Silent):
            patience.ask("/net", release.wait)
        release.set()
        until = time.monotonic() + 5
        answer: Optional[int] = None
        while answer is None and time.monotonic() < until:
            try:
                answer = patience.ask("/net", lambda: 3)
            except Silent:
                time.sleep(0.01)
        assert answer == 3


def network_host(folder: Path, patience: float = 5) -> LocalHost:
    return LocalHost(patience=patience, mounts={"/": "ext4", os.path.realpath(folder): "nfs4"})


def test_living_network_folder_answers_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to("none")
    host = network_host(tmp_path)
    assert host.read(f"{tmp_path}/file") == Known("text", f"{tmp_path}/file")
    assert host.listdir(str(tmp_path)) == Known(("file", "link"), str(tmp_path))
    assert host.stat(f"{tmp_path}/link") == Absent((f"{tmp_path}/link",))
    assert host.read(str(tmp_path)) == Unknown("failed", "Is a directory", str(tmp_path))


needs_fuse = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and /dev/fuse")


@needs_fuse
@pytest.mark.root
@pytest.mark.real
class TestDeadMount:
    """A real mount that answers nothing: questions about it hang in the kernel."""

    def test_every_question_is_answered_in_time(self, tmp_path: Path) -> None:
        dead = Path(os.path.realpath(tmp_path)) / "dead"
        dead.mkdir()
        (tmp_path / "link").symlink_to("dead")
        path = f"{tmp_path}/link/file"
        with stuck_mount(dead):
            host = LocalHost({"PATH": f"{dead}/bin:/usr/bin:/bin"}, patience=0.5)
            started = time.monotonic()
            first = host.read(path)
            assert first == Unknown("timeout", f"{dead} did not answer within 0.5 s", path)
            answers: Dict[str, object] = {
                "search": host.search(path, "x"),
                "listdir": host.listdir(path),
                "stat": host.stat(path),
                "readlink": host.readlink(path),
                "realpath": host.realpath(path),
                "access": host.access(path, "r"),
                "disk": host.disk(path),
                "run": host.run([path], 60),
                "ask": host.ask(path, "ask", [], 60),
            }
            silent = Unknown("timeout", f"{dead} did not answer before", path)
            assert answers == dict.fromkeys(answers, silent)
            assert len(host.which("sh")) > 0
            assert isinstance(host.stat(str(tmp_path)), Known)
            assert time.monotonic() - started < 1.5

    def test_the_process_ends_although_a_thread_hangs(self, tmp_path: Path) -> None:
        dead = tmp_path / "dead"
        dead.mkdir()
        code = f"from envdoctor.host import LocalHost; print(LocalHost(patience=0.3).stat({str(dead)!r}).reason)"
        with stuck_mount(dead):
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=True)
        assert done.stdout == b"timeout\n"
