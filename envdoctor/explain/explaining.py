"""A log or a pasted report to the causes that it shows, best first.

The text becomes facts, which the same rules judge as in `check`; what only an error says comes from the table's
signatures, and what only the relation of lines says from clues/. Everything speaks for or against names, which are
ranked by what speaks for them.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Iterable, Iterator, Optional, Tuple

from ..compat import CompatTable
from ..cure import prescribe
from ..facts import Facts
from ..frozen import frozen
from ..judging import judge
from ..pasted import Block, Pasted, Reader, Words
from ..report import Finding, Fix, Verdict
from ..rules import all_rules
from .clues import all_clues
from .clues._pythons import minor
from .evidence import Case
from .facts import for_cure, joined
from .memory.reader import Reader as MemoryReader
from .names import DECIDES, SHOWS
from .ranking import ranked
from .signatures import Scanner


@frozen
class Explanation:
    findings: Tuple[Finding, ...]  # best first, with their fixes
    facts: Facts  # of the text, and of this machine where it was looked at
    pasted: Pasted
    verdicts: Tuple[Verdict, ...]
    in_the_code: str  # what speaks for a fault of the program itself; "" where nothing does
    faults: Tuple[str, ...] = ()  # envdoctor's own: readers, and cures, that stumbled


def explain(source: Iterable[Block], table: CompatTable, here: Optional[Facts] = None) -> Explanation:
    """The causes that a text shows. `here`: facts of this machine, where the text is about it."""
    reader, scanner, memory = Reader(), Scanner(table), MemoryReader()
    words = Words([*reader.words, *scanner.words, *memory.words])
    for block in source:
        found = words.find(block)
        for one in (reader, scanner, memory):
            one.feed(block, found)
    pasted = reader.pasted()
    facts = joined(pasted.facts, here)
    verdicts = judge(facts, table, all_rules())
    case = Case(pasted, scanner.hits(), facts, table, verdicts, here is not None, memory.seen())
    clues = tuple(all_clues(case))
    findings, code = ranked(clues, case)
    cured = tuple(mended(findings, case))
    return Explanation(cured, facts, pasted, verdicts, code, (*pasted.faults, *case.faults))


def mended(findings: Iterable[Finding], case: Case) -> Iterator[Finding]:
    """The findings with commands where a command mends them."""
    facts, assumed = (case.facts, "") if case.here else for_cure(case.facts, minor(case) or "")
    for finding in findings:
        try:
            fixes = prescribe(finding, facts, case.table)
        except Exception as error:  # noqa: BLE001 - a finding without its fix is better than none
            case.faults.append(f"cure of {finding.name}: {type(error).__name__}: {error}")
            fixes = ()
        yield dataclasses.replace(finding, fixes=tuple(_elsewhere(fix, assumed) for fix in fixes))


def _elsewhere(fix: Fix, assumed: str) -> Fix:
    """A fix without a check that only works where `python` is a path; what is assumed is said beside an install."""
    if not fix.commands and "not known" in fix.note:
        # What is missing is to be seen there alone.
        missing = re.sub(r"is not known(?: \([^()]*\))?", "the text does not say", fix.note)
        return dataclasses.replace(fix, commands=(("envdoctor", "fix"),), note=f"{missing}; run this on that machine")
    if fix.title in (DECIDES, SHOWS):
        return dataclasses.replace(fix, check=(), note="")
    check = ("envdoctor", "check") if fix.check[-2:] == ("--python", "python") else fix.check
    installs = any(word in ("install", "add", "create") for argv in fix.commands for word in argv)
    note = f"{fix.note} {assumed}".strip() if assumed and installs else fix.note
    return dataclasses.replace(fix, check=check, note=note)
