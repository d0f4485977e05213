"""A report or a page to stdout, in the format asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Iterable, Mapping, Optional

from .voice import out

if TYPE_CHECKING:
    from .host import Host
    from .redact import Redactor
    from .render.page import Line
    from .report import Report

FORMATS = ("terminal", "plain", "json", "json-v1")


def format_for(wanted: Optional[str], environ: Mapping[str, str]) -> str:
    """The format asked for, else what stdout is: a terminal that takes colour, or anything else."""
    if wanted is not None:
        return "json-v1" if wanted == "json" else wanted
    colour = sys.stdout is not None and sys.stdout.isatty() and not dumb(environ)
    return "terminal" if colour else "plain"


def dumb(environ: Mapping[str, str]) -> bool:
    """Whether the user, or the terminal, asks for no colours and no moving line (no-color.org; TERM=dumb)."""
    return bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"


def show_report(
    report: Report, wanted: str, code: int, verbose: bool = False, redactor: Optional[Redactor] = None
) -> None:
    """`wanted` is terminal, plain or json-v1; `code` is the exit code that the report leads to."""
    if wanted == "json-v1":
        from .render.json_v1 import report_object, text_of

        made = report_object(report, code)
        out(text_of(made if redactor is None else redactor.redact_plain(made)))
        return
    from .render.page import changed, check_page

    page = check_page(report, verbose)
    show_page(page if redactor is None else changed(page, redactor.redact), wanted)


def redactor_for(host: Host, report: Report) -> Redactor:
    """What takes the names out of a report that is to be shown to others."""
    from .reading import value_or
    from .redact import Redactor

    who = host.identity()
    holders = [holder for gpu in value_or(report.facts.gpus.gpus, ()) for holder in value_or(gpu.holders, ())]
    return Redactor(
        who.home,
        who.user,
        str(value_or(host.read("/proc/sys/kernel/hostname"), "")).strip(),
        dict.fromkeys(str(value_or(holder.user, "")) for holder in holders),
        [found.name for found in value_or(report.facts.installs.distributions, ())],
    )


def show_page(page: Iterable[Line], wanted: str) -> None:
    if wanted == "terminal":
        from .render.terminal import painted

        out(painted(page, sys.stdout))
        return
    from .render.plain import plain

    out(plain(page))
