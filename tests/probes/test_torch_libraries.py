"""The play of torch's import: what is missing, and what would be taken from elsewhere."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

import pytest

from envdoctor.facts import ForeignLibrary, TorchFacts
from envdoctor.probes import torch
from envdoctor.reading import Absent, Known, Reading, Unknown
from tests.fakes import FakeHost

from . import answers
from .answers import ENV, PYTHON, SITE
from .elfs import library
from .torches import LIB, TORCH, torch_files

NVIDIA = f"{SITE}/nvidia"
CUDART, CUBLAS = f"{NVIDIA}/cuda_runtime/lib/libcudart.so.12", f"{NVIDIA}/cublas/lib/libcublas.so.12"


def wheel(soname: str, needed: Tuple[str, ...] = (), runpath: str = "$ORIGIN") -> bytes:
    """As NVIDIA's wheels are built: DT_RUNPATH, or nothing."""
    return library(soname=soname, needed=needed, runpath=runpath)


def complete(**changes: Any) -> Dict[str, object]:
    """A torch with the libraries that it needs."""
    return {**torch_files(**changes), CUDART: wheel("libcudart.so.12"), CUBLAS: wheel("libcublas.so.12")}


def look(files: Mapping[str, object], parts: Mapping[str, Any] = {}, **fields: Any) -> TorchFacts:
    system = {f"/usr/lib/x86_64-linux-gnu/{name}": "" for name in ("libstdc++.so.6", "libgcc_s.so.1")}
    host = answers.machine(answers.answer(**parts), files={**system, **files}, **fields)
    return torch.look(host, answers.target(host))


def missing(facts: TorchFacts) -> List[Tuple[str, str]]:
    assert isinstance(facts.missing_libraries, Known), facts.missing_libraries
    return [(one.soname, one.needed_by) for one in facts.missing_libraries.value]


def foreign(facts: TorchFacts) -> Tuple[ForeignLibrary, ...]:
    assert isinstance(facts.foreign_libraries, Known), facts.foreign_libraries
    return facts.foreign_libraries.value


class TestMissing:
    def test_complete(self) -> None:
        facts = look(complete())
        assert missing(facts) == []
        assert foreign(facts) == ()

    def test_wheels_were_left_out(self) -> None:
        facts = look(torch_files())
        assert missing(facts) == [
            ("libcudart.so.12", f"{LIB}/libtorch_global_deps.so"),
            ("libcublas.so.12", f"{LIB}/libtorch_cuda.so"),
        ]
        assert isinstance(facts.missing_libraries, Known)
        looked = facts.missing_libraries.value[0].looked
        assert f"{NVIDIA}/cuda_runtime/lib" in looked
        assert LIB in looked

    def test_wheels_in_another_entry_of_sys_path_are_loaded_by_hand(self) -> None:
        user = "/home/ana/.local/lib/python3.11/site-packages"
        moved = {path.replace(SITE, user) if "/nvidia/" in path else path: one for path, one in complete().items()}
        path = [{"path": entry, "origin": "site-packages", "exists": True} for entry in (SITE, user)]
        assert missing(look(moved, {"path": path})) == []
        assert missing(look(moved)) != []

    def test_driver_is_not_torchs_to_bring(self) -> None:
        later = library(needed=("libcuda.so.1",), rpath="$ORIGIN")
        assert missing(look({**complete(), f"{LIB}/libcaffe2_nvrtc.so": later})) == []

    @pytest.mark.parametrize("name", ["libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so"])
    def test_libraries_that_are_loaded_later(self, name: str) -> None:
        later = library(needed=("libcusolver.so.11",), rpath="$ORIGIN")
        assert missing(look({**complete(), f"{LIB}/{name}": later})) == [("libcusolver.so.11", f"{LIB}/{name}")]

    def test_on_ld_library_path(self) -> None:
        files = {**torch_files(), "/opt/cuda/libcudart.so.12": wheel(""), "/opt/cuda/libcublas.so.12": wheel("")}
        assert missing(look(files, environ={"LD_LIBRARY_PATH": "/opt/cuda"})) == []

    def test_rpath_of_conda_s_python_counts(self) -> None:
        program = library(rpath="$ORIGIN/../lib")
        files = {PYTHON: program, f"{ENV}/lib/libcudart.so.12": wheel(""), f"{ENV}/lib/libcublas.so.12": wheel("")}
        assert missing(look({**torch_files(), **files})) == []

    def test_folder_that_may_not_be_entered_leaves_it_open(self) -> None:
        facts = look(complete(), denied={f"{NVIDIA}/cublas", f"{NVIDIA}/cuda_runtime"})
        assert isinstance(facts.missing_libraries, Unknown)
        assert facts.missing_libraries.reason == "denied"

    def test_no_binaries_at_all(self) -> None:
        files = {path: one for path, one in torch_files().items() if not path.endswith(".so")}
        assert look(files).missing_libraries == Absent((f"{LIB}/libtorch_python.so",))


