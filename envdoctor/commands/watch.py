"""`envdoctor watch`."""

from __future__ import annotations

from typing import List, Optional

import click
import typer

from ..answer import FORMATS

EPILOG = (
    "\b\nExamples:\n  envdoctor watch 12345\n  envdoctor watch --gpu 0 --for 1m --save report.html\n"
    "  envdoctor watch -- python train.py"
)
JOB = typer.Argument(None, metavar="[PID | -- COMMAND ...]", help="The job's process; or a command to start and watch.")


def watch(
    job: Optional[List[str]] = JOB,
    gpu: Optional[int] = typer.Option(
        None, "--gpu", metavar="N", min=0, help="The job on this GPU, as nvidia-smi counts."
    ),
    length: str = typer.Option("30s", "--for", metavar="TIME", help="How long: 30s, 2m."),
    save: Optional[str] = typer.Option(
        None, "--save", metavar="FILE", help="Also write the answer with a plot (HTML)."
    ),
    format: Optional[str] = typer.Option(
        None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
    ),
) -> None:
    """Say why a running job's GPU waits: the data, the CPUs, the disk, the job itself, or not at all.

    Without a PID: your newest job. Nothing of the job is touched. Exit code 0: nothing holds it back; 1: something
    does; 3: cannot tell. A COMMAND keeps its own input, output, signals and exit code; what was seen goes to stderr.
    """
    from ..host import LocalHost
    from ..watch.options import asked

    wanted = asked(tuple(job or ()), gpu, length, format, save)
    from ..watch.command import run

    raise typer.Exit(run(LocalHost(), wanted))
