"""Real wheels of torch: what the files of 2.13.0+cpu say against what importing it says; CUDA wheels with `-m big`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Tuple

import pytest

from envdoctor.active import choose
from envdoctor.facts import TorchFacts
from envdoctor.host import LocalHost
from envdoctor.probes import torch
from envdoctor.reading import Absent, Known
from envdoctor.target import Request, Target
from tests.envs.build import interpreter, venv

pytestmark = [pytest.mark.slow, pytest.mark.real]

NEEDED = ["filelock", "typing-extensions", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec"]


def installed(folder: Path, minor: str, *wanted: str) -> Path:
    """The interpreter of a new environment with exactly these; the test is skipped where they cannot be had."""
    base = interpreter(minor)
    if base is None:
        pytest.skip(f"the wheel is for CPython {minor}")
    made = venv(folder, base)
    pip = [str(made), "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    got = subprocess.run([*pip, *wanted], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if got.returncode:
        pytest.skip(f"{wanted[0]} cannot be had: {got.stdout.strip().splitlines()[-1][:200]}")
    return made


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("real") / "env", "3.11", "torch==2.13.0+cpu", *NEEDED)


def target(python: Path, deep: bool = False) -> Target:
    return choose(LocalHost(), Request(python=str(python), deep=deep, patience=120))


@pytest.fixture(scope="module")
def facts(python: Path) -> TorchFacts:
    return torch.look(LocalHost(), target(python, deep=True))


def test_what_the_files_say(facts: TorchFacts, python: Path) -> None:
    folder = next((python.parents[1] / "lib").glob("python*/site-packages")) / "torch"
    assert facts.path == Known(str(folder), str(python))
    assert facts.version == Known("2.13.0+cpu", f"{folder}/version.py")
    assert facts.build == Known("cpu", f"{folder}/version.py")
    assert facts.cuda == facts.hip == facts.arch_list == Absent((f"{folder}/version.py",))
    assert facts.numpy2 == Known(True, f"{folder}/lib/libtorch_python.so")
    assert facts.missing_libraries == Known((), f"{folder}/lib/libtorch_python.so")
    assert facts.foreign_libraries == Known((), f"{folder}/lib")
    assert facts.glibcxx_needed == Known("3.4.22", f"{folder}/lib/libc10.so")


def test_importing_it_says_the_same(facts: TorchFacts, python: Path) -> None:
    assert isinstance(facts.deep, Known), facts.deep
    deep = facts.deep.value
    assert facts.version == Known(deep.version, facts.version.source if isinstance(facts.version, Known) else "")
    assert Path(deep.file).parent == Path(facts.path.value if isinstance(facts.path, Known) else "")
    assert (deep.cuda, deep.is_available, deep.device_count, deep.gpus) == ("", False, 0, ())
    code = "import torch; print(int(torch._C._GLIBCXX_USE_CXX11_ABI))"
    said = subprocess.run(
        [str(python), "-W", "ignore", "-c", code], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    assert isinstance(facts.cxx11_abi, Known)
    assert facts.cxx11_abi.value is (said.strip() == "1")


def test_cost(python: Path) -> None:
    """A 434 MB libtorch_cpu.so must not cost more than a small one: a few pages of it are read."""
    host, asked = LocalHost(), target(python)
    asked.answer()
    seconds = []
    for _ in range(5):
        started = time.thread_time()
        torch.look(host, asked)
        seconds.append(time.thread_time() - started)
    assert min(seconds) < 0.05, f"{sys.version}: {seconds}"


OLD = ("sm_37", "sm_50", "sm_60", "sm_70")
NEW = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")


@pytest.mark.big
@pytest.mark.parametrize(
    "version, vision, minor, cuda, archs, cxx11, numpy2, missing",
    [
        ("1.8.1", "0.9.1", "3.8", "10.2", OLD, False, False, 0),  # brings every library itself
        ("2.1.2", "0.16.2", "3.11", "12.1", NEW, False, False, 12),
        ("2.7.1", "0.22.1", "3.11", "12.6", NEW, True, True, 13),
    ],
)
def test_cuda_wheel(
    version: str,
    vision: str,
    minor: str,
    cuda: str,
    archs: Tuple[str, ...],
    cxx11: bool,
    numpy2: bool,
    missing: int,
    tmp_path: Path,
) -> None:
    made = installed(tmp_path / "env", minor, f"torch=={version}", f"torchvision=={vision}")
    found = torch.look(LocalHost(), target(made))
    said = (found.cuda, found.arch_list, found.cxx11_abi, found.numpy2)
    assert [reading.value if isinstance(reading, Known) else reading for reading in said] == [
        cuda,
        archs,
        cxx11,
        numpy2,
    ]
    assert isinstance(found.missing_libraries, Known)
    assert len({lost.soname for lost in found.missing_libraries.value}) == missing
    assert isinstance(found.companions, Known)
    (pair,) = found.companions.value
    assert isinstance(pair.built_for_torch, Known)
    assert isinstance(pair.missing_symbols, Known)
    assert (pair.built_for_torch.value, pair.missing_symbols.value) == (version, ())
    assert isinstance(pair.cxx11_abi, Known)
    assert pair.cxx11_abi.value is cxx11
