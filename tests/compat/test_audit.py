"""Every release has every fact that may be asked of it, or says why it has none; every build has its rows elsewhere."""

from __future__ import annotations

from typing import Any, Callable, Dict, Set, Tuple

import pytest

from envdoctor.compat import CompatTable, NoRow
from envdoctor.compat.rows import TorchRelease
from envdoctor.versions import cuda_of_tag, numbers

TABLE = CompatTable()
RELEASES = TABLE.torch_releases()
VERSIONS = [release.version for release in RELEASES]

#: What may be asked of a release -> whether the row has it. triton and numpy_min are null where the release asks for
#: none, and nvidia_pins are empty where the wheel brings its libraries itself: that is known.
FACTS: Dict[str, Callable[[TorchRelease], Any]] = {
    "released": lambda row: row.released,
    "torchvision": lambda row: row.torchvision,
    "torchaudio": lambda row: row.torchaudio,
    "default_cuda": lambda row: row.default_cuda,
    "pythons": lambda row: row.pythons.get("linux_x86_64"),
    "vision_pythons": lambda row: row.vision_pythons.get("linux_x86_64"),
    "audio_pythons": lambda row: row.audio_pythons.get("linux_x86_64"),
    "trio_pythons": lambda row: row.trio_pythons,
    "variants": lambda row: "variants" not in row.unknown and any(one.startswith("cu") for one in row.variants),
    "variants_on": lambda row: row.variants_on.get("win_amd64"),
    "pypi_on": lambda row: row.pypi_on.get("linux_x86_64"),
    "glibc": lambda row: row.glibc.get("default"),
    "cxx11_abi": lambda row: "default" in row.cxx11_abi,
    "cudnn": lambda row: row.cudnn,
    "numpy2": lambda row: set(row.numpy2) == {"linux_macos", "windows"},
    "wheel_tag": lambda row: row.wheel_tag,
    "glibc_symbols": lambda row: row.glibc_symbols,
    "glibcxx_symbols": lambda row: row.glibcxx_symbols,
    "arch_list": lambda row: _measured(row),
    "conda": lambda row: TABLE.conda_variants(row.version) or TABLE.conda_forge(row.version),
    "cudnn_of_each": lambda row: _cuda_builds(row) <= set(row.cudnn),
}


def _cuda_builds(row: TorchRelease) -> Set[str]:
    return {one for one in row.variants if one.startswith("cu")}


def _measured(row: TorchRelease) -> bool:
    """The arch list of PyPI's build was read from the wheel."""
    try:
        return TABLE.arch_list(row.version, row.pypi_on.get("linux_x86_64", "")).origin.how == "measured"
    except NoRow:
        return False


@pytest.mark.parametrize("version", VERSIONS)
def test_each_fact_is_there_or_says_why_not(version: str) -> None:
    row = TABLE.torch(version)
    lacking = {name for name, has in FACTS.items() if not has(row)}
    assert lacking == set(row.unknown), "a fact without a value needs a reason, and a reason no value"
    for why in row.unknown.values():
        assert len(why) > 10


@pytest.mark.parametrize("version", VERSIONS)
def test_each_cuda_build_has_its_rows(version: str) -> None:
    row = TABLE.torch(version)
    for variant in _cuda_builds(row):
        cuda = TABLE.cuda(cuda_of_tag(variant))
        assert cuda.minimum_driver
        assert TABLE.arch_list(version, variant).archs
        assert TABLE.branches_for(cuda.version)
        if variant in row.cudnn:
            assert TABLE.cudnn(row.cudnn[variant], int(cuda.version.split(".")[0])).min_capability
        assert TABLE.wheel_index(version, variant).url
    assert TABLE.torch_compilers(version, "99.9") is None  # read, and nothing for that CUDA


def test_binaries_ask_no_more_than_the_floor() -> None:
    """A wheel's tag is all that pip compares, and manylinux1 promises glibc 2.5: the floor is what the binary names."""
    for row in RELEASES:
        if row.glibc_symbols:
            variant = row.pypi_on["linux_x86_64"]
            floor = row.glibc.get(variant, row.glibc["default"])
            assert numbers(row.glibc_symbols) <= numbers(floor), row.version
            tag = row.wheel_tag or ""
            assert tag.startswith("manylinux1_" if numbers(row.version) < (2, 7) else "manylinux_2_28_")


#: What is often believed otherwise -> what the table says.
UNCOMMON: Dict[str, Tuple[Any, Any]] = {
    "nvcc 12.3 refuses gcc 13, which torch 2.15 lets pass": (
        (TABLE.cuda("12.3").gcc_max, getattr(TABLE.torch_compilers("2.15.0", "12.3"), "gcc_below", "")),
        (12, "14.0"),
    ),
    "torch 1.12 refuses gcc 10.2, which nvcc 11.3 takes": (
        (TABLE.cuda("11.3").gcc_max, getattr(TABLE.torch_compilers("1.12.1", "11.3"), "gcc_below", "")),
        (10, "10.0.1"),
    ),
    "torch 2.9 does not check compilers of CUDA 12 at all": (TABLE.torch_compilers("2.9.1", "12.8"), None),
    "cuDNN 9.10 serves a V100": (TABLE.cudnn("9.10.2.21", 12).min_capability, "5.0"),
    "cuDNN 9.11 does not, for CUDA 12 either": (TABLE.cudnn("9.11.0.98", 12).min_capability, "7.5"),
    "mmcv's newest prebuilt wheels are for torch 2.4": (
        max((one.torch for one in TABLE.downstream("mmcv").wheels), key=numbers),
        "2.4",
    ),
    "and for CUDA 12.1": (
        max(numbers(cuda_of_tag(one.variant)) for one in TABLE.downstream("mmcv").wheels if one.variant != "cpu"),
        (12, 1),
    ),
    "pip install torch needs CUDA 13 and with it driver 580 from 2.11 on": (
        [(TABLE.torch(one).default_cuda) for one in ("2.10.0", "2.11.0", "2.15.0")],
        ["12.8", "13.0", "13.2"],
    ),
    "and CUDA 13 needs 580": (TABLE.cuda("13.0").minimum_driver, "580.65.06"),
    "one release has two glibc floors": (dict(TABLE.torch("2.6.0").glibc), {"default": "2.17", "cu126": "2.28"}),
    "manylinux1 wheels ask for glibc 2.17": (TABLE.torch("1.13.1").glibc_symbols, "2.17"),
    "uv's auto takes CUDA 13 from driver 580 on, whatever the GPU": (TABLE.uv_backends()[1].minimum_driver, "580"),
}


@pytest.mark.parametrize("belief", sorted(UNCOMMON))
def test_what_is_often_believed_otherwise(belief: str) -> None:
    said, right = UNCOMMON[belief]
    assert said == right


@pytest.mark.parametrize(
    ("name", "first"),
    [("PYTORCH_ALLOC_CONF", "2.9"), ("PYTORCH_CUDA_ALLOC_CONF", "1.10"), ("expandable_segments", "2.1")],
)
def test_allocator_options_have_a_first_series(name: str, first: str) -> None:
    (option,) = [one for one in TABLE.allocator_options() if one.name == name]
    assert (option.first, option.last) == (first, "")
