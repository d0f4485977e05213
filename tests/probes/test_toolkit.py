"""CUDA toolkits by where they lie, and the one that torch would take."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

import pytest

from envdoctor.facts import Toolkit, ToolkitFacts
from envdoctor.host import LocalHost, Output
from envdoctor.probes import toolkit
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

from . import answers
from .answers import ENV, SITE, row

JSON = """{
  "cuda" : {
    "name" : "CUDA SDK",
    "version" : "12.1.20230414"
  },
  "cuda_nvcc" : {"version" : "12.1.105"}
}"""
HEADER = "/* licence */\n#ifndef __cuda_cuda_h__\n#define CUDA_VERSION 11080\n"


def look(files: Mapping[str, object], parts: Mapping[str, Any] = {}, **fields: Any) -> ToolkitFacts:
    host = answers.machine(answers.answer(**parts), files=dict(files), **fields)
    return toolkit.look(host, answers.target(host))


def only(facts: ToolkitFacts) -> Toolkit:
    assert isinstance(facts.toolkits, Known)
    (found,) = facts.toolkits.value
    return found


def by_root(facts: ToolkitFacts) -> Dict[str, Toolkit]:
    assert isinstance(facts.toolkits, Known)
    return {one.root: one for one in facts.toolkits.value}


def test_none() -> None:
    facts = look({})
    assert facts.toolkits == Known((), "CUDA_HOME, CUDA_PATH, PATH, /usr/local, the environment")
    assert facts.nvcc_on_path == Absent(("nvcc on PATH",))
    assert facts.cuda_home == Absent(("/usr/local/cuda",))


class TestVersion:
    @pytest.mark.parametrize(
        "name, text, version",
        [
            ("version.json", JSON, "12.1"),
            ("version.txt", "CUDA Version 10.2.89\n", "10.2"),
            ("include/cuda.h", HEADER, "11.8"),
            ("targets/x86_64-linux/include/cuda.h", HEADER.replace("11080", "12060"), "12.6"),
            ("targets/sbsa-linux/include/cuda.h", HEADER.replace("11080", "13000"), "13.0"),
        ],
    )
    def test_file_that_says_it(self, name: str, text: str, version: str) -> None:
        root = "/usr/local/cuda-x"
        facts = look({f"{root}/{name}": text, f"{root}/bin/nvcc": "\x7fELF"})
        assert only(facts).version == Known(version, f"{root}/{name}")

    def test_json_before_text_before_header(self) -> None:
        root = "/usr/local/cuda-x"
        facts = look(
            {f"{root}/version.json": JSON, f"{root}/version.txt": "CUDA Version 9.0", f"{root}/include/cuda.h": HEADER}
        )
        assert only(facts).version == Known("12.1", f"{root}/version.json")

    @pytest.mark.parametrize("text", ["", "{}", '{"cuda": 3}', "\0" * 100, '{"cuda_cudart": {"version": "9.1.1"}}'])
    def test_not_understood_goes_on(self, text: str) -> None:
        root = "/usr/local/cuda-x"
        facts = look({f"{root}/version.json": text, f"{root}/include/cuda.h": HEADER})
        assert only(facts).version == Known("11.8", f"{root}/include/cuda.h")

    def test_nvcc_is_asked_last(self) -> None:
        nvcc = "/usr/local/cuda-x/bin/nvcc"
        said = Known(Output(0, "nvcc: NVIDIA\nCuda compilation tools, release 12.4, V12.4.131\n", ""), "nvcc")
        facts = look({nvcc: "\x7fELF"}, commands={(nvcc, "--version"): said})
        assert only(facts).version == Known("12.4", "nvcc")

    @pytest.mark.parametrize(
        "answer, reason",
        [
            (Unknown("timeout", "no end within 3 s", "nvcc"), "timeout"),
            (Known(Output(1, "", "broken"), "nvcc"), "unparsable"),
            (Unknown("denied", "not an executable file", "nvcc"), "denied"),
        ],
    )
    def test_nvcc_that_does_not_say(self, answer: Any, reason: str) -> None:
        nvcc = "/usr/local/cuda-x/bin/nvcc"
        version = only(look({nvcc: "\x7fELF"}, commands={(nvcc, "--version"): answer})).version
        assert isinstance(version, Unknown)
        assert version.reason == reason

    def test_runtime_only(self) -> None:
        found = only(look({"/usr/local/cuda-11.8/version.json": JSON}))
        assert found.nvcc == Absent(("/usr/local/cuda-11.8/bin/nvcc",))


class TestWhere:
    FILES: Tuple[Tuple[str, str], ...] = (
        ("/usr/local/cuda-12.1/version.json", JSON),
        ("/usr/local/cuda-12.1/bin/nvcc", "\x7fELF"),
    )

    def test_link_and_folder_are_one_toolkit(self) -> None:
        facts = look(dict(self.FILES), links={"/usr/local/cuda": "cuda-12.1"})
        found = only(facts)
        assert found.root == "/usr/local/cuda"
        assert found.nvcc == Known("/usr/local/cuda/bin/nvcc", "/usr/local/cuda/bin/nvcc")
        assert found.found_by == ("/usr/local",)
        assert facts.cuda_home == Known("/usr/local/cuda", "/usr/local/cuda")

    def test_everyone_who_leads_there_is_told(self) -> None:
        environ = {"CUDA_HOME": "/usr/local/cuda-12.1/", "CUDA_PATH": "/usr/local/cuda", "PATH": "/usr/local/cuda/bin"}
        host = FakeHost(files=dict(self.FILES), environ=environ, links={"/usr/local/cuda": "cuda-12.1"})
        facts = toolkit.look(host, Target(Absent(), Absent(), (), Request()))
        assert only(facts).found_by == ("CUDA_HOME", "CUDA_PATH", "PATH", "/usr/local")
        assert only(facts).root == "/usr/local/cuda-12.1"
        assert facts.cuda_home == Known("/usr/local/cuda-12.1", "CUDA_HOME")
        assert facts.nvcc_on_path == Known("/usr/local/cuda/bin/nvcc", "PATH")

    def test_several(self) -> None:
        facts = look(
            {**dict(self.FILES), "/usr/local/cuda-11.8/include/cuda.h": HEADER, "/opt/cuda/include/cuda.h": HEADER}
        )
        assert set(by_root(facts)) == {"/usr/local/cuda-12.1", "/usr/local/cuda-11.8", "/opt/cuda"}
        assert by_root(facts)["/opt/cuda"].found_by == ("/opt/cuda",)

    @pytest.mark.parametrize(
        "nvcc, links",
        [
            ('#!/bin/sh\nexec /usr/local/cuda-12.1/bin/nvcc "$@"\n', {}),
            (
                None,
                {"/usr/bin/nvcc": "/etc/alternatives/nvcc", "/etc/alternatives/nvcc": "/usr/local/cuda-12.1/bin/nvcc"},
            ),
        ],
    )
    def test_wrapper_or_link_on_path(self, nvcc: Optional[str], links: Dict[str, str]) -> None:
        """torch takes the folder above bin as it is written, and runs what is there."""
        files = {**dict(self.FILES), **({"/usr/bin/nvcc": nvcc} if nvcc else {})}
        facts = look(files, links=links)
        assert facts.cuda_home == Known("/usr", "nvcc on PATH")
        assert by_root(facts)["/usr"] == Toolkit(
            "/usr",
            Known("12.1", "/usr/local/cuda-12.1/version.json"),
            Known("/usr/bin/nvcc", "/usr/bin/nvcc"),
            ("PATH",),
        )

    @pytest.mark.parametrize(
        "value", ["/nowhere", "/usr/local/cuda:/usr/local/cuda-12.1", "relative", "\udcff", "'/q'"]
    )
    def test_cuda_home_that_leads_nowhere_is_what_torch_takes(self, value: str) -> None:
        facts = look(dict(self.FILES), environ={"CUDA_HOME": value})
        assert facts.cuda_home == Known(value, "CUDA_HOME")
        found = by_root(facts)[value]
        assert isinstance(found.version, Absent)
        assert isinstance(found.nvcc, Absent)

    def test_empty_cuda_home_is_none(self) -> None:
        facts = look(dict(self.FILES), environ={"CUDA_HOME": "", "CUDA_PATH": "/usr/local/cuda-12.1"})
        assert facts.cuda_home == Known("/usr/local/cuda-12.1", "CUDA_PATH")


class TestEnvironment:
    def test_conda_compiler(self) -> None:
        meta = f"{ENV}/conda-meta/cuda-nvcc-12.4.131-h02f8991_0.json"
        found = only(look({meta: "{}", f"{ENV}/bin/nvcc": "\x7fELF"}))
        assert (found.root, found.version) == (ENV, Known("12.4", meta))
        assert found.nvcc == Known(f"{ENV}/bin/nvcc", f"{ENV}/bin/nvcc")
        assert set(found.found_by) == {"PATH", "conda"}

    def test_conda_runtime(self) -> None:
        meta = f"{ENV}/conda-meta/cudatoolkit-11.3.1-h2bc3f7f_2.json"
        found = only(look({meta: "{}", f"{ENV}/conda-meta/cuda-nvrtc-12.4.127-0.json": "{}"}))
        assert (found.version, found.found_by) == (Known("11.3", meta), ("conda",))
        assert isinstance(found.nvcc, Absent)

    def test_conda_without_cuda_is_no_toolkit(self) -> None:
        assert by_root(look({f"{ENV}/conda-meta/python-3.11.7-h1.json": "{}"})) == {}

    def test_activated_conda_besides_the_interpreter(self) -> None:
        files = {"/opt/conda/conda-meta/cuda-nvcc-12.6.20-0.json": "{}", "/opt/conda/bin/nvcc": "\x7fELF"}
        assert set(by_root(look(files, environ={"CONDA_PREFIX": "/opt/conda"}))) == {"/opt/conda"}

    @pytest.mark.parametrize(
        "folder, dist, version",
        [("cuda_nvcc", "nvidia-cuda-nvcc-cu12", "12.6.85"), ("cu13", "nvidia-cuda-nvcc", "13.0.88")],
    )
    def test_wheels(self, folder: str, dist: str, version: str) -> None:
        root = f"{SITE}/nvidia/{folder}"
        files = {f"{root}/bin/nvcc": "\x7fELF", f"{SITE}/nvidia/cublas/lib/libcublas.so.12": ""}
        one = row(dist, version)
        found = only(look(files, {"distributions": [row("torch", "2.5.1"), one]}))
        assert found == Toolkit(
            root, Known(version[:4], one["metadata"]), Known(f"{root}/bin/nvcc", f"{root}/bin/nvcc"), ("wheel",)
        )

    def test_runtime_wheels_are_no_toolkit(self) -> None:
        assert by_root(look({f"{SITE}/nvidia/cu13/lib/libcublas.so.13": ""})) == {}

    def test_silent_interpreter(self) -> None:
        host = answers.silent(answers.machine(files={"/usr/local/cuda-11.8/include/cuda.h": HEADER}))
        assert only(toolkit.look(host, answers.target(host))).version == Known(
            "11.8", "/usr/local/cuda-11.8/include/cuda.h"
        )


def test_closed_folders() -> None:
    facts = look({"/usr/local/cuda/version.json": JSON}, denied={"/usr/local/cuda"})
    assert isinstance(facts.cuda_home, Unknown)
    assert facts.cuda_home.reason == "denied"


@pytest.mark.real
def test_this_machine_agrees_with_its_nvcc() -> None:
    host = LocalHost()
    if not host.which("nvcc"):
        pytest.skip("nvcc is needed")
    facts = toolkit.look(host, Target(Absent(), Absent(), (), Request()))
    said = host.run(["nvcc", "--version"], 10)
    assert isinstance(said, Known)
    assert isinstance(facts.cuda_home, Known)
    version = by_root(facts)[facts.cuda_home.value].version
    assert isinstance(version, Known)
    assert f"release {version.value}," in said.value.out
