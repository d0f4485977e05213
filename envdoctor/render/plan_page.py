"""The plan of `fix`: to read, or as bare commands with the words on the side."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Tuple

from ..report import Plan, Report, Step
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


def plan_page(plan: Plan, report: Report) -> Tuple[Line, ...]:
    """The plan with its reasons."""
    page = [*(line(text) for text in machine_lines(report.facts)), BLANK]
    if not plan.mended and not plan.unmended:
        return (*page, line("Nothing to mend.", "good"))
    for finding in plan.mended:
        page.append(
            Line(
                ((f"{finding.severity} ", finding.severity), (f"{finding.name} ", "strong"), (shown(finding.title), ""))
            )
        )
    number = 0
    for number, step in enumerate(plan.steps, 1):
        page += [BLANK, *_step(f"{number}. {step.title}", step)]
    if plan.admin:
        page += [BLANK, line("Only an administrator can do this:", "warning")]
        for step in plan.admin:
            page += list(_step(step.title, step))
    if plan.checks:
        page += [BLANK, line("Then see that it worked:", "strong")]
        page += [command(argv, 4) for argv in plan.checks]
    page += _unmended(plan)
    if plan.later:
        page += [BLANK, line(f"{PUT_OFF} {', '.join(finding.name for finding in plan.later)}", "dim")]
    return (*page, BLANK, line("Nothing was executed; `envdoctor fix --print-cmd` prints the commands alone.", "dim"))


def _step(title: str, step: Step) -> Iterator[Line]:
    removes = " (removes)" if step.safety == "removes" else ""
    yield line(f"{shown(title)}{removes}", "strong")
    if step.note:
        yield line(shown(step.note), "dim", 4)
    for argv in step.commands:
        yield command(argv, 4)


def _unmended(plan: Plan) -> Sequence[Line]:
    if not plan.unmended:
        return ()
    lines = [BLANK, line("No command mends:", "warning")]
    for finding, why in plan.unmended:
        lines.append(Line(((f"{finding.name} ", "strong"), (shown(finding.title), "")), 2))
        lines.append(line(shown(why), "dim", 4))
    return lines
