from __future__ import annotations

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedDeleted, NeedPackages, NeedRemoved, NeedTorch

from .asking import NOT_KNOWN, change, evidence, found, healthy, needs, silent, the_one
from .installed import CONDA_SITE, conda_env, installed_by_pip, record, with_distributions, without_torch

ID = "PKG103"
TORCH = record("pytorch", "2.5.1", "py3.11_cuda12.1_cudnn9_0", "torch-2.5.1.dist-info")
VISION = record("torchvision", "0.20.1", "py311_cu121", "torchvision-0.20.1.dist-info")


def version_py(facts: Facts, version: str) -> Facts:
    return change(facts, "torch", version=Known(version, f"{CONDA_SITE}/torch/version.py"))


def test_a_copy_each() -> None:
    facts = with_distributions(conda_env(TORCH, VISION), installed_by_pip("torch", "2.3.0"))
    finding = the_one(ID, version_py(facts, "2.3.0+cu121"))
    assert finding.severity == "error"
    for word in ("pytorch 2.5.1", "pip has 2.3.0", "import gives 2.3.0+cu121"):
        assert word in finding.title
    assert "version.py says" in evidence(finding) and "conda-meta" in evidence(finding)
    assert needs(finding) == [NeedRemoved(("torch",), by="any"), NeedTorch(reinstall=True)]


def test_pip_replaced_condas_copy() -> None:
    old = record("pytorch", "2.5.1", info="torch-2.5.1.dist-info", exists=False)
    facts = with_distributions(conda_env(old), installed_by_pip("torch", "2.3.0"), without=("torch",))
    assert the_one(ID, version_py(facts, "2.3.0+cu121")).severity == "warning"


def test_conda_lists_what_is_not_there() -> None:
    old = record("pytorch", "2.5.1", info="torch-2.5.1.dist-info", exists=False)
    facts = without_torch(conda_env(old), "torchvision", "torchaudio", "ultralytics")
    finding = the_one(ID, facts)
    assert finding.severity == "error" and "its files are gone" in finding.title


def test_the_family_is_one_finding() -> None:
    facts = with_distributions(
        conda_env(TORCH, VISION), installed_by_pip("torch", "2.3.0"), installed_by_pip("torchvision", "0.18.0")
    )
    assert needs(the_one(ID, facts))[0] == NeedRemoved(("torch", "torchvision"), by="any")


def test_an_emptied_dist_info() -> None:
    folder = f"{CONDA_SITE}/torch-2.3.0.dist-info"
    empty = installed_by_pip("torch-2.3.0", "", metadata=folder, metadata_readable=False, installer="")
    first = needs(the_one(ID, with_distributions(conda_env(TORCH), empty)))[0]
    assert first == NeedDeleted((folder,))


def test_conda_wrote_over_pips_files() -> None:
    finding = the_one(ID, version_py(conda_env(TORCH), "2.3.0"))
    assert finding.severity == "error" and "torch 2.3.0" in finding.title
    assert the_one(ID, version_py(conda_env(TORCH), "2.5.1+cu124")).severity == "error"  # conda's carry no such tag


def test_condas_own_torch_is_healthy() -> None:
    assert silent(ID, conda_env(TORCH, VISION)) == "pass"
    assert silent(ID, version_py(conda_env(TORCH), "2.5.1.post303")) == "pass"  # conda-forge


def test_numpy() -> None:
    numpy = record("numpy", "1.26.4", info="numpy-1.26.4.dist-info")
    finding = the_one(ID, with_distributions(conda_env(TORCH, numpy), installed_by_pip("numpy", "2.1.0")))
    assert finding.severity == "warning" and "numpy 1.26.4" in finding.title
    assert needs(finding) == [NeedRemoved(("numpy",), by="any"), NeedPackages(("numpy==1.26.4",))]
    old = record("numpy", "1.24.0", info="numpy-1.24.0.dist-info", exists=False)
    upgraded = with_distributions(conda_env(TORCH, old), installed_by_pip("numpy", "1.26.4"), without=("numpy",))
    assert the_one(ID, upgraded).severity == "note"


def test_other_packages_are_one_note() -> None:
    records = [record(name, "1.0", info=f"{name}-1.0.dist-info", exists=False) for name in ("tqdm", "six", "rich")]
    pips = [installed_by_pip(name, "2.0") for name in ("tqdm", "six", "rich")]
    finding = the_one(ID, with_distributions(conda_env(TORCH, *records), *pips))
    assert finding.severity == "note" and "3 packages" in finding.title


def test_what_everybody_does_is_healthy() -> None:
    # pip upgraded with itself; torch from pip alone; a record of conda's without any metadata of Python's.
    pip = record("pip", "23.0", info="pip-23.0.dist-info", exists=False)
    facts = with_distributions(conda_env(pip, record("zlib", "1.3")), installed_by_pip("pip", "24.2"), without=("pip",))
    assert silent(ID, facts) == "pass"
    alone = with_distributions(
        conda_env(record("python", "3.11.7")), installed_by_pip("torch", "2.5.1"), without=("torch",)
    )
    assert silent(ID, version_py(alone, "2.5.1+cu121")) == "pass"


def test_a_copy_in_the_user_site_is_shadowed_modules_matter() -> None:
    user = installed_by_pip("torch", "1.13.0", location="/home/ana/.local/lib/python3.11/site-packages")
    assert silent(ID, with_distributions(conda_env(TORCH), user)) == "pass"


def test_outside_conda_and_unknown() -> None:
    assert silent(ID, healthy()) == "not-applicable"
    assert silent(ID, conda_env()) == "not-applicable"
    for field in ("conda", "distributions"):
        assert silent(ID, change(conda_env(TORCH), "installs", **{field: NOT_KNOWN})) == "cannot-tell"
    assert silent(ID, change(conda_env(TORCH), "torch", version=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(conda_env(TORCH), "torch", path=Absent(("site",)), version=Absent(("site",)))) == "pass"
    assert found(ID, with_distributions(conda_env(TORCH), installed_by_pip("torch", "2.3.0")))
