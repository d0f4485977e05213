"""`envdoctor compat`."""

from __future__ import annotations

from typing import Optional

import click
import typer

from ..answer import format_for
from ..voice import Unusable, out
from ._options import FORMAT
from ._steps import own_environ

#: In the order of the help page; questions.QUESTIONS has one each.
SUBJECTS = (
    "torch",
    "cuda",
    "gpu",
    "driver",
    "package",
    "python",
    "cudnn",
    "gcc",
    "clang",
    "glibc",
    "variable",
    "allocator",
    "uv",
)

EPILOG = (
    f"SUBJECT: {', '.join(SUBJECTS)}, or update. Default: an overview.\n\n"
    "\b\nExamples:\n  envdoctor compat torch 2.5.1\n  envdoctor compat gpu 'RTX 3090'\n"
    "  envdoctor compat update --from /shared/envdoctor-table"
)


def compat(
    subject: Optional[str] = typer.Argument(
        None,
        click_type=click.Choice((*SUBJECTS, "update")),
        metavar="[SUBJECT]",
    ),
    name: Optional[str] = typer.Argument(None, metavar="[NAME]", help="A version or a name: 2.5.1, 12.4, 535, mmcv."),
    origin: Optional[str] = typer.Option(
        None, "--from", metavar="URL|DIR", help="For update: where the table lies. Default: as the last time."
    ),
    format: Optional[str] = FORMAT,
) -> None:
    """Show what the table knows, and where it is from; `update` fetches a newer table."""
    if subject == "update":
        if name is not None:
            raise Unusable(f"compat update takes no name: --from {name}?")
        from ..compat_update.command import update
        from ..host import LocalHost

        out(update(LocalHost(), origin) + "\n")
        return
    if origin is not None:
        raise Unusable("--from belongs to compat update")
    from ..compat_pages.command import run

    run(subject, name, format_for(format, own_environ()))
