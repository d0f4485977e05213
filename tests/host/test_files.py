"""Files of this machine: what opens, what is not there, and what must not even be opened."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable, Dict

import pytest

from envdoctor.host import LocalHost, Stat
from envdoctor.reading import Absent, Known, Unknown

ODD = os.fsdecode(b"caf\xe9 \xff")  # not UTF-8

Question = Callable[[str], object]


@pytest.fixture
def host() -> LocalHost:
    return LocalHost()


def questions(host: LocalHost) -> Dict[str, Question]:
    return {
        "read": host.read,
        "read_bytes": lambda path: host.read_bytes(path, 0, 10),
        "search": lambda path: host.search(path, "x"),
        "listdir": host.listdir,
        "stat": host.stat,
        "readlink": host.readlink,
        "realpath": host.realpath,
        "access": lambda path: host.access(path, "r"),
        "disk": host.disk,
    }


@pytest.mark.parametrize("name", sorted(questions(LocalHost())))
class TestEveryQuestion:
    def test_not_there(self, name: str, host: LocalHost, tmp_path: Path) -> None:
        for path in (f"{tmp_path}/none", f"{tmp_path}/none/below"):
            assert questions(host)[name](path) == Absent((path,))

    def test_below_a_file(self, name: str, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        assert questions(host)[name](f"{tmp_path}/file/x") == Absent((f"{tmp_path}/file/x",))

    def test_dangling_link(self, name: str, host: LocalHost, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to("nowhere")
        answer = questions(host)[name](str(link))
        assert answer == (Known("nowhere", str(link)) if name == "readlink" else Absent((str(link),)))

    def test_links_in_a_circle(self, name: str, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        answer = questions(host)[name](f"{tmp_path}/a/x")
        assert isinstance(answer, Unknown)
        assert (answer.reason, answer.detail) == ("failed", "Too many levels of symbolic links")

    @pytest.mark.parametrize("path", ["a\0b", "\ud800", "/" + "n" * 5000])
    def test_names_that_no_file_has(self, name: str, path: str, host: LocalHost) -> None:
        answer = questions(host)[name](path)
        assert isinstance(answer, Unknown)
        assert (answer.reason, answer.source) == ("failed", path)
        assert answer.detail

    def test_empty_path(self, name: str, host: LocalHost) -> None:
        assert questions(host)[name]("") == Absent(("",))


@pytest.mark.parametrize("name", ["read", "read_bytes", "search"])
class TestOnlyRegularFiles:
    @pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty", "/dev/null"])
    def test_device(self, name: str, path: str, host: LocalHost) -> None:
        assert questions(host)[name](path) == Unknown("failed", "Not a regular file", path)

    def test_fifo(self, name: str, host: LocalHost, tmp_path: Path) -> None:
        path = str(tmp_path / "fifo")
        os.mkfifo(path)
        started = time.monotonic()
        assert questions(host)[name](path) == Unknown("failed", "Not a regular file", path)
        assert time.monotonic() - started < 1

    def test_folder(self, name: str, host: LocalHost, tmp_path: Path) -> None:
        assert questions(host)[name](str(tmp_path)) == Unknown("failed", "Is a directory", str(tmp_path))


class TestRead:
    def test_text_with_bytes_that_are_none(self, host: LocalHost, tmp_path: Path) -> None:
        path = tmp_path / ODD
        path.write_bytes("é\n".encode() + b"\xff\x00")
        assert host.read(str(path)) == Known("é\n\udcff\0", str(path))

    def test_no_more_than_the_limit(self, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "big").write_bytes(b"ab" * (3 << 20))
        assert host.read(f"{tmp_path}/big", 3) == Known("aba", f"{tmp_path}/big")
        whole = host.read(f"{tmp_path}/big", 100 << 20)
        assert isinstance(whole, Known)
        assert whole.value == "ab" * (3 << 20)

    def test_proc(self, host: LocalHost) -> None:
        """A file whose size is given as 0."""
        answer = host.read("/proc/self/status")
        assert isinstance(answer, Known)
        assert f"Pid:\t{os.getpid()}\n" in answer.value

    def test_relative_path(self, host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "here").write_text("x")
        monkeypatch.chdir(tmp_path)
        assert host.read("here") == Known("x", "here")


class TestReadBytes:
    @pytest.mark.parametrize(
        ("offset", "size", "expected"), [(2, 3, b"\x02\x03\x04"), (8, 100, b"\x08\x09"), (99, 5, b""), (3, 0, b"")]
    )
    def test_ranges(self, offset: int, size: int, expected: bytes, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(bytes(range(10)))
        assert host.read_bytes(f"{tmp_path}/file", offset, size) == Known(expected, f"{tmp_path}/file")

    @pytest.mark.parametrize(("offset", "size"), [(-1, 5), (0, -1), (1 << 80, 5)])
    def test_ranges_that_are_none(self, offset: int, size: int, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        answer = host.read_bytes(f"{tmp_path}/file", offset, size)
        assert isinstance(answer, Unknown)
        assert answer.reason == "failed"

    def test_huge_size_takes_no_memory(self, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        assert host.read_bytes(f"{tmp_path}/file", 0, 1 << 60) == Known(b"x", f"{tmp_path}/file")


class TestSearch:
    def search(self, tmp_path: Path, content: bytes, pattern: str, limit: int = 64) -> tuple[str, ...]:
        (tmp_path / "binary").write_bytes(content)
        answer = LocalHost().search(f"{tmp_path}/binary", pattern, limit)
        assert isinstance(answer, Known)
        return answer.value

    def test_empty_file(self, tmp_path: Path) -> None:
        assert self.search(tmp_path, b"", "x") == ()

    def test_in_order_up_to_the_limit(self, tmp_path: Path) -> None:
        content = b"\0sm_50 sm_60\0\xffsm_90\0"
        assert self.search(tmp_path, content, r"sm_\d+( sm_\d+)*") == ("sm_50 sm_60", "sm_90")
        assert self.search(tmp_path, content, r"sm_\d+", 2) == ("sm_50", "sm_60")

    def test_bytes_come_back_as_latin_1(self, tmp_path: Path) -> None:
        assert self.search(tmp_path, b"a\xe9\xff", "\xe9.") == ("\xe9\xff",)

    @pytest.mark.parametrize("at", [(1 << 20) - 3, (1 << 20), (1 << 20) - (1 << 16) - 3, (2 << 20) - 1])
    def test_matches_on_the_seam_of_two_pieces(self, at: int, tmp_path: Path) -> None:
        content = b"\0" * at + b"sm_50 sm_60" + b"\0" * (3 << 20) + b"sm_70"
        assert self.search(tmp_path, content, r"sm_\d+(?: sm_\d+)*") == ("sm_50 sm_60", "sm_70")

    def test_match_longer_than_the_overlap(self, tmp_path: Path) -> None:
        content = b"\0" * ((1 << 20) - 7) + b"x" * 300_000 + b"\0"
        assert [len(match) for match in self.search(tmp_path, content, "x+")] == [300_000]

    def test_lookbehind_sees_the_piece_before(self, tmp_path: Path) -> None:
        content = b"\0" * ((1 << 20) - (1 << 16) - 1) + b"91.5" + b"\0" * (1 << 17) + b"1.7"
        assert self.search(tmp_path, content, r"(?<![0-9])1\.\d") == ("1.7",)

    def test_only_in_the_bytes_asked(self, host: LocalHost, tmp_path: Path) -> None:
        path = f"{tmp_path}/binary"
        (tmp_path / "binary").write_bytes(b"sm_50\0" + b"\0" * (2 << 20) + b"sm_60\0sm_70\0")
        assert host.search(path, r"sm_\d+", 64, 6) == Known(("sm_60", "sm_70"), path)
        assert host.search(path, r"sm_\d+", 64, 0, 6) == Known(("sm_50",), path)
        assert host.search(path, r"sm_\d+", 64, 6, (2 << 20) + 5) == Known(("sm_60",), path)
        assert host.search(path, r"sm_\d+", 64, 5 << 20, 8) == Known((), path)

    def test_every_match_once(self, tmp_path: Path) -> None:
        content = b"".join(b"<%06d>" % number for number in range(400_000))
        found = self.search(tmp_path, content, r"<\d{6}>", 1_000_000)
        assert found == tuple(f"<{number:06d}>" for number in range(400_000))


class TestFolders:
    def test_names_are_sorted_and_may_be_odd(self, host: LocalHost, tmp_path: Path) -> None:
        for name in ("b", "a", ODD, "new\nline", "'quote\""):
            (tmp_path / name).touch()
        answer = host.listdir(str(tmp_path))
        assert answer == Known(tuple(sorted(["'quote\"", "a", "b", ODD, "new\nline"])), str(tmp_path))

    def test_of_a_file(self, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert host.listdir(f"{tmp_path}/file") == Absent((f"{tmp_path}/file",))


class TestStat:
    def test_file(self, host: LocalHost, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("four")
        path.chmod(0o640)
        os.utime(path, (1e9, 1.5e9))
        (tmp_path / "link").symlink_to("file")
        info = path.stat()
        expected = Stat("file", 4, 0o100640, os.getuid(), 1.5e9, info.st_dev, info.st_ino, info.st_gid)
        assert host.stat(f"{tmp_path}/link") == Known(expected, f"{tmp_path}/link")

    def test_kinds(self, host: LocalHost, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        kinds = {}
        for path in (str(tmp_path), "/dev/null", f"{tmp_path}/fifo"):
            answer = host.stat(path)
            assert isinstance(answer, Known)
            kinds[path] = answer.value.kind
        assert list(kinds.values()) == ["dir", "char-device", "other"]


class TestLinks:
    def test_readlink_is_as_written(self, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("../x/" + ODD)
        assert host.readlink(f"{tmp_path}/link") == Known("../x/" + ODD, f"{tmp_path}/link")
        assert host.readlink(str(tmp_path)) == Absent((str(tmp_path),))

    def test_realpath(self, host: LocalHost, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "file").touch()
        (tmp_path / "link").symlink_to("real")
        real = os.path.realpath(tmp_path)
        assert host.realpath(f"{tmp_path}/link/../link/file") == Known(
            f"{real}/real/file", f"{tmp_path}/link/../link/file"
        )


class TestDisk:
    def test_against_df(self, host: LocalHost, tmp_path: Path) -> None:
        answer = host.disk(str(tmp_path))
        assert isinstance(answer, Known)
        info = os.statvfs(tmp_path)
        assert answer.value.total == info.f_blocks * info.f_frsize
        assert 0 < answer.value.free <= answer.value.total
        assert abs(answer.value.free - info.f_bavail * info.f_frsize) < 1 << 30


class TestCwd:
    def test_where_we_are(self, host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert host.cwd == os.path.realpath(tmp_path)

    def test_removed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        assert LocalHost({"PWD": str(gone)}).cwd == str(gone)
        assert LocalHost({}).cwd == ""
        assert LocalHost({"PWD": str(gone)}).read("x") == Absent(("x",))


def test_environment_is_the_given_one() -> None:
    assert LocalHost({"A": "1"}).environ == {"A": "1"}
    assert dict(LocalHost().environ) == dict(os.environ)
