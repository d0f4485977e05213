"""inside/deep.py, run by real interpreters against stand-ins for torch that behave as a broken one can."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

import pytest

from envdoctor.facts import DeepTorch
from envdoctor.host import LocalHost
from envdoctor.probes import torch as probe
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target

from .stubs import MINORS, python_of

SOURCE = (Path(__file__).resolve().parents[2] / "envdoctor" / "inside" / "deep.py").read_text(encoding="ascii")
TOKEN = "0123abcd"

TORCH = """
import warnings
__version__ = "2.1.0+cu121"

class version:
    cuda = "12.1"

class _C:
    @staticmethod
    def _cuda_getArchFlags():
        return "sm_50 sm_90"

class One:
    def __init__(self, value, fails): self.value, self.fails = value, fails
    def __add__(self, other): return One(self.value + other.value, self.fails)
    def mm(self, other):
        if self.fails: raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        return One(64 * self.value * other.value, False)
    def sum(self): return One(64 * 64 * self.value, False)
    def item(self): return float(self.value)

def ones(rows, columns, device):
    return One(1, device == "cuda:1")

class cuda:
    count = 2
    @classmethod
    def is_available(cls): return cls.count > 0
    @classmethod
    def device_count(cls): return cls.count
    @staticmethod
    def get_device_capability(index): return (9, 0) if index == 0 else (3, 7)
    @staticmethod
    def get_device_name(index): return "NVIDIA H100" if index == 0 else "Tesla K80"
    @staticmethod
    def init(): raise RuntimeError("Found no NVIDIA driver on your system.")
