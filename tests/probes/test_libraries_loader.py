"""The model of the dynamic loader against the real one, and where no real one can be had, against its manual."""

from __future__ import annotations

import itertools
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple

import pytest

from envdoctor.host import LocalHost
from envdoctor.probes._elf import ElfFiles
from envdoctor.probes._loader import CACHE, LdCache, Loader
from tests.fakes import FakeHost

from .elfs import library


def loader(host: object, executable: str = "") -> Loader:
    return Loader(host, ElfFiles(host), executable)  # type: ignore[arg-type]


def cache(*entries: Tuple[str, str, int, int]) -> bytes:
    """A ld.so.cache of (soname, path, flags, hwcap)."""
    start = 48 + 24 * len(entries)
    strings, table = b"", b""
    for soname, path, flags, hwcap in entries:
        key = start + len(strings)
        strings += soname.encode() + b"\0"
        value = start + len(strings)
        strings += path.encode() + b"\0"
        table += struct.pack("<IIIIQ", flags, key, value, 0, hwcap)
    head = b"glibc-ld.so.cache1.1" + struct.pack("<II", len(entries), len(strings))
    return head.ljust(48, b"\0") + table + strings


TAGS = ("none", "rpath", "runpath")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("loader")
    leaf = library(soname="libleaf.so.1")
    for folder in ("top", "mid", "variable", "lib"):
        (root / folder).mkdir()
        if folder != "lib":
            (root / folder / "libleaf.so.1").write_bytes(leaf)
    for top, mid in itertools.product(TAGS, TAGS):
        said = {top: "$ORIGIN/../top:$ORIGIN"} if top != "none" else {}
        name = f"{top}-{mid}"
        (root / "lib" / f"libtop-{name}.so").write_bytes(library(needed=(f"libmid-{name}.so",), **said))
        said = {mid: "$ORIGIN/../mid"} if mid != "none" else {}
        middle = library(needed=("libleaf.so.1",), soname=f"libmid-{name}.so", **said)
        (root / "lib" / f"libmid-{name}.so").write_bytes(middle)
    return root


class TestAgainstTheRealLoader:
    """libtop.so needs libmid.so.1, which needs libleaf.so.1, of which a copy lies in every folder that may be named."""

    @staticmethod
    def really(path: Path, environ: Dict[str, str]) -> Optional[str]:
        """The libleaf.so.1 that is mapped after loading; None where loading fails."""
        code = (
            "import ctypes, sys\n"
            "try: ctypes.CDLL(sys.argv[1])\n"
            "except OSError: print('failed')\n"
            "else: print([l.split()[-1] for l in open('/proc/self/maps') if 'libleaf' in l][0])"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code, str(path)], env=environ, stdout=subprocess.PIPE, check=True, text=True
        )
        said = ran.stdout.strip()
        return None if said == "failed" else str(Path(said))

    @pytest.mark.parametrize("variable", ["", "variable", "nowhere:variable:top"])
    @pytest.mark.parametrize("mid", TAGS)
    @pytest.mark.parametrize("top", TAGS)
    def test_same_choice(self, tree: Path, top: str, mid: str, variable: str) -> None:
        folders = [str(tree / folder) for folder in variable.split(":") if folder]
        # Without a tag of its own libtop would not even find libmid.
        folders += [str(tree / "lib")] if top == "none" else []
        environ = {"PATH": "/usr/bin:/bin", **({"LD_LIBRARY_PATH": ":".join(folders)} if folders else {})}
        path = tree / "lib" / f"libtop-{top}-{mid}.so"
        played = loader(LocalHost(environ), sys.executable)
        assert played.load(str(path)) is not None
        taken = played.loaded.get("libleaf.so.1")
        expected = self.really(path, environ)
        assert (taken.path if taken else None) == expected
        assert ([lost.soname for lost in played.lost] == ["libleaf.so.1"]) == (expected is None)

    def test_the_cases_differ(self, tree: Path) -> None:
        """What the comparison rests on: all copies are taken in one case or another."""
        environ = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": f"{tree}/variable"}
        taken = {self.really(tree / "lib" / f"libtop-{top}-{mid}.so", environ) for top in TAGS[1:] for mid in TAGS}
        assert taken == {f"{tree}/top/libleaf.so.1", f"{tree}/mid/libleaf.so.1", f"{tree}/variable/libleaf.so.1"}


