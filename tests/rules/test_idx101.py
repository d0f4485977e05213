from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Setting
from envdoctor.reading import Known
from envdoctor.report import NeedCommand, NeedTorch, NeedVariable

from .asking import NOT_KNOWN, asked, change, evidence, found, healthy, needs, silent, the_one
from .installed import conda_env, fresh_venv, requirements

ID = "IDX101"
CU118 = "https://download.pytorch.org/whl/cu118"


def pip(facts: Facts, key: str, *values: str, effective: bool = True) -> Facts:
    return change(facts, "indexes", pip=Known((Setting(key, values, "/etc/pip.conf", effective),), "pip"))


def test_a_tagged_build_asked_of_pypi_alone() -> None:
    finding = the_one(ID, requirements(fresh_venv(), "numpy", "torch==2.1.0+cu118"))
    assert finding.severity == "error" and "torch 2.1.0+cu118" in finding.title and "PyPI" in finding.title
    assert the_one(ID, requirements(healthy(), "torch==2.1.0+cu118")).severity == "warning"  # a torch is there
    assert needs(finding) == [NeedTorch(version="2.1.0", accelerator="cu118")]


def test_a_mirror_of_pypi_is_no_better() -> None:
    facts = pip(
        requirements(fresh_venv(), "torch==2.1.0+cu118"), "index-url", "https://mirrors.aliyun.com/pypi/simple/"
    )
    assert "PyPI" in the_one(ID, facts).title


def test_a_build_that_never_existed() -> None:
    finding = the_one(ID, requirements(fresh_venv(), f"--index-url {CU118}", "torch==2.1.0+cu117"))
    assert "does not exist" in finding.title and "cu121" in evidence(finding)
    assert needs(finding) == [NeedTorch(version="2.1.0")]


def test_the_index_of_another_build() -> None:
    finding = the_one(ID, requirements(fresh_venv(), f"--extra-index-url={CU118}", "torch==2.1.0+cu121"))
    assert "the index of cu118" in finding.title


def test_a_companion_is_left_to_torchs_pair() -> None:
    finding = the_one(ID, requirements(fresh_venv(), "torchvision==0.16.0+cu118"))
    assert needs(finding) == [NeedTorch(accelerator="cu118")]


def test_the_placeholder() -> None:
    finding = the_one(ID, requirements(fresh_venv(), "pytorch==1.8.0"))
    path = "/home/ana/work/requirements.txt"
    edit = ("sed", "-i.bak", "-E", r"s/^([[:space:]]*)pytorch([^A-Za-z0-9._-]|$)/\1torch\2/", path)
    assert "placeholder" in finding.title
    assert needs(finding) == [NeedTorch(version="1.8.0"), NeedCommand((edit,))]
    # A torch that is there is not replaced for it.
    assert needs(the_one(ID, requirements(healthy(), "pytorch"))) == [NeedCommand((edit,))]
    # conda reads such files too, and there the name is right.
    assert silent(ID, requirements(conda_env(), "pytorch=1.8.0=py3.8_cuda11.1_0")) == "pass"


def test_no_index_at_all() -> None:
    finding = the_one(ID, pip(healthy(), "no-index", "true"))
    assert "/etc/pip.conf" in finding.title
    edit = ("sed", "-i.bak", "-E", "s/^[[:space:]]*(--)?no[-_]index/# &/")
    assert needs(finding) == [NeedCommand((("sudo", *edit, "/etc/pip.conf"),), who="admin")]
    every = (Setting("no-index", ("1",), "PIP_NO_INDEX", True), Setting("no-index", ("1",), "/home/ana/p.conf", False))
    own = the_one(ID, change(healthy(), "indexes", pip=Known(every, "pip")))
    assert needs(own) == [NeedVariable("PIP_NO_INDEX"), NeedCommand(((*edit, "/home/ana/p.conf"),))]
    assert silent(ID, pip(healthy(), "no-index", "false")) == "pass"
    assert silent(ID, pip(healthy(), "no-index", "true", effective=False)) == "pass"
    both = (Setting("no-index", ("1",), "PIP_NO_INDEX", True), Setting("find-links", ("/wheels",), "x", True))
    assert silent(ID, change(healthy(), "indexes", pip=Known(both, "pip"))) == "pass"


@pytest.mark.parametrize(
    "lines",
    [
        ("torch==2.5.1+cu121",),  # installed
        ("torchvision==0.20.1+cu121",),
        (f"--extra-index-url {CU118}", "torch==2.1.0+cu118"),
        ("--find-links https://wheels.lab/", "torch==2.1.0+cu118"),  # what lies there is not known
        ("-f https://download.pytorch.org/whl/torch_stable.html", "torch==1.9.0+cu111"),
        ("torch==2.1.0", "numpy==1.26.4+mkl"),
        ("torch", ""),
    ],
)
def test_near_misses(lines: tuple[str, ...]) -> None:
    assert silent(ID, requirements(healthy(), *lines)) == "pass"


def test_pips_own_configuration_counts() -> None:
    facts = requirements(fresh_venv(), "torch==2.1.0+cu118")
    assert silent(ID, pip(facts, "extra-index-url", CU118)) == "pass"
    assert found(ID, pip(facts, "extra-index-url", CU118, effective=False))


def test_what_the_table_does_not_know() -> None:
    verdict = asked(ID, requirements(fresh_venv(), "torch==2.99.0+cu118"))
    assert verdict.status == "cannot-tell" and "2.99.0" in verdict.why


def test_unknown() -> None:
    assert silent(ID, change(healthy(), "indexes", pip=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "installs", requested=NOT_KNOWN)) == "cannot-tell"
