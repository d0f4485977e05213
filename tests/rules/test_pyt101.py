from __future__ import annotations

from typing import Any, Tuple

import pytest

from envdoctor.facts import Claim, Command, Facts, Kernel
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand, NeedPackages, NeedTorch

from ..healthy import ENV, command, dist
from .asking import NOT_KNOWN, change, evidence, found, healthy, needs, silent, the_one
from .installed import (
    CONDA,
    OTHER,
    conda_env,
    elsewhere,
    fresh_venv,
    requirements,
    system_python,
    with_distributions,
    without_torch,
)

ID = "PYT101"


def of_another(name: str, prefix: str = OTHER, **changes: Any) -> Command:
    path = f"{prefix}/bin/{name}"
    python = f"{prefix}/bin/python"
    foreign = command(name, path=path, interpreter=Known(python, path), prefix=Known(prefix, python))
    return command(
        name,
        **{
            **{field: getattr(foreign, field) for field in ("path", "interpreter", "prefix")},
            "ours": Known(False, path),
            **changes,
        },
    )


def with_commands(facts: Facts, *commands: Command) -> Facts:
    return change(facts, "python", commands=Known(commands, "PATH"))


def claimed(facts: Facts, *claims: Claim) -> Facts:
    return change(facts, "python", claims=Known(claims, "claims"))


PATH_CLAIM = Claim("PATH", f"{ENV}/bin/python", Known(f"{ENV}/bin/python", "PATH"))


def claim(by: str, prefix: str) -> Claim:
    return Claim(by, prefix, Known(f"{prefix}/bin/python", by))


# torch is in another environment


def test_conda_list_shows_it_python_cannot_import_it() -> None:
    facts = claimed(elsewhere(fresh_venv(), f"{CONDA}/envs/lab", "environments.txt"), PATH_CLAIM)
    facts = claimed(facts, PATH_CLAIM, claim("CONDA_PREFIX", f"{CONDA}/envs/lab"))
    finding = the_one(ID, facts)
    assert finding.severity == "error"
    assert f"{ENV}/bin/python" in finding.title and f"torch 2.1.0 is in {CONDA}/envs/lab" in finding.title
    assert "CONDA_PREFIX says" in evidence(finding)
    enter, install = needs(finding)
    assert enter == NeedCommand((("conda", "activate", f"{CONDA}/envs/lab"),), safety="safe")
    assert install == NeedTorch()


def test_pip_list_shows_it_python_cannot_import_it() -> None:
    facts = with_commands(elsewhere(fresh_venv()), of_another("pip"))
    finding = the_one(ID, facts)  # one finding: pip is its evidence
    assert finding.severity == "error"
    assert f"installs into {OTHER}" in evidence(finding)
    assert needs(finding)[0] == NeedCommand(((".", f"{OTHER}/bin/activate"),), safety="safe")


@pytest.mark.parametrize(
    ("found_by", "first"),
    [
        ("PATH", f"{OTHER}/bin/python"),
        ("VIRTUAL_ENV", "."),
        ("CONDA_PREFIX", "conda"),
        ("pyenv", f"{OTHER}/bin/python"),
    ],
)
def test_the_way_in_is_what_is_known_of_the_environment(found_by: str, first: str) -> None:
    enter = needs(the_one(ID, elsewhere(system_python(healthy()), found_by=found_by)))[0]
    assert isinstance(enter, NeedCommand) and enter.commands[0][0] == first


def test_a_torch_in_the_user_site_is_no_environment_to_enter() -> None:
    facts = elsewhere(fresh_venv(), "/home/ana/.local/lib/python3.11", "user-site")
    assert needs(the_one(ID, facts)) == [NeedTorch()]


def test_no_environment_is_active_and_one_has_torch() -> None:
    assert the_one(ID, elsewhere(system_python(healthy()))).severity == "error"


