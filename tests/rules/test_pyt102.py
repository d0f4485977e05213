from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand, NeedRemoved, NeedVariable

from ..healthy import ENV, SITE, dist
from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import conda_env, copies, own_copy, system_python, with_distributions, with_modules

ID = "PYT102"
CWD = "/home/ana/work"
USER = "/home/ana/.local/lib/python3.11/site-packages"
OWN = own_copy("torch", "2.5.1+cu121")


def kind(facts: Facts, name: str) -> Facts:
    return change(facts, "python", kind=Known(name, ENV))


def test_pythonpath_holds_an_older_torch() -> None:
    facts = with_modules(
        healthy(),
        copies("torch", ("/opt/old/torch/__init__.py", "pythonpath", "1.8.0"), OWN),
        copies("numpy", ("/opt/old/numpy/__init__.py", "pythonpath", "1.19.0"), own_copy("numpy", "1.26.4")),
    )
    facts = change(facts, "python", pythonpath=Known(("/opt/old", "/opt/tools"), "PYTHONPATH"))
    finding = the_one(ID, facts)  # one root cause for both
    assert finding.severity == "error" and finding.confidence == "certain"
    for word in ("/opt/old/torch/__init__.py", "1.8.0", "2.5.1+cu121", "PYTHONPATH", "numpy"):
        assert word in finding.title
    assert needs(finding) == [NeedVariable("PYTHONPATH", "/opt/tools")]


def test_the_only_entry_of_pythonpath_is_unset() -> None:
    facts = with_modules(healthy(), copies("torch", ("/opt/old/torch/__init__.py", "pythonpath", "1.8.0"), OWN))
    facts = change(facts, "python", pythonpath=Known(("/opt/old",), "PYTHONPATH"))
    assert needs(the_one(ID, facts)) == [NeedVariable("PYTHONPATH", None)]


def test_a_folder_of_another_python_on_pythonpath() -> None:
    path = "/opt/ros/kinetic/lib/python2.7/dist-packages/cv2.py"
    finding = the_one(ID, with_modules(healthy(), copies("cv2", (path, "pythonpath", ""))))
    assert finding.severity == "error" and "Python 2.7" in evidence(finding)


def test_the_user_site_comes_before_a_conda_environment() -> None:
    facts = with_modules(
        kind(healthy(), "conda"), copies("torch", (f"{USER}/torch/__init__.py", "user-site", "1.13.0"), OWN)
    )
    finding = the_one(ID, facts)
    assert finding.severity == "error" and "the user site" in finding.title
    assert needs(finding) == [NeedVariable("PYTHONNOUSERSITE", "1"), NeedRemoved(("torch",))]


def test_a_package_that_a_conda_environment_has_from_the_user_site_alone_is_a_note() -> None:
    facts = with_modules(conda_env(), copies("ultralytics", (f"{USER}/ultralytics/__init__.py", "user-site", "8.0")))
    assert the_one(ID, facts).severity == "note"


def test_a_torch_file_in_the_current_folder() -> None:
    finding = the_one(ID, with_modules(healthy(), copies("torch", (f"{CWD}/torch.py", "cwd", ""), OWN)))
    assert finding.severity == "error" and finding.confidence == "likely"
    assert needs(finding) == [NeedCommand((("mv", "-n", f"{CWD}/torch.py", f"{CWD}/my_torch.py"),))]


def test_a_torch_file_where_no_torch_is() -> None:
    assert the_one(ID, with_modules(healthy(), copies("torch", (f"{CWD}/torch.py", "cwd", "")))).severity == "error"


@pytest.mark.parametrize(("python", "name"), [("3.11.7", "PYTHONSAFEPATH"), ("3.10.4", "cd")])
def test_a_checkout_of_another_version_in_the_current_folder(python: str, name: str) -> None:
    path = f"{CWD}/ultralytics/__init__.py"
    facts = with_modules(healthy(), copies("ultralytics", (path, "cwd", "8.1.0"), own_copy("ultralytics", "8.3.0")))
    finding = the_one(ID, change(facts, "python", version=Known(python, "ask")))
    assert finding.severity == "warning" and finding.confidence == "likely"
    assert name in repr(needs(finding))


def test_a_cloned_folder_is_taken_for_an_empty_package() -> None:
    finding = the_one(ID, with_modules(healthy(), copies("ultralytics", (f"{CWD}/ultralytics", "cwd", ""))))
    assert finding.severity == "warning" and "empty package" in finding.title


def test_an_old_editable_install_comes_first() -> None:
    path = "/home/ana/src/ultralytics/ultralytics/__init__.py"
    facts = with_modules(healthy(), copies("ultralytics", (path, "pth", "8.0.0"), own_copy("ultralytics", "8.3.0")))
    assert the_one(ID, facts).severity == "warning"


def test_the_version_may_stand_in_the_metadata_beside_a_copy() -> None:
    facts = with_modules(
        healthy(), copies("requests", ("/opt/x/requests/__init__.py", "pythonpath", ""), own_copy("requests", ""))
    )
    assert silent(ID, facts) == "pass"  # both unknown, and no core package
    theirs = dist("requests", "2.20.0", location="/opt/x", metadata="/opt/x/requests.dist-info")
    assert the_one(ID, with_distributions(facts, theirs, dist("requests", "2.31.0"))).severity == "warning"


@pytest.mark.parametrize(
    "module",
    [
        copies("torch", OWN, ("/usr/lib/python3/dist-packages/torch/__init__.py", "site-packages", "1.13.0")),
        copies("torch", ("/opt/modules/torch/__init__.py", "pythonpath", "2.5.1")),  # a cluster's module, on purpose
        copies("torch", (f"{USER}/torch/__init__.py", "user-site", "2.5.1"), own_copy("torch", "2.5.1+cu121")),
        copies("torch", OWN, (f"{CWD}/torch", "cwd", "")),  # a regular package wins over a folder
        copies("transformers", (f"{CWD}/transformers", "cwd", "")),  # a folder of models
        copies(
            "ultralytics", (f"{CWD}/ultralytics/__init__.py", "cwd", "8.3.0")
        ),  # run from a clone, nothing else there
        copies("torch"),
    ],
)
def test_near_misses(module: object) -> None:
    assert silent(ID, with_modules(kind(healthy(), "venv"), module)) == "pass"  # type: ignore[arg-type]


def test_the_user_site_of_a_system_python_is_how_it_should_be() -> None:
    facts = with_modules(
        system_python(healthy()),
        copies(
            "numpy",
            (f"{USER}/numpy/__init__.py", "user-site", "1.26.4"),
            ("/usr/lib/python3/dist-packages/numpy/__init__.py", "site-packages", "1.24.2"),
        ),
    )
    assert silent(ID, facts) == "pass"


def test_a_checkout_that_is_the_editable_install() -> None:
    path = f"{CWD}/ultralytics/__init__.py"
    facts = with_modules(healthy(), copies("ultralytics", (path, "cwd", "8.4.0"), own_copy("ultralytics", "8.3.0")))
    editable = dist("ultralytics", "8.4.0", editable=True, direct_url=f"file://{CWD}")
    assert silent(ID, with_distributions(facts, editable, without=("ultralytics",))) == "pass"


def test_unknown_and_absent() -> None:
    assert silent(ID, change(healthy(), "installs", modules=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "installs", modules=Absent((SITE,)))) == "not-applicable"
