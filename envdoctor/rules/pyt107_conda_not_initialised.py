"""`conda activate` did not take effect: the shell runs another Python than the conda environment's.

It finds a CONDA_PREFIX that names an environment while `python` on PATH is another one (a start-up file put its own
folder first, a subshell or a module load rebuilt PATH) or while that environment holds no Python at all. Where torch
is missing, it finds conda on PATH without its block in any start-up file, so that `conda activate` cannot work.

It matters because the prompt shows the environment, and python, pip and every script come from elsewhere.

It is mended by leaving the environment and entering it again; in a script, by loading conda's shell functions first;
once and for all, by `conda init`.

It leaves alone a virtual environment that was activated on top of a conda environment, and images that only put conda
on PATH.

Example: CONDA_PREFIX=/home/ana/miniconda3/envs/yolo, but python is /usr/local/bin/python.
"""

from __future__ import annotations

import posixpath
from typing import Iterator, Optional, Tuple

from ..compat import CompatTable
from ..facts import Claim, Facts, Manager
from ..reading import Absent, given, need, value_or
from ..report import Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ._active import agrees
from ._common import finding, seen
from ._wanted import MISSING, PRESENT, elsewhere_of, torch_state

ID = "PYT107"
NAME = "conda-not-initialised"
SEVERITY = "warning"
TAGS = ("python", "conda")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if need(facts.python.chosen_by, "how the Python was chosen").startswith("--"):
        raise NotApplicable("the interpreter was named, so what conda activated does not matter")
    claims = need(facts.python.claims, "what CONDA_PREFIX and PATH say")
    claim = next((one for one in claims if one.by == "CONDA_PREFIX"), None)
    if claim is not None:
        yield from _not_in_effect(facts, claim, claims)
        return
    conda = _conda(need(facts.indexes.managers, "package managers"))
    if conda is None:
        raise NotApplicable("conda is neither active nor on PATH")
    yield from _no_block(facts, conda)


def _conda(managers: Tuple[Manager, ...]) -> Optional[Manager]:
    return next((manager for manager in managers if manager.name == "conda"), None)


def _functions(conda: Optional[Manager]) -> Tuple[Tuple[str, ...], ...]:
    """The command that loads conda's shell functions, where the installation is known."""
    if conda is None:
        return ()
    root = posixpath.dirname(posixpath.dirname(conda.path))
    return ((".", posixpath.join(root, "etc/profile.d/conda.sh")),)


def _not_in_effect(facts: Facts, claim: Claim, claims: Tuple[Claim, ...]) -> Iterator[Finding]:
    executable = need(facts.python.executable, "the active Python")
    over = any(one.by == "VIRTUAL_ENV" and agrees(facts, one) for one in claims)
    if agrees(facts, claim) or over or value_or(facts.python.kind, "") == "venv":
        return
    empty = isinstance(claim.executable, Absent)
    # Where torch lies in another environment, interpreter-mismatch says so; this is then only how it came about.
    told = _told_elsewhere(facts)
    enter = (("conda", "deactivate"), ("conda", "activate", claim.says))
    fill = (("conda", "install", "-y", "-p", claim.says, "python"),)
    yield finding(
        ID,
        NAME,
        "note" if told else "warning",
        f"the conda environment {claim.says} is active, but `python` is {executable}"
        + (": the environment has no Python of its own" if empty else ""),
        "What is installed with this python or pip does not reach the environment that the prompt shows.",
        (
            Evidence(f"says {claim.says}", "CONDA_PREFIX"),
            seen(f"python is {executable}", facts.python.executable),
            seen("conda's shell level", facts.session.shell_levels),
        ),
        (
            Remedy("install a Python in that environment", (NeedCommand(fill),))
            if empty
            else Remedy(
                "leave the environment and enter it again, so that it comes first on PATH",
                (NeedCommand(_functions(_conda(value_or(facts.indexes.managers, ()))) + enter, safety="safe"),),
            ),
        ),
    )


def _told_elsewhere(facts: Facts) -> bool:
    """Whether torch's place is known to be the root matter: not here, but in another environment."""
    missing = isinstance(facts.torch.path, Absent) and torch_state(facts) == MISSING
    return missing and bool(elsewhere_of(facts, "torch"))


def _no_block(facts: Facts, conda: Manager) -> Iterator[Finding]:
    if given(facts.session.shell_levels, "CONDA_SHLVL") is not None:
        return
    if given(facts.session.conda_initialised, "conda's block in the shell's start-up files") is not None:
        return
    if value_or(facts.python.kind, "") != "system" or torch_state(facts) == PRESENT:
        return  # nobody misses an activation here
    yield finding(
        ID,
        NAME,
        "note",
        f"{conda.path} is on PATH, but `conda activate` is not set up in this shell",
        "Without it, conda's environments can be made but not entered.",
        (
            seen("no start-up file holds conda's block", facts.session.conda_initialised),
            seen("CONDA_SHLVL is not set", facts.session.shell_levels),
        ),
        (
            Remedy("load conda's functions in this shell", (NeedCommand(_functions(conda), safety="safe"),)),
            Remedy("set it up for every new shell", (NeedCommand(((conda.path, "init", "bash"),)),)),
        ),
    )
