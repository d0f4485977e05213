"""conda is told which environment, by name only where the name cannot mean another."""

import pytest

from envdoctor.cure import conda
from envdoctor.cure.spot import spot_of
from tests.cure.cases import CONDA, record
from tests.cure.cases import conda as conda_facts
from tests.healthy import healthy


def test_an_environment_of_the_conda_on_path_goes_by_name() -> None:
    assert conda.install(spot_of(conda_facts()), ("numpy<2",)) == ("conda", "install", "-n", "yolo", "-y", "numpy<2")


def test_the_base_is_called_base() -> None:
    assert conda.remove(spot_of(conda_facts(prefix=CONDA)), ("pytorch",)) == (
        "conda", "remove", "-n", "base", "-y", "pytorch",
    )  # fmt: skip


@pytest.mark.parametrize("prefix", ["/data/envs/yolo", "/home/ana/.conda/envs/yolo", "/opt/conda/envs/yolo"])
def test_any_other_goes_by_its_path(prefix: str) -> None:
    assert spot_of(conda_facts(prefix=prefix)).conda_words == ("-p", prefix)


@pytest.mark.parametrize("tool", ["mamba", "micromamba"])
def test_the_one_that_is_there_is_used(tool: str) -> None:
    assert conda.install(spot_of(conda_facts(tool=tool)), ("numpy",))[0] == tool


def test_conda_before_mamba_and_the_wish_before_both() -> None:
    assert spot_of(conda_facts()).manager == "conda"
    assert spot_of(conda_facts(), "mamba").manager == "mamba"


def test_conda_cannot_install_into_a_venv() -> None:
    assert spot_of(healthy(), "conda").manager == "pip"


def test_options() -> None:
    spot = spot_of(conda_facts())
    assert conda.install(spot, ("pytorch",), reinstall=True, no_deps=True) == (
        "conda", "install", "-n", "yolo", "-y", "--force-reinstall", "--no-deps", "pytorch",
    )  # fmt: skip


def test_what_conda_owns_by_its_own_names() -> None:
    spot = spot_of(conda_facts(record("pytorch"), record("numpy")))
    assert conda.owned(spot, ("torch", "torchvision", "numpy")) == ("pytorch", "numpy")


@pytest.mark.parametrize(
    ("requirement", "spec"),
    [("numpy<2", "numpy<2"), ("numpy >=1.2, <2", "numpy>=1.2,<2"), ("torch==2.5.1", "pytorch==2.5.1"), ("pip", "pip")],
)
def test_requirements_as_match_specs(requirement: str, spec: str) -> None:
    assert conda.spec(requirement) == spec


@pytest.mark.parametrize("requirement", ["ray[tune]", "numpy; python_version<'3.9'", "a @ https://x/y.whl"])
def test_what_conda_has_no_words_for(requirement: str) -> None:
    with pytest.raises(ValueError):
        conda.spec(requirement)
