"""A report or a page to stdout, in the format asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Iterable, Mapping, Optional

from .voice import out

if TYPE_CHECKING:
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


def show_report(report: Report, wanted: str, code: int, verbose: bool = False) -> None:
    """`wanted` is terminal, plain or json-v1; `code` is the exit code that the report leads to."""
    if wanted == "json-v1":
        from .render.json_v1 import report_text

        out(report_text(report, code))
        return
    from .render.page import check_page

    show_page(check_page(report, verbose), wanted)


def show_page(page: Iterable[Line], wanted: str) -> None:
    if wanted == "terminal":
        from .render.terminal import painted

        out(painted(page, sys.stdout))
        return
    from .render.plain import plain

    out(plain(page))
