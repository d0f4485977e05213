"""`envdoctor gpus`."""

from __future__ import annotations

from typing import Optional

import click
import typer

from ..answer import FORMATS
from ..voice import Unusable
from ._options import REPLAY
from ._steps import machine, request_of

EPILOG = (
    "\b\nExamples:\n  envdoctor gpus --others\n  envdoctor gpus --watch"
    "\n  envdoctor gpus --format prometheus --output gpus.prom"
)


def gpus(
    mine: bool = typer.Option(False, "--mine", help="Of the processes only your own."),
    others: bool = typer.Option(False, "--others", help="Of the processes only those that are not yours."),
    full: bool = typer.Option(
        False, "--full", help="Others' whole command lines and addresses too, where the answer is saved or sent."
    ),
    watch: bool = typer.Option(False, "--watch", help="Look again and again, until q or Ctrl-C."),
    every: Optional[float] = typer.Option(
        None,
        "--every",
        metavar="SECONDS",
        min=0.1,
        max=3600,
        help="Of --watch: from one look to the next.  [default: 1]",
    ),
    format: Optional[str] = typer.Option(
        None,
        "--format",
        click_type=click.Choice((*FORMATS, "prometheus", "line")),
        help="Default: terminal on a terminal, plain elsewhere. line: for those who log in.",
    ),
    output: Optional[str] = typer.Option(
        None, "--output", metavar="FILE", help="Write there, in one step: a reader never sees half of it."
    ),
    patience: float = typer.Option(
        5.0, "--patience", metavar="SECONDS", min=0.1, help="Answer within this time, whatever hangs."
    ),
    replay: Optional[str] = REPLAY,
) -> None:
    """List the GPUs: how they are, who holds them, since when, and from which login."""
    from ..gpus import command

    if every is not None and not watch:
        raise Unusable("--every goes with --watch")
    if watch and replay is not None:
        raise Unusable("--watch looks at this machine; a recording does not move")
    wanted = command.Wanted(format, mine, others, full, patience, output, (every or 1.0) if watch else None)
    if watch:
        raise typer.Exit(command.watch(wanted))
    raise typer.Exit(command.run(machine(replay, request_of(None, None, False, patience)), wanted))
