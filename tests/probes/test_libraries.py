"""Copies of CUDA and C++ libraries, where they lie and which version they are."""

from __future__ import annotations

import re
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import pytest

from envdoctor.facts import LibrariesFacts, Library, SearchEntry
from envdoctor.host import LocalHost
from envdoctor.probes import libraries
from envdoctor.probes._loader import CACHE
from envdoctor.probes.libraries import family_of
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.target import Request, Target

from . import answers
from .answers import ENV, PYTHON, SITE, copy, row
from .elfs import library
from .test_libraries_loader import cache
from .torches import LIB

SYSTEM = "/usr/lib/x86_64-linux-gnu"


def look(files: Mapping[str, object], parts: Mapping[str, Any] = {}, **fields: Any) -> LibrariesFacts:
    host = answers.machine(answers.answer(**parts), files=dict(files), **fields)
    return libraries.look(host, answers.target(host))


def copies(facts: LibrariesFacts) -> Dict[str, Library]:
    assert isinstance(facts.libraries, Known)
    return {one.path: one for one in facts.libraries.value}


@lru_cache(maxsize=None)
def libstdcxx(*versions: str) -> bytes:
    names = "".join(f"int v{number};" for number in range(len(versions)))
    with tempfile.NamedTemporaryFile("w", suffix=".map") as script:
        for number, version in enumerate(versions):
            script.write(f"GLIBCXX_{version} {{ global: v{number}; }};\n")
        script.flush()
        return library(names, soname="libstdc++.so.6", flags=(f"-Wl,--version-script={script.name}",))


@pytest.mark.parametrize(
    "name, family",
    [
        ("libcudnn.so.8", "cudnn"),
        ("libcudnn_cnn_infer.so.8", "cudnn"),
        ("libcudart.so.11.0", "cudart"),
        ("libcudart-80664282.so.10.2", "cudart"),
        ("libcublasLt.so.12", "cublas"),
        ("libcusparseLt.so.0", "cusparselt"),
        ("libnvJitLink.so.12", "nvjitlink"),
        ("libstdc++.so.6", "libstdcxx"),
        ("libcuda.so.1", "libcuda"),
        ("libnvidia-ml.so.1", "libnvidia-ml"),
        ("libgomp-a34b3233.so.1", "openmp"),
        ("libcublas.so", ""),  # to link with
        ("libcublas.so.12.1.3.1", ""),  # what the soname leads to
        ("libcublas.so.12.a", ""),
        ("libcudnn_static.a", ""),
        ("libcufoo.so.1", ""),
        ("", ""),
        (".so.1", ""),
    ],
)
def test_watched_names(name: str, family: str) -> None:
    assert family_of(name) == family


class TestLdLibraryPath:
    def test_in_order_with_what_is_in_each(self) -> None:
        files = {
            "/opt/cuda/libcudnn.so.8": "",
            "/opt/cuda/libcudnn.so.8.9.2": "",
            "/opt/cuda/libfoo.so.1": "",
            "/b/x": "",
        }
        facts = look(files, environ={"LD_LIBRARY_PATH": "/none:/opt/cuda:/b"})
        assert facts.ld_library_path == Known(
            (
                SearchEntry("/none", Known(False, "/none"), ()),
                SearchEntry("/opt/cuda", Known(True, "/opt/cuda"), ("libcudnn.so.8",)),
                SearchEntry("/b", Known(True, "/b"), ()),
            ),
            "LD_LIBRARY_PATH",
        )

    def test_unset_and_empty(self) -> None:
        assert look({}).ld_library_path == Absent(("LD_LIBRARY_PATH",))
        assert look({}, environ={"LD_LIBRARY_PATH": ""}).ld_library_path == Absent(("LD_LIBRARY_PATH",))

    def test_empty_entry_is_the_current_folder(self) -> None:
        files = {"/home/ana/work/libnccl.so.2": ""}
        facts = look(files, environ={"LD_LIBRARY_PATH": ":/none"})
        assert isinstance(facts.ld_library_path, Known)
        assert facts.ld_library_path.value[0] == SearchEntry("", Known(True, "/home/ana/work"), ("libnccl.so.2",))
        assert copies(facts)["/home/ana/work/libnccl.so.2"].where == "LD_LIBRARY_PATH"

    def test_closed_folder(self) -> None:
        facts = look({"/closed/libnccl.so.2": ""}, environ={"LD_LIBRARY_PATH": "/closed"}, denied={"/closed"})
        assert isinstance(facts.ld_library_path, Known)
        exists = facts.ld_library_path.value[0].exists
        assert isinstance(exists, Unknown)
        assert exists.reason == "denied"

    @pytest.mark.parametrize("value", [":", "\udcff", "/a\n/b", "x" * 10_000, "$LD_LIBRARY_PATH:/usr"])
    def test_odd_values(self, value: str) -> None:
        facts = look({}, environ={"LD_LIBRARY_PATH": value})
        assert isinstance(facts.ld_library_path, Known)
        assert [entry.path for entry in facts.ld_library_path.value] == value.split(":")

    def test_ld_preload(self) -> None:
        facts = look({"/opt/libgomp.so.1": ""}, environ={"LD_PRELOAD": "/opt/libgomp.so.1 libfoo.so"})
        assert facts.ld_preload == Known(("/opt/libgomp.so.1", "libfoo.so"), "LD_PRELOAD")
        assert copies(facts)["/opt/libgomp.so.1"].where == "LD_PRELOAD"
        assert look({}).ld_preload == Absent(("LD_PRELOAD",))


