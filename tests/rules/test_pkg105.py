from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known

from .asking import NOT_KNOWN, change, dist, evidence, found, healthy, silent, the_one
from .installed import with_distributions


def asking(*lines: str, torch: str = "2.5.1+cu121", cuda: str = "12.1") -> Facts:
    facts = change(healthy(), "torch", version=Known(torch, "version.py"), cuda=Known(cuda, "version.py"))
    facts = change(facts, "toolkit", cuda_home=Known("/usr/local/cuda", "CUDA_HOME"))
    return change(facts, "installs", requested=Known(lines, "requirements.txt"))


def test_mmcv_ends_with_torch_2_4() -> None:
    finding = the_one("PKG105", asking("mmcv>=2.0.0"))
    assert finding.severity == "note"
    assert finding.title == (
        "mmcv has no prebuilt wheel for torch 2.5.1+cu121: its last ones for cu121 are for torch 2.4"
    )
    assert "mmcv>=2.0.0 is asked for" in evidence(finding)


def test_a_cuda_that_it_never_had() -> None:
    assert "it has none for cu124" in the_one("PKG105", asking("mmcv", torch="2.4.1+cu124", cuda="12.4")).title


def test_without_nvcc_it_is_a_warning() -> None:
    facts = change(asking("mmcv"), "toolkit", cuda_home=Absent(("CUDA_HOME", "/usr/local/cuda")))
    finding = the_one("PKG105", facts)
    assert finding.severity == "warning" and "no nvcc here" in finding.meaning


def test_each_package_is_told() -> None:
    assert len(found("PKG105", asking("mmcv", "detectron2", "numpy"))) == 2


@pytest.mark.parametrize(
    ("line", "torch", "cuda"),
    [
        ("mmcv", "2.1.0+cu121", "12.1"),
        ("mmcv==2.1.0", "2.1.2+cu121", "12.1"),
        ("flash-attn", "2.5.1+cu121", "12.1"),  # its wheels are for any CUDA 12
        ("torch-scatter", "2.5.1+cu121", "12.1"),
    ],
)
def test_there_is_a_wheel(line: str, torch: str, cuda: str) -> None:
    assert silent("PKG105", asking(line, torch=torch, cuda=cuda)) == "pass"


def test_near_misses() -> None:
    here = with_distributions(asking("mmcv"), dist("mmcv", "2.2.0"))
    assert silent("PKG105", here) == "pass"  # installed already
    wheel = "mmcv @ https://example.org/mmcv-2.2.0-cp311-cp311-manylinux1_x86_64.whl"
    assert silent("PKG105", asking(wheel)) == "not-applicable"
    assert silent("PKG105", asking("timm", "xformers", "leftpad")) == "not-applicable"


def test_not_applicable_and_cannot_tell() -> None:
    none = change(asking("mmcv"), "installs", requested=Absent(("requirements.txt",)))
    assert silent("PKG105", none) == "not-applicable"
    assert silent("PKG105", change(none, "installs", requested=NOT_KNOWN)) == "cannot-tell"
    assert silent("PKG105", change(asking("mmcv"), "torch", version=NOT_KNOWN)) == "cannot-tell"
    assert silent("PKG105", asking("mmcv", torch="2.6.0a0+git1234567")) == "cannot-tell"
    assert silent("PKG105", change(asking("mmcv"), "installs", distributions=NOT_KNOWN)) == "cannot-tell"