def test_an_environment_of_its_own_without_a_sign_of_torch_is_a_warning() -> None:
    assert the_one(ID, elsewhere(fresh_venv())).severity == "warning"
    assert the_one(ID, requirements(elsewhere(fresh_venv()), "torch>=2.0")).severity == "error"
    own = with_distributions(elsewhere(fresh_venv()), dist("envdoctor", "0.1.0"))
    assert the_one(ID, own).severity == "note"


def test_torch_here_and_elsewhere_is_no_matter() -> None:
    assert silent(ID, elsewhere(healthy())) == "pass"


def test_remains_of_torch_here_are_not_this_rules_matter() -> None:
    facts = elsewhere(without_torch(healthy()))
    facts = change(facts, "installs", leftovers=Known((f"{ENV}/lib/python3.11/site-packages/~orch",), "site"))
    assert silent(ID, facts) == "pass"


# pip


def test_pip_installs_into_another_environment() -> None:
    finding = the_one(ID, with_commands(healthy(), of_another("pip"), command("pip3")))
    assert finding.severity == "warning"
    assert f"{OTHER}/bin/pip" in finding.title and f"{ENV}/bin/python" in finding.title
    assert needs(finding) == [NeedCommand(((f"{ENV}/bin/python", "-m", "pip", "--version"),), safety="safe")]


def test_an_environment_without_pip_gets_one() -> None:
    facts = change(with_commands(healthy(), of_another("pip")), "python", pip_version=Absent(("sys.path",)))
    first = needs(the_one(ID, facts))[0]
    assert isinstance(first, NeedCommand) and first.commands[0][1:3] == ("-m", "ensurepip")
    conda = change(with_commands(conda_env(), of_another("pip")), "python", pip_version=Absent(("sys.path",)))
    assert needs(the_one(ID, conda))[0] == NeedPackages(("pip",))


def test_uv_needs_no_pip_and_the_systems_is_a_note() -> None:
    facts = with_commands(healthy(), of_another("pip", "/usr"))
    facts = change(facts, "python", manager=Known("uv", "pyvenv.cfg"), pip_version=Absent(("sys.path",)))
    assert the_one(ID, facts).severity == "note"


def test_pip3_stands_for_pip_only_where_there_is_no_pip() -> None:
    assert the_one(ID, with_commands(healthy(), of_another("pip3"))).severity == "warning"
    note = the_one(ID, with_commands(healthy(), command("pip"), of_another("pip3", "/usr")))
    assert note.severity == "note" and "pip3" in note.title


def test_python3_of_another_environment_is_a_note() -> None:
    assert the_one(ID, with_commands(healthy(), command("pip"), of_another("python3", "/usr"))).severity == "note"


def test_a_pip_whose_python_is_gone() -> None:
    dead = of_another("pip", interpreter_exists=Known(False, f"{OTHER}/bin/python"))
    assert "is gone" in the_one(ID, with_commands(healthy(), dead)).title


# other commands


def test_yolo_of_another_environment() -> None:
    finding = the_one(ID, with_commands(healthy(), command("pip"), of_another("yolo")))
    assert finding.severity == "warning" and "`yolo`" in finding.title
    assert needs(finding) == [NeedPackages(("ultralytics",), reinstall=True, no_deps=True)]


def test_several_commands_are_one_finding() -> None:
    finding = the_one(ID, with_commands(healthy(), of_another("yolo"), of_another("torchrun")))
    assert "`yolo`" in finding.title and "`torchrun`" in finding.title


@pytest.mark.parametrize(
    "commands",
    [
        (of_another("jupyter", CONDA), of_another("ipython", CONDA)),  # a conda base's Jupyter serves every kernel
        (of_another("yolo", "/home/ana/.local/share/pipx/venvs/ultralytics"),),
        (of_another("yolo", "/home/ana/.local/share/uv/tools/ultralytics"),),
        (of_another("pip", form="shim"), of_another("python3", form="shim")),
        (of_another("tensorboard"),),  # not installed here: nobody expects it to be this environment's
        (of_another("conda", CONDA),),
        (command("pip", ours=NOT_KNOWN),),
        (),
    ],
)
def test_healthy_paths_are_silent(commands: Tuple[Command, ...]) -> None:
    assert silent(ID, with_commands(healthy(), *commands)) == "pass"