class TestVersions:
    def version(self, name: str, real: str, **more: object) -> Any:
        files: Dict[str, object] = {
            f"/opt/cuda/lib64/{real}": "",
            **{f"/opt/cuda/{path}": one for path, one in more.items()},
        }
        links = {f"/opt/cuda/lib64/{name}": real} if name != real else {}
        facts = look(files, environ={"LD_LIBRARY_PATH": "/opt/cuda/lib64"}, links=links)
        return copies(facts)[f"/opt/cuda/lib64/{name}"].version

    @pytest.mark.parametrize(
        "name, real, version",
        [
            ("libcudnn.so.8", "libcudnn.so.8.9.2", "8.9.2"),
            ("libcublas.so.12", "libcublas.so.12.1.3.1", "12.1.3.1"),
            ("libcudart.so.11.0", "libcudart.so.11.8.89", "11.8.89"),
            ("libcuda.so.1", "libcuda.so.525.53", "525.53"),
            ("libcudart-80664282.so.10.2", "libcudart-80664282.so.10.2", "10.2"),
        ],
    )
    def test_from_the_file_that_it_leads_to(self, name: str, real: str, version: str) -> None:
        assert self.version(name, real) == Known(version, f"/opt/cuda/lib64/{real}")

    @pytest.mark.parametrize("name", ["libcudart.so.11.0", "libcublas.so.12"])
    def test_a_bare_soname_says_none(self, name: str) -> None:
        assert self.version(name, name) == Absent((f"/opt/cuda/lib64/{name}",))

    def test_from_cudnns_header(self) -> None:
        text = "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 9\n#define CUDNN_PATCHLEVEL 7\n"
        found = self.version("libcudnn.so.8", "libcudnn.so.8", **{"include/cudnn_version.h": text})
        assert found == Known("8.9.7", "/opt/cuda/include/cudnn_version.h")
        cut = self.version("libcudnn.so.8", "libcudnn.so.8", **{"include/cudnn_version.h": text[:30]})
        assert isinstance(cut, Absent)

    @pytest.mark.parametrize(
        "path, dist, version, expected",
        [
            ("nvidia/cublas/lib/libcublasLt.so.12", "nvidia-cublas-cu12", "12.1.3.1", "12.1.3.1"),
            ("nvidia/cudnn/lib/libcudnn.so.9", "nvidia-cudnn-cu12", "9.5.1.17", "9.5.1"),
            ("nvidia/cuda_runtime/lib/libcudart.so.12", "nvidia-cuda-runtime-cu12", "12.6.77", "12.6.77"),
            ("nvidia/cu13/lib/libcusparse.so.12", "nvidia-cusparse", "12.6.3.3", "12.6.3.3"),
            ("cusparselt/lib/libcusparseLt.so.0", "nvidia-cusparselt-cu12", "0.6.3", "0.6.3"),
            ("nvidia/nccl/lib/libnccl.so.2", "nvidia_nccl_cu12", "2.26.2", "2.26.2"),
        ],
    )
    def test_from_the_wheel(self, path: str, dist: str, version: str, expected: str) -> None:
        one = row(dist, version)
        other = row("nvidia-nvtx-cu12", "1.0", location="/elsewhere")
        found = copies(look({f"{SITE}/{path}": ""}, {"distributions": [other, one]}))[f"{SITE}/{path}"]
        assert (found.version, found.where) == (Known(expected, one["metadata"]), "wheel")

    def test_a_wheel_in_another_folder_says_nothing_of_it(self) -> None:
        path = f"{SITE}/nvidia/nccl/lib/libnccl.so.2"
        other = row("nvidia-nccl-cu12", "2.26.2", location="/home/ana/.local/lib/python3.11/site-packages")
        assert isinstance(copies(look({path: ""}, {"distributions": [other]}))[path].version, Absent)


