"""`envdoctor gpus`. With click alone, as in _quick.py: it is asked before every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import click

from ..answer import FORMATS
from ..voice import Unusable
from ._quick import REPLAY, SETTINGS, Seconds
from ._steps import machine, request_of

if TYPE_CHECKING:
    from ..early import Begun

EPILOG = (
    "\b\nExamples:\n  envdoctor gpus --others\n  envdoctor gpus --watch"
    "\n  envdoctor gpus --format prometheus --output gpus.prom"
)


@click.command(epilog=EPILOG, context_settings=SETTINGS)
@click.option("--mine", is_flag=True, help="Of the processes only your own.")
@click.option("--others", is_flag=True, help="Of the processes only those that are not yours.")
@click.option(
    "--full", is_flag=True, help="Others' whole command lines and addresses too, where the answer is saved or sent."
)
@click.option("--watch", is_flag=True, help="Look again and again, until q or Ctrl-C.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1, max=3600),
    help="Of --watch: from one look to the next.  [default: 1]",
)
@click.option(
    "--format",
    type=click.Choice((*FORMATS, "prometheus", "line")),
    help="Default: terminal on a terminal, plain elsewhere. line: for those who log in.",
)
@click.option("--output", metavar="FILE", help="Write there, in one step: a reader never sees half of it.")
@click.option(
    "--patience",
    metavar="SECONDS",
    type=Seconds(min=0.1),
    default=5.0,
    show_default=True,
    help="Answer within this time, whatever hangs.",
)
@REPLAY
def gpus(
    mine: bool,
    others: bool,
    full: bool,
    watch: bool,
    every: Optional[float],
    format: Optional[str],
    output: Optional[str],
    patience: float,
    replay: Optional[str],
) -> int:
    """List the GPUs: how they are, who holds them, since when, and from which login."""
    from ..gpus import command

    if every is not None and not watch:
        raise Unusable("--every goes with --watch")
    if watch and replay is not None:
        raise Unusable("--watch looks at this machine; a recording does not move")
    wanted = command.Wanted(format, mine, others, full, patience, output, (every or 1.0) if watch else None)
    if watch:
        return command.watch(wanted)
    host = machine(replay, request_of(None, None, False, patience))
    begun: Optional[Begun] = click.get_current_context().obj
    target = begun.target if begun is not None and begun.host is host else None
    return command.run(host, wanted, target)
