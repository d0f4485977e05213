"""What the resolvers answered, and what running the commands came to, in words."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ..render import shell
from ..render.page import BLANK, Line, command, line
from ..render.words import counted, shown
from ..report import Report
from .answers import Change, Resolution

_MOST = 12  # changes that are shown of one command


def resolved_lines(resolutions: Sequence[Resolution]) -> Tuple[Line, ...]:
    """A section under the plan."""
    asked = [one for one in resolutions if one.status != "not-asked"]
    if not asked:
        return (BLANK, line("No resolver has a part in these commands.", "dim"))
    page: List[Line] = [BLANK, line("What the package manager says of them (nothing was installed):", "strong")]
    for one in asked:
        page.append(command(one.command, 4))
        page += [line(text, style, 6) for text, style in _said(one)]
    return tuple(page)


def resolved_text(resolutions: Sequence[Resolution]) -> str:
    """The same for stderr, beside bare commands."""
    lines: List[str] = []
    for one in resolutions:
        if one.status != "not-asked":
            lines += [shell.line(one.command), *(f"  {text}" for text, _ in _said(one))]
    return "\n".join(shown(text) for text in lines)


def refusal(resolutions: Sequence[Resolution]) -> str:
    """Why the commands are not printed, one sentence a line; "" where none was refused."""
    refused = [one for one in resolutions if one.status == "refused"]
    return "\n".join(f"This does not resolve: {shell.line(one.command)}: {one.why}" for one in refused)


def resolution_object(one: Resolution) -> Dict[str, Any]:
    return {
        "command": shell.line(one.command),
        "status": one.status,
        "changes": [{"name": change.name, "before": change.before, "after": change.after} for change in one.changes],
        "why": one.why,
    }


def second_look(report: Report) -> str:
    """What is found after the commands ran."""
    loud = [finding for finding in report.findings if finding.severity != "note"]
    if not loud:
        return "Looked again: nothing wrong."
    left = [f"  {finding.severity} {finding.name}: {finding.title}" for finding in loud]
    return "\n".join(["Looked again. Left:", *map(shown, left)])


def _said(one: Resolution) -> Iterator[Tuple[str, str]]:
    if one.status == "refused":
        yield f"does not resolve: {shown(one.why)}", "error"
    elif one.status == "cannot-tell":
        yield f"cannot tell: {shown(one.why)}", "warning"
    elif not one.changes:
        yield "resolves; no version would change", "good"
    else:
        shown_ones = ", ".join(_change(change) for change in one.changes[:_MOST])
        more = len(one.changes) - _MOST
        rest = f" and {counted(more, 'more package')}" if more > 0 else ""
        yield f"resolves: {shown(shown_ones)}{rest}", "good"


def _change(change: Change) -> str:
    if not change.before:
        return f"{change.name} {change.after} (new)"
    return f"{change.name} {change.before} -> {change.after}" if change.after else f"{change.name} removed"
