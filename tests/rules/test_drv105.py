from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Known
from envdoctor.report import NeedTorch, NeedVariable

from .asking import (
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    needs,
    path_entries,
    silent,
    the_one,
    with_driver,
    with_gpus,
    without_gpu,
)

COMPAT = "/usr/local/cuda-12.6/compat"


def compat(gpu_name: str, facts: Facts, folder: str = COMPAT) -> Facts:
    library = f"{folder}/libcuda.so.1"
    facts = with_gpus(facts, gpu(0, name=Known(gpu_name, "nvml")))
    facts = change(facts, "libraries", ld_library_path=path_entries(folder, "/opt/lib"))
    return change(facts, "driver", compat_library=Known(library, library))


@pytest.mark.parametrize("name", ["NVIDIA GeForce RTX 3090", "NVIDIA TITAN RTX"])
def test_consumer_cards_do_not_take_it(name: str) -> None:
    finding = the_one("DRV105", compat(name, healthy()))
    assert finding.severity == "error" and name in finding.title and COMPAT in evidence(finding)
    assert needs(finding) == [NeedVariable("LD_LIBRARY_PATH", "/opt/lib")]


def test_where_the_driver_alone_is_too_old_a_build_is_needed_too() -> None:
    finding = the_one("DRV105", compat("NVIDIA GeForce RTX 3090", with_driver(healthy(), "470.256.02", "11.4")))
    assert needs(finding) == [NeedVariable("LD_LIBRARY_PATH", "/opt/lib"), NeedTorch()]


def test_a_library_older_than_the_driver() -> None:
    facts = compat("NVIDIA A100-SXM4-80GB", with_driver(healthy(), "575.57.08", "12.9"))
    assert "older than the driver" in the_one("DRV105", facts).title


def test_an_image_that_sets_it_elsewhere() -> None:
    facts = change(compat("NVIDIA GeForce RTX 3090", healthy()), "libraries", ld_library_path=path_entries("/opt/lib"))
    assert not needs(the_one("DRV105", facts))


def test_data_centre_cards_take_it() -> None:
    assert silent("DRV105", compat("NVIDIA A100-SXM4-80GB", healthy())) == "pass"
    assert silent("DRV105", compat("Tesla T4", with_driver(healthy(), "470.256.02", "11.4"))) == "pass"


def test_of_workstation_cards_some_do() -> None:
    assert silent("DRV105", compat("NVIDIA RTX A6000", healthy())) == "cannot-tell"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("DRV105", healthy()) == "not-applicable"
    assert silent("DRV105", without_gpu(compat("x", healthy()))) == "not-applicable"
    assert silent("DRV105", change(healthy(), "driver", compat_library=NOT_KNOWN)) == "cannot-tell"
    unknown = change(compat("x", healthy(), "/usr/local/cuda/compat"), "gpus", gpus=NOT_KNOWN)
    assert silent("DRV105", unknown) == "cannot-tell"
