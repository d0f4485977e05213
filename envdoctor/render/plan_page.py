"""The plan of `fix`: to read, or as bare commands with the words on the side."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Tuple

from ..report import Finding, Plan, Report, Step
from . import shell
from .page import BLANK, Line, command, line
from .summary import machine_lines
from .words import counted, shown

PUT_OFF = "Said of a torch that will no longer be the one imported, so look again after this:"


def commands_text(plan: Plan, admin: bool, root: bool) -> str:
    """Commands alone, one a line; with `admin` the administrator's after yours, by sudo where this is not root."""
    commands = list(plan.commands)
    for argv in plan.admin_commands if admin else ():
        bare = argv[1:] if argv[0] == "sudo" else argv
        commands.append(bare if root else ("sudo", *bare))
    return "".join(shell.line(argv) + "\n" for argv in commands)


def explanation(plan: Plan, admin: bool) -> str:
    """What the commands are for: the words beside `commands_text`. "" where there is nothing to say."""
    if not plan.mended and not plan.unmended:
        return "Nothing to mend."
    lines: List[str] = []
    for title, steps in _by_title(plan.steps).items():
        lines.append(f"{counted(sum(len(step.commands) for step in steps), 'command')}: {title}")
        lines += [f"  {note}" for note in dict.fromkeys(step.note for step in steps) if note]
    if plan.admin and admin:
        lines.append("The last ones are an administrator's:")
        lines += [f"  {step.title}" for step in plan.admin]
    elif plan.admin:
        lines.append("Only an administrator can do this; --admin prints the commands:")
        lines += [f"  {step.title}" for step in plan.admin]
    for finding, why in plan.unmended:
        lines.append(f"No command mends {finding.name}: {why}")
    if plan.later:
        lines.append(f"{PUT_OFF} {', '.join(finding.name for finding in plan.later)}")
    if plan.checks:
        lines.append("Then see that it worked:")
        lines += [f"  {shell.line(argv)}" for argv in plan.checks]
    return "\n".join(shown(one) for one in lines)


def _by_title(steps: Sequence[Step]) -> Dict[str, List[Step]]:
    grouped: Dict[str, List[Step]] = {}
    for step in steps:
        grouped.setdefault(step.title, []).append(step)
    return grouped


def plan_page(plan: Plan, report: Report, executed: bool = False) -> Tuple[Line, ...]:
    """The plan with its reasons; `executed`: it is run next."""
    sections: List[List[Line]] = [[line(text) for text in machine_lines(report.facts)]]
    if not plan.mended and not plan.unmended:
        sections.append([line("Nothing to mend.", "good")])
        return _joined(sections)
    sections.append([_headline(finding) for finding in plan.mended])
    sections += [list(_step(f"{number}. {step.title}", step)) for number, step in enumerate(plan.steps, 1)]
    if plan.admin:
        admin = [one for step in plan.admin for one in _step(step.title, step)]
        sections.append([line("Only an administrator can do this:", "warning"), *admin])
    if plan.checks:
        checks = [command(argv, 4) for argv in plan.checks]
        sections.append([line("Then see that it worked:", "strong"), *checks])
    sections.append(_unmended(plan))
    if plan.later:
        sections.append([line(f"{PUT_OFF} {', '.join(finding.name for finding in plan.later)}", "dim")])
    if not executed:
        words = "Nothing was executed; `envdoctor fix --print-cmd` prints the commands alone."
        sections.append([line(words, "dim")])
    return _joined(sections)


def _joined(sections: Sequence[Sequence[Line]]) -> Tuple[Line, ...]:
    """Sections with a blank line between them; empty ones leave none."""
    lines: List[Line] = []
    for section in sections:
        lines += [BLANK, *section] if lines and section else section
    return tuple(lines)


def _headline(finding: Finding) -> Line:
    return Line(
        ((f"{finding.severity} ", finding.severity), (f"{finding.name} ", "strong"), (shown(finding.title), ""))
    )


def _step(title: str, step: Step) -> Iterator[Line]:
    removes = " (removes)" if step.safety == "removes" else ""
    yield line(f"{shown(title)}{removes}", "strong")
    if step.note:
        yield line(shown(step.note), "dim", 4)
    for argv in step.commands:
        yield command(argv, 4)


def _unmended(plan: Plan) -> List[Line]:
    if not plan.unmended:
        return []
    lines = [line("No command mends:", "warning")]
    for finding, why in plan.unmended:
        lines += [_headline(finding), line(shown(why), "", 4)]
    return lines
