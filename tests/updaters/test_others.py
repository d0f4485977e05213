"""What binaries, headers and uv's source say, on an index of a few bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from .index import Home, Index, archive, home, run, serving, source

NUL = "\x00"
ELF = "\x7fELF"


@pytest.fixture()
def index() -> Iterator[Index]:
    with serving(Index()) as made:
        yield made


@pytest.fixture()
def table(tmp_path: Path) -> Home:
    return home(tmp_path)


def unchanged(script: str, index: Index, table: Home, *options: str) -> None:
    before = table.state()
    ended = run(script, index, table, *options)
    assert (ended.code, ended.written) == (0, []), ended
    assert table.state() == before


def torch_wheel(archs: str, glibc: str = "2.28") -> bytes:
    symbols = f"{NUL}GLIBC_2.14{NUL}GLIBC_{glibc}{NUL}GLIBCXX_3.4.22{NUL}GLIBC_PRIVATE{NUL}"
    return archive(
        {
            "torch/lib/libtorch_python.so": f"{ELF}{symbols}{archs}{NUL}numpy._core._multiarray_umath{NUL}",
            "torch/lib/libgomp.so.1": f"{ELF}{NUL}GLIBC_2.30{NUL}",
            "torch/notes.txt": f"{NUL}GLIBC_2.99{NUL}",
        }
    )


def unread(rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """2.15.0 as update_releases makes it."""
    last = rows[-1]
    nobody = dict.fromkeys(("glibc_symbols", "glibcxx_symbols"), "scripts/update_wheels.py reads it")
    return [*rows[:-1], {**last, **dict.fromkeys(nobody, None), "unknown": {**nobody, "variants": "by hand"}}]


def test_binaries(index: Index, table: Home) -> None:
    table.change("torch", unread)
    table.change("arch", lambda rows: [row for row in rows if row["torch"] != "2.15.0"])
    index.files["torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl"] = torch_wheel("sm_80 sm_90 compute_90")
    ended = run("update_wheels.py", index, table)
    assert (ended.code, set(ended.written) - {"date.json"}) == (0, {"arch.json", "torch.json"}), ended.err
    row = table.row("torch", version="2.15.0")
    assert (row["glibc_symbols"], row["glibcxx_symbols"], row["unknown"]) == ("2.30", "3.4.22", {"variants": "by hand"})
    arch = table.row("arch", torch="2.15.0", variant=row["pypi_on"]["linux_x86_64"], os="linux")
    assert (arch["archs"], arch["how"]) == (["sm_80", "sm_90", "compute_90"], "measured")
    index.files.clear()
    unchanged("update_wheels.py", index, table)
    assert [one for one in index.asked if "simple" in one] == ["/simple/torch/"]


def test_a_release_without_an_arch_list_is_not_read_again(index: Index, table: Home) -> None:
    table.change("torch", unread)
    table.change("arch", lambda rows: [row for row in rows if row["torch"] != "2.15.0"])
    index.files["torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl"] = torch_wheel("")
    assert run("update_wheels.py", index, table).code == 0
    assert "hold none" in table.row("torch", version="2.15.0")["unknown"]["arch_list"]
    unchanged("update_wheels.py", index, table)


def test_a_named_release_is_read_again_and_a_gone_one_is_told(index: Index, table: Home) -> None:
    before = table.state()
    ended = run("update_wheels.py", index, table, "--release", "2.6.0")
    assert (ended.code, ended.err) == (2, "torch 2.6.0: the index has no wheel for Linux x86_64\n")
    assert table.state() == before
    index.files["torch-2.6.0-cp311-cp311-manylinux1_x86_64.whl"] = torch_wheel("sm_50 sm_90", "2.17")
    assert run("update_wheels.py", index, table, "--release", "2.6.0").code == 0
    assert table.row("arch", torch="2.6.0", variant="cu124", os="linux")["archs"] == ["sm_50", "sm_90"]


HEADER = """
#if __GNUC__ > {gcc}
#error -- unsupported GNU version! gcc versions later than 9 are not supported!
#endif
#if (__clang_major__ >= 5) || (__clang_major__ < 3) || ((__clang_major__ == 3) &&  (__clang_minor__ < 3))
#error -- unsupported HOS clang version!
#endif
#if (__clang_major__ >= {clang}) || (__clang_major__ < 3) || ((__clang_major__ == 3) &&  (__clang_minor__ < 3))
#error -- unsupported clang version! clang version must be less than 9 and greater than 3.2
#endif
"""
TABLE = """
MINIMUM_GCC_VERSION = (5, 0, 0)
CUDA_GCC_VERSIONS: VersionMap = {'13.6': (MINIMUM_GCC_VERSION, (17, 0))}
CUDA_CLANG_VERSIONS: VersionMap = {'13.6': ((7, 0), (25, 0))}
max_excl_compiler_version = 1
"""


def compilers(index: Index, table: Home, text: str) -> None:
    """CUDA 13.6 and torch 2.16.0, which the table does not have."""
    last = table.rows("torch")[-1]
    table.change("torch", lambda rows: [*rows, {**last, "version": "2.16.0"}])
    index.files = {
        "nvidia_cuda_crt-13.6.1-py3-none-manylinux2014_x86_64.whl": archive({"x/crt/host_config.h": "old"}),
        "nvidia_cuda_crt-13.6.10-py3-none-manylinux2014_x86_64.whl": archive(
            {"nvidia/cu13/include/crt/host_config.h": HEADER.format(gcc=17, clang=25)}
        ),
        "nvidia_cuda_nvcc-13.6.10-py3-none-manylinux2014_x86_64.whl": archive({"nvidia/cu13/bin/nvcc": ""}),
        "nvidia_cuda_nvcc-13.7.0rc1-py3-none-manylinux2014_x86_64.whl": archive({}),
        "nvidia_cuda_nvcc_cu12-12.4.131-py3-none-manylinux2014_x86_64.whl": archive(
            {"nvidia/cuda_nvcc/include/crt/host_config.h": HEADER.format(gcc=99, clang=99)}
        ),
        "torch-2.16.0-cp313-cp313-manylinux_2_28_x86_64.whl": archive({"torch/utils/cpp_extension.py": text}),
    }


def test_host_compilers(index: Index, table: Home) -> None:
    compilers(index, table, TABLE)
    ended = run("update_compilers.py", index, table)
    assert (ended.code, set(ended.written) - {"date.json"}) == (0, {"compilers.json", "cuda.json"}), ended.err
    cuda = table.row("cuda", version="13.6")
    assert (cuda["gcc_max"], cuda["clang_max"], cuda["minimum_driver"]) == (17, 24, "580.65.06")
    assert table.row("cuda", version="12.4")["gcc_max"] == 13  # read before, and not read again
    row = table.row("compilers", first="2.16.0", cuda="13.6")
    assert (row["gcc_min"], row["gcc_below"], row["clang_below"]) == ("5.0.0", "17.0", "25.0")
    assert row["last"] == "2.16.0"
    unchanged("update_compilers.py", index, table)
    run("update_compilers.py", index, table, "--all")
    assert table.row("cuda", version="12.4")["gcc_max"] == 99


def test_rows_that_say_the_same_go_on(index: Index, table: Home) -> None:
    compilers(index, table, "CUDA_GCC_VERSIONS = {'11.0': ((5, 0, 0), (10, 0))}\nmax_excl_compiler_version = 1\n")
    assert run("update_compilers.py", index, table).code == 0
    assert table.row("compilers", first="2.0.0", cuda="11.0")["last"] == "2.16.0"
    assert table.row("compilers", first="2.0.0", cuda="11.1")["last"] == "2.15.0"


@pytest.mark.parametrize(
    "text", ["CUDA_GCC_VERSIONS = dict(a=1)", "CUDA_GCC_VERSIONS = {'1.0': 5}", "CUDA_GCC_VERSIONS = {", "\x00"]
)
def test_a_table_in_a_new_form_changes_nothing(index: Index, table: Home, text: str) -> None:
    compilers(index, table, text)
    before = table.state()
    ended = run("update_compilers.py", index, table)
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith(
        "torch-2.16.0-cp313-cp313-manylinux_2_28_x86_64.whl: its compiler table"
    )
    assert table.state() == before


BACKEND = """
            "cpu" => Ok(Self::Cpu),
            "cu140" => Ok(Self::Cu140),
            "cu132" => Ok(Self::Cu132),