"""


def stand_in(folder: Path, text: str, init: str = "torch/__init__.py") -> None:
    path = folder / init
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def deep(python: str, cwd: Path, env: Optional[Mapping[str, str]] = None) -> Dict[str, Any]:
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    done = subprocess.run([python, "-c", SOURCE, TOKEN], cwd=cwd, env=clean, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode("ascii").split("\n")
    start = lines.index(TOKEN)
    assert lines[start + 2] == TOKEN
    answer: Dict[str, Any] = json.loads(lines[start + 1])
    return answer


@pytest.mark.parametrize("minor", MINORS)
class TestEveryPython:
    def test_two_gpus_one_of_which_is_too_old(self, minor: str, tmp_path: Path) -> None:
        stand_in(tmp_path, TORCH)
        said = deep(python_of(minor), tmp_path)
        assert said["version"] == "2.1.0+cu121"
        assert Path(said["file"]).parent.samefile(tmp_path / "torch")
        assert (said["cuda"], said["is_available"], said["device_count"]) == ("12.1", True, 2)
        assert said["arch_list"] == ["sm_50", "sm_90"]
        error = "RuntimeError: CUDA error: no kernel image is available for execution on the device"
        assert said["gpus"] == [
            {"index": 0, "name": "NVIDIA H100", "capability": "9.0", "kernel": "ok"},
            {"index": 1, "name": "Tesla K80", "capability": "3.7", "kernel": error},
        ]
        assert said["warnings"] == []
        assert said["seconds"] >= 0

    def test_no_torch(self, minor: str, tmp_path: Path) -> None:
        error = deep(python_of(minor), tmp_path)["error"]
        assert "No module named" in error and "torch" in error


def here(tmp_path: Path, text: str, **env: str) -> Dict[str, Any]:
    stand_in(tmp_path, text)
    return deep(sys.executable, tmp_path, env)


class TestTold:
    def test_import_error(self, tmp_path: Path) -> None:
        said = here(tmp_path, "raise ImportError('libcublas.so.12: cannot open shared object file')")
        assert said == {"error": "ImportError: libcublas.so.12: cannot open shared object file"}

    @pytest.mark.parametrize(
        "raises", ["OSError(2, 'x')", "SystemExit(3)", "ValueError('\\udcff\\u4e2d')", "RecursionError()"]
    )
    def test_other_endings(self, raises: str, tmp_path: Path) -> None:
        assert set(here(tmp_path, f"raise {raises}")) == {"error"}

    def test_syntax_error(self, tmp_path: Path) -> None:
        assert here(tmp_path, "print 'torch of Python 2'")["error"].startswith("SyntaxError")

    def test_warnings_and_why_cuda_is_not_available(self, tmp_path: Path) -> None:
        text = TORCH.replace("count = 2", "count = 0") + "\nwarnings.warn('The NVIDIA driver is too old')\n" * 2
        said = here(tmp_path, text)
        assert (said["is_available"], said["device_count"], said["gpus"]) == (False, 0, [])
        assert said["warnings"] == [
            "The NVIDIA driver is too old",
            "RuntimeError: Found no NVIDIA driver on your system.",
        ]

    def test_cpu_build_is_not_asked_why(self, tmp_path: Path) -> None:
        said = here(tmp_path, TORCH.replace("count = 2", "count = 0").replace('"12.1"', "None"))
        assert (said["cuda"], said["warnings"]) == ("", [])

    def test_kernel_with_a_wrong_result(self, tmp_path: Path) -> None:
        said = here(tmp_path, TORCH.replace("self.value + other.value", "self.value"))
        assert said["gpus"][0]["kernel"] == "a product of ones came out as 262144.0"

    def test_namespace_or_file_of_that_name(self, tmp_path: Path) -> None:
        (tmp_path / "torch").mkdir()
        said = deep(sys.executable, tmp_path)
        assert (said["version"], said["is_available"], said["arch_list"]) == ("", False, [])

    def test_mapped_libraries(self, tmp_path: Path) -> None:
        library = next(iter(Path("/usr/lib").glob("*/libstdc++.so.6")), None)
        if library is None:
            pytest.skip("a libstdc++ is needed")
        said = here(tmp_path, f"import ctypes\nctypes.CDLL({str(library)!r})\n{TORCH}")
        assert [path for path in said["loaded"] if "libstdc++" in path] == [str(library.resolve())]

    def test_noise_and_files_named_like_the_standard_library(self, tmp_path: Path) -> None:
        for name in ("json", "time", "warnings", "os"):
            (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
        said = here(
            tmp_path,
            f"print('0123abcd noise')\nimport sys\nsys.stdout.write('no newline')\n{TORCH}".replace(
                "import warnings", ""
            ),
        )
        assert said["device_count"] == 2

    def test_long_errors_are_cut(self, tmp_path: Path) -> None:
        assert len(here(tmp_path, "raise ImportError('x' * 100000)")["error"]) == 2000


class TestThroughTheHost:
    pytestmark = pytest.mark.real

    def look(self, patience: float = 20.0) -> Reading[DeepTorch]:
        executable = Known(sys.executable, "test")
        asked = Target(executable, Absent(), (), Request(deep=True, patience=patience), lambda: Unknown("not-looked"))
        return probe.look(LocalHost(), asked).deep

    def test_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        stand_in(tmp_path, TORCH)
        monkeypatch.chdir(tmp_path)
        told = self.look()
        assert isinstance(told, Known)
        assert [gpu.capability for gpu in told.value.gpus] == ["9.0", "3.7"]

    def test_crash(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        stand_in(tmp_path, "import os\nos.abort()\n")
        monkeypatch.chdir(tmp_path)
        told = self.look()
        assert isinstance(told, Unknown)
        assert told.reason == "failed"

    def test_hang(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        stand_in(tmp_path, "import time\ntime.sleep(60)\n")
        monkeypatch.chdir(tmp_path)
        started = time.monotonic()
        told = self.look(patience=1.5)
        assert isinstance(told, Unknown)
        assert told.reason == "timeout"
        assert time.monotonic() - started < 5

    def test_a_process_that_does_not_end_by_itself(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A driver in trouble, or a thread that goes on: the answer was given, nobody waits for the rest."""
        stand_in(tmp_path, f"import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n{TORCH}")
        monkeypatch.chdir(tmp_path)
        started = time.monotonic()
        assert isinstance(self.look(), Known)
        assert time.monotonic() - started < 10
