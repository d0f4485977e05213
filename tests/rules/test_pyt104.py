from __future__ import annotations

import dataclasses
from typing import Any

from envdoctor.facts import Claim, Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedEnvironment, NeedVariable

from ..healthy import ENV, command
from .asking import NOT_KNOWN, asked, change, evidence, found, healthy, needs, silent, the_one
from .installed import elsewhere, system_python

ID = "PYT104"
OLD = "/home/ana/old"


def venv(facts: Facts, **fields: Any) -> Facts:
    assert isinstance(facts.python.venv, Known)
    return change(facts, "python", venv=Known(dataclasses.replace(facts.python.venv.value, **fields), "pyvenv.cfg"))


def made_as(path: str) -> Facts:
    return venv(healthy(), created_as=Known(path, "pyvenv.cfg"), activate_says=Known(path, "bin/activate"))


def dead(name: str) -> Any:
    return command(
        name,
        interpreter=Known(f"{OLD}/bin/python", name),
        interpreter_exists=Known(False, f"{OLD}/bin/python"),
        prefix=NOT_KNOWN,
        ours=Known(False, name),
    )


def test_a_moved_environment() -> None:
    finding = the_one(ID, change(made_as(OLD), "python", commands=Known((dead("pip"), dead("yolo")), "PATH")))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert ENV in finding.title and OLD in finding.title
    assert f"starts {OLD}/bin/python" in evidence(finding) and "activate sets VIRTUAL_ENV" in evidence(finding)
    chosen = ("numpy==1.26.4", "ultralytics==8.3.0")
    assert needs(finding) == [NeedEnvironment(python="3.11", requirements=chosen)]


def test_an_environment_without_torch_gets_none() -> None:
    facts = change(made_as(OLD), "python", commands=Known((dead("pip"),), "PATH"))
    finding = the_one(ID, change(facts, "torch", path=Absent(("sys.path",))))
    chosen = ("numpy==1.26.4", "ultralytics==8.3.0")
    assert needs(finding) == [NeedEnvironment(python="3.11", with_torch=False, requirements=chosen)]


def fallen_through() -> Facts:
    """The moved environment was activated: its old path is on PATH, and the system's Python runs."""
    facts = system_python(healthy())
    moved = made_as(OLD).python.venv
    claims = (Claim("PATH", "/usr/bin/python3", Known("/usr/bin/python3", "PATH")), Claim("VIRTUAL_ENV", OLD, Absent()))
    return change(facts, "python", venv=moved, claims=Known(claims, "PATH"))


def test_an_activated_one_through_which_the_shell_fell() -> None:
    facts = elsewhere(fallen_through(), ENV)
    finding = the_one(ID, facts)
    assert finding.severity == "error" and "another Python runs in its place" in evidence(finding)
    # What the system's Python has says nothing of what was in it; that it had torch is known from outside.
    assert needs(finding) == [NeedEnvironment(python="3.11")]
    assert needs(the_one(ID, fallen_through())) == [NeedEnvironment(python="3.11", with_torch=False)]
    assert silent("PYT101", facts) == "pass"  # to activate it is no way out
    assert found("PYT101", elsewhere(fallen_through(), "/home/ana/other"))


def test_a_copied_environment_starts_the_original() -> None:
    copied = dataclasses.replace(dead("pip"), interpreter_exists=Known(True, OLD))
    assert the_one(ID, change(made_as(OLD), "python", commands=Known((copied,), "PATH"))).severity == "error"


def test_without_a_script_to_look_at_it_is_likely() -> None:
    finding = the_one(ID, change(made_as(OLD), "python", commands=Known((), "PATH")))
    assert finding.severity == "warning" and finding.confidence == "likely"


def test_the_same_folder_by_a_link_is_healthy() -> None:
    # Its scripts name the other path and start this very environment.
    assert silent(ID, change(made_as(OLD), "python", commands=Known((command("pip"),), "PATH"))) == "pass"
    assert silent(ID, made_as(ENV + "/")) == "pass"


def test_python3_itself_proves_nothing() -> None:
    binary = command("python3", form="binary")
    assert found(ID, change(made_as(OLD), "python", commands=Known((binary, dead("pip")), "PATH")))


def test_the_base_is_gone() -> None:
    facts = venv(
        healthy(),
        home=Known("/opt/python/bin", "pyvenv.cfg"),
        home_exists=Known(False, "/opt/python/bin"),
        executable_resolves=Known(False, f"{ENV}/bin/python"),
    )
    finding = the_one(ID, facts)
    assert finding.severity == "error" and "/opt/python/bin" in finding.title
    half = venv(healthy(), home_exists=Known(False, "/opt/python/bin"))
    assert the_one(ID, half).severity == "warning"


def test_the_base_is_another_version_now() -> None:
    finding = the_one(ID, change(healthy(), "python", version=Known("3.12.3", "ask")))
    assert finding.severity == "error" and "3.11" in finding.title and "3.12" in finding.title


def test_virtual_env_leads_nowhere() -> None:
    gone = Claim("VIRTUAL_ENV", "/home/ana/gone", Absent(("/home/ana/gone/bin/python",)))
    path = Claim("PATH", "/usr/bin/python3", Known("/usr/bin/python3", "PATH"))
    facts = change(system_python(healthy()), "python", claims=Known((path, gone), "claims"))
    finding = the_one(ID, facts)
    assert finding.severity == "error" and "/home/ana/gone" in finding.title and "/usr/bin/python3" in finding.title
    assert NeedVariable("VIRTUAL_ENV") in needs(finding)
    beside = change(healthy(), "python", claims=Known((path, gone), "claims"))
    assert the_one(ID, beside).severity == "warning"
    named = change(facts, "python", chosen_by=Known("--python", "--python"))
    assert silent(ID, named) == "not-applicable"


def test_a_moved_environment_and_its_stale_variable_are_one_finding() -> None:
    gone = Claim("VIRTUAL_ENV", OLD, Absent((f"{OLD}/bin/python",)))
    facts = change(made_as(OLD), "python", claims=Known((gone,), "claims"), commands=Known((dead("pip"),), "PATH"))
    assert the_one(ID, facts).severity == "error"


def test_other_environments_and_unknown_ones() -> None:
    assert silent(ID, system_python(healthy())) == "not-applicable"
    assert silent(ID, change(healthy(), "python", venv=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, venv(healthy(), executable_resolves=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, venv(healthy(), home_exists=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(system_python(healthy()), "python", claims=NOT_KNOWN)) == "cannot-tell"
    assert asked(ID, healthy()).status == "pass"
