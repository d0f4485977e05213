"""A virtual environment that was moved or copied, or whose base Python is gone or has been replaced.

It finds a bin/python that leads nowhere, a base Python named in pyvenv.cfg that is not there, an environment under
another path than it was made for, a base that is now another minor version, and a VIRTUAL_ENV that names a folder
without an interpreter.

It matters because the absolute paths inside do not move along: pip and other scripts start the old path ("bad
interpreter"), and `activate` puts a folder on PATH that does not exist, so `python` silently becomes another one.

It is mended by a new environment where you want it: environments do not move.

It leaves alone the same folder reached through a link (its scripts then start its own Python), and relocatable
environments.

Example: /home/ana/new/yolo was made as /home/ana/yolo: bin/pip starts /home/ana/yolo/bin/python, which is not there.
"""

from __future__ import annotations

import posixpath
from typing import Iterator, List, Optional

from ..compat import CompatTable
from ..facts import Facts, VenvFacts
from ..reading import Absent, given, need, value_or
from ..report import Evidence, Finding, NeedEnvironment, NeedVariable, NotApplicable, Remedy
from ._active import active_prefix, foreign, relocated
from ._common import finding, seen
from ._requirements import chosen
from ._wanted import elsewhere_of

ID = "PYT104"
NAME = "moved-venv"
SEVERITY = "error"
TAGS = ("python",)


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    venv = given(facts.python.venv, "the virtual environment")
    stale = _stale_variable(facts)
    if stale:
        yield stale
    if venv is None:
        need(facts.python.claims, "what VIRTUAL_ENV says")
        if stale is None:
            raise NotApplicable("the active Python is no virtual environment")
        return
    broken = _base_gone(facts, venv) or _base_replaced(facts, venv) or _moved(facts, venv)
    if broken:
        yield broken
    # What could not be seen from outside must not count as right.
    need(venv.executable_resolves, "where bin/python leads")
    need(venv.home_exists, "the base Python")


def _anew(facts: Facts, venv: VenvFacts) -> Remedy:
    """The same environment again: its Python, torch unless it is known to have none, and what was chosen beside it."""
    version = value_or(venv.version, "")
    minor = ".".join(version.split(".")[:2]) if version else None
    if _is_active(facts, venv):
        had_torch, requirements = not isinstance(facts.torch.path, Absent), chosen(facts)
    else:  # another Python runs in its place, and what is installed was asked of that one
        same = posixpath.normpath(venv.path)
        had_torch = any(posixpath.normpath(one.prefix) == same for one in elsewhere_of(facts, "torch"))
        requirements = ()
    need_ = NeedEnvironment(python=minor, with_torch=had_torch, requirements=requirements)
    return Remedy("make the environment anew where you want it", (need_,))


def _is_active(facts: Facts, venv: VenvFacts) -> bool:
    path = posixpath.normpath(venv.path)
    inside = value_or(facts.python.executable, "").startswith(f"{path}/")
    return inside or posixpath.normpath(active_prefix(facts)) == path


def _base_gone(facts: Facts, venv: VenvFacts) -> Optional[Finding]:
    dangling = value_or(venv.executable_resolves, True) is False
    homeless = value_or(venv.home_exists, True) is False
    if not dangling and not homeless:
        return None
    home = value_or(venv.home, "its base")
    because = [seen(f"home is {home}", venv.home)]
    if dangling:
        because.append(seen("bin/python leads to nothing", venv.executable_resolves))
    if homeless:
        because.append(seen(f"{home} is not there", venv.home_exists))
    return finding(
        ID,
        NAME,
        # A copied bin/python may still start without the folder that it was copied from.
        "error" if dangling else "warning",
        f"the Python that {venv.path} was made from is gone: {home}",
        "Nothing in this environment can run."
        if dangling
        else "It still starts, but files that it depends on are gone.",
        because,
        (_anew(facts, venv),),
    )


def _base_replaced(facts: Facts, venv: VenvFacts) -> Optional[Finding]:
    made = ".".join(value_or(venv.version, "").split(".")[:2])
    now = ".".join(value_or(facts.python.version, "").split(".")[:2])
    if not made or not now or made == now:
        return None
    return finding(
        ID,
        NAME,
        "error",
        f"{venv.path} was made for Python {made}, and its bin/python is now {now}",
        f"Packages in lib/python{made} are invisible to Python {now}: the base Python was upgraded.",
        (seen(f"made for {made}", venv.version), seen(f"runs {now}", facts.python.version)),
        (_anew(facts, venv),),
    )


def _moved(facts: Facts, venv: VenvFacts) -> Optional[Finding]:
    old = relocated(facts)
    inside = [
        command
        for command in value_or(facts.python.commands, ())
        if command.form != "binary"  # python3 itself runs wherever it lies
        and posixpath.dirname(command.path) == posixpath.join(posixpath.normpath(venv.path), "bin")
    ]
    # Scripts that start this very environment prove that both paths are one place.
    if not old or any(value_or(command.ours, False) for command in inside):
        return None
    dead = [command for command in inside if foreign(command) or value_or(command.interpreter_exists, True) is False]
    because: List[Evidence] = [seen(f"made as {old}", venv.created_as)]
    said = value_or(venv.activate_says, "")
    if said and posixpath.normpath(said) != posixpath.normpath(venv.path):
        because.append(seen(f"activate sets VIRTUAL_ENV to {said}", venv.activate_says))
    because += [Evidence(f"starts {value_or(command.interpreter, old)}", command.path) for command in dead[:3]]
    if not _is_active(facts, venv):  # it was activated, and the shell fell through to what else is on PATH
        because.append(seen("another Python runs in its place", facts.python.executable))
    sure = bool(dead) or not _is_active(facts, venv)
    return finding(
        ID,
        NAME,
        "error" if sure else "warning",
        f"{venv.path} was made as {old}: it was moved or copied",
        "Its scripts and `activate` still lead to the old path; only bin/python itself works.",
        because,
        (_anew(facts, venv),),
        "certain" if sure else "likely",
    )


def _stale_variable(facts: Facts) -> Optional[Finding]:
    """VIRTUAL_ENV that leads nowhere, whatever Python runs instead."""
    chosen = value_or(facts.python.chosen_by, "")
    for claim in value_or(facts.python.claims, ()):
        if claim.by != "VIRTUAL_ENV" or not isinstance(claim.executable, Absent) or chosen.startswith("--"):
            continue
        venv = value_or(facts.python.venv, None)
        if venv is not None and posixpath.normpath(claim.says) in map(
            posixpath.normpath, (venv.path, relocated(facts))
        ):
            return None  # the same environment, by its present or its former path: said below
        python = value_or(facts.python.executable, "another Python")
        # With another environment active by PATH, the variable is only a left-over of this shell.
        active = value_or(facts.python.kind, "") in ("venv", "conda")
        return finding(
            ID,
            NAME,
            "warning" if active else "error",
            f"VIRTUAL_ENV is {claim.says}, where no Python is; `python` is {python}",
            "The environment that looks active was moved or deleted, and another Python runs in its place.",
            (seen(f"no interpreter for VIRTUAL_ENV={claim.says}", claim.executable),),
            (
                Remedy("make the environment anew", (NeedVariable("VIRTUAL_ENV"), NeedEnvironment())),
                Remedy("forget it in this shell", (NeedVariable("VIRTUAL_ENV"),)),
            ),
        )
    return None
