"""Each remedy as commands for the environment at hand, and never for one that cannot take them."""

from typing import Optional, Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.cure import case_of, fix_of, prescribe
from envdoctor.facts import Elsewhere, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import (
    Finding,
    Fix,
    Need,
    NeedCommand,
    NeedDeleted,
    NeedEnvironment,
    NeedPackages,
    NeedRemoved,
    NeedVariable,
    Remedy,
)
from tests.cure.cases import CONDA, PYTHON, conda, project, record, system, with_tools
from tests.healthy import ENV, SITE, change, dist, healthy

TABLE = CompatTable()
PIP = (PYTHON, "-m", "pip")


def fixes(facts: Facts, *remedies: Remedy, manager: Optional[str] = None) -> Tuple[Fix, ...]:
    return prescribe(Finding("AAA101", "a-rule", "error", "title", "", (), remedies), facts, TABLE, manager)


def fix(facts: Facts, *needs: Need, manager: Optional[str] = None) -> Fix:
    (only,) = fixes(facts, Remedy("mend it", needs), manager=manager)
    return only


def test_variables() -> None:
    made = fix(healthy(), NeedVariable("PYTHONPATH"), NeedVariable("CUDA_HOME", "/usr/local/my cuda"))
    assert made.commands == (("unset", "PYTHONPATH"), ("export", "CUDA_HOME=/usr/local/my cuda"))
    assert (made.safety, made.who) == ("safe", "you")


def test_deletions_are_exact_and_marked() -> None:
    made = fix(healthy(), NeedDeleted((f"{SITE}/~orch", f"{SITE}/~orch-2.5.1.dist-info")))
    assert made.commands == (("rm", "-rf", "--", f"{SITE}/~orch", f"{SITE}/~orch-2.5.1.dist-info"),)
    assert made.safety == "removes"


@pytest.mark.parametrize(
    "path",
    ["/", "/home", "/home/ana", "/home/ana/", "/home/ana/envs", ENV, SITE, f"{ENV}/lib/python3.11", "relative/~orch",
     f"{SITE}/../~orch", "/home/ana/work", "/etc/x", PYTHON, "/home/ana/.local/lib"],
)  # fmt: skip
def test_nothing_that_people_live_in_is_deleted(path: str) -> None:
    made = fix(healthy(), NeedDeleted((path,)))
    assert made.commands == ()
    assert "not debris" in made.note


def test_verbatim_commands_keep_who_runs_them() -> None:
    made = fix(healthy(), NeedCommand((("modprobe", "nvidia-uvm"),), who="admin"))
    assert made.commands == (("modprobe", "nvidia-uvm"),)
    assert made.who == "admin"


def test_a_need_that_cannot_be_met_says_why_and_comes_last() -> None:
    first, second = fixes(
        healthy(), Remedy("no way", (NeedDeleted(("/home",)),)), Remedy("a way", (NeedVariable("PYTHONPATH"),))
    )
    assert (first.title, second.title) == ("a way", "no way")
    assert second.commands == () and second.note


def test_every_copy_goes() -> None:
    twice = change(healthy(), "installs", distributions=Known((dist("torch", "2.5.1"), dist("torch", "2.0.0")), "ask"))
    assert fix(twice, NeedRemoved(("torch",))).commands == ((*PIP, "uninstall", "-y", "torch"),) * 2


def test_each_owner_removes_its_own() -> None:
    both = conda(record("pytorch"), record("numpy"))
    python = f"{CONDA}/envs/yolo/bin/python"
    assert fix(both, NeedRemoved(("torch",), by="any")).commands == (
        ("conda", "remove", "-n", "yolo", "-y", "pytorch"),
        (python, "-m", "pip", "uninstall", "-y", "torch"),
    )
    assert fix(both, NeedRemoved(("torch",), by="conda")).commands == (
        ("conda", "remove", "-n", "yolo", "-y", "pytorch"),
    )
    by_conda = change(both, "installs", distributions=Known((dist("torch", "2.5.1", installer="conda"),), "ask"))
    assert fix(by_conda, NeedRemoved(("torch",), by="any")).commands == (
        ("conda", "remove", "-n", "yolo", "-y", "pytorch"),
    )


def test_packages_in_a_conda_environment_go_to_their_owner() -> None:
    facts = conda(record("numpy"))
    python = f"{CONDA}/envs/yolo/bin/python"
    assert fix(facts, NeedPackages(("numpy<2", "mmcv==2.1.0"))).commands == (
        ("conda", "install", "-n", "yolo", "-y", "numpy<2"),
        (python, "-m", "pip", "install", "mmcv==2.1.0"),
    )


def test_packages_in_a_project_go_through_its_manifest() -> None:
    assert fix(project("uv"), NeedPackages(("numpy<2",))).commands == (
        ("uv", "add", "--project", "/home/ana/work", "numpy<2"),
    )


def test_a_check_names_the_interpreter() -> None:
    assert fix(healthy(), NeedPackages(("numpy<2",))).check == ("envdoctor", "check", "--python", PYTHON)


HOME_ENV = "/home/ana/envs/torch"


def test_a_system_python_gets_an_environment_of_the_users_own() -> None:
    made = fix(system(), NeedPackages(("ultralytics",)))
    assert made.commands[0] == ("/usr/bin/python3.11", "-m", "venv", HOME_ENV)
    assert made.commands[-1] == (f"{HOME_ENV}/bin/python", "-m", "pip", "install", "ultralytics")
    assert "EXTERNALLY-MANAGED" in made.note and "new environment" in made.title
    assert all(argv[0] != "/usr/bin/python3" for argv in made.commands)
    assert made.check[0] == f"{HOME_ENV}/bin/python"