class TestForeign:
    def test_a_path_that_torchs_own_rpath_overrides_is_harmless(self) -> None:
        files = {**complete(), "/opt/cuda/libcublas.so.12": wheel("libcublas.so.12")}
        assert foreign(look(files, environ={"LD_LIBRARY_PATH": "/opt/cuda"})) == ()

    def jitlink(self) -> Dict[str, object]:
        """cuSPARSE of a wheel needs nvJitLink, and says where by a DT_RUNPATH, which LD_LIBRARY_PATH overrides."""
        return {
            **complete(cuda=("libcudart.so.12", "libcublas.so.12", "libcusparse.so.12")),
            f"{NVIDIA}/cusparse/lib/libcusparse.so.12": wheel(
                "libcusparse.so.12", ("libnvJitLink.so.12",), "$ORIGIN/../../nvjitlink/lib:$ORIGIN"
            ),
            f"{NVIDIA}/nvjitlink/lib/libnvJitLink.so.12": wheel("libnvJitLink.so.12"),
            "/opt/cuda/libnvJitLink.so.12": wheel("libnvJitLink.so.12"),
        }

    def test_a_library_of_a_wheel_takes_it(self) -> None:
        assert foreign(look(self.jitlink())) == ()
        (found,) = foreign(look(self.jitlink(), environ={"LD_LIBRARY_PATH": "/none:/opt/cuda"}))
        assert found == ForeignLibrary(
            soname="libnvJitLink.so.12",
            taken="/opt/cuda/libnvJitLink.so.12",
            by="LD_LIBRARY_PATH",
            instead_of=f"{NVIDIA}/nvjitlink/lib/libnvJitLink.so.12",
            needed_by=f"{NVIDIA}/cusparse/lib/libcusparse.so.12",
        )

    def test_newer_torch_loads_it_by_hand_first(self) -> None:
        newer = 'if "nvidia/cuda_runtime/lib/libcudart.so" not in _maps:\n    _preload_cuda_deps("cuda_nvrtc", "x")\n'
        files = {**self.jitlink(), f"{TORCH}/__init__.py": newer}
        assert foreign(look(files, environ={"LD_LIBRARY_PATH": "/opt/cuda"})) == ()

    def cudnn(self) -> Dict[str, object]:
        return {
            **complete(cuda=("libcudart.so.12", "libcudnn.so.9")),
            f"{NVIDIA}/cudnn/lib/libcudnn.so.9": wheel("libcudnn.so.9"),
            f"{NVIDIA}/cudnn/lib/libcudnn_ops.so.9": wheel("libcudnn_ops.so.9"),
            "/opt/cudnn/libcudnn.so.9": wheel("libcudnn.so.9"),
            "/opt/cudnn/libcudnn_ops.so.9": wheel("libcudnn_ops.so.9"),
        }

    def test_parts_of_cudnn_are_opened_by_name(self) -> None:
        (found,) = foreign(look(self.cudnn(), environ={"LD_LIBRARY_PATH": "/opt/cudnn"}))
        assert (found.soname, found.taken) == ("libcudnn_ops.so.9", "/opt/cudnn/libcudnn_ops.so.9")

    def test_ld_preload(self) -> None:
        found, part = foreign(look(self.cudnn(), environ={"LD_PRELOAD": "/opt/cudnn/libcudnn.so.9"}))
        assert (found.soname, found.by) == ("libcudnn.so.9", "LD_PRELOAD")
        assert found.instead_of == f"{NVIDIA}/cudnn/lib/libcudnn.so.9"
        assert (part.soname, part.by) == ("libcudnn_ops.so.9", "RUNPATH")  # of the one that was preloaded

    def test_another_name_of_the_same_file_is_no_other(self) -> None:
        links = {"/opt/jit": f"{NVIDIA}/nvjitlink/lib"}
        assert foreign(look(self.jitlink(), environ={"LD_LIBRARY_PATH": "/opt/jit"}, links=links)) == ()


@pytest.mark.parametrize("variable", ["LD_LIBRARY_PATH", "LD_PRELOAD"])
@pytest.mark.parametrize("value", [":::", "\udcff\udcfe", "$ORIGIN", "/dev/null", "a" * 5000, ";;/x;"])
def test_odd_variables(variable: str, value: str) -> None:
    facts = look(complete(), environ={variable: value})
    assert missing(facts) == []
    assert foreign(facts) == ()


def test_no_reading_is_left_without_an_answer() -> None:
    reading: Reading[Any] = torch.look(FakeHost(), answers.target(FakeHost())).missing_libraries
    assert not isinstance(reading, Known)
