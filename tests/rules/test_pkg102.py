from __future__ import annotations

from typing import Any, Tuple

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedDeleted, NeedPackages, NeedTorch
from envdoctor.rules._wanted import is_leftover_of

from ..healthy import SITE, dist
from .asking import NOT_KNOWN, change, evidence, found, healthy, needs, silent, the_one
from .installed import (
    CONDA_SITE,
    conda_env,
    copies,
    fresh_venv,
    installed_by_pip,
    own_copy,
    record,
    with_distributions,
    with_modules,
)

ID = "PKG102"
LEFT = (f"{SITE}/~orch", f"{SITE}/~orch-2.0.1.dist-info")


def with_leftovers(facts: Facts, *paths: str) -> Facts:
    return change(facts, "installs", leftovers=Known(paths, SITE))


def asking(*lines: str, name: str = "needy", **changes: Any) -> Facts:
    return with_distributions(healthy(), dist(name, "1.0", requires=lines, **changes), without=(name,))


# leftovers


def test_leftovers_beside_a_working_torch() -> None:
    finding = the_one(ID, with_leftovers(healthy(), *LEFT))
    assert finding.severity == "warning" and "~orch" in finding.title
    assert needs(finding) == [NeedDeleted(LEFT)]


def test_leftovers_of_a_torch_that_is_gone() -> None:
    finding = the_one(ID, with_leftovers(fresh_venv(), *LEFT))
    assert finding.severity == "error"
    assert needs(finding) == [NeedDeleted(LEFT), NeedTorch(reinstall=True)]


@pytest.mark.parametrize(
    ("path", "yes"),
    [
        ("/s/~orch", True), ("/s/~orch-2.0.1.dist-info", True), ("/s/~-rch", True), ("/s/~.~ch/", True),
        ("/s/~orchvision", False), ("/s/~arch", False), ("/s/torch", False), ("/s/~", False), ("/s/~umpy", False),
    ],
)  # fmt: skip
def test_which_leftovers_are_torchs(path: str, yes: bool) -> None:
    assert is_leftover_of("torch", path) is yes


# two sets of metadata


def test_two_dist_infos_of_torch() -> None:
    old = dist("torch", "1.8.0")
    finding = the_one(ID, with_distributions(healthy(), old))
    assert finding.severity == "error" and "1.8.0" in finding.title and "2.5.1+cu121" in finding.title
    assert "the files are those of 2.5.1+cu121" in evidence(finding)
    assert needs(finding) == [NeedDeleted((old.metadata,)), NeedTorch(reinstall=True)]


def test_where_the_files_tell_nothing_everything_goes() -> None:
    facts = with_distributions(healthy(), dist("tqdm", "4.1"), dist("TQDM", "4.2"))
    finding = the_one(ID, facts)
    assert finding.severity == "warning"
    deleted, again = needs(finding)
    assert isinstance(deleted, NeedDeleted) and len(deleted.paths) == 2
    assert again == NeedPackages(("tqdm",), reinstall=True, no_deps=True)


def test_what_lost_files_comes_back_in_its_version() -> None:
    lost = ("cublas/__init__.py", "cublas/a.so", "cublas/b.so")
    facts = with_distributions(healthy(), dist("nvidia-cublas-cu12", "12.4.5.8", sampled=4, missing=lost))
    again = NeedPackages(("nvidia-cublas-cu12==12.4.5.8",), reinstall=True, no_deps=True)
    assert needs(the_one(ID, facts)) == [again]


def test_one_version_twice_and_one_in_each_place_are_healthy() -> None:
    egg = dist("numpy", "1.26.4", metadata=f"{SITE}/numpy-1.26.4-py3.11.egg-info")
    assert silent(ID, with_distributions(healthy(), egg)) == "pass"
    base = dist("numpy", "1.24.2", location="/usr/lib/python3/dist-packages")
    assert silent(ID, with_distributions(healthy(), base)) == "pass"


# metadata without a package


def test_metadata_without_files() -> None:
    missing = tuple(f"torch/{name}" for name in ("__init__.py", "version.py", "lib/libtorch.so", "nn/__init__.py"))
    gone = dist("torch", "2.5.1+cu121", sampled=4, missing=missing)
    facts = with_distributions(fresh_venv(), gone)
    finding = the_one(ID, facts)
    assert finding.severity == "error" and "4 of 4" in finding.title
    assert needs(finding) == [NeedTorch(reinstall=True)]


def losing(name: str, sampled: int, *missing: str, **changes: Any) -> Facts:
    lossy = dist(name, "1.0", sampled=sampled, missing=missing, **changes)
    return with_distributions(healthy(), lossy, without=(name,))