def test_so_does_one_whose_environment_is_not_the_users_to_write() -> None:
    shared = change(healthy(), "python", site_packages_writable=Known(False, "access"))
    made = fix(shared, NeedPackages(("numpy<2",)))
    assert made.commands[0] == ("/usr/bin/python3.11", "-m", "venv", f"{ENV}-2")
    assert made.commands[-1][-1] == "numpy<2"


def test_a_new_environment_gets_the_torch_that_was_asked_for() -> None:
    """Not the newest first and the right one after it."""
    made = fix(healthy(), NeedEnvironment("3.9", torch="1.13.1"))
    installs = [argv for argv in made.commands if "install" in argv]
    assert [word for argv in installs for word in argv if word.startswith("torch==")] == ["torch==1.13.1+cu117"]
    # torchvision would bring NumPy 2, for which this torch was not built.
    assert installs[-1] == ("/home/ana/envs/yolo-2/bin/python", "-m", "pip", "install", "numpy<2")
    newer = fix(healthy(), NeedEnvironment("3.11", torch="2.6.0"))
    assert not any("numpy<2" in argv for argv in newer.commands)


def test_whoever_can_bring_a_python_makes_the_environment() -> None:
    need = NeedEnvironment("3.10", with_torch=False, requirements=("numpy",))
    by_uv = fix(with_tools(system(), "uv"), need)
    assert by_uv.commands == (
        ("uv", "venv", "--python", "3.10", HOME_ENV),
        ("uv", "pip", "install", "--python", f"{HOME_ENV}/bin/python", "numpy"),
    )
    folder = f"{CONDA}/envs/yolo-2"
    assert fix(conda(), need).commands == (
        ("conda", "create", "-p", folder, "-y", "python=3.10", "pip"),
        (f"{folder}/bin/python", "-m", "pip", "install", "numpy"),
    )
    assert fix(with_tools(system(), "uv"), need, manager="pip").commands[0] == ("python3.10", "-m", "venv", HOME_ENV)


def test_a_shared_conda_makes_it_in_the_users_home() -> None:
    shared = conda(prefix="/opt/conda/envs/yolo", root="/opt/conda")
    made = fix(shared, NeedEnvironment("3.10", with_torch=False))
    assert made.commands == (("conda", "create", "-p", "/home/ana/.conda/envs/yolo-2", "-y", "python=3.10", "pip"),)


def test_a_name_that_is_taken_is_passed_over() -> None:
    others = tuple(Elsewhere("torch", "2.0", path, "", "sibling", "") for path in (HOME_ENV, f"{HOME_ENV}-2"))
    facts = change(system(), "installs", elsewhere=Known(others, "looked"))
    assert fix(facts, NeedEnvironment("3.11", with_torch=False)).commands[0][-1] == f"{HOME_ENV}-3"


def test_it_is_called_like_the_environment_in_question_whatever_python_runs_in_its_place() -> None:
    fallen_through = change(system(), "python", venv=healthy().python.venv)
    made = fix(fallen_through, NeedEnvironment("3.11", with_torch=False))
    assert made.commands[0][-1] == f"{ENV}-2"


def test_python_2_makes_no_virtual_environment() -> None:
    closed = Known(False, "access")
    facts = change(healthy(), "python", version=Known("2.7.18", "ask"), site_packages_writable=closed)
    made = fix(facts, NeedPackages(("pip",), upgrade=True))
    assert made.commands[0][:3] == ("python3.11", "-m", "venv")


def test_a_copy_in_the_user_site_goes_even_where_the_system_python_takes_no_installs() -> None:
    user_site = "/home/ana/.local/lib/python3.11/site-packages"
    facts = change(system(), "installs", distributions=Known((dist("torch", "1.13", location=user_site),), "ask"))
    assert fix(facts, NeedRemoved(("torch",))).commands == (
        ("/usr/bin/python3", "-m", "pip", "uninstall", "-y", "--break-system-packages", "torch"),
    )
    assert fix(system(), NeedRemoved(("torch",))).commands == ()


def test_without_an_interpreter_a_new_environment() -> None:
    dead = change(healthy(), "python", executable=Absent(("PATH",)), version=Absent(("PATH",)))
    made = fix(dead, NeedPackages(("numpy",)))
    assert made.commands[0][:3] == ("python3.11", "-m", "venv")
    assert "Python 3.11 on PATH" in made.note


def test_what_lies_where_the_user_may_not_write_is_its_owners_to_remove() -> None:
    shared = change(healthy(), "python", site_packages_writable=Known(False, "access"))
    assert fix(shared, NeedDeleted((f"{SITE}/~orch",))).who == "admin"
    assert fix(shared, NeedRemoved(("torch",))).who == "admin"
    assert fix(shared, NeedDeleted(("/home/ana/work/torch/__pycache__",))).who == "you"


def test_what_only_looks_needs_no_check() -> None:
    look = NeedCommand((("nvidia-smi",),), safety="safe")
    assert fix_of(Remedy("look", (look,)), case_of(healthy(), TABLE)).check == ()
    assert fix_of(Remedy("set", (NeedVariable("A", "1"),)), case_of(healthy(), TABLE)).check[:2] == (
        "envdoctor",
        "check",
    )


def test_a_bare_python_of_a_report_is_not_named_in_the_check() -> None:
    facts = change(healthy(), "python", executable=Known("python", "a report"))
    assert fix_of(Remedy("numpy", (NeedPackages(("numpy<2",)),)), case_of(facts, TABLE)).check == ("envdoctor", "check")
