from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known, Reading
from envdoctor.report import NeedTorch

from .asking import (
    NOT_KNOWN,
    SITE,
    change,
    companion,
    dist,
    evidence,
    found,
    healthy,
    needs,
    silent,
    the_one,
    torch_build,
    with_companions,
    with_dists,
    without_gpu,
)


def pair(
    torch: str, cuda: str, vision: str, vision_cuda: str = "", requires: str = "", name: str = "torchvision"
) -> Facts:
    built: Reading[str]
    built = Known(vision_cuda or cuda, "version.py") if (vision_cuda or cuda) != "cpu" else Absent(("version.py",))
    facts = with_companions(torch_build(torch, cuda), companion(name, vision, cuda=built))
    return with_dists(facts, dist(name, vision, requires=(requires,) if requires else ()))


def test_another_release_series_by_its_own_pin() -> None:
    finding = the_one("TOR103", pair("2.5.1+cu121", "12.1", "0.16.0+cu121", requires="torch==2.1.0"))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "0.16.0+cu121" in finding.title and "torch 2.1.0" in finding.title
    assert "torchvision-0.16.0+cu121.dist-info" in evidence(finding)
    assert needs(finding)[0] == NeedTorch(version="2.5.1")
    assert NeedTorch(version="2.1.0") in needs(finding)


def test_another_release_series_by_the_table_where_nothing_is_pinned() -> None:
    finding = the_one("TOR103", pair("1.10.0+cu113", "11.3", "0.9.0+cu113"))
    assert "0.11" in finding.title


@pytest.mark.parametrize(
    ("torch", "vision", "requires"),
    [
        ("2.5.1+cu121", "0.20.1+cu121", "torch==2.5.1"),
        ("2.5.1+cu121", "0.20.1", "torch (==2.5.1)"),  # PyPI's metadata has no local tag
        ("2.5.1", "0.20.1", ""),  # conda: no tag, no pin
        ("1.7.0+cu110", "0.8.0+cu110", ""),  # both 0.8.0 and 0.8.1 belong to it
        ("2.0.0+cu117", "0.15.0+cu117", ""),
        ("2.15.0+cu132", "0.29.2+cu132", "torch>=2.14.0"),
        ("2.14.1+cu130", "0.29.2+cu130", "torch>=2.14.0"),
    ],
)
def test_pairs(torch: str, vision: str, requires: str) -> None:
    assert silent("TOR103", pair(torch, "12.1", vision, requires=requires)) == "pass"


def test_torchaudio_2_11_goes_with_every_later_torch() -> None:
    facts = pair("2.14.1+cu130", "13.0", "2.11.0+cu130", name="torchaudio")
    assert silent("TOR103", facts) == "pass"


def test_torchaudio_of_another_torch_is_a_warning() -> None:
    facts = pair("2.5.1+cu121", "12.1", "2.1.0+cu121", requires="torch==2.1.0", name="torchaudio")
    assert the_one("TOR103", facts).severity == "warning"


def test_the_last_digit_is_a_note() -> None:
    assert the_one("TOR103", pair("2.5.0+cu121", "12.1", "0.20.1+cu121", requires="torch==2.5.1")).severity == "note"


def test_a_cpu_torchvision_beside_a_cuda_torch() -> None:
    finding = the_one("TOR103", pair("2.5.1+cu121", "12.1", "0.20.1+cpu", "cpu"))
    assert finding.severity == "error" and "CPU build" in finding.title


def test_a_cuda_torchvision_beside_a_cpu_torch() -> None:
    assert "only torchvision is a CUDA build" in the_one("TOR103", pair("2.5.1+cpu", "", "0.20.1+cu121", "12.1")).title


def test_torchaudio_writes_no_cuda_down() -> None:
    assert silent("TOR103", pair("2.5.1+cu121", "12.1", "2.5.1+cu121", "cpu", name="torchaudio")) == "pass"


def test_two_cuda_versions() -> None:
    assert found("TOR103", pair("2.5.1+cu121", "12.1", "0.20.1+cu118", "11.8"))
    # torchvision compares the minor version up to 0.15 and the major version from 0.16 on
    assert found("TOR103", pair("2.0.1+cu117", "11.7", "0.15.2+cu118", "11.8"))
    assert silent("TOR103", pair("2.5.1+cu124", "12.4", "0.20.1+cu121", "12.1")) == "pass"


def test_missing_symbols_prove_it() -> None:
    lacking = companion("torchvision", "0.20.1+cu121", missing_symbols=Known(("_ZN3c105ErrorC2E",), "_C.so"))
    finding = the_one("TOR103", with_companions(healthy(), lacking))
    assert "_ZN3c105ErrorC2E" in evidence(finding)


def test_builds_that_are_no_release_are_not_judged_by_version() -> None:
    vendor = pair("2.1.0a0+29c30b1", "12.2", "0.16.0a0")
    assert silent("TOR103", vendor) == "cannot-tell"
    # but a CPU torchvision beside a vendor's CUDA torch is still wrong (seen on Jetson)
    assert found("TOR103", pair("2.1.0a0+41361538.nv23.06", "11.4", "0.16.0", "cpu"))


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("TOR103", with_companions(healthy())) == "not-applicable"
    assert silent("TOR103", change(healthy(), "torch", version=Absent((SITE,)))) == "not-applicable"
    assert silent("TOR103", change(healthy(), "torch", companions=NOT_KNOWN)) == "cannot-tell"
    assert silent("TOR103", pair("99.0.0+cu121", "12.1", "9.0.0+cu121")) == "cannot-tell"


def test_without_a_driver_the_build_that_is_there_is_kept() -> None:
    facts = without_gpu(pair("2.5.1+cu121", "12.1", "0.16.0+cu121", requires="torch==2.1.0"))
    assert needs(the_one("TOR103", facts))[0] == NeedTorch(version="2.5.1", accelerator="cu121")