class TestWhere:
    def test_each_place(self) -> None:
        files: Dict[str, object] = {
            f"{SITE}/torch/lib/libcudart-80664282.so.10.2": "",
            f"{ENV}/conda-meta/history": "",
            f"{ENV}/lib/libcublas.so.11.3.1.2": "",
            f"{SYSTEM}/libnccl.so.2.18.3": "",
            "/usr/local/cuda/lib64/libcufft.so.11.0.2.54": "",
            f"{SYSTEM}/libfoo.so.1": "",
        }
        links = {
            f"{ENV}/lib/libcublas.so.11": "libcublas.so.11.3.1.2",
            f"{SYSTEM}/libnccl.so.2": "libnccl.so.2.18.3",
            "/usr/local/cuda/lib64/libcufft.so.11": "libcufft.so.11.0.2.54",
        }
        found = copies(look(files, links=links))
        assert {(one.soname, one.where) for one in found.values()} == {
            ("libcudart-80664282.so.10.2", "torch"),
            ("libcublas.so.11", "conda"),
            ("libnccl.so.2", "system"),
            ("libcufft.so.11", "system"),
        }

    def test_system_by_the_cache_where_there_is_one(self) -> None:
        raw = cache(
            ("libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1", 0x303, 0), ("libz.so.1", "/lib/libz.so.1", 0x303, 0)
        )
        found = copies(look({CACHE: raw, "/usr/lib/wsl/lib/libcuda.so.1": "", f"{SYSTEM}/libnccl.so.2": ""}))
        assert [(one.path, one.where) for one in found.values()] == [("/usr/lib/wsl/lib/libcuda.so.1", "system")]

    def test_silent_interpreter(self) -> None:
        files = {f"{SYSTEM}/libnccl.so.2": "", f"{SITE}/nvidia/nccl/lib/libnccl.so.2": ""}
        host = answers.silent(answers.machine(files=files))
        assert list(copies(libraries.look(host, answers.target(host)))) == [f"{SYSTEM}/libnccl.so.2"]


class TestLibstdcxx:
    OLD, NEW = ("3.4.9", "3.4.19"), ("3.4.9", "3.4.19", "3.4.30")

    def offers(self, files: Mapping[str, object], **fields: Any) -> Any:
        return look({f"{SYSTEM}/libstdc++.so.6": libstdcxx(*self.OLD), **files}, **fields).libstdcxx_offers

    def test_systems(self) -> None:
        assert self.offers({}) == Known("3.4.19", f"{SYSTEM}/libstdc++.so.6")

    def test_ld_library_path_comes_first(self) -> None:
        found = self.offers({"/opt/gcc/libstdc++.so.6": libstdcxx(*self.NEW)}, environ={"LD_LIBRARY_PATH": "/opt/gcc"})
        assert found == Known("3.4.30", "/opt/gcc/libstdc++.so.6")

    def conda(self, torch_library: bytes) -> Any:
        files = {
            PYTHON: library(rpath="$ORIGIN/../lib"),
            f"{ENV}/lib/libstdc++.so.6": libstdcxx(*self.NEW),
            f"{LIB}/libc10.so": torch_library,
        }
        return self.offers(files, parts={"modules": {"torch": [copy("torch")]}})

    def test_condas_through_the_rpath_of_its_python(self) -> None:
        assert self.conda(library(rpath="$ORIGIN")) == Known("3.4.30", f"{ENV}/lib/libstdc++.so.6")

    def test_a_torch_with_a_runpath_does_not_take_condas(self) -> None:
        assert self.conda(library(runpath="$ORIGIN")) == Known("3.4.19", f"{SYSTEM}/libstdc++.so.6")

    def test_preloaded(self) -> None:
        found = self.offers(
            {"/opt/libstdc++.so.6": libstdcxx(*self.NEW)}, environ={"LD_PRELOAD": "/opt/libstdc++.so.6"}
        )
        assert found == Known("3.4.30", "/opt/libstdc++.so.6")

    def test_not_understood(self) -> None:
        for content in (b"", b"\x7fELF", library("int nothing;")):
            found = self.offers({f"{SYSTEM}/libstdc++.so.6": content})
            assert isinstance(found, Unknown)
            assert found.reason == "unparsable"

    def test_none(self) -> None:
        assert isinstance(look({}).libstdcxx_offers, Absent)

    def test_this_machine(self) -> None:
        paths: List[str] = [str(path) for path in Path("/usr/lib").glob("*/libstdc++.so.6")]
        if not paths:
            pytest.skip("a libstdc++ is needed")
        asked = Target(Known(sys.executable, "test"), Absent(), (), Request())
        found = libraries.look(LocalHost({"PATH": "/usr/bin"}), asked).libstdcxx_offers
        assert isinstance(found, Known)
        names: Tuple[bytes, ...] = tuple(re.findall(rb"GLIBCXX_3\.4\.(\d+)\0", Path(found.source).read_bytes()))
        assert found.value == f"3.4.{max(int(name) for name in names)}"
