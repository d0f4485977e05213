from __future__ import annotations

import dataclasses

from envdoctor.facts import DeepTorch, Facts
from envdoctor.reading import Known, Unknown

from .asking import change, evidence, healthy, silent, the_one, torch_build, with_variables, without_gpu

DEEP = DeepTorch("2.5.1+cu121", "torch/__init__.py", "12.1", False, 0, (), (), (), ("CUDA unknown error",), 2.0)


def imported(facts: Facts, **changes: object) -> Facts:
    return change(facts, "torch", deep=Known(dataclasses.replace(DEEP, **changes), "import torch"))  # type: ignore[arg-type]


def test_an_import_sees_no_gpu() -> None:
    finding = the_one("TOR105", imported(healthy()))
    assert finding.confidence == "likely"  # the cause, where another rule finds it, ranks first
    assert "torch warned: CUDA unknown error" in evidence(finding)


def test_an_import_that_sees_it_passes() -> None:
    assert silent("TOR105", imported(healthy(), is_available=True, device_count=1)) == "pass"


def test_not_applicable() -> None:
    assert silent("TOR105", healthy()) == "not-applicable"  # torch was not imported
    assert silent("TOR105", imported(torch_build("2.5.1+cpu", ""))) == "not-applicable"
    assert silent("TOR105", imported(without_gpu(healthy()))) == "not-applicable"
    hidden = with_variables(imported(healthy()), CUDA_VISIBLE_DEVICES="-1")
    assert silent("TOR105", hidden) == "not-applicable"


def test_an_import_that_failed_says_nothing_of_the_gpu() -> None:
    facts = change(healthy(), "torch", deep=Unknown("failed", "ImportError: libcublas.so.12", "import torch"))
    assert silent("TOR105", facts) == "cannot-tell"