def test_the_loss_of_some_files() -> None:
    some = ("tqdm/a.py", "tqdm/b.py", "tqdm/_c.cpython-311-x86_64-linux-gnu.so")
    assert the_one(ID, losing("tqdm", 20, *some)).severity == "warning"
    assert the_one(ID, losing("tqdm", 4, *some)).severity == "error"
    assert the_one(ID, losing("torch", 20, "torch/version.py")).severity == "warning"


@pytest.mark.parametrize(
    "facts",
    [
        losing("tqdm", 20, "tqdm/a.py"),  # one of twenty: somebody tidied up
        losing("tqdm", 4, "tqdm/tests/__init__.py", "tqdm/tests/a.py", "tqdm/test/b.py"),
        losing("tqdm", 4, "tqdm/__pycache__/a.pyc", "tqdm/README.md", "tqdm/include/x.h", "../../../bin/tqdm"),
        losing("torch", 20, "torch/include/ATen/ATen.h", "torch/share/cmake/x.cmake", "torch/lib/libx.a"),
        losing("conda-made", 20, "a/a.py", "a/b.py", "a/c.py", installer="conda"),  # conda prunes what it installs
        losing("egg", 0, "a.py"),
    ],
)
def test_losses_that_break_nothing(facts: Facts) -> None:
    assert silent(ID, facts) == "pass"


def test_a_torch_that_lost_its_version_file() -> None:
    """import fails at once, and every rule about torch would find none to judge."""
    gone = change(healthy(), "torch", version=Absent((f"{SITE}/torch/version.py",)))
    finding = the_one(ID, gone)
    assert finding.severity == "error" and "version.py" in finding.title
    assert NeedTorch(reinstall=True) in needs(finding)
    checkout = change(gone, "torch", path=Known("/home/ana/pytorch/torch", "ask"))  # there it is made by the build
    assert silent(ID, checkout) == "pass"


def test_metadata_that_cannot_be_read() -> None:
    broken = dist("torch-2.3.0", "", metadata=f"{SITE}/torch-2.3.0.dist-info", metadata_readable=False)
    finding = the_one(ID, with_distributions(fresh_venv(), broken))
    assert finding.severity == "error"
    assert needs(finding) == [NeedDeleted((broken.metadata,)), NeedTorch(reinstall=True)]
    beside = the_one(ID, with_distributions(healthy(), broken))  # torch has sound metadata as well
    assert beside.severity == "warning" and needs(beside) == [NeedDeleted((broken.metadata,))]


# packages without metadata


def unowned(facts: Facts, *paths: str) -> Facts:
    return change(facts, "installs", unowned=Known(paths, SITE))


def test_a_package_without_metadata() -> None:
    finding = the_one(ID, unowned(healthy(), f"{SITE}/torch"))
    assert finding.severity == "warning" and finding.confidence == "likely"
    assert needs(finding) == [NeedDeleted((f"{SITE}/torch",)), NeedTorch(reinstall=True)]


def test_a_folder_that_lost_its_files() -> None:
    hollow = with_modules(fresh_venv(), copies("torch", (f"{SITE}/torch", "site-packages", "")))
    for facts in (hollow, unowned(hollow, f"{SITE}/torch")):
        finding = the_one(ID, facts)
        assert finding.severity == "error" and "empty package" in finding.title


def test_what_conda_or_apt_put_there_without_metadata() -> None:
    conda = change(conda_env(record("pytorch", "1.8.0")), "installs", unowned=Known((f"{CONDA_SITE}/torch",), "site"))
    assert silent(ID, conda) == "pass"
    assert silent(ID, unowned(healthy(), "/usr/lib/python3/dist-packages/cv2.so")) == "pass"


# requirements


def test_a_required_package_is_missing() -> None:
    finding = the_one(ID, asking("absent-one>=2", "numpy>=1.20"))
    assert finding.severity == "warning" and "absent-one" in finding.title
    assert needs(finding) == [NeedPackages(("absent-one>=2",))]


def test_requirements_on_one_package_are_joined() -> None:
    facts = with_distributions(asking("absent>=2"), dist("other", "1.0", requires=("absent>=1,<3", "absent")))
    assert needs(the_one(ID, facts)) == [NeedPackages(("absent>=2,>=1,<3",))]


def test_of_two_versions_in_the_metadata_one_is_enough() -> None:
    facts = with_distributions(asking("numpy>=1.20"), dist("numpy", "1.19.0"))
    assert [one.title.split(" ")[0] for one in found(ID, facts)] == ["numpy"]  # the two sets of metadata, and no more


