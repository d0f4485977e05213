"""All findings in one list of commands: run once, in this order, they leave the environment clean."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..compat import CompatTable
from ..report import (
    Finding,
    Need,
    NeedCommand,
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
from . import case_of, comes_along, fix_of, new_environment, own_check, parts_of_all, possible, torch_check, unseen
from .parts import STEPS, Argv, Case, NoWay, Part
from .spot import canonical

Placed = Tuple[str, Part]  # what it is for, and the commands


class Wish(NamedTuple):
    """What one finding needs."""

    finding: Finding
    title: str
    needs: Tuple[Need, ...]


SEVERITIES = ("error", "warning")  # a note is not worth a command
_SHADOW = "shadowed-module"
_ABOUT_TORCH = ("TOR", "LIB", "DRV", "CUD", "GCC", "GPU")  # rules that judge the torch which import would take
_REPAIRS = (NeedEnvironment, NeedTorch, NeedPackages, NeedRemoved, NeedDeleted)


def plan(report: Report, table: CompatTable, manager: Optional[str] = None, mirror: Optional[str] = None) -> Plan:
    """One plan for every finding at warning or error: its best way out, merged with those of the others.

    mirrors.NoMirror: the mirror that is asked for is none.
    """
    case = case_of(report.facts, table, manager, mirror)
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
    chosen, later = _put_off(chosen)
    able: List[Placed] = []
    wishes = _one_removal(_merged(chosen, case))
    removed = tuple(need for wish in wishes for need in wish.needs if isinstance(need, NeedRemoved))
    for wish in wishes:
        try:
            able += [(wish.title, part) for part in parts_of_all(wish.needs, case, removed)]
        except NoWay as reason:  # what each finding needs can be done; all of it together cannot
            unmended.append((wish.finding, str(reason)))
    steps = _steps(able)
    lost = [finding for finding, _ in unmended]
    return Plan(
        mended=tuple(finding for finding, _ in chosen if finding not in lost),
        steps=tuple(step for step in steps if step.who == "you"),
        admin=tuple(step for step in steps if step.who == "admin"),
        checks=_checks(able, case) if steps else (),
        unmended=tuple(unmended),
        later=later,
    )


def _best(finding: Finding, case: Case) -> Tuple[Optional[Remedy], str]:
    """The remedy to carry out: one that changes something, yours before an administrator's; None, and why not."""
    fixes = [(remedy, fix_of(remedy, case)) for remedy in finding.remedies]
    able = [(remedy, fix) for remedy, fix in fixes if fix.commands and not _is_advice(remedy)]
    if able:
        return min(able, key=lambda one: one[1].who != "you")[0], ""
    # What a person has to do: the title of an advice, or why a remedy cannot be carried out.
    said = [fix.title if _is_advice(remedy) else fix.note for remedy, fix in fixes]
    return None, next((words for words in said if words), "no command is known that mends this")


def _is_advice(remedy: Remedy) -> bool:
    """Whether it only says or shows something ("use that other environment"), and leaves what is wrong as it is."""
    return all(isinstance(need, NeedCommand) and need.safety == "safe" for need in remedy.needs)


def _put_off(chosen: List[Tuple[Finding, Remedy]]) -> Tuple[List[Tuple[Finding, Remedy]], Tuple[Finding, ...]]:
    """Where another torch shadows the environment's, what is wrong with the shadow need not be mended: it goes away."""
    if not any(finding.name == _SHADOW for finding, _ in chosen):
        return chosen, ()
    later = [
        finding
        for finding, remedy in chosen
        if finding.name != _SHADOW and finding.rule[:3] in _ABOUT_TORCH and _installs(remedy)
    ]
    return [(finding, remedy) for finding, remedy in chosen if finding not in later], tuple(later)


def _installs(remedy: Remedy) -> bool:
    return any(isinstance(need, (NeedTorch, NeedPackages, NeedEnvironment)) for need in remedy.needs)


