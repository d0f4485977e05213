"""Findings to commands: the remedies of a rule, in the words of whoever manages the environment."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..reading import value_or
from ..report import Finding, Fix, Need, NeedEnvironment, NeedPackages, NeedRemoved, NeedTorch, Remedy

if TYPE_CHECKING:
    from .mirrors import Place
    from .parts import Argv, Case, Part

_SAFETY = ("safe", "changes-env", "removes")


def prescribe(
    finding: Finding, facts: Facts, table: CompatTable, manager: Optional[str] = None, mirror: Optional[str] = None
) -> Tuple[Fix, ...]:
    """The remedies of a finding as exact commands for this environment; `manager` overrides who installs, and `mirror`
    (a name or an address; mirrors.NoMirror where it is none) from where.

    One Fix a remedy, best first. A remedy that cannot be carried out here has no commands, and a note that says why;
    those come last.
    """
    if not finding.remedies:
        return ()
    case = case_of(facts, table, manager, mirror)
    fixes = [fix_of(remedy, case) for remedy in finding.remedies]
    return tuple(sorted(fixes, key=lambda fix: not fix.commands))


def case_of(facts: Facts, table: CompatTable, manager: Optional[str] = None, mirror: Optional[str] = None) -> Case:
    from .parts import Case
    from .spot import spot_of

    places: Tuple[Place, ...] = ()
    if mirror is not None:
        from .mirrors import asked_for

        places = asked_for(mirror, table)
    return Case(facts, table, spot_of(facts, manager), manager, places=places)


def fix_of(remedy: Remedy, case: Case) -> Fix:
    """A remedy as commands; without any, and with the reason as its note, where it cannot be carried out here."""
    try:
        return _fix(remedy, case)
    except Exception as error:  # noqa: BLE001 - a finding without commands is worth more than no report at all
        from .parts import NoWay

        if isinstance(error, NoWay):
            return Fix(remedy.title, (), note=str(error))
        return Fix(remedy.title, (), note=f"envdoctor's own fault, please report it: {type(error).__name__}: {error}")


def _fix(remedy: Remedy, case: Case) -> Fix:
    needs, why = possible(remedy.needs, case)
    parts = parts_of_all(needs, case)
    seen: Dict[Argv, None] = {}
    notes = [why, *(part.note for part in parts)]
    return Fix(
        title=f"{remedy.title}, in a new environment" if why else remedy.title,
        commands=tuple(argv for part in parts for argv in unseen(part, seen)),
        who="admin" if any(part.who == "admin" for part in parts) else "you",
        safety=max((part.safety for part in parts), key=_SAFETY.index, default="safe"),
        check=check_of(parts, case),
        note=" ".join(dict.fromkeys(note for note in notes if note)),
    )


def parts_of_all(needs: Tuple[Need, ...], case: Case, removed: Sequence[NeedRemoved] = ()) -> Tuple[Part, ...]:
    """The parts of a remedy's needs in the order given. What follows an install within a remedy stays after it.

    `removed`: what other remedies of the same plan remove; installs must not count on it, nor remove it again.
    """
    from .needs import parts_of, without

    later = without((*removed, *(need for need in needs if isinstance(need, NeedRemoved))), case)
    parts: List[Part] = []
    for need in needs:
        for part in parts_of(need, case if isinstance(need, NeedRemoved) else later):
            installed = any(earlier.step in ("environment", "torch", "packages") for earlier in parts)
            if part.step == "before" and installed:
                part = dataclasses.replace(part, step="after")
            parts.append(part)
    return tuple(parts)


def unseen(part: Part, seen: Dict[Argv, None]) -> Tuple[Argv, ...]:
    """The part's commands without those that an earlier part ran. Within a part a command may stand twice."""
    fresh = tuple(argv for argv in part.commands if argv not in seen)
    seen.update(dict.fromkeys(fresh))
    return fresh


def possible(needs: Tuple[Need, ...], case: Case) -> Tuple[Tuple[Need, ...], str]:
    """The needs, and "" ; or, where nothing can be installed here, one for a new environment in place of the installs,
    and the reason."""
    from .spot import blocked

    installs = [need for need in needs if isinstance(need, (NeedTorch, NeedPackages))]
    why = blocked(case.facts) if installs else ""
    if not why:
        return needs, ""
    return (new_environment(needs, case.facts), *(need for need in needs if _lasting(need))), why


def new_environment(needs: Tuple[Need, ...], facts: Facts) -> NeedEnvironment:
    """One environment that serves all of the needs; what it holds fresh, none of them has to repair."""
    from .spot import canonical

    asked = [need for need in needs if isinstance(need, NeedEnvironment)]
    packages = [one for need in needs if isinstance(need, NeedPackages) for one in need.requirements]
    wanted = [one for need in asked for one in need.requirements] + packages
    with_torch = any(isinstance(need, NeedTorch) for need in needs) or any(need.with_torch for need in asked)
    with_torch = with_torch or bool(value_or(facts.torch.version, ""))
    versions = [need.torch for need in asked] + [need.version for need in needs if isinstance(need, NeedTorch)]
    return NeedEnvironment(
        torch=next((version for version in versions if version), None),
        python=next((need.python for need in asked if need.python), None),
        with_torch=with_torch,
        requirements=tuple(
            one
            for one in dict.fromkeys(wanted)
            if canonical(one) not in ("pip", "setuptools", "wheel") and not (with_torch and comes_along(canonical(one)))
        ),
    )


def _lasting(need: Need) -> bool:
    """Whether a need stays when a new environment replaces the repairs."""
    from ..report import NeedCommand, NeedVariable

    return isinstance(need, (NeedVariable, NeedCommand))


def comes_along(name: str) -> bool:
    """Whether an install of torch brings the package of that canonical name in the version that it needs."""
    return name in ("torch", "torchvision", "torchaudio", "triton") or name.startswith("nvidia-")


def check_of(parts: Tuple[Part, ...], case: Case) -> Argv:
    """A command that shows whether it worked: torch's own word after an install of torch, else another check; none
    after commands that only look."""
    if all(part.safety == "safe" and part.step != "variable" for part in parts):
        return ()
    python = next((part.python for part in parts if part.python), case.spot.python)
    if python is None:
        return ("envdoctor", "check")
    if any(part.step == "torch" or (part.step == "environment" and part.torch) for part in parts):
        return torch_check(python)
    return own_check(python)


def own_check(python: Optional[str]) -> Argv:
    """envdoctor's, of that interpreter; a bare name (of a report from elsewhere) is what it looks at anyway."""
    return ("envdoctor", "check", *(("--python", python) if python and "/" in python else ()))


def torch_check(python: str) -> Argv:
    return (python, "-c", "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())")