class TestOrder:
    def test_loaded_once_by_soname_or_by_the_name_asked(self) -> None:
        files = {
            "/site/torch/lib/libcudart-80664282.so.10.2": library(soname="libcudart.so.10.2"),
            "/site/torch/lib/libtorch.so": library(needed=("libcudart-80664282.so.10.2",), rpath="$ORIGIN"),
            "/site/vision/_C.so": library(needed=("libcudart.so.10.2",)),
        }
        played = loader(FakeHost(files=dict(files)))
        played.load("/site/torch/lib/libtorch.so")
        played.load("/site/vision/_C.so")
        assert played.lost == []
        assert played.loaded["libcudart.so.10.2"].path == "/site/torch/lib/libcudart-80664282.so.10.2"

    def test_library_of_another_machine_is_passed_over(self) -> None:
        other = bytearray(library(soname="libleaf.so.1"))
        struct.pack_into("<H", other, 18, 183)
        host = FakeHost(
            files={
                "/top.so": library(needed=("libleaf.so.1",), runpath="/b"),
                "/a/libleaf.so.1": bytes(other),
                "/b/libleaf.so.1": library(soname="libleaf.so.1"),
            },
            environ={"LD_LIBRARY_PATH": "/a"},
        )
        played = loader(host)
        played.load("/top.so")
        assert played.loaded["libleaf.so.1"].path == "/b/libleaf.so.1"
        assert played.loaded["libleaf.so.1"].by == "RUNPATH"

    def test_empty_entry_is_the_current_folder(self) -> None:
        host = FakeHost(
            files={"/top.so": library(needed=("libleaf.so.1",)), "/home/ana/work/libleaf.so.1": library()},
            environ={"LD_LIBRARY_PATH": ":/none"},
        )
        played = loader(host)
        played.load("/top.so")
        assert played.loaded["libleaf.so.1"].path == "/home/ana/work/libleaf.so.1"

    def test_lost_is_told_once_with_the_places_looked_in(self) -> None:
        files = {
            "/top.so": library(needed=("libmid.so", "libleaf.so.1"), rpath="/a:/b"),
            "/a/libmid.so": library(needed=("libleaf.so.1",)),
        }
        played = loader(FakeHost(files=dict(files)))
        played.load("/top.so")
        assert [(lost.soname, lost.asked_by) for lost in played.lost] == [("libleaf.so.1", "/top.so")]
        assert played.lost[0].looked[:2] == ("/a", "/b")
        assert CACHE in played.lost[0].looked

    def test_what_every_process_and_what_the_driver_has_is_not_searched(self) -> None:
        played = loader(FakeHost(files={"/top.so": library(needed=("libcuda.so.1", "libm.so.6", "libc.so.6"))}))
        played.load("/top.so")
        assert played.lost == []

    def test_closed_folder_leaves_doubt(self) -> None:
        host = FakeHost(
            files={"/top.so": library(needed=("libleaf.so.1",), rpath="/closed"), "/closed/libleaf.so.1": library()},
            denied={"/closed"},
        )
        played = loader(host)
        played.load("/top.so")
        assert [lost.soname for lost in played.lost] == ["libleaf.so.1"]
        assert played.unread["/closed"].reason == "denied"

    def test_libraries_that_need_each_other(self) -> None:
        files = {
            "/a/one.so": library(needed=("two.so",), rpath="/a"),
            "/a/two.so": library(needed=("one.so",), rpath="/a"),
        }
        played = loader(FakeHost(files=dict(files)))
        assert played.load("/a/one.so") is not None
        assert set(played.loaded) == {"one.so", "two.so"}

    def test_no_library_and_none_there(self) -> None:
        played = loader(FakeHost(files={"/text.so": "INPUT(-lfoo)"}))
        assert played.load("/text.so") is None
        assert played.load("/none.so") is None
        assert played.unread["/text.so"].reason == "unparsable"
        assert "/none.so" not in played.unread


class TestCache:
    def test_right_machine_and_no_special_cpu(self) -> None:
        raw = cache(
            ("libone.so.1", "/lib/glibc-hwcaps/x86-64-v3/libone.so.1", 0x303, 1 << 62),
            ("libone.so.1", "/lib32/libone.so.1", 0x3, 0),
            ("libone.so.1", "/lib/x86_64-linux-gnu/libone.so.1", 0x303, 0),
            ("libtwo.so.1", "/lib/aarch64-linux-gnu/libtwo.so.1", 0xA03, 0),
        )
        found = LdCache(raw)
        assert tuple(found.paths("libone.so.1", 62)) == ("/lib/x86_64-linux-gnu/libone.so.1",)
        assert tuple(found.paths("libtwo.so.1", 62)) == ()
        assert tuple(found.paths("libtwo.so.1", 183)) == ("/lib/aarch64-linux-gnu/libtwo.so.1",)
        assert found.sonames() == ("libone.so.1", "libtwo.so.1")

    def test_behind_the_old_format(self) -> None:
        old = b"ld.so-1.7.0\0" + struct.pack("<I", 0)
        raw = old + cache(("libone.so.1", "/lib/libone.so.1", 0x303, 0))
        assert tuple(LdCache(raw).paths("libone.so.1", 0)) == ("/lib/libone.so.1",)

    @pytest.mark.parametrize("raw", [b"", b"ld.so-1.7.0\0", b"glibc-ld.so.cache1.1", cache(("a", "b", 1, 0))[:60]])
    def test_not_understood_is_empty(self, raw: bytes) -> None:
        assert LdCache(raw).sonames() == ()

    def test_decides_before_the_default_folders(self) -> None:
        host = FakeHost(
            files={
                "/top.so": library(needed=("libone.so.1",)),
                CACHE: cache(("libone.so.1", "/usr/local/cuda/lib64/libone.so.1", 0x303, 0)),
                "/usr/local/cuda/lib64/libone.so.1": "",
                "/usr/lib/libone.so.1": "",
            }
        )
        played = loader(host)
        played.load("/top.so")
        taken = played.loaded["libone.so.1"]
        assert (taken.path, taken.by) == ("/usr/local/cuda/lib64/libone.so.1", "ld.so.cache")

    def test_agrees_with_ldconfig(self) -> None:
        program = shutil.which("ldconfig", path="/sbin:/usr/sbin:/usr/bin")
        if program is None or not Path(CACHE).exists():
            pytest.skip("ldconfig and its cache are needed")
        listed = subprocess.run([program, "-p"], stdout=subprocess.PIPE, check=True, text=True).stdout
        rows = [line.split() for line in listed.splitlines() if "=>" in line and "hwcap" not in line]
        expected: Dict[str, Sequence[str]] = {}
        for row in rows:
            expected[row[0]] = (*expected.get(row[0], ()), row[-1])
        found = LdCache(Path(CACHE).read_bytes())
        assert len(expected) > 10
        assert {name: tuple(found.paths(name, 0)) for name in found.sonames()} == expected
