from __future__ import annotations

import pytest

from envdoctor.facts import CondaRecord, Facts
from envdoctor.reading import Known, Unknown
from envdoctor.report import NeedPackages

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one, torch_build


def conda(mkl: str, channel: str = "pytorch", torch: str = "2.1.0", imported: str = "2.1.0") -> Facts:
    records = (
        CondaRecord("pytorch", torch, "py3.10_cuda12.1_cudnn8.9.2_0", channel, "", True),
        CondaRecord("mkl", mkl, "ha957f24_49657", "conda-forge", "", False),
    )
    return change(torch_build(imported, "12.1"), "installs", conda=Known(records, "conda-meta"))


def test_mkl_is_too_new() -> None:
    finding = the_one("LIB105", conda("2024.1.0"))
    assert finding.severity == "error" and "mkl 2024.1.0" in finding.title
    assert needs(finding) == [NeedPackages(("mkl<2024.1",))]


@pytest.mark.parametrize(
    "channel",
    [
        "https://conda.anaconda.org/pytorch/linux-64",
        "https://mirrors.tuna.tsinghua.edu.cn/anaconda/cloud/pytorch/linux-64",
    ],
)
def test_the_channel_by_any_address(channel: str) -> None:
    the_one("LIB105", conda("2024.2.2", channel))


def test_the_imports_own_words_are_evidence() -> None:
    said = Unknown("failed", "libtorch_cpu.so: undefined symbol: iJIT_NotifyEvent", "import torch")
    assert "undefined symbol" in evidence(the_one("LIB105", change(conda("2024.1.0"), "torch", deep=said)))


def test_near_misses() -> None:
    assert silent("LIB105", conda("2024.0.0")) == "pass"
    assert silent("LIB105", conda("2025.0", channel="conda-forge")) == "not-applicable"
    # pip's torch is imported, not conda's
    assert silent("LIB105", conda("2025.0", imported="2.3.0+cu121")) == "not-applicable"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("LIB105", healthy()) == "not-applicable"
    assert silent("LIB105", change(healthy(), "installs", conda=NOT_KNOWN)) == "cannot-tell"
    assert silent("LIB105", change(conda("2025.0"), "torch", version=NOT_KNOWN)) == "cannot-tell"
