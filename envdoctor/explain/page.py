"""What an explanation says on a page, and as JSON."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple

from .. import __version__
from ..codec import to_plain
from ..render.json_v1 import FORMAT, finding_object, target_object
from ..render.page import BLANK, Line, command, finding_lines, line
from ..render.words import shown
from ..report import Finding
from .names import DECIDES, SHOWS

if TYPE_CHECKING:
    from .explaining import Explanation


def explanation_object(found: Explanation, exit_code: int, elsewhere: bool) -> Dict[str, Any]:
    """The document: findings as in a report of `check`, best first; `source` of evidence is 'line 12'."""
    return {
        "format": FORMAT,
        "envdoctor": __version__,
        "exit_code": exit_code,
        "elsewhere": elsewhere,
        "input": {"lines": found.pasted.lines, "formats": list(found.pasted.formats)},
        "target": target_object(found.facts),
        "faults": list(found.faults),
        "in_the_code": found.in_the_code or None,
        "findings": [finding_object(finding) for finding in found.findings],
        "facts": _told(to_plain(found.pasted.facts)),
    }


def _told(plain: Any) -> Any:
    """Facts as `check` gives them, without those that the text does not tell; None where there is none."""
    if isinstance(plain, list):
        return [_told(one) for one in plain]
    if not isinstance(plain, dict):
        return None if plain == "" else plain
    if "unknown" in plain:
        return None
    if "known" in plain:
        return {**plain, "known": _told(plain["known"])}
    told = {name: _told(one) for name, one in plain.items()}
    return {name: one for name, one in told.items() if one is not None} or None


def explanation_page(found: Explanation, verbose: bool = False) -> Tuple[Line, ...]:
    loud = [finding for finding in found.findings if finding.severity != "note"]
    quiet = [finding for finding in found.findings if finding.severity == "note"]
    page: List[Line] = []
    if not loud:
        page += _nothing(found)
    for place, finding in enumerate(loud):
        if place == 1:
            page += [BLANK, line("Also, less likely the cause:", "strong")]
        page += ([BLANK] if place else []) + list(_lines(finding, verbose))
        if place == 2 and not verbose:
            break
    shortlist = quiet[:4] if not loud or verbose else []
    if shortlist:
        page += [BLANK, line("The text does not decide it. It may be:", "strong")]
    for finding in shortlist:
        page += [BLANK, *_lines(finding, verbose)]
    return tuple(page)


def _lines(finding: Finding, verbose: bool) -> Iterator[Line]:
    """A finding, its ways out, and after them the command that only looks."""
    looks = [fix for fix in finding.fixes if fix.title in (DECIDES, SHOWS)]
    rest = tuple(fix for fix in finding.fixes if fix not in looks)
    yield from finding_lines(dataclasses.replace(finding, fixes=rest), verbose)
    for fix in looks[:1]:
        yield line(f"{fix.title[0].upper()}{fix.title[1:]}:", "", 2)
        for argv in fix.commands:
            yield command(argv, 4)


def _nothing(found: Explanation) -> List[Line]:
    if found.in_the_code:
        return [
            line("Nothing wrong with this environment: the fault is in the program or its data.", "good"),
            line(shown(found.in_the_code), "dim", 2),
        ]
    if any(finding.severity == "note" for finding in found.findings):
        return [line("Nothing in this text is certainly wrong with the environment.", "strong")]
    return [line("Nothing wrong with this environment, as far as the text shows.", "good")]