def test_torch_itself_lacks_what_it_imports() -> None:
    torch = dist("torch", "2.5.1+cu121", requires=("typing-extensions>=4.8.0", "sympy"))
    finding = the_one(ID, with_distributions(healthy(), torch, without=("torch",)))
    assert finding.severity == "error" and "typing-extensions" in finding.title


def test_a_version_that_is_not_accepted() -> None:
    assert the_one(ID, asking("numpy<1.20")).severity == "note"
    core = the_one(ID, asking("numpy>=2", name="ultralytics"))
    assert core.severity == "warning" and "numpy 1.26.4" in core.title
    assert needs(core) == [NeedPackages(("numpy>=2",))]


@pytest.mark.parametrize(
    "lines",
    [
        ("absent; extra == 'dev'", 'other>=1 ; python_version > "3" and extra == "all"'),
        ('colorama; sys_platform == "win32"', 'importlib-metadata; python_version < "3.8"'),
        ('(broken', "thing @ https://host/thing.whl"),
        ("torch==1.8.0", "torchvision<0.2", "nvidia-cublas-cu12==12.1.3.1", "triton==2.0", "pytorch-triton==3"),
        ('odd; some_variable == "x"',),
        ("NumPy>=1.23.0,<2", "TorchAudio"),
    ],
)  # fmt: skip
def test_requirements_that_are_met_or_not_this_rules_matter(lines: Tuple[str, ...]) -> None:
    if any("thing @" in line for line in lines):
        facts = with_distributions(asking(*lines), dist("thing", "1.0"))
    else:
        facts = asking(*lines)
    assert silent(ID, facts) == "pass"


def test_stand_ins_count() -> None:
    facts = with_distributions(asking("opencv-python>=4.6.0"), dist("opencv-python-headless", "4.9.0"))
    assert silent(ID, facts) == "pass"
    pip = installed_by_pip("ultralytics", "8.3.0", requires=("opencv-python>=4.6",))
    assert (
        silent(ID, with_distributions(conda_env(record("py-opencv", "4.9.0")), pip, without=("ultralytics",))) == "pass"
    )


def test_conda_and_the_distribution_resolve_by_their_own_records() -> None:
    conda = installed_by_pip("needy", "1.0", requires=("absent",), installer="conda")
    assert silent(ID, with_distributions(conda_env(record("needy", "1.0")), conda)) == "pass"
    apt = dist("needy", "1.0", requires=("absent",), installer="", location="/usr/lib/python3/dist-packages")
    assert silent(ID, with_distributions(healthy(), apt)) == "pass"


# neighbours and the unknown


def test_pip_over_conda_is_the_other_rules_matter() -> None:
    facts = with_distributions(
        conda_env(record("pytorch", "2.5.1", "py3.11_cuda12.1_0", "torch-2.5.1.dist-info")),
        installed_by_pip("torch", "2.3.0"),
    )
    assert silent(ID, facts) == "pass"
    assert found("PKG103", facts)


def test_unknown_and_absent() -> None:
    for field in ("distributions", "leftovers", "unowned"):
        assert silent(ID, change(healthy(), "installs", **{field: NOT_KNOWN})) == "cannot-tell"
    assert silent(ID, change(healthy(), "installs", distributions=Absent((SITE,)))) == "not-applicable"
    kept = change(with_leftovers(healthy(), *LEFT), "installs", distributions=NOT_KNOWN)
    assert the_one(ID, kept).severity == "warning"  # what was seen stays true


def test_a_large_environment_is_judged_in_a_moment() -> None:
    import time

    lines = tuple(f"pkg{i}>=1.{i},<3" for i in range(10)) + tuple(f'dev{i}; extra == "dev"' for i in range(20))
    many = [dist(f"pkg{i}", "2.1.0", requires=lines) for i in range(300)]
    facts = with_distributions(healthy(), *many)
    started = time.perf_counter()
    assert silent(ID, facts) == "pass"
    assert time.perf_counter() - started < 0.25  # measured: 0.01; the rest is for a busy machine


def test_own_copy_is_where_the_metadata_lies() -> None:
    # A copy on PYTHONPATH says nothing about the two dist-infos in site-packages.
    shadow = copies("torch", ("/opt/old/torch/__init__.py", "pythonpath", "1.8.0"), own_copy("torch", "2.5.1+cu121"))
    finding = the_one(ID, with_modules(with_distributions(healthy(), dist("torch", "1.8.0")), shadow))
    assert "the files are those of 2.5.1+cu121" in evidence(finding)
