"""conda is told which environment, by name only where the name cannot mean another."""

import pytest

from envdoctor.compat import CompatTable
from envdoctor.cure import case_of, conda, fix_of
from envdoctor.cure.spot import spot_of
from envdoctor.facts import Facts, Manager
from envdoctor.reading import Known
from envdoctor.report import NeedPackages, Remedy
from tests.cure.cases import CONDA, record
from tests.cure.cases import conda as conda_facts
from tests.healthy import change, dist, healthy


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


def off_path(*managers: Manager, path: str = "/usr/bin", **variables: str) -> Facts:
    facts = change(conda_facts(), "indexes", managers=Known(managers, "looked"))
    return change(facts, "session", variables=Known((("PATH", path), *variables.items()), "environment"))


def test_off_path_the_program_goes_by_its_path() -> None:
    mine = Manager("conda", f"{CONDA}/bin/conda", Known("24.1", "conda"))
    assert conda.install(spot_of(off_path(mine)), ("pip",))[0] == f"{CONDA}/bin/conda"
    assert conda.install(spot_of(off_path(mine, path=f"{CONDA}/bin:/usr/bin")), ("pip",))[0] == "conda"
    # `conda init` makes the name a shell function, whatever PATH says.
    assert conda.install(spot_of(off_path(mine, CONDA_EXE=mine.path)), ("pip",))[0] == "conda"


def test_of_two_condas_the_one_that_the_environment_belongs_to() -> None:
    other = Manager("conda", "/opt/conda/bin/conda", Known("4.6", "conda"))
    mine = Manager("conda", f"{CONDA}/bin/conda", Known("24.1", "conda"))
    facts = off_path(other, mine, path=f"/opt/conda/bin:{CONDA}/bin")
    assert conda.install(spot_of(facts), ("pip",))[:4] == (f"{CONDA}/bin/conda", "install", "-n", "yolo")


def test_what_pip_laid_over_condas_copy_goes_before_conda_puts_its_own_back() -> None:
    # conda's record still says 1.26.4, so a plain install would find nothing to do.
    site = f"{CONDA}/envs/yolo/lib/python3.11/site-packages"
    over = change(
        conda_facts(record("numpy")),
        "installs",
        distributions=Known((dist("numpy", "2.1.3", location=site),), "ask"),
    )
    remedy = Remedy("install the last NumPy 1", (NeedPackages(("numpy<2",)),))
    assert fix_of(remedy, case_of(over, CompatTable())).commands == (
        (f"{CONDA}/envs/yolo/bin/python", "-m", "pip", "uninstall", "-y", "numpy"),
        ("conda", "install", "-n", "yolo", "-y", "--force-reinstall", "numpy<2"),
    )
    by_conda = change(
        over, "installs", distributions=Known((dist("numpy", "2.1.3", location=site, installer=""),), "x")
    )
    (plain,) = fix_of(remedy, case_of(by_conda, CompatTable())).commands
    assert plain == ("conda", "install", "-n", "yolo", "-y", "numpy<2")
