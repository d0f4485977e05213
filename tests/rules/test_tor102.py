from __future__ import annotations

from typing import Tuple

import pytest

from envdoctor.reading import Absent, Known
from envdoctor.report import NeedTorch, NeedVariable

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    found,
    gpu,
    healthy,
    needs,
    pci,
    silent,
    the_one,
    torch_build,
    with_gpus,
    with_variables,
    without_driver,
    without_gpu,
)

CU121 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
CU130 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
BLACKWELL = gpu(0, name=Known("NVIDIA GeForce RTX 5090", "nvml"), capability=Known("12.0", "nvml"))
PASCAL = gpu(1, name=Known("NVIDIA GeForce GTX 1080 Ti", "nvml"), capability=Known("6.1", "nvml"))


def test_a_gpu_newer_than_the_build() -> None:
    finding = the_one("TOR102", with_gpus(torch_build("2.5.1+cu121", "12.1", CU121), BLACKWELL))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "RTX 5090" in finding.title and "12.0" in finding.title
    assert "newer than this build" in finding.meaning
    assert "sm_90" in evidence(finding) and "compute capability 12.0" in evidence(finding)
    assert needs(finding) == [NeedTorch()]


def test_a_gpu_that_the_build_no_longer_covers() -> None:
    finding = the_one("TOR102", with_gpus(torch_build("2.11.0+cu130", "13.0", CU130), PASCAL))
    assert "no longer covers" in finding.meaning


@pytest.mark.parametrize(
    ("capability", "archs"),
    [
        ("8.9", CU121),  # sm_86 code serves an RTX 4090
        ("6.1", CU121),  # sm_60 code serves a GTX 1080
        ("10.3", CU130),  # sm_100 code serves a B300
        ("12.1", CU130),  # sm_120 code serves a GB10
        ("12.0", (*CU121, "compute_90")),  # by PTX
    ],
)
def test_what_serves_without_being_named(capability: str, archs: Tuple[str, ...]) -> None:
    facts = with_gpus(torch_build("2.5.1+cu121", "12.1", archs), gpu(0, capability=Known(capability, "nvml")))
    assert silent("TOR102", facts) == "pass"


def test_code_for_one_card_alone_serves_no_other() -> None:
    facts = with_gpus(torch_build("2.5.1+cu121", "12.1", ("sm_80", "sm_90a")), gpu(0, capability=Known("9.0", "nvml")))
    assert silent("TOR102", facts) == "pass"
    facts = with_gpus(torch_build("2.5.1+cu121", "12.1", ("sm_100a",)), gpu(0, capability=Known("10.3", "nvml")))
    assert found("TOR102", facts)


def test_one_of_two_is_a_warning_with_the_other_to_keep_to() -> None:
    facts = with_gpus(torch_build("2.11.0+cu130", "13.0", CU130), gpu(0), PASCAL)
    finding = the_one("TOR102", facts)
    assert finding.severity == "warning" and "1080 Ti" in finding.title and "3090" not in finding.title
    assert NeedVariable("CUDA_VISIBLE_DEVICES", "GPU-00000000-0000-0000-0000-000000000000") in needs(finding)


def test_a_masked_gpu_is_not_asked_about() -> None:
    facts = with_gpus(torch_build("2.11.0+cu130", "13.0", CU130), gpu(0), PASCAL)
    assert silent("TOR102", with_variables(facts, CUDA_VISIBLE_DEVICES="GPU-00000000")) == "pass"


def test_without_driver_the_pci_id_tells() -> None:
    facts = without_driver(torch_build("2.5.1+cu121", "12.1", CU121))
    assert silent("TOR102", facts) == "pass"  # 2204 is an RTX 3090
    facts = change(facts, "driver", pci_gpus=Known((pci("2b85", ""),), "/sys/bus/pci/devices"))
    finding = the_one("TOR102", facts)
    assert finding.confidence == "likely" and "5090" in finding.title


def test_the_table_answers_where_the_binary_was_not_read() -> None:
    finding = the_one("TOR102", with_gpus(torch_build("2.5.1+cu121", "12.1"), BLACKWELL))
    assert "2.5.1" in finding.title


def test_the_name_tells_where_the_driver_is_too_old_to() -> None:
    facts = with_gpus(torch_build("2.5.1+cu121", "12.1", CU121), gpu(0, capability=NOT_KNOWN))
    assert silent("TOR102", facts) == "pass"
    strange = gpu(0, capability=NOT_KNOWN, name=Known("NVIDIA Surprise 9000", "nvml"))
    assert silent("TOR102", with_gpus(facts, strange)) == "cannot-tell"


def test_what_was_seen_stays_true_beside_an_unknown_one() -> None:
    strange = gpu(1, capability=NOT_KNOWN, name=Known("NVIDIA Surprise 9000", "nvml"))
    assert found("TOR102", with_gpus(torch_build("2.5.1+cu121", "12.1", CU121), BLACKWELL, strange))


def test_not_applicable() -> None:
    assert silent("TOR102", torch_build("2.5.1+cpu", "")) == "not-applicable"
    assert silent("TOR102", without_gpu(healthy())) == "not-applicable"
    assert silent("TOR102", change(healthy(), "torch", arch_list=Absent(("x",)))) == "not-applicable"


def test_cannot_tell() -> None:
    unread = change(healthy(), "torch", arch_list=NOT_KNOWN, version=Known("2.6.0a0+git1234", "version.py"))
    assert silent("TOR102", unread) == "cannot-tell"
    unknown = change(healthy(), "gpus", gpus=NOT_KNOWN)
    assert silent("TOR102", change(unknown, "driver", pci_gpus=NOT_KNOWN)) == "cannot-tell"
