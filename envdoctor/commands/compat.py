"""`envdoctor compat`."""

from __future__ import annotations

from typing import Optional

import click
import typer

from ..answer import format_for
from ._options import FORMAT
from ._steps import own_environ

EPILOG = "\b\nExamples:\n  envdoctor compat torch 2.5.1\n  envdoctor compat gpu 'RTX 3090'"


def compat(
    subject: Optional[str] = typer.Argument(
        None,
        click_type=click.Choice(("torch", "cuda", "gpu", "driver", "package")),
        metavar="[torch|cuda|gpu|driver|package]",
        help="Default: an overview.",
    ),
    name: Optional[str] = typer.Argument(None, metavar="[NAME]", help="A version or a name: 2.5.1, 12.4, 535, mmcv."),
    format: Optional[str] = FORMAT,
) -> None:
    """Show what the table knows, and where it is from."""
    from ..compat_pages.command import run

    run(subject, name, format_for(format, own_environ()))