static LINUX_CUDA_DRIVERS: LazyLock<[(TorchBackend, Version); 2]> = LazyLock::new(|| {
    [(TorchBackend::Cu140, Version::new([700])), (TorchBackend::Cu132, Version::new([580, 65, 6]))]
});
static WINDOWS_CUDA_VERSIONS: LazyLock<[(TorchBackend, Version); 1]> = LazyLock::new(|| {
    [(TorchBackend::Cu140, Version::new([701]))]
});
"""
PLACE = "uv-99.1.0/crates/uv-torch/src/backend.rs"


def test_uv(index: Index, table: Home) -> None:
    index.files = {"uv-99.1.0.tar.gz": source({PLACE: BACKEND}), "uv-99.0.9.tar.gz": b"", "uv-100.0rc1.tar.gz": b""}
    ended = run("update_uv.py", index, table)
    assert (ended.code, set(ended.written) - {"date.json"}) == (0, {"uv.json"}), ended.err
    rows = table.rows("uv")
    assert [row["name"] for row in rows] == ["cpu", "cu140", "cu132"]
    assert (rows[1]["url"], rows[1]["minimum_driver"]) == ("https://download.pytorch.org/whl/cu140", "700")
    assert (rows[2]["minimum_driver"], rows[2]["minimum_driver_windows"]) == ("580.65.6", None)
    unchanged("update_uv.py", index, table)
    assert [one for one in index.asked if "files" in one] == ["/files/uv-99.1.0.tar.gz"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no source distribution"),
        ({"uv-99.1.0.tar.gz": b"x" * 100}, "not a source distribution"),
        ({"uv-99.1.0.tar.gz": source({"uv-99.1.0/README": ""})}, "it has no crates/uv-torch"),
        ({"uv-99.1.0.tar.gz": source({PLACE: "mod elsewhere;"})}, "written in a new way"),
    ],
)
def test_uv_in_a_new_form_changes_nothing(index: Index, table: Home, files: Dict[str, bytes], words: str) -> None:
    index.files = files
    before = table.state()
    ended = run("update_uv.py", index, table)
    assert ended.code == 2 and words in ended.err and ended.err.count("\n") == 1
    assert table.state() == before


@pytest.mark.parametrize("script", ["update_wheels.py", "update_compilers.py", "update_uv.py"])
def test_no_network_changes_nothing(script: str, index: Index, table: Home) -> None:
    compilers(index, table, TABLE)
    table.change("torch", unread)
    before = table.state()
    index.address = "http://127.0.0.1:9/simple"
    ended = run(script, index, table)
    assert (ended.code, ended.written, ended.err.count("\n")) == (2, [], 1), ended.err
    assert "ConnectionError: nothing was changed" in ended.err
    assert table.state() == before
