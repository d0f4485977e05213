"""`envdoctor preflight`."""

from __future__ import annotations

from typing import List, Optional

import click
import typer

from ._options import JOB

EPILOG = "\b\nExample:\n  envdoctor preflight --gpus 2 --mem 20GiB --wait 2h -- python train.py"
#: What follows the first word that is no option belongs to the job.
SETTINGS = {"allow_interspersed_args": False}


def preflight(
    gpus: Optional[int] = typer.Option(
        None, "--gpus", metavar="N", min=1, max=256, help="How many GPUs the job needs: 1, in a task-prolog all given."
    ),
    mem: Optional[str] = typer.Option(
        None, "--mem", metavar="SIZE", help="Free memory on each (20GiB); then a GPU may be shared."
    ),
    max_util: int = typer.Option(
        10, "--max-util", metavar="PERCENT", min=0, max=100, help="A GPU that is busier is not free."
    ),
    checked: bool = typer.Option(False, "--check", help="Also look for what would end the job in its first minutes."),
    wait: Optional[str] = typer.Option(None, "--wait", metavar="TIME", help="Wait so long at most (90s, 2h), in turn."),
    timeout: str = typer.Option("5s", "--timeout", metavar="TIME", help="How long the driver may take to answer."),
    claim: bool = typer.Option(False, "--claim", help="Without a COMMAND: hold the GPUs until this process ends."),
    node: bool = typer.Option(False, "--node", help="Only the node faults that its site file lists; 0 for all else."),
    format: Optional[str] = typer.Option(
        None,
        "--format",
        click_type=click.Choice(("terminal", "plain", "json", "shell", "task-prolog")),
        help="shell: export lines; task-prolog: the same for Slurm.",
    ),
    command: Optional[List[str]] = JOB,
) -> None:
    """May a job start now, and on which GPUs: 0 go, 1 no, 3 cannot tell, 75 none is free. Then start it there."""
    from ..host import LocalHost
    from ..preflight.ahead import Ahead
    from ..preflight.options import options

    wanted = options(gpus, mem, max_util, checked, wait, timeout, claim, format, tuple(command or ()), node)
    host = LocalHost()
    nvml = Ahead(host, wanted.timeout)
    from ..preflight.command import run  # while the driver is asked

    raise typer.Exit(run(host, wanted, nvml))
