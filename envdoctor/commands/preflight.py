"""`envdoctor preflight`. With click alone, as in _quick.py: it stands before every job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

import click

from ._quick import SETTINGS

if TYPE_CHECKING:
    from ..early import Begun
    from ..host import Host
    from ..preflight.ahead import Ahead

EPILOG = "\b\nExample:\n  envdoctor preflight --gpus 2 --mem 20GiB --wait 2h -- python train.py"


# What follows the first word that is no option belongs to the job.
@click.command(epilog=EPILOG, context_settings={**SETTINGS, "allow_interspersed_args": False})
@click.option(
    "--gpus",
    metavar="N",
    type=click.IntRange(1, 256),
    help="How many GPUs the job needs: 1, in a task-prolog all given.",
)
@click.option("--mem", metavar="SIZE", help="Free memory on each (20GiB); then a GPU may be shared.")
@click.option(
    "--max-util",
    metavar="PERCENT",
    type=click.IntRange(0, 100),
    default=10,
    show_default=True,
    help="A GPU that is busier is not free.",
)
@click.option("--check", "checked", is_flag=True, help="Also look for what would end the job in its first minutes.")
@click.option("--wait", metavar="TIME", help="Wait so long at most (90s, 2h), in turn.")
@click.option(
    "--timeout", metavar="TIME", default="5s", show_default=True, help="How long the driver may take to answer."
)
@click.option("--claim", is_flag=True, help="Without a COMMAND: hold the GPUs until this process ends.")
@click.option("--node", is_flag=True, help="Only the node faults that its site file lists; 0 for all else.")
@click.option(
    "--format",
    type=click.Choice(("terminal", "plain", "json", "shell", "task-prolog")),
    help="shell: export lines; task-prolog: the same for Slurm.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND ...]")
def preflight(
    gpus: Optional[int],
    mem: Optional[str],
    max_util: int,
    checked: bool,
    wait: Optional[str],
    timeout: str,
    claim: bool,
    node: bool,
    format: Optional[str],
    command: Tuple[str, ...],
) -> int:
    """May a job start now, and on which GPUs: 0 go, 1 no, 3 cannot tell, 75 none is free. Then start it there."""
    from ..preflight.options import options

    begun: Optional[Begun] = click.get_current_context().obj
    host = _machine(begun)
    context = host.environ.get("SLURM_SCRIPT_CONTEXT", "")
    wanted = options(gpus, mem, max_util, checked, wait, timeout, claim, format, command, node, context)
    nvml = _asked(begun, host, wanted.timeout)
    from ..preflight.command import run  # while the driver is asked

    return run(host, wanted, nvml)


def _machine(begun: Optional[Begun]) -> Host:
    if begun is not None and begun.ahead is not None:
        return begun.host
    from ..host import LocalHost

    return LocalHost()


def _asked(begun: Optional[Begun], host: Host, timeout: float) -> Ahead:
    """The driver's answer, which was asked for before the options were understood, or is asked for now."""
    if begun is not None and begun.ahead is not None and begun.request.patience == timeout:
        return begun.ahead
    from ..preflight.ahead import Ahead

    return Ahead(host, timeout)