def _merged(chosen: Sequence[Tuple[Finding, Remedy]], case: Case) -> List[Wish]:
    """What every finding needs; installs and repairs folded into one where they overlap."""
    wishes = [Wish(finding, remedy.title, possible(remedy.needs, case)[0]) for finding, remedy in chosen]
    if any(isinstance(need, NeedEnvironment) for wish in wishes for need in wish.needs):
        return _in_one_environment(wishes, case)
    return _with_one_torch(wishes, case)


def _in_one_environment(wishes: List[Wish], case: Case) -> List[Wish]:
    """A new environment replaces every repair of the old one; variables and commands of the machine stay."""
    one = new_environment(tuple(need for wish in wishes for need in wish.needs), case.facts)
    first = next(wish for wish in wishes if any(isinstance(need, NeedEnvironment) for need in wish.needs))
    kept = [first._replace(needs=(one,))]
    kept += [
        wish._replace(needs=tuple(need for need in wish.needs if not isinstance(need, _REPAIRS))) for wish in wishes
    ]
    return [wish for wish in kept if wish.needs]


def _with_one_torch(wishes: List[Wish], case: Case) -> List[Wish]:
    """Several needs of torch become one that meets them all, the worst finding's first where they differ."""
    torches = [need for wish in wishes for need in wish.needs if isinstance(need, NeedTorch)]
    if not torches:
        return wishes
    one = torches[0]
    for other in torches[1:]:
        both = NeedTorch(
            one.version or other.version, one.accelerator or other.accelerator, one.reinstall or other.reinstall
        )
        if _can(both, case):
            one = both
    kept: List[Wish] = []
    placed = False
    for wish in wishes:
        needs: List[Need] = []
        for need in wish.needs:
            if isinstance(need, NeedTorch):
                needs += [] if placed else [one]
                placed = True
            elif not (isinstance(need, NeedPackages) and _comes_with_torch(need)):
                needs.append(need)
        kept.append(wish._replace(needs=tuple(needs)))
    return [wish for wish in kept if wish.needs]


def _one_removal(wishes: List[Wish]) -> List[Wish]:
    """Removals by the same owner become one, because conda fails on a package that is gone already."""
    names = {
        by: tuple(
            dict.fromkeys(
                name
                for wish in wishes
                for need in wish.needs
                if isinstance(need, NeedRemoved) and need.by == by
                for name in need.names
            )
        )
        for by in ("pip", "conda", "any")
    }
    kept: List[Wish] = []
    placed: List[str] = []
    for wish in wishes:
        needs: List[Need] = []
        for need in wish.needs:
            if not isinstance(need, NeedRemoved):
                needs.append(need)
            elif need.by not in placed:
                placed.append(need.by)
                needs.append(NeedRemoved(names[need.by], need.by))
        kept.append(wish._replace(needs=tuple(needs)))
    return [wish for wish in kept if wish.needs]


def _can(need: NeedTorch, case: Case) -> bool:
    try:
        parts_of_all((need,), case)
    except NoWay:
        return False
    return True


def _comes_with_torch(need: NeedPackages) -> bool:
    """An install of torch brings its companions and its nvidia-* wheels in the versions that it pins."""
    return all(comes_along(canonical(one)) for one in need.requirements)


def _steps(able: List[Placed]) -> List[Step]:
    # A stable sort: within a step of the order, the worst finding's commands come first.
    in_order = sorted(able, key=lambda placed: STEPS.index(placed[1].step))
    seen: Dict[Argv, None] = {}
    steps = [Step(title, unseen(part, seen), part.who, part.safety, part.note) for title, part in in_order]
    return [step for step in steps if step.commands]


def _checks(able: List[Placed], case: Case) -> Tuple[Argv, ...]:
    """torch's own word where torch was installed, then envdoctor's."""
    parts = tuple(part for _, part in able)
    python = next((part.python for part in parts if part.python), case.spot.python)
    own = own_check(python)
    torch = any(part.step == "torch" or (part.step == "environment" and part.torch) for part in parts)
    return (torch_check(python), own) if torch and python else (own,)
