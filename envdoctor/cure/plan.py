"""All findings in one list of commands: run once, in this order, they leave the environment clean."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from ..compat import CompatTable
from ..report import (
    Finding,
    Need,
    NeedDeleted,
    NeedEnvironment,
    NeedPackages,
    NeedRemoved,
    NeedTorch,
    Plan,
    Remedy,
    Report,
    Step,
)
from . import case_of, check_of, comes_along, fix_of, new_environment, parts_of_all, possible, unseen
from .parts import STEPS, Argv, Case, NoWay, Part
from .spot import canonical

SEVERITIES = ("error", "warning")  # a note is not worth a command
_REPAIRS = (NeedEnvironment, NeedTorch, NeedPackages, NeedRemoved, NeedDeleted)


def plan(report: Report, table: CompatTable, manager: Optional[str] = None) -> Plan:
    """One plan for every finding at warning or error: its best way out, merged with those of the others."""
    case = case_of(report.facts, table, manager)
    chosen: List[Tuple[Finding, Remedy]] = []
    unmended: List[Tuple[Finding, str]] = []
    for finding in report.findings:
        if finding.severity not in SEVERITIES:
            continue
        remedy, why = _best(finding, case)
        if remedy is None:
            unmended.append((finding, why))
        else:
            chosen.append((finding, remedy))
    titled = _titled(chosen, case)
    steps, admin, checks = _steps(titled, case)
    return Plan(tuple(finding for finding, _ in chosen), steps, admin, checks, tuple(unmended))


def _best(finding: Finding, case: Case) -> Tuple[Optional[Remedy], str]:
    """The first remedy that can be carried out without an administrator, else the first that can be at all."""
    fixes = [(remedy, fix_of(remedy, case)) for remedy in finding.remedies]
    able = [(remedy, fix) for remedy, fix in fixes if fix.commands]
    for remedy, fix in able:
        if fix.who == "you":
            return remedy, ""
    if able:
        return able[0][0], ""
    return None, next((fix.note for _, fix in fixes if fix.note), "no command is known that mends this")


Titled = Tuple[str, Tuple[Need, ...]]  # what it is for, and the needs in order


def _titled(chosen: Sequence[Tuple[Finding, Remedy]], case: Case) -> List[Titled]:
    """The needs of all remedies with what they are for; installs and repairs folded into one where they overlap."""
    titled: List[Titled] = []
    for _, remedy in chosen:
        needs, _ = possible(remedy.needs, case)
        titled.append((remedy.title, needs))
    every = tuple(need for _, needs in titled for need in needs)
    if any(isinstance(need, NeedEnvironment) for need in every):
        return _in_one_environment(titled, every, case)
    return _with_one_torch(titled, case)


def _in_one_environment(titled: List[Titled], every: Tuple[Need, ...], case: Case) -> List[Titled]:
    """A new environment replaces every repair of the old one; variables and commands of the machine stay."""
    one = new_environment(every, case.facts)
    title = next(title for title, needs in titled if any(isinstance(need, NeedEnvironment) for need in needs))
    kept: List[Titled] = [(title, (one,))]
    for title, needs in titled:
        rest = tuple(need for need in needs if not isinstance(need, _REPAIRS))
        if rest:
            kept.append((title, rest))
    return kept


def _with_one_torch(titled: List[Titled], case: Case) -> List[Titled]:
    """Several wishes for torch become one that meets them all, the worst finding's first where they differ."""
    wishes = [need for _, needs in titled for need in needs if isinstance(need, NeedTorch)]
    if not wishes:
        return titled
    one = wishes[0]
    for wish in wishes[1:]:
        both = NeedTorch(
            one.version or wish.version, one.accelerator or wish.accelerator, one.reinstall or wish.reinstall
        )
        if _can(both, case):
            one = both
    kept: List[Titled] = []
    placed = False
    for title, needs in titled:
        rest: List[Need] = []
        for need in needs:
            if isinstance(need, NeedTorch):
                if not placed:
                    rest.append(one)
                placed = True
            elif not (isinstance(need, NeedPackages) and _comes_with_torch(need)):
                rest.append(need)
        if rest:
            kept.append((title, tuple(rest)))
    return kept


def _can(need: NeedTorch, case: Case) -> bool:
    try:
        parts_of_all((need,), case)
    except NoWay:
        return False
    return True


def _comes_with_torch(need: NeedPackages) -> bool:
    """An install of torch brings its companions and its nvidia-* wheels in the versions that it pins."""
    return all(comes_along(canonical(one)) for one in need.requirements)


def _steps(titled: List[Titled], case: Case) -> Tuple[Tuple[Step, ...], Tuple[Step, ...], Tuple[Argv, ...]]:
    placed: List[Tuple[str, Part]] = []
    checks: Dict[Argv, None] = {}
    for title, needs in titled:
        parts = parts_of_all(needs, case)
        placed += [(title, part) for part in parts]
        if any(part.step in ("torch", "environment") for part in parts):
            checks[check_of(needs, parts, case)] = None
    python = next((part.python for _, part in placed if part.python), case.spot.python)
    checks[("envdoctor", "check", *(("--python", python) if python else ()))] = None
    placed.sort(key=lambda one: STEPS.index(one[1].step))  # a stable sort: within a step, the worst finding first
    seen: Dict[Argv, None] = {}
    steps = [
        Step(title, commands, part.who, part.safety, part.note)
        for title, part in placed
        for commands in [unseen(part, seen)]
        if commands
    ]
    yours = tuple(step for step in steps if step.who == "you")
    return yours, tuple(step for step in steps if step.who == "admin"), tuple(checks) if steps else ()
