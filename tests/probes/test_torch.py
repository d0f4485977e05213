"""torch as its files describe it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, ClassVar, Dict, Mapping

import pytest

from envdoctor.facts import DeepGpu, DeepTorch, TorchFacts
from envdoctor.probes import torch
from envdoctor.probes.torch import version_file
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

from . import answers
from .answers import PYTHON, SITE
from .elfs import library
from .torches import LIB, TORCH, python_library, torch_files, version_py


def look(files: Mapping[str, object], **parts: Any) -> TorchFacts:
    host = answers.machine(answers.answer(**parts) if parts else None, files=files)
    return torch.look(host, answers.target(host))


def known(reading: Reading[Any]) -> Any:
    assert isinstance(reading, Known), reading
    return reading.value


def test_whole() -> None:
    facts = look(torch_files(cxx11=True))
    assert facts.path == Known(TORCH, PYTHON)
    assert facts.version == Known("2.5.1+cu121", f"{TORCH}/version.py")
    assert facts.build == Known("cuda", f"{TORCH}/version.py")
    assert facts.cuda == Known("12.1", f"{TORCH}/version.py")
    assert facts.hip == Absent((f"{TORCH}/version.py",))
    archs = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
    assert facts.arch_list == Known(archs, f"{LIB}/libtorch_python.so")
    assert facts.cxx11_abi == Known(True, f"{LIB}/libc10.so")
    assert facts.numpy2 == Known(True, f"{LIB}/libtorch_python.so")
    assert facts.glibcxx_needed == Known("3.4.21", f"{LIB}/libc10.so")  # std::string of the new ABI
    assert facts.deep == Unknown("not-looked", "only with --deep")


class TestWhichCopy:
    def test_first_on_sys_path_wins(self) -> None:
        other = "/home/ana/extra"
        files = {**torch_files(), f"{other}/torch/version.py": version_py("1.8.0", "10.2")}
        shadow = answers.copy("torch", path=f"{other}/torch/__init__.py", entry=other, origin="pythonpath")
        facts = look(files, modules={"torch": [shadow, answers.copy("torch")]})
        assert known(facts.path) == f"{other}/torch"
        assert known(facts.version) == "1.8.0"

    @pytest.mark.parametrize(
        "shadow",
        [
            {"path": "/home/ana/work/torch.py", "kind": "module"},
            {"path": "/home/ana/work/torch", "kind": "namespace"},
            {"path": "/home/ana/work/torch/__init__.py", "kind": "package"},  # a folder of the user's own
        ],
    )
    def test_the_torch_behind_a_local_file_is_described(self, shadow: Dict[str, str]) -> None:
        first = answers.copy("torch", entry="", origin="cwd", **shadow)
        facts = look({**torch_files(), shadow["path"]: ""}, modules={"torch": [first, answers.copy("torch")]})
        assert known(facts.path) == TORCH
        assert known(facts.version) == "2.5.1+cu121"

    def test_none(self) -> None:
        facts = look({}, modules={"torch": []})
        for field in fields(TorchFacts):
            if field.name != "deep":
                assert getattr(facts, field.name) == Absent(("/usr/lib/python3.11", SITE))

    def test_only_a_file_of_that_name(self) -> None:
        local = answers.copy("torch", path="/home/ana/work/torch.py", kind="module", entry="", origin="cwd")
        assert look({}, modules={"torch": [local]}).path == Absent(
            ("/home/ana/work/torch.py", "/usr/lib/python3.11", SITE)
        )

    def test_silent_interpreter(self) -> None:
        host = answers.silent(answers.machine(files=torch_files()))
        facts = torch.look(host, answers.target(host))
        for field in fields(TorchFacts):
            reading = getattr(facts, field.name)
            assert isinstance(reading, Unknown)
            assert reading.reason == ("not-looked" if field.name == "deep" else "timeout")

    def test_part_of_the_answer_failed(self) -> None:
        facts = look(torch_files(), modules={"error": "MemoryError: "})
        assert facts.path == Unknown("failed", "MemoryError: ", PYTHON)


class TestVersionFile:
    @pytest.mark.parametrize(
        "text, build, cuda",
        [
            ("__version__ = '1.4.0'\ndebug = False\ncuda = '10.1'\ngit_version = 'x'\n", "cuda", "10.1"),
            ("__version__ = '1.8.1+cu102'\ndebug = False\ncuda = '10.2'\nhip = None\n", "cuda", "10.2"),
            (version_py("2.5.1+cpu", None), "cpu", None),
            (version_py("2.5.1+rocm6.2", None, "6.2.41133-dd7f95766"), "rocm", None),
            (version_py("2.6.0+xpu", None) + "xpu: Optional[str] = '20250000'\n", "xpu", None),
            ('__version__ = "2.1.0a0+29c30b1"\r\ncuda: Optional[str] = "12.2"\r\n', "cuda", "12.2"),
        ],
    )
    def test_styles(self, text: str, build: str, cuda: str) -> None:
        facts = look({f"{TORCH}/version.py": text})
        assert known(facts.build) == build
        assert facts.cuda == (Known(cuda, f"{TORCH}/version.py") if cuda else Absent((f"{TORCH}/version.py",)))

    @pytest.mark.parametrize(
        "text", ["", "\0\0\0", "raise SystemExit\n", "__version__ = get_version()\n", "\udcff" * 100]
    )
    def test_not_understood(self, text: str) -> None:
        facts = look({f"{TORCH}/version.py": text})
        assert isinstance(facts.version, Unknown)
        assert facts.version.reason == "unparsable"
        assert isinstance(facts.build, Unknown)

    def test_without_a_word_of_cuda(self) -> None:
        facts = look({f"{TORCH}/version.py": "__version__ = '2.0'\n"})
        assert known(facts.version) == "2.0"
        assert isinstance(facts.build, Unknown)
        assert isinstance(facts.arch_list, Unknown)

    def test_is_not_executed(self) -> None:
        host = FakeHost(files={"/v.py": "__version__ = '1' + str(1/0)\ncuda = '12.1'\n"})
        assert known(version_file(host, "/v.py"))["__version__"] == "1"

    def test_not_there(self) -> None:
        assert look({f"{TORCH}/__init__.py": ""}).version == Absent((f"{TORCH}/version.py",))


class TestStrings:
    def arch_list(self, text: str) -> Any:
        files = {f"{TORCH}/version.py": version_py(), f"{LIB}/libtorch_python.so": python_library(text)}
        return look(files).arch_list

    @pytest.mark.parametrize(
        "text, archs",
        [
            ("sm_37 sm_50 sm_60 sm_70", ("sm_37", "sm_50", "sm_60", "sm_70")),
            ("x\\0sm_80 sm_90a compute_90\\0sm_80", ("sm_80", "sm_90a", "compute_90")),
            ("sm_86", ("sm_86",)),
            ("std::string ipc_hsm_70 sm_75 sm_100\\0", ("sm_70", "sm_75", "sm_100")),  # as in 2.9
            ("built for sm_20 and sm_30 only\\0sm_50 sm_60\\0", ("sm_50", "sm_60")),
        ],
    )
    def test_arch_list(self, text: str, archs: Any) -> None:
        assert self.arch_list(text) == Known(archs, f"{LIB}/libtorch_python.so")

    def test_no_list(self) -> None:
        none = self.arch_list("nothing of the kind")
        assert isinstance(none, Unknown)
        assert none.reason == "not-looked"

    def test_several_single_ones_are_no_list(self) -> None:
        several = self.arch_list("sm_80\\0sm_90\\0")
        assert isinstance(several, Unknown)
        assert several.reason == "unparsable"

    def test_cpu_build_has_none(self) -> None:
        files = {f"{TORCH}/version.py": version_py("2.5.1+cpu", None), f"{LIB}/libtorch_python.so": python_library("")}
        assert look(files).arch_list == Absent((f"{TORCH}/version.py",))

    @pytest.mark.parametrize(
        "text, answer",
        [
            ("numpy._core._multiarray_umath\\0numpy.core._multiarray_umath", True),
            ("numpy.core._multiarray_umath", False),
            ("numpy.core.multiarray failed to import", False),
            ("no arrays", None),
        ],
    )
    def test_numpy(self, text: str, answer: Any) -> None:
        path = f"{LIB}/libtorch_python.so"
        numpy2 = look({f"{TORCH}/version.py": version_py(), path: python_library(text)}).numpy2
        assert numpy2 == (Absent((path,)) if answer is None else Known(answer, path))

    def test_damaged_library(self) -> None:
        path = f"{LIB}/libtorch_python.so"
        facts = look({f"{TORCH}/version.py": version_py(), path: python_library("sm_50 sm_60")[:3000]})
        for reading in (facts.arch_list, facts.numpy2, facts.missing_libraries):
            assert isinstance(reading, Unknown)
            assert (reading.reason, reading.source) == ("unparsable", path)


class TestAbi:
    @pytest.mark.parametrize("cxx11", [False, True])
    def test_either(self, cxx11: bool) -> None:
        assert look(torch_files(cxx11=cxx11)).cxx11_abi == Known(cxx11, f"{LIB}/libc10.so")

    def test_neither(self) -> None:
        abi = look({**torch_files(), f"{LIB}/libc10.so": library("int nothing;")}).cxx11_abi
        assert isinstance(abi, Unknown)
        assert abi.reason == "unparsable"

    def test_not_there(self) -> None:
        files = torch_files()
        del files[f"{LIB}/libc10.so"]
        assert look(files).cxx11_abi == Absent((f"{LIB}/libc10.so",))


def test_conda_forge_keeps_the_libraries_in_the_prefix() -> None:
    files = torch_files(cxx11=True)
    moved = {path.replace(LIB, f"{answers.ENV}/lib"): content for path, content in files.items()}
    facts = look(moved)
    assert facts.cxx11_abi == Known(True, f"{answers.ENV}/lib/libc10.so")
    assert known(facts.arch_list)[0] == "sm_50"


class TestDeep:
    SAID: ClassVar[Dict[str, Any]] = {
        "version": "2.5.1+cu121",
        "file": f"{TORCH}/__init__.py",
        "cuda": "12.1",
        "is_available": True,
        "device_count": 1,
        "arch_list": ["sm_50", "sm_90"],
        "gpus": [{"index": 0, "name": "NVIDIA H100", "capability": "9.0", "kernel": "ok"}],
        "loaded": ["/usr/lib/libstdc++.so.6"],
        "warnings": ["old driver"],
        "seconds": 2.5,
    }

    def deep(self, answer: Reading[str], deep: bool = True) -> Reading[DeepTorch]:
        host = answers.machine(files=torch_files())
        host.asks[(PYTHON, "deep")] = answer
        given = answers.target(host)
        asked = Target(given.executable, given.chosen_by, given.claims, Request(deep=deep), given.asker)
        return torch.look(host, asked).deep

    def test_told(self) -> None:
        told = known(self.deep(Known(json.dumps(self.SAID), PYTHON)))
        assert told.gpus == (DeepGpu(0, "NVIDIA H100", "9.0", "ok"),)
        assert (told.version, told.loaded, told.seconds) == ("2.5.1+cu121", ("/usr/lib/libstdc++.so.6",), 2.5)

    def test_import_failed(self) -> None:
        error = "ImportError: libcublas.so.12: cannot open shared object file: No such file or directory"
        assert self.deep(Known(json.dumps({"error": error}), PYTHON)) == Unknown("failed", error, "import torch")

    def test_crash_or_hang_is_the_hosts_word(self) -> None:
        hang = Unknown("timeout", "no end within 8 s", PYTHON)
        assert self.deep(hang) == hang

    @pytest.mark.parametrize("text", ["", "[]", "1", "{}", '{"gpus": 3}', '{"gpus": [{}]}'])
    def test_not_understood(self, text: str) -> None:
        deep = self.deep(Known(text, PYTHON))
        assert isinstance(deep, Unknown)
        assert deep.reason == "unparsable"

    def test_not_asked_for(self) -> None:
        assert self.deep(Known(json.dumps(self.SAID), PYTHON), deep=False) == Unknown("not-looked", "only with --deep")

    def test_nobody_to_ask(self) -> None:
        asked = Target(
            Absent(("python on PATH",)), Absent(), (), Request(deep=True), lambda: Absent(("python on PATH",))
        )
        assert torch.look(FakeHost(), asked).deep == Unknown("not-looked", "there is no interpreter to ask")
