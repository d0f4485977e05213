"""Clues to findings: every name is weighed by all that speaks for and against it, and the heaviest comes first."""

from __future__ import annotations

import dataclasses
from typing import Dict, Iterable, List, Optional, Tuple

from ..report import Evidence, Finding, Remedy
from .cures import remedies_for
from .evidence import CODE, Case, Clue
from .names import PROBLEMS, SHOWS, Problem

SURE = 85  # from here on a finding is certain
LOUD = 50  # below it a finding is a note: one of the things that it may be
LOWEST = 12  # below it a name is not worth telling
_MOST = 8


def ranked(clues: Iterable[Clue], case: Case) -> Tuple[Tuple[Finding, ...], str]:
    """Findings, heaviest first; and what speaks for a fault of the program, where that is the most likely."""
    by_name: Dict[str, List[Clue]] = {}
    for clue in clues:
        by_name.setdefault(clue.name, []).append(clue)
    weights = {name: weigh(found) for name, found in by_name.items()}
    code = weights.pop(CODE, 0.0)
    loud = {name: weight for name, weight in weights.items() if weight >= LOWEST and name in PROBLEMS}
    order = sorted(loud, key=lambda name: (-loud[name], name))[:_MOST]
    why = max(by_name.get(CODE, ()), key=lambda clue: clue.weight).says if code >= LOUD else ""
    return tuple(_finding(name, by_name[name], loud[name], code, case) for name in order), why


def weigh(clues: Iterable[Clue]) -> float:
    """0 to 100. Evidence for a name adds up as independent chances do; evidence against takes its share."""
    doubt, against = 1.0, 1.0
    seen = set()
    for clue in clues:
        if (clue.says, clue.source) in seen:
            continue
        seen.add((clue.says, clue.source))
        if clue.weight >= 0:
            doubt *= 1 - min(clue.weight, 99) / 100
        else:
            against *= 1 - min(-clue.weight, 100) / 100
    return 100 * (1 - doubt) * against


def _finding(name: str, clues: List[Clue], weight: float, code: float, case: Case) -> Finding:
    problem = PROBLEMS[name]
    speaking = sorted((clue for clue in clues if clue.weight > 0), key=lambda clue: -clue.weight)
    found = case.finding(name)
    loud = weight >= LOUD and weight > code
    severity = problem.severity if loud else "note"
    return Finding(
        rule=problem.id,
        name=name,
        severity=severity,
        title=_title(problem, speaking, found),
        meaning=found.meaning if found else problem.meaning,
        because=_because(speaking, clues),
        remedies=_remedies(problem, speaking, found, loud, name, case),
        confidence="certain" if weight >= SURE and loud else "likely",
    )


def _title(problem: Problem, speaking: List[Clue], found: Optional[Finding]) -> str:
    if found:
        return found.title
    return next((clue.title for clue in speaking if clue.title), problem.title)


def _because(speaking: List[Clue], clues: List[Clue]) -> Tuple[Evidence, ...]:
    against = [clue for clue in clues if clue.weight < 0]
    told: Dict[Evidence, None] = {}
    for clue in speaking[:6]:
        told[Evidence(clue.says, clue.source)] = None
    for clue in against[:2]:
        told[Evidence(f"against it: {clue.says}", clue.source)] = None
    return tuple(told)


def _remedies(
    problem: Problem, speaking: List[Clue], found: Optional[Finding], loud: bool, name: str, case: Case
) -> Tuple[Remedy, ...]:
    """Ways out, best first: the rule's, those of the clues, those that follow from the text; else what shows more."""
    if not loud:
        return problem.decides
    remedies = [*(found.remedies if found else ()), *(one for clue in speaking for one in clue.remedies)]
    told = tuple(dict.fromkeys(remedies)) or (*remedies_for(name, case), *problem.remedies)
    if any(one.needs for one in told):
        return told
    return (*told, *(dataclasses.replace(one, title=SHOWS) for one in problem.decides))
