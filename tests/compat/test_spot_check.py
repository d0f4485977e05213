"""Five real wheels of torch: what our probes read from their files is what the table says. `-m big` downloads them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Iterator, List, Tuple, TypeVar

import pytest

from envdoctor.active import choose
from envdoctor.compat import CompatTable
from envdoctor.compat.rows import TorchRelease
from envdoctor.facts import Distribution, InstallsFacts, TorchFacts
from envdoctor.host import LocalHost
from envdoctor.probes import installs, torch
from envdoctor.probes._elf import Elf, ElfFiles
from envdoctor.reading import Known, Reading
from envdoctor.target import Request
from envdoctor.versions import numbers
from tests.envs.build import interpreter, venv

T = TypeVar("T")

pytestmark = [pytest.mark.big, pytest.mark.slow, pytest.mark.real]

TABLE = CompatTable()
MINOR = "3.11"
RELEASES = ("1.13.1", "2.0.1", "2.4.1", "2.6.0", "2.9.1")


@pytest.fixture(params=RELEASES)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(version: str, tmp_path: Path) -> Iterator[Path]:
    """site-packages of a new environment that holds this torch alone; the environment goes afterwards."""
    base = interpreter(MINOR)
    if base is None:
        pytest.skip(f"no CPython {MINOR}")
    python = venv(tmp_path / "env", base)
    pip = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--no-cache-dir"]
    got = subprocess.run([*pip, f"torch=={version}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if got.returncode:
        pytest.skip(f"torch {version} cannot be had: {got.stdout.strip().splitlines()[-1][:200]}")
    yield next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    shutil.rmtree(tmp_path / "env")


def test_the_files_say_what_the_table_says(version: str, site: Path) -> None:
    host = LocalHost()
    target = choose(host, Request(python=str(site.parents[2] / "bin" / "python"), patience=120))
    found, packages = torch.look(host, target), installs.look(host, target)
    row = TABLE.torch(version)
    variant = row.pypi_on["linux_x86_64"]
    _build(found, row, variant)
    _requirements(packages, row)
    _wheel(site, row)
    _symbols(host, site, row, variant)


def _build(found: TorchFacts, row: TorchRelease, variant: str) -> None:
    assert _known(found.version) == f"{row.version}+{variant}"
    assert _known(found.cuda) == row.default_cuda
    assert _known(found.arch_list) == TABLE.arch_list(row.version, variant).archs
    assert _known(found.cxx11_abi) is row.cxx11_abi.get(variant, row.cxx11_abi["default"])
    assert _known(found.numpy2) is row.numpy2["linux_macos"]


def _requirements(packages: InstallsFacts, row: TorchRelease) -> None:
    (dist,) = [one for one in _distributions(packages) if one.name == "torch"]
    asked = [line.split(";")[0].replace(" ", "").replace("(", "").replace(")", "") for line in dist.requires]
    nvidia = [line for line in asked if line.startswith("nvidia-")]
    assert sorted(nvidia) == sorted(row.nvidia_pins)
    triton = [line[len("triton") :] for line in asked if line.startswith("triton")]
    assert triton == ([row.triton] if row.triton else [])
    cudnn = [line.split("==")[1] for line in nvidia if line.startswith("nvidia-cudnn")]
    assert not cudnn or cudnn == [row.cudnn[row.pypi_on["linux_x86_64"]]]


def _wheel(site: Path, row: TorchRelease) -> None:
    (wheel,) = site.glob("torch-*.dist-info/WHEEL")
    tags = [line.split(": ")[1] for line in wheel.read_text("utf-8").splitlines() if line.startswith("Tag: ")]
    assert all(tag.split("-")[0] == "cp" + MINOR.replace(".", "") for tag in tags)
    assert MINOR in row.pythons["linux_x86_64"]


def _symbols(host: LocalHost, site: Path, row: TorchRelease, variant: str) -> None:
    """The newest GLIBC_ and GLIBCXX_ of all of torch's binaries, and that the floor is no lower."""
    needed = [name for path in _libraries(site) for name in _version_needs(host, path)]
    glibc, glibcxx = _newest(needed, "GLIBC_"), _newest(needed, "GLIBCXX_")
    assert (glibc, glibcxx) == (row.glibc_symbols, row.glibcxx_symbols)
    assert numbers(glibc) <= numbers(row.glibc.get(variant, row.glibc["default"]))


def _version_needs(host: LocalHost, path: Path) -> Tuple[str, ...]:
    return _known(ElfFiles(host).ask(str(path), Elf.version_needs))


def _libraries(site: Path) -> List[Path]:
    return [path for path in sorted((site / "torch").rglob("*.so*")) if path.read_bytes()[:4] == b"\x7fELF"]


def _newest(names: List[str], prefix: str) -> str:
    found = [name[len(prefix) :] for name in names if name.startswith(prefix)]
    return max((one for one in found if one.replace(".", "").isdigit()), key=numbers)


def _distributions(packages: InstallsFacts) -> Tuple[Distribution, ...]:
    return _known(packages.distributions)


def _known(reading: Reading[T]) -> T:
    assert isinstance(reading, Known), reading
    return reading.value
