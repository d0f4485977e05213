"""`envdoctor gpus`."""

from __future__ import annotations

from typing import Optional

import click
import typer

from ..answer import FORMATS
from ._options import REPLAY
from ._steps import machine, request_of

EPILOG = "\b\nExamples:\n  envdoctor gpus --others\n  envdoctor gpus --format prometheus"


def gpus(
    mine: bool = typer.Option(False, "--mine", help="Of the processes only your own."),
    others: bool = typer.Option(False, "--others", help="Of the processes only those that are not yours."),
    full: bool = typer.Option(
        False, "--full", help="Others' whole command lines and addresses too, where the answer is saved or sent."
    ),
    format: Optional[str] = typer.Option(
        None,
        "--format",
        click_type=click.Choice((*FORMATS, "prometheus")),
        help="Default: terminal on a terminal, plain elsewhere.",
    ),
    patience: float = typer.Option(
        5.0, "--patience", metavar="SECONDS", min=0.1, help="Answer within this time, whatever hangs."
    ),
    replay: Optional[str] = REPLAY,
) -> None:
    """List the GPUs: how they are, who holds them, since when, and from which login."""
    from ..gpus.command import run

    raise typer.Exit(
        run(machine(replay, request_of(None, None, False, patience)), format, mine, others, full, patience)
    )
