"""What a report says on a page, as styled lines: the terminal colours them, plain text does not.

The first screen comes first: what was looked at, the verdict, one line a finding, worst first. Details follow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Iterable, Iterator, List, Tuple

from ..frozen import frozen
from ..report import Finding, Fix, Report, Verdict
from . import shell
from .summary import machine_lines
from .words import counted, shortened, shown

#: Styles: error | warning | note | good | strong | dim | command | "".
Span = Tuple[str, str]


@frozen
class Line:
    """One line of the page. `wrap` is off for commands: a wrapped command cannot be copied."""

    spans: Tuple[Span, ...]
    indent: int = 0
    wrap: bool = True
    hang: int = 0  # how much further in the line goes on where it is wrapped

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.spans)


BLANK = Line(())


def line(text: str, style: str = "", indent: int = 0) -> Line:
    return Line(((text, style),), indent)


def command(argv: Tuple[str, ...], indent: int) -> Line:
    return Line(((shell.line(argv), "command"),), indent, wrap=False)


def check_page(report: Report, verbose: bool = False) -> Tuple[Line, ...]:
    """The whole answer of `check`."""
    page = [*(line(text) for text in machine_lines(report.facts)), BLANK]
    page += _overview(report)
    for finding in report.findings:
        # Notes have had their line in the overview: they are no trouble, and must not bury it.
        if finding.severity != "note" or verbose:
            page += [BLANK, *finding_lines(finding, verbose)]
    page += _untold(report, verbose)
    page += _crashed(report)
    if verbose:
        page += [BLANK, *_details(report)]
    return tuple(page)


def changed(page: Iterable[Line], change: Callable[[str], str]) -> Tuple[Line, ...]:
    """The page with every text on it changed."""
    return tuple(replace(line, spans=tuple((change(words), style) for words, style in line.spans)) for line in page)


def _overview(report: Report) -> Iterator[Line]:
    """The verdict in one line, and a line a finding where there are several, or where a note has no other."""
    findings = report.findings
    counts = [(level, sum(finding.severity == level for finding in findings)) for level in ("error", "warning", "note")]
    told = ", ".join(counted(number, level) for level, number in counts if number)
    if all(finding.severity == "note" for finding in findings):
        yield _nothing_found(report, told)
    else:
        yield line(told, "strong")
    if len(findings) == 1 and findings[0].severity != "note":
        return
    width = max((len(finding.name) for finding in findings), default=0)
    for finding in findings:
        yield Line(
            (
                (f"{finding.severity:<8}", finding.severity),
                (f"{finding.name:<{width}}  ", "strong"),
                (shown(finding.title), ""),
            ),
            indent=2,
            hang=8,
        )
        if finding.severity == "note" and finding.meaning:
            yield line(shown(finding.meaning), "dim", 10)


def _nothing_found(report: Report, notes: str) -> Line:
    """Healthy only where every question had an answer."""
    passed = sum(verdict.status == "pass" for verdict in report.verdicts)
    untold = sum(verdict.status in ("cannot-tell", "crashed") for verdict in report.verdicts)
    if not passed:
        return line("Nothing could be told.", "warning")
    words = ("Nothing wrong was seen", "strong") if untold else ("Nothing wrong", "good")
    rest = [
        f"{counted(passed, 'rule')} passed",
        *([f"{untold} could not tell"] if untold else []),
        *([notes] if notes else []),
    ]
    return Line((words, (f": {', '.join(rest)}.", "")))


def finding_lines(finding: Finding, verbose: bool = False) -> Iterator[Line]:
    sure = "" if finding.confidence == "certain" else f", {finding.confidence}"
    yield Line(
        ((finding.severity, finding.severity), (f" {finding.name}", "strong"), (f"  {finding.rule}{sure}", "dim"))
    )
    yield line(shown(finding.title), "", 2)
    if finding.meaning:
        yield line(shown(finding.meaning), "", 2)
    for evidence in finding.because:
        source = evidence.source if verbose else cut(evidence.source)
        where = f"  [{shown(source)}]" if source else ""
        yield Line(((f"- {shown(evidence.says)}", ""), (where, "dim")), 4, hang=2)
    if not finding.fixes and finding.severity != "note":
        yield line("No command mends this.", "dim", 2)
    for number, fix in enumerate(finding.fixes):
        # The first way out is the one to type; the others are named, and spelled out with -v.
        yield from fix_lines(fix, "To mend it" if number == 0 else "Or", spelled=number == 0 or verbose)


def cut(source: str) -> str:
    """A long list of places looked in, shortened to its beginning; -v shows all of it."""
    places = source.split(", ")
    return source if len(source) <= 120 or len(places) < 3 else shortened(places, 2)


def fix_lines(fix: Fix, lead: str, spelled: bool = True) -> Iterator[Line]:
    who = " (an administrator)" if fix.who == "admin" else ""
    removes = " (removes files)" if fix.safety == "removes" else ""
    yield Line(((f"{lead}{who}: ", "strong"), (f"{shown(fix.title)}{removes}", "")), 2)
    if fix.note and (spelled or not fix.commands):
        yield line(shown(fix.note), "dim", 4)
    if spelled:
        for argv in fix.commands:
            yield command(argv, 4)
        if fix.check and fix.commands:
            yield line("then see that it worked:", "dim", 4)
            yield command(fix.check, 4)


def _untold(report: Report, verbose: bool) -> List[Line]:
    """Questions without an answer, one line a reason, so that ten rules held up by one probe make one line."""
    reasons = by_reason(verdict for verdict in report.verdicts if verdict.status == "cannot-tell")
    if not reasons:
        return []
    most = len(reasons) if verbose else 5
    count = sum(len(names) for names in reasons.values())
    lines = [BLANK, line(f"Could not tell: {counted(count, 'question')}", "warning")]
    for why, names in list(reasons.items())[:most]:
        told = ", ".join(names) if verbose else shortened(names, 3)
        lines.append(Line(((told, ""), (f": {shown(why)}", "dim")), 2))
    if len(reasons) > most:
        lines.append(line(f"and {counted(len(reasons) - most, 'more reason')} (-v shows all)", "dim", 2))
    return lines


def by_reason(verdicts: Iterable[Verdict]) -> Dict[str, List[str]]:
    """Reason -> names of the rules that gave it, in the order of the rules."""
    reasons: Dict[str, List[str]] = {}
    for verdict in verdicts:
        reasons.setdefault(verdict.why, []).append(verdict.name)
    return reasons


def _crashed(report: Report) -> List[Line]:
    """envdoctor's own faults, said as such."""
    parts = [(f"the rule {verdict.name}", verdict.why) for verdict in report.verdicts if verdict.status == "crashed"]
    parts += [(f"the probe {run.name}", run.detail) for run in report.probes if run.status == "crashed"]
    if not parts:
        return []
    lines = [BLANK, line("envdoctor's own fault, please report it:", "error")]
    return lines + [line(f"{what} crashed: {shown(why)}", "", 2) for what, why in parts]


def _details(report: Report) -> Iterator[Line]:
    yield line("Verdicts", "strong")
    passed = [verdict.name for verdict in report.verdicts if verdict.status == "pass"]
    if passed:
        yield line("pass: " + ", ".join(passed), "", 2)
    idle = by_reason(verdict for verdict in report.verdicts if verdict.status == "not-applicable")
    for why, names in idle.items():
        yield Line(((f"not applicable: {', '.join(names)}", ""), (f": {shown(why)}", "dim")), 2)
    yield line("Probes", "strong")
    for run in report.probes:
        detail = f"  {shown(run.detail)}" if run.detail else ""
        yield Line(((f"{run.name:<10} {run.status:<8} {run.seconds * 1000:6.0f} ms", ""), (detail, "dim")), 2)
    yield line(f"envdoctor {report.version}, table of {report.table}, taken at {report.facts.taken_at}", "dim")
