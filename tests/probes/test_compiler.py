"""Host compilers, and the one that nvcc would call."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, Mapping, Tuple

import pytest

from envdoctor.facts import Compiler, CompilerFacts
from envdoctor.host import LocalHost, Output
from envdoctor.probes import compiler
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

from . import answers
from .answers import ENV

DEBIAN = "gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022\n"
TRIPLET = "x86_64-linux-gnu"
LINKS = {
    "/usr/bin/gcc": "gcc-12",
    "/usr/bin/g++": "g++-12",
    "/usr/bin/cc": "/etc/alternatives/cc",
    "/etc/alternatives/cc": "/usr/bin/gcc",
    "/usr/bin/gcc-12": f"{TRIPLET}-gcc-12",
    "/usr/bin/g++-12": f"{TRIPLET}-g++-12",
}
FILES = {f"/usr/bin/{TRIPLET}-gcc-12": "\x7fELF", f"/usr/bin/{TRIPLET}-g++-12": "\x7fELF"}


def said(*answers_: Tuple[str, str]) -> Dict[Tuple[str, ...], Reading[Output]]:
    return {(path, "--version"): Known(Output(0, text, ""), f"{path} --version") for path, text in answers_}


def look(files: Mapping[str, object], commands: Any = {}, **fields: Any) -> CompilerFacts:  # noqa: B006
    host = answers.machine(files=dict(files), commands=commands, **fields)
    return compiler.look(host, answers.target(host))


def by_name(facts: CompilerFacts) -> Dict[str, Compiler]:
    assert isinstance(facts.compilers, Known)
    return {one.name: one for one in facts.compilers.value}


def host_compiler(facts: CompilerFacts) -> Compiler:
    assert isinstance(facts.host_compiler, Known), facts.host_compiler
    return facts.host_compiler.value


def test_none() -> None:
    facts = look({})
    assert by_name(facts) == {}
    assert facts.host_compiler == Absent(("gcc on PATH", "g++ on PATH"))


class TestVersions:
    def test_one_installation_is_asked_once(self) -> None:
        facts = look(FILES, said(("/usr/bin/gcc", DEBIAN)), links=LINKS)
        found = by_name(facts)
        assert set(found) == {"gcc", "g++", "cc", "gcc-12", "g++-12"}
        source = "/usr/bin/gcc --version"
        for one in found.values():
            assert (one.family, one.version) == (Known("gcc", source), Known("12.2.0", source))
            assert one.found_by == ("PATH",)
        assert found["cc"].path == "/usr/bin/cc"

    @pytest.mark.parametrize(
        "text, family, version",
        [
            (DEBIAN, "gcc", "12.2.0"),
            ("gcc (GCC) 8.5.0 20210514 (Red Hat 8.5.0-10)\n", "gcc", "8.5.0"),
            ("g++ (Ubuntu 9.4.0-1ubuntu1~20.04.2) 9.4.0\n", "gcc", "9.4.0"),
            ("x86_64-conda-linux-gnu-cc (conda-forge gcc 11.2.0-16) 11.2.0\n", "gcc", "11.2.0"),
            ("gcc (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44)\n", "gcc", "4.8.5"),
            ("Ubuntu clang version 14.0.0-1ubuntu1.1\nTarget: x86_64\n", "clang", "14.0.0"),
            ("clang version 17.0.6 (https://github.com/llvm/llvm-project 6009708)\n", "clang", "17.0.6"),
        ],
    )
    def test_what_they_say(self, text: str, family: str, version: str) -> None:
        found = by_name(look({"/usr/bin/c++": "\x7fELF"}, said(("/usr/bin/c++", text))))["c++"]
        assert found.family == Known(family, "/usr/bin/c++ --version")
        assert found.version == Known(version, "/usr/bin/c++ --version")

    @pytest.mark.parametrize("text", ["", "nvc++ 23.5-0 64-bit target on x86-64 Linux\n", "\udcff\n"])
    def test_neither_gcc_nor_clang(self, text: str) -> None:
        found = by_name(look({"/usr/bin/c++": "\x7fELF"}, said(("/usr/bin/c++", text))))["c++"]
        assert isinstance(found.family, Unknown)
        assert found.family.reason == "unparsable"

    def test_no_answer(self) -> None:
        hang = Unknown("timeout", "no end within 3 s", "gcc")
        found = by_name(look({"/usr/bin/gcc": "\x7fELF"}, {("/usr/bin/gcc", "--version"): hang}))["gcc"]
        assert (found.family, found.version) == (hang, hang)

    def test_numbered_ones_are_not_started(self) -> None:
        found = by_name(look({"/usr/bin/g++-9": "\x7fELF", "/usr/bin/clang-15": "\x7fELF", "/usr/bin/gcc-ar-9": ""}))
        assert set(found) == {"g++-9", "clang-15"}
        assert (found["g++-9"].family, found["g++-9"].version) == (
            Known("gcc", "/usr/bin/g++-9"),
            Known("9", "/usr/bin/g++-9"),
        )
        assert found["clang-15"].family == Known("clang", "/usr/bin/clang-15")

    def test_clang_by_the_folder_of_its_headers(self) -> None:
        files = {"/usr/lib/llvm-14/bin/clang": "\x7fELF", "/usr/lib/llvm-14/lib/clang/14.0.6/include/x.h": ""}
        links = {
            "/usr/bin/clang": "../lib/llvm-14/bin/clang",
            "/usr/bin/clang++": "clang",
            "/usr/lib/llvm-14/lib/clang/14": "14.0.6",
        }
        found = by_name(look(files, links=links))
        assert found["clang"].version == Known("14.0.6", "/usr/lib/llvm-14/lib/clang")
        assert found["clang++"].family == Known("clang", "/usr/lib/llvm-14/bin/clang")

    def test_launcher_under_several_names(self) -> None:
        links = {"/usr/lib/ccache/gcc": "/usr/bin/ccache", "/usr/lib/ccache/clang": "/usr/bin/ccache"}
        commands = said(("/usr/lib/ccache/gcc", DEBIAN), ("/usr/lib/ccache/clang", "clang version 14.0.6\n"))
        found = by_name(
            look({"/usr/bin/ccache": "\x7fELF"}, commands, links=links, environ={"PATH": "/usr/lib/ccache"})
        )
        assert found["gcc"].version == Known("12.2.0", "/usr/lib/ccache/gcc --version")
        assert found["clang"].version == Known("14.0.6", "/usr/lib/ccache/clang --version")


class TestPlaces:
    def test_conda(self) -> None:
        path = f"{ENV}/bin/x86_64-conda-linux-gnu-c++"
        text = "x86_64-conda-linux-gnu-c++ (conda-forge gcc 11.4.0-5) 11.4.0\n"
        found = by_name(look({path: "\x7fELF"}, said((path, text))))["x86_64-conda-linux-gnu-c++"]
        assert (found.found_by, found.version) == (("conda",), Known("11.4.0", f"{path} --version"))

    def test_red_hat_toolsets(self) -> None:
        path = "/opt/rh/gcc-toolset-13/root/usr/bin/g++"
        found = by_name(look({path: "\x7fELF"}, said((path, "g++ (GCC) 13.2.1 20231205 (Red Hat 13.2.1-6)\n"))))["g++"]
        assert (found.path, found.found_by, found.version) == (path, ("/opt/rh",), Known("13.2.1", f"{path} --version"))

    def test_two_on_path_are_both_told(self) -> None:
        files = {"/opt/gcc/bin/gcc": "\x7fELF", "/usr/bin/gcc": "\x7fELF"}
        commands = said(("/opt/gcc/bin/gcc", "gcc (GCC) 9.3.0\n"), ("/usr/bin/gcc", DEBIAN))
        facts = look(files, commands, environ={"PATH": "/opt/gcc/bin:/usr/bin"})
        assert isinstance(facts.compilers, Known)
        assert [one.path for one in facts.compilers.value] == ["/opt/gcc/bin/gcc", "/usr/bin/gcc"]
        assert host_compiler(facts).path == "/opt/gcc/bin/gcc"


class TestHostCompiler:
    FILES = {"/usr/bin/gcc": "a", "/usr/bin/g++": "b", "/opt/a/gcc": "c", "/opt/b/g++-11": "d"}  # noqa: RUF012
    COMMANDS = said(
        ("/usr/bin/gcc", DEBIAN), ("/opt/a/gcc", "gcc (GCC) 9.3.0\n"), ("/opt/b/g++-11", "g++ (GCC) 11.1.0\n")
    )

    def path(self, **environ: str) -> str:
        return host_compiler(look(self.FILES, self.COMMANDS, environ=environ)).path

    def test_default(self) -> None:
        assert self.path() == "/usr/bin/gcc"
        assert host_compiler(look({"/usr/bin/g++": ""}, said(("/usr/bin/g++", DEBIAN)))).path == "/usr/bin/g++"

    @pytest.mark.parametrize(
        "variable, value",
        [
            ("CC", "/opt/a/gcc"),
            ("CC", "ccache /opt/a/gcc -m64"),
            ("NVCC_CCBIN", "/opt/a/gcc"),
            ("NVCC_CCBIN", "/opt/a"),
            ("NVCC_PREPEND_FLAGS", "-O2 -ccbin /opt/a/gcc"),
            ("NVCC_PREPEND_FLAGS", "-ccbin=/opt/b/g++-11 --compiler-bindir=/opt/a/gcc"),
            ("NVCC_APPEND_FLAGS", "-ccbin '/opt/a/gcc'"),
        ],
    )
    def test_variables_that_count(self, variable: str, value: str) -> None:
        assert self.path(**{variable: value}) == "/opt/a/gcc"

    @pytest.mark.parametrize("variable", ["CXX", "CUDAHOSTCXX"])
    def test_variables_of_others(self, variable: str) -> None:
        facts = look(self.FILES, self.COMMANDS, environ={variable: "/opt/a/gcc"})
        assert host_compiler(facts).path == "/usr/bin/gcc"
        assert isinstance(facts.compilers, Known)
        assert [one.found_by for one in facts.compilers.value if one.path == "/opt/a/gcc"] == [(variable,)]

    def test_order(self) -> None:
        one, other = "/opt/a/gcc", "/opt/b/g++-11"
        assert self.path(NVCC_CCBIN=one, NVCC_PREPEND_FLAGS=f"-ccbin {other}") == other
        assert self.path(CC=one, NVCC_PREPEND_FLAGS=f"-ccbin {other}") == one
        assert self.path(CC=one, NVCC_APPEND_FLAGS=f"-ccbin {other}") == other
        assert self.path(NVCC_CCBIN=other, CC=one) == one

    def test_another_name_of_one_that_is_on_path(self) -> None:
        facts = look(
            FILES, said(("/usr/bin/gcc", DEBIAN)), links={**LINKS, "/bin": "/usr/bin"}, environ={"CC": "/bin/gcc"}
        )
        assert host_compiler(facts).path == "/usr/bin/gcc"
        assert host_compiler(facts).found_by == ("PATH", "CC")

    @pytest.mark.parametrize("value", ["/nowhere/gcc", "no-such-gcc", "-ccbin"])
    def test_named_but_not_there(self, value: str) -> None:
        facts = look(self.FILES, self.COMMANDS, environ={"CC": value})
        assert facts.host_compiler == Absent((f"CC={value}",))

    @pytest.mark.parametrize("value", ["", " ", "''", "'"])
    def test_named_as_nothing(self, value: str) -> None:
        assert self.path(CC=value) == "/usr/bin/gcc"

    def test_flags_without_a_compiler(self) -> None:
        assert self.path(NVCC_PREPEND_FLAGS="-O2 -ccbin") == "/usr/bin/gcc"


@pytest.mark.real
def test_this_machine() -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is needed")
    facts = compiler.look(LocalHost(), Target(Absent(), Absent(), (), Request()))
    version = by_name(facts)["gcc"].version
    assert isinstance(version, Known)
    said_ = subprocess.run(["gcc", "-dumpfullversion", "-dumpversion"], stdout=subprocess.PIPE, check=True, text=True)
    assert version.value == said_.stdout.strip()


@pytest.mark.real
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"NVCC_CCBIN": "A"},
        {"NVCC_PREPEND_FLAGS": "-ccbin A"},
        {"NVCC_APPEND_FLAGS": "-ccbin A"},
        {"CXX": "A"},
        {"CUDAHOSTCXX": "A"},
        {"NVCC_CCBIN": "A", "NVCC_PREPEND_FLAGS": "-ccbin B"},
        {"NVCC_PREPEND_FLAGS": "-ccbin A", "NVCC_APPEND_FLAGS": "-ccbin B"},
    ],
)
def test_the_real_nvcc_calls_it(variables: Dict[str, str], tmp_path: Path) -> None:
    """nvcc --dryrun prints the commands it would run. CC is left out: torch's builder passes it, nvcc does not ask."""
    nvcc, gcc = shutil.which("nvcc"), shutil.which("gcc")
    if nvcc is None or gcc is None:
        pytest.skip("nvcc and gcc are needed")
    (tmp_path / "one.cu").write_text("int main() { return 0; }\n")
    for name in ("A", "B"):
        (tmp_path / f"{name}-gcc").symlink_to(gcc)
    environ = {"PATH": f"{Path(nvcc).parent}:/usr/bin:/bin"}
    for variable, value in variables.items():
        environ[variable] = value.replace("A", f"{tmp_path}/A-gcc").replace("B", f"{tmp_path}/B-gcc")
    ran = subprocess.run(
        [nvcc, "--dryrun", "one.cu"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    compiled = next(line for line in ran.stdout.splitlines() if " -E " in line).split()[1].replace('"', "")
    facts = compiler.look(LocalHost(environ), Target(Absent(), Absent(), (), Request()))
    chosen = host_compiler(facts)
    assert Path(compiled).name == Path(chosen.path).name
    assert "/" not in compiled or Path(compiled) == Path(chosen.path)


def test_silent_interpreter() -> None:
    host: FakeHost = answers.silent(
        answers.machine(files={"/usr/bin/gcc": ""}, commands=said(("/usr/bin/gcc", DEBIAN)))
    )
    assert host_compiler(compiler.look(host, answers.target(host))).path == "/usr/bin/gcc"
