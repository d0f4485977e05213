from __future__ import annotations

import dataclasses

from envdoctor.facts import CondaRecord
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedEnvironment, NeedTorch

from ..healthy import SITE, dist
from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import copies, elsewhere, fresh_venv, requirements, system_python, with_distributions, with_modules

ID = "PKG101"


def test_an_installed_package_asks_for_torch() -> None:
    asks = dist("ultralytics", "8.3.0", requires=("numpy", "torch>=1.8.0"))
    finding = the_one(ID, with_distributions(fresh_venv(), asks))
    assert finding.severity == "error" and "/home/ana/envs/yolo/bin/python" in finding.title
    assert "ultralytics 8.3.0 requires torch>=1.8.0" in evidence(finding)
    assert needs(finding)[0] == NeedTorch()


def test_other_signs_that_torch_is_wanted() -> None:
    assert the_one(ID, requirements(fresh_venv(), "torch>=2")).severity == "error"
    assert the_one(ID, with_distributions(fresh_venv(), dist("torchvision", "0.16.0"))).severity == "error"
    assert the_one(ID, with_distributions(fresh_venv(), dist("nvidia-cuda-runtime-cu12", "12.1"))).severity == "error"


def test_an_optional_dependency_is_no_sign() -> None:
    lines = ('torch; extra == "torch"', "torchmetrics>=1")
    facts = with_distributions(fresh_venv(), dist("accelerated", "1.0", requires=lines))
    assert the_one(ID, facts).severity == "warning"


def test_an_environment_of_ones_own() -> None:
    assert the_one(ID, fresh_venv()).severity == "warning"


def test_where_torch_may_never_have_been_meant() -> None:
    bare = the_one(ID, system_python(healthy()))
    assert bare.severity == "note" and "activate" in bare.meaning
    assert needs(bare)[0] == NeedEnvironment()
    assert the_one(ID, with_distributions(fresh_venv(), dist("envdoctor", "0.1.0"))).severity == "note"


def test_where_pip_may_not_write_there_is_only_a_new_environment() -> None:
    facts = change(fresh_venv(), "python", site_packages_writable=Known(False, SITE))
    assert needs(the_one(ID, facts)) == [NeedEnvironment()]


def test_neighbours_lead() -> None:
    assert silent(ID, elsewhere(fresh_venv())) == "pass"  # interpreter-mismatch
    leftover = change(fresh_venv(), "installs", leftovers=Known((f"{SITE}/~orch",), SITE))
    assert silent(ID, leftover) == "pass"  # broken-install
    assert silent(ID, with_distributions(fresh_venv(), dist("torch", "2.1.0"))) == "pass"
    assert silent(ID, with_modules(fresh_venv(), copies("torch", (f"{SITE}/torch", "site-packages", "")))) == "pass"
    record = CondaRecord("pytorch", "2.1.0", "py3.11_cuda11.8_0", "pytorch", "", False)
    assert silent(ID, change(fresh_venv(), "installs", conda=Known((record,), "conda-meta"))) == "pass"  # pip-conda-mix
    assert silent(ID, change(fresh_venv(), "python", bits=Known(32, "ask"))) == "pass"  # python-unsupported


def test_an_unrelated_leftover_and_a_folder_in_the_current_one_hide_nothing() -> None:
    leftover = change(fresh_venv(), "installs", leftovers=Known((f"{SITE}/~umpy",), SITE))
    assert the_one(ID, leftover).severity == "warning"
    assert (
        the_one(ID, with_modules(fresh_venv(), copies("torch", ("/home/ana/work/torch", "cwd", "")))).name
        == "torch-missing"
    )


def test_a_torch_that_is_there() -> None:
    assert silent(ID, healthy()) == "pass"


def test_unknown() -> None:
    assert silent(ID, change(healthy(), "torch", path=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "python", executable=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "python", executable=Absent(("PATH",)))) == "not-applicable"
    # That torch is missing stays true where the rest is not known.
    nothing = {field.name: NOT_KNOWN for field in dataclasses.fields(healthy().installs)}
    assert the_one(ID, change(fresh_venv(), "installs", **nothing)).severity == "warning"