def test_a_named_interpreter_makes_path_irrelevant() -> None:
    facts = with_commands(healthy(), of_another("pip"), of_another("yolo"))
    assert silent(ID, change(facts, "python", chosen_by=Known("--python", "--python"))) == "not-applicable"
    lost = change(elsewhere(system_python(healthy())), "python", chosen_by=Known("--env", "--env"))
    assert the_one(ID, lost).severity == "error"


def test_scripts_of_a_moved_venv_are_left_to_moved_venv() -> None:
    venv = healthy().python.venv
    assert isinstance(venv, Known)
    moved = Known(type(venv.value)(**{**vars(venv.value), "created_as": Known("/home/ana/old", "pyvenv.cfg")}), "cfg")
    facts = with_commands(healthy(), of_another("pip", "/home/ana/old"), of_another("yolo", "/home/ana/old"))
    assert silent(ID, change(facts, "python", venv=moved)) == "pass"


# variables


def test_virtual_env_names_another_environment() -> None:
    finding = the_one(ID, claimed(healthy(), PATH_CLAIM, claim("VIRTUAL_ENV", OTHER)))
    assert finding.severity == "warning" and f"VIRTUAL_ENV is {OTHER}" in finding.title
    assert needs(finding) == [NeedCommand(((".", f"{OTHER}/bin/activate"),), safety="safe")]


@pytest.mark.parametrize(
    "other",
    [
        claim("CONDA_PREFIX", CONDA),  # a venv on top of conda's base
        Claim("VIRTUAL_ENV", "/home/ana/gone", Absent(("/home/ana/gone/bin/python",))),  # moved-venv says so
        claim("VIRTUAL_ENV", ENV + "/"),
        Claim("VIRTUAL_ENV", ENV, Known(f"{ENV}/bin/python3", "VIRTUAL_ENV")),
    ],
)
def test_claims_that_agree_or_belong_to_other_rules(other: Claim) -> None:
    assert silent(ID, claimed(healthy(), PATH_CLAIM, other)) == "pass"


# kernels


def kernel(name: str, interpreter: str, exists: bool = True, ours: bool = False, spec: str = "") -> Kernel:
    spec = spec or f"/home/ana/.local/share/jupyter/kernels/{name}/kernel.json"
    return Kernel(name, spec, interpreter, Known(exists, interpreter), Known(ours, interpreter))


def with_kernels(*kernels: Kernel) -> Facts:
    return change(healthy(), "python", kernels=Known(kernels, "jupyter"))


def test_a_kernel_of_this_name_starts_another_python() -> None:
    finding = the_one(ID, with_kernels(kernel("yolo", f"{CONDA}/bin/python")))
    assert finding.severity == "warning" and f"{CONDA}/bin/python" in finding.title
    assert needs(finding)[0] == NeedPackages(("ipykernel",))
    inside = kernel("python3", f"{CONDA}/bin/python", spec=f"{ENV}/share/jupyter/kernels/python3/kernel.json")
    assert the_one(ID, with_kernels(inside)).severity == "warning"


def test_dead_kernels_are_a_note_and_other_environments_kernels_nothing() -> None:
    dead = kernel("old", "/home/ana/gone/bin/python", exists=False)
    assert [one.severity for one in found(ID, with_kernels(dead))] == ["note"]
    assert (
        silent(ID, with_kernels(kernel("base", f"{CONDA}/bin/python"), kernel("yolo", "python", ours=True))) == "pass"
    )


# what is not known


@pytest.mark.parametrize("field", ["executable", "chosen_by", "claims", "commands", "kernels"])
def test_unknown_facts_are_no_pass(field: str) -> None:
    assert silent(ID, change(healthy(), "python", **{field: NOT_KNOWN})) == "cannot-tell"


def test_without_a_look_at_torch_or_elsewhere_it_cannot_tell() -> None:
    assert silent(ID, change(healthy(), "torch", path=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(fresh_venv(), "installs", elsewhere=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "python", executable=Absent(("PATH",)))) == "not-applicable"
