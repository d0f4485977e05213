"""update_releases: Pythons from the listing, a new release from one wheel, nothing twice, nothing by halves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from envdoctor.compat import CompatTable
from envdoctor.versions import numbers

from .index import DATA, Home, Index, archive, home, run, serving

SCRIPT = "update_releases.py"
VERSION = "2.16.0"
METADATA = """Metadata-Version: 2.4
Name: torch
Version: 2.16.0
Requires-Dist: filelock
Requires-Dist: cuda-toolkit[cublas,cudart]==13.3.1; platform_system == "Linux"
Requires-Dist: nvidia-cudnn-cu13==9.28.0.42; platform_system == "Linux"
Requires-Dist: triton~=3.9.0; platform_system == "Linux"
Requires-Dist: optree>=0.13.0; extra == "optree"
"""
VISION = "Metadata-Version: 2.4\nName: torchvision\nRequires-Python: >=3.10,!=3.14.1\nRequires-Dist: torch=={}\n"


def wheel(cuda: str, tag: str) -> bytes:
    said = f"'{cuda}'" if cuda else "None"
    return archive(
        {
            "torch-2.16.0.dist-info/METADATA": METADATA,
            "torch/version.py": f"__version__ = '2.16.0+{tag}'\ncuda: Optional[str] = {said}\n",
            "torch/share/cmake/Torch/TorchConfig.cmake": 'set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=1")\n',
        }
    )


@pytest.fixture()
def index() -> Iterator[Index]:
    made = Index()
    for python in ("cp312-cp312", "cp313-cp313", "cp314-cp314", "cp314-cp314t"):
        for platform in ("manylinux_2_34_x86_64", "manylinux_2_34_aarch64"):
            made.files[f"torch-2.16.0-{python}-{platform}.whl"] = wheel("13.3", "cu133")
        made.files[f"torch-2.16.0-{python}-win_amd64.whl"] = wheel("", "cpu")
    for version, torch in (("0.30.0", VERSION), ("0.31.0", "2.17.0")):
        name = f"torchvision-{version}-cp313-cp313-manylinux_2_34_x86_64.whl"
        made.files[name] = archive({f"torchvision-{version}.dist-info/METADATA": VISION.format(torch)})
    audio = "torchaudio-2.11.0-cp313-cp313-manylinux_2_28_x86_64.whl"
    made.files[audio] = archive({"torchaudio-2.11.0.dist-info/METADATA": "Name: torchaudio\n"})
    with serving(made):
        yield made


@pytest.fixture()
def table(tmp_path: Path) -> Home:
    return home(tmp_path)


def test_a_new_release(index: Index, table: Home) -> None:
    ended = run(SCRIPT, index, table)
    assert (ended.code, set(ended.written) - {"date.json"}) == (0, {"torch.json", "wheel_index.json"}), ended.err
    row = table.row("torch", version=VERSION)
    assert row["pythons"]["linux_x86_64"] == ["3.12", "3.13", "3.14", "3.14t"]
    assert (row["torchvision"], row["torchaudio"], row["trio_pythons"]) == ("0.30.0", "2.11.0", ["3.13"])
    assert (row["default_cuda"], row["triton"], row["wheel_tag"]) == ("13.3", "~=3.9.0", "manylinux_2_34_x86_64")
    assert row["nvidia_pins"] == ["cuda-toolkit==13.3.1", "nvidia-cudnn-cu13==9.28.0.42"]
    assert row["pypi_on"] == {"linux_x86_64": "cu133", "linux_aarch64": "cu133", "win_amd64": "cpu"}
    assert (row["glibc"], row["cxx11_abi"], row["cudnn"]) == (
        {"default": "2.34"},
        {"default": True},
        {"cu133": "9.28.0.42"},
    )
    assert (row["released"], row["pythons_refused"], row["how"]) == ("2026-12-01", ["3.14.1"], "derived")
    assert set(row["unknown"]) == {"conda", "variants", "glibc_symbols", "glibcxx_symbols"}
    read = CompatTable(lambda name: (table.path / "data" / name).read_bytes())
    assert read.wheel_index(VERSION).flag == "--index-url"


def test_a_second_run_changes_no_byte_and_reads_no_wheel(index: Index, table: Home) -> None:
    run(SCRIPT, index, table)
    before = table.state()
    index.asked.clear()
    ended = run(SCRIPT, index, table)
    assert (ended.code, ended.written, ended.err) == (0, [], "")
    assert table.state() == before
    assert sorted(index.asked) == ["/simple/torch/", "/simple/torchaudio/", "/simple/torchvision/"]


def test_a_server_that_sends_no_parts(index: Index, table: Home, tmp_path: Path) -> None:
    index.parts = False
    assert run(SCRIPT, index, table).code == 0
    assert table.row("torch", version=VERSION)["default_cuda"] == "13.3"


def test_what_changes_of_a_known_release(index: Index, table: Home) -> None:
    index.files = {"torch-2.15.0-cp316-cp316-manylinux_2_28_x86_64.whl": b""}
    index.yanked = list(index.files)
    assert run(SCRIPT, index, table).code == 0
    row = table.row("torch", version="2.15.0")
    assert (row["pythons"], row["yanked"]) == ({"linux_x86_64": ["3.16"]}, True)
    assert "files" in row["source"]
    assert table.row("torch", version="2.14.1") == home_row("2.14.1")


def home_row(version: str) -> Dict[str, Any]:
    rows: List[Dict[str, Any]] = json.loads((DATA / "torch.json").read_text("utf-8"))["rows"]
    return next(row for row in rows if row["version"] == version)


def test_a_release_in_between_has_its_place(index: Index, table: Home) -> None:
    table.change("torch", lambda rows: [row for row in rows if row["version"] != "2.15.0"])
    index.files = {name.replace("2.16.0", "2.15.0"): content for name, content in index.files.items()}
    index.files = {
        name: content.replace(b"2.16.0", b"2.15.0") if name.startswith("torch-") else content
        for name, content in index.files.items()
    }
    for name in list(index.files):
        if name.startswith("torch-2.15.0"):
            index.files[name] = archive(
                {
                    "torch-2.15.0.dist-info/METADATA": METADATA,
                    "torch/version.py": "__version__ = '2.15.0'\ncuda = '13.3'\n",
                }
            )
    assert run(SCRIPT, index, table).code == 0
    versions = [row["version"] for row in table.rows("torch")]
    assert versions == sorted(versions, key=numbers)
    row = table.row("torch", version="2.15.0")
    assert row["pypi_on"]["linux_x86_64"] == "cu133"  # version.py names no build: the CUDA does
    assert row["torchvision"] is None


def no_server(index: Index) -> None:
    index.address = "http://127.0.0.1:9/simple"


def an_error(index: Index) -> None:
    index.broken = 503


def no_json(index: Index) -> None:
    index.json = False


def half_a_wheel(index: Index) -> None:
    index.cut = "torch-2.16.0-cp312-cp312-manylinux_2_34_x86_64.whl"


def no_wheel(index: Index) -> None:
    index.files = dict.fromkeys(index.files, b"x" * 3000)


def no_version(index: Index) -> None:
    index.files = dict.fromkeys(index.files, archive({"a": "b"}))


def no_linux(index: Index) -> None:
    index.files = {name: content for name, content in index.files.items() if "x86_64" not in name}


@pytest.mark.parametrize(
    "trouble",
    [no_server, an_error, no_json, half_a_wheel, no_wheel, no_version, no_linux],
    ids=lambda one: one.__name__,
)
def test_trouble_is_one_sentence_and_changes_nothing(
    trouble: Callable[[Index], None], index: Index, table: Home
) -> None:
    trouble(index)
    before = table.state()
    ended = run(SCRIPT, index, table)
    assert (ended.code, ended.written, ended.err.count("\n")) == (2, [], 1), ended.err
    assert "Traceback" not in ended.err
    assert table.state() == before


def test_half_a_wheel_from_a_server_without_parts(index: Index, table: Home) -> None:
    index.parts = False
    half_a_wheel(index)
    before = table.state()
    ended = run(SCRIPT, index, table)
    assert ended.code == 2 and "did not come whole" in ended.err
    assert table.state() == before
