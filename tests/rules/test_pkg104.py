from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Setting
from envdoctor.reading import Known
from envdoctor.report import NeedTorch

from ..healthy import dist
from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one, with_driver, without_gpu
from .installed import fresh_venv, requirements, with_distributions

ID = "PKG104"


def driver_535(facts: Facts) -> Facts:
    return with_driver(facts, "535.129.03", "12.2")


def test_requirements_would_bring_a_cuda_that_the_driver_cannot_run() -> None:
    finding = the_one(ID, requirements(driver_535(healthy()), "numpy", "torch==2.11.0"))
    assert finding.severity == "warning"
    for word in ("2.5.1+cu121", "2.11.0", "CUDA 13.0", "cannot run"):
        assert word in finding.title
    assert "535.129.03" in evidence(finding)
    assert needs(finding) == [NeedTorch(version="2.11.0")]


def test_another_build_that_runs_is_a_note() -> None:
    assert the_one(ID, requirements(driver_535(healthy()), "torch==2.4.0")).severity == "note"
    assert the_one(ID, requirements(without_gpu(healthy()), "torch==2.11.0")).severity == "note"


def test_an_open_requirement_takes_the_newest_that_fits_this_python() -> None:
    finding = the_one(ID, requirements(driver_535(healthy()), "torch>=2.6"))
    (need,) = needs(finding)
    assert isinstance(need, NeedTorch) and need.version is not None and need.version > "2.10"


def test_a_package_brings_its_own_torch() -> None:
    finding = the_one(ID, requirements(driver_535(healthy()), "torchvision==0.15.2"))
    assert "2.0.1" in finding.title and "torchvision==0.15.2 requires torch==2.0.1" in evidence(finding)


@pytest.mark.parametrize(
    "lines",
    [
        ("torch==2.5.1",),  # the installed +cu121 satisfies it
        ("torch>=2.0", "ultralytics"),
        ("torch",),
        ("--index-url https://download.pytorch.org/whl/cu121", "torch==2.4.0"),
        ("torch==2.4.0+cu121",),  # wheel-not-on-index
        ("torch==1.4.0",),  # python-unsupported
        ("torch==2.99",),
    ],
)
def test_near_misses(lines: tuple[str, ...]) -> None:
    assert silent(ID, requirements(driver_535(healthy()), *lines)) in ("pass", "cannot-tell")


def test_an_index_in_pips_configuration_decides_otherwise() -> None:
    setting = Setting("extra-index-url", ("https://wheels.lab/simple",), "/etc/pip.conf", True)
    facts = change(requirements(healthy(), "torch==2.11.0"), "indexes", pip=Known((setting,), "pip"))
    assert silent(ID, facts) == "pass"


def test_an_installed_package_does_not_accept_this_torch() -> None:
    refuses = dist("some-trainer", "1.0", requires=("torch==2.3.1",))
    finding = the_one(ID, with_distributions(healthy(), refuses))
    assert finding.severity == "warning" and "torch==2.3.1" in finding.title
    assert needs(finding) == [NeedTorch(version="2.3.1")]


@pytest.mark.parametrize(
    "refuses",
    [
        dist("torchvision", "0.15.2", requires=("torch==2.0.1",)),  # torch-torchvision-mismatch
        dist("xformers", "0.0.27", requires=("torch==2.3.1",)),  # extension-abi-mismatch
        dist("thing", "1.0", requires=('torch==2.3.1; extra == "old"', 'torch<2; sys_platform == "win32"')),
        dist("thing", "1.0", requires=("torch>=1.8", "torchmetrics<0.1", "torch")),
    ],
)
def test_packages_of_other_rules_or_content_with_it(refuses: object) -> None:
    name = refuses.name  # type: ignore[attr-defined]
    assert silent(ID, with_distributions(healthy(), refuses, without=(name,))) == "pass"  # type: ignore[arg-type]


def test_without_torch_and_unknown() -> None:
    assert silent(ID, fresh_venv()) == "not-applicable"
    assert silent(ID, change(healthy(), "torch", version=NOT_KNOWN)) == "cannot-tell"
    for field in ("distributions", "requested"):
        assert silent(ID, change(healthy(), "installs", **{field: NOT_KNOWN})) == "cannot-tell"
    assert silent(ID, change(requirements(healthy(), "torch==2.4.0"), "indexes", pip=NOT_KNOWN)) == "cannot-tell"


def test_a_package_that_asks_for_a_newer_torch_is_given_one() -> None:
    facts = with_distributions(healthy(), dist("pytorch-lightning", "2.6.0", requires=("torch>=2.6",)))
    finding = the_one(ID, facts)
    assert "pytorch-lightning 2.6.0 asks for torch>=2.6" in finding.title
    assert needs(finding) == [NeedTorch()]
