from __future__ import annotations

from envdoctor.facts import Claim, Facts, Manager
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand

from ..healthy import ENV
from .asking import NOT_KNOWN, change, healthy, needs, silent, the_one
from .installed import CONDA, conda_env, elsewhere, system_python, without_torch

ID = "PYT107"
LAB = f"{CONDA}/envs/lab"
SYSTEM = Claim("PATH", "/usr/bin/python3", Known("/usr/bin/python3", "PATH"))
ACTIVE = Claim("CONDA_PREFIX", LAB, Known(f"{LAB}/bin/python", "CONDA_PREFIX"))


def with_conda(facts: Facts) -> Facts:
    return change(
        facts, "indexes", managers=Known((Manager("conda", f"{CONDA}/bin/conda", Known("24.1.0", "x")),), "PATH")
    )


def claimed(facts: Facts, *claims: Claim) -> Facts:
    return change(facts, "python", claims=Known(claims, "claims"))


def test_path_order_defeats_the_activation() -> None:
    finding = the_one(ID, with_conda(claimed(system_python(healthy()), SYSTEM, ACTIVE)))
    assert finding.severity == "warning" and LAB in finding.title and "/usr/bin/python3" in finding.title
    (command,) = needs(finding)
    assert isinstance(command, NeedCommand) and command.commands == (
        (".", f"{CONDA}/etc/profile.d/conda.sh"),
        ("conda", "deactivate"),
        ("conda", "activate", LAB),
    )


def test_the_environment_has_no_python() -> None:
    empty = Claim("CONDA_PREFIX", LAB, Absent((f"{LAB}/bin/python",)))
    finding = the_one(ID, claimed(system_python(healthy()), SYSTEM, empty))
    assert "no Python of its own" in finding.title
    assert needs(finding) == [NeedCommand((("conda", "install", "-y", "-p", LAB, "python"),))]


def test_interpreter_mismatch_leads_where_torch_lies_there() -> None:
    facts = elsewhere(claimed(system_python(healthy()), SYSTEM, ACTIVE), LAB, "CONDA_PREFIX")
    assert the_one(ID, facts).severity == "note"
    assert the_one("PYT101", facts).severity == "error"


def test_a_venv_on_top_of_conda_is_healthy() -> None:
    base = Claim("CONDA_PREFIX", CONDA, Known(f"{CONDA}/bin/python", "CONDA_PREFIX"))
    path = Claim("PATH", f"{ENV}/bin/python", Known(f"{ENV}/bin/python", "PATH"))
    assert silent(ID, claimed(healthy(), path, base)) == "pass"


def test_an_activation_in_effect() -> None:
    assert silent(ID, conda_env()) == "pass"


def test_conda_is_not_set_up_in_this_shell() -> None:
    finding = the_one(ID, with_conda(system_python(healthy())))
    assert finding.severity == "note" and f"{CONDA}/bin/conda" in finding.title
    assert NeedCommand(((f"{CONDA}/bin/conda", "init", "bash"),)) in needs(finding)


def test_nobody_misses_an_activation() -> None:
    facts = with_conda(system_python(healthy()))
    assert silent(ID, change(facts, "session", shell_levels=Known(0, "CONDA_SHLVL"))) == "pass"
    assert silent(ID, change(facts, "session", conda_initialised=Known("/home/ana/.bashrc", "x"))) == "pass"
    image = change(with_conda(without_torch(healthy())), "python", kind=Known("conda-base", CONDA))
    assert silent(ID, image) == "pass"
    assert silent(ID, with_conda(healthy())) == "pass"


def test_no_conda_named_interpreter_and_unknown() -> None:
    assert silent(ID, system_python(healthy())) == "not-applicable"
    named = change(claimed(system_python(healthy()), SYSTEM, ACTIVE), "python", chosen_by=Known("--env", "--env"))
    assert silent(ID, named) == "not-applicable"
    assert silent(ID, change(healthy(), "python", claims=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "indexes", managers=NOT_KNOWN)) == "cannot-tell"
    unread = change(with_conda(system_python(healthy())), "session", conda_initialised=NOT_KNOWN)
    assert silent(ID, unread) == "cannot-tell"
