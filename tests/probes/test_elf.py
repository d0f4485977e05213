"""The reader of shared objects, on libraries that gcc has just built, and on what is left when they are damaged."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from envdoctor.host import LocalHost
from envdoctor.probes._elf import Elf, ElfFiles, lacking
from envdoctor.probes._gnuhash import gnu_hash
from envdoctor.reading import Absent, Known, Reading, Unknown
from tests.fakes import FakeHost

from .elfs import library

PATH = "/opt/lib/libone.so"


def ask(content: bytes, question: Callable[[Elf], Any]) -> Any:
    answer = ElfFiles(FakeHost(files={PATH: content})).ask(PATH, question)
    assert isinstance(answer, Known), answer
    return answer.value


def everything(elf: Elf) -> Any:
    return (
        elf.needed(),
        elf.soname(),
        elf.rpath(),
        elf.runpath(),
        elf.version_needs(),
        elf.version_offers(),
        elf.undefined(),
        elf.section(".rodata"),
        lacking([elf], ["one"]),
    )


class TestLoading:
    def test_needed_in_order_and_soname(self) -> None:
        content = library(needed=("libb.so.2", "liba.so.1"), soname="libone.so.7")
        assert ask(content, lambda elf: (elf.needed(), elf.soname())) == (("libb.so.2", "liba.so.1"), "libone.so.7")

    def test_nothing_said(self) -> None:
        said = ask(library(), lambda elf: (elf.needed(), elf.soname(), elf.rpath(), elf.runpath(), elf.has_runpath()))
        assert said == ((), "", (), (), False)

    def test_rpath_and_runpath_are_told_apart(self) -> None:
        paths = "$ORIGIN/../../nvidia/cublas/lib:$ORIGIN"
        split = ("$ORIGIN/../../nvidia/cublas/lib", "$ORIGIN")
        assert ask(library(rpath=paths), lambda elf: (elf.rpath(), elf.runpath())) == (split, ())
        assert ask(library(runpath=paths), lambda elf: (elf.rpath(), elf.runpath())) == ((), split)

    def test_machine(self) -> None:
        # No compiler for another machine is at hand: the field is written by hand.
        content = bytearray(library())
        struct.pack_into("<H", content, 18, 183)
        assert ask(bytes(content), lambda elf: elf.machine) == 183


class TestSymbols:
    SOURCE = """
    extern int wanted(int); extern int maybe(int) __attribute__((weak));
    static int hidden(int x) { return x; }
    int one(int x) { return wanted(x) + (maybe ? maybe(x) : 0) + hidden(x); }
    int two(void) { return 2; }
    """

    def test_undefined_are_the_strong_ones(self) -> None:
        assert ask(library(self.SOURCE), lambda elf: elf.undefined()) == ("wanted",)

    def test_lacking_keeps_the_order(self) -> None:
        names = ["zero", "two", "wanted", "one", "hidden", "maybe"]
        assert ask(library(self.SOURCE), lambda elf: lacking([elf], names)) == ("zero", "wanted", "hidden", "maybe")

    def test_many_symbols_and_several_libraries(self) -> None:
        odd = library("".join(f"int number_{n}(void) {{ return 0; }}\n" for n in range(1, 2000, 2)))
        even = library("".join(f"int number_{n}(void) {{ return 0; }}\n" for n in range(0, 2000, 2)))
        host = FakeHost(files={"/odd.so": odd, "/even.so": even})
        names = [f"number_{n}" for n in range(2010)]
        assert lacking([Elf(host, "/even.so")], names[:2000]) == tuple(names[1:2000:2])
        assert lacking([Elf(host, "/even.so"), Elf(host, "/odd.so")], names) == tuple(names[2000:])

    def test_library_that_offers_nothing(self) -> None:
        assert ask(library("static int nothing;"), lambda elf: lacking([elf], ["one"])) == ("one",)

    @pytest.mark.parametrize(
        "name, value",
        [
            ("", 0x1505),
            ("printf", 0x156B2BB8),
            ("exit", 0x7C967E3F),
            ("syscall", 0xBAC212A0),
            ("flapenguin.me", 0x8AE9F18E),
        ],
    )
    def test_hash(self, name: str, value: int) -> None:
        assert gnu_hash(name) == value

    def test_agrees_with_readelf_on_a_library_of_this_machine(self) -> None:
        path = next(iter(Path("/usr/lib").glob("*/libstdc++.so.6")), None)
        if shutil.which("readelf") is None or path is None:
            pytest.skip("readelf and a libstdc++ are needed")
        host = LocalHost()
        listed = subprocess.run(
            ["readelf", "-W", "--dyn-syms", str(path)], stdout=subprocess.PIPE, check=True, text=True
        )
        rows = [
            line.split() for line in listed.stdout.splitlines() if line.split()[:1] and line.split()[0].endswith(":")
        ]
        rows = [row for row in rows if len(row) >= 8 and row[0][:-1].isdigit()]
        plain = {
            row[7].partition("@")[0] for row in rows if row[6] not in ("UND", "ABS") and row[4] in ("GLOBAL", "WEAK")
        }
        wanted = {row[7].partition("@")[0] for row in rows if row[6] == "UND" and row[4] == "GLOBAL"}
        elf = Elf(host, str(path))
        assert len(plain) > 4000
        assert lacking([elf], sorted(plain)) == ()
        assert set(elf.undefined()) == wanted
        assert set(lacking([elf], sorted(wanted))) == wanted


class TestVersions:
    def test_needs(self) -> None:
        source = "#include <string>\nstd::string one(const std::string& x) { return x + x; }"
        needs = ask(library(source, cpp=True), lambda elf: elf.version_needs())
        assert "GLIBCXX_3.4.21" in needs
        assert any(name.startswith("GLIBC_2") for name in needs)

    def test_offers(self, tmp_path: Path) -> None:
        script = tmp_path / "versions"
        script.write_text("GLIBCXX_3.4.9 { global: one; };\nGLIBCXX_3.4.30 { global: two; } GLIBCXX_3.4.9;\n")
        content = library("int one; int two;", soname="libx.so.1", flags=(f"-Wl,--version-script={script}",))
        offers = ask(content, lambda elf: elf.version_offers())
        assert offers == ("libx.so.1", "GLIBCXX_3.4.9", "GLIBCXX_3.4.30")

    def test_none(self) -> None:
        assert ask(library(), lambda elf: (elf.version_needs(), elf.version_offers())) == ((), ())


def test_section() -> None:
    content = library('const char held[] = "sm_50 sm_60";')
    found = ask(content, lambda elf: elf.section(".rodata"))
    assert found is not None
    assert b"sm_50 sm_60\0" in content[found[0] : found[0] + found[1]]
    assert ask(content, lambda elf: elf.section(".none")) is None


class TestDamage:
    @pytest.mark.parametrize(
        "content", [b"", b"\x7fELF", b"#!/bin/sh\n" * 20, b"\x7fELF\x01\x01" + bytes(90), bytes(64)]
    )
    def test_no_library(self, content: bytes) -> None:
        answer = ElfFiles(FakeHost(files={PATH: content})).ask(PATH, everything)
        assert isinstance(answer, Unknown)
        assert answer.reason == "unparsable"
        assert answer.source == PATH

    def test_not_there_and_closed(self) -> None:
        assert ElfFiles(FakeHost()).ask(PATH, everything) == Absent((PATH,))
        denied = ElfFiles(FakeHost(files={PATH: b"x"}, denied={"/opt"})).ask(PATH, everything)
        assert isinstance(denied, Unknown)
        assert denied.reason == "denied"

    def test_cut_short(self) -> None:
        content = library(TestSymbols.SOURCE, needed=("liba.so.1",), soname="libone.so")
        whole = ElfFiles(FakeHost(files={PATH: content})).ask(PATH, everything)
        assert isinstance(whole, Known)
        ends = set()
        for size in range(0, len(content), 61):
            answer: Reading[Any] = ElfFiles(FakeHost(files={PATH: content[:size]})).ask(PATH, everything)
            ends.add(answer.reason if isinstance(answer, Unknown) else "known")
        assert ends == {"unparsable"}

    def test_bytes_changed_at_random(self) -> None:
        content = library(TestSymbols.SOURCE, needed=("liba.so.1",), soname="libone.so", rpath="/a:/b")
        chance = random.Random(20)
        started = time.monotonic()
        for _ in range(300):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 8)):
                damaged[chance.randrange(len(damaged) if chance.random() < 0.3 else 1200)] = chance.choice(
                    [0, 1, 127, 255]
                )
            answer = ElfFiles(FakeHost(files={PATH: bytes(damaged)})).ask(PATH, everything)
            assert isinstance(answer, (Known, Unknown))
        assert time.monotonic() - started < 30

    def test_a_version_table_that_goes_round(self) -> None:
        source = "#include <string>\nstd::string one(const std::string& x) { return x + x; }"
        content = bytearray(library(source, cpp=True))
        at = ask(bytes(content), lambda elf: elf.section(".gnu.version_r"))[0]
        struct.pack_into("<H", content, at + 2, 0xFFFF)  # entries of the first library
        first = struct.unpack_from("<I", content, at + 8)[0]
        struct.pack_into("<I", content, at + first + 12, 1)  # each a byte after the one before
        answer = ElfFiles(FakeHost(files={PATH: bytes(content)})).ask(PATH, lambda elf: elf.version_needs())
        assert isinstance(answer, Unknown)


def test_each_file_is_opened_once() -> None:
    files = ElfFiles(FakeHost(files={PATH: library()}))
    assert files.open(PATH) is files.open(PATH)
