"""`envdoctor plan`."""

from __future__ import annotations

from typing import Optional, Tuple

import click

from ..answer import format_for
from ._quick import FORMAT, MIRROR, PRINT_CMD, SETTINGS
from ._steps import own_environ, seen_here

MANAGERS = ("pip", "uv", "conda", "mamba", "micromamba")
EPILOG = (
    "\b\nExamples:\n  envdoctor plan --driver 535.129.03 --gpu 'RTX 3090' --python 3.10\n"
    "  envdoctor plan torch==2.5.1 --accelerator cu121 --manager conda --print-cmd\n"
    "  envdoctor plan --here --build mmcv"
)


# The argument's metavar goes into the usage line; its help is a part of the text below.
@click.command(epilog=EPILOG, context_settings=SETTINGS)
@click.argument("torch", required=False, metavar="[torch==X]")
@click.option("--accelerator", metavar="NAME", help="cu121, cpu, rocm6.2.")
@click.option("--manager", type=click.Choice(MANAGERS), help="Default: pip.")
@click.option("--os", "system", type=click.Choice(("linux", "windows", "mac")), help="Default: linux.")
@click.option("--arch", type=click.Choice(("x86_64", "aarch64", "arm64")), help="Default: x86_64.")
@click.option("--python", metavar="VERSION", help="The Python there: 3.10.")
@click.option("--driver", metavar="VERSION", help="The driver there: 535.129.03.")
@click.option("--gpu", multiple=True, metavar="NAME", help="Each GPU there: 'RTX 3090', sm_86, or none.")
@click.option("--glibc", metavar="VERSION", help="The C library there: 2.31.")
@click.option("--here", is_flag=True, help="Look at this machine for what is not given.")
@click.option("-r", "--requirement", multiple=True, metavar="FILE", help="Meet what this file asks for too.")
@MIRROR
@click.option(
    "--build",
    multiple=True,
    metavar="PACKAGE",
    help="Also a package that is compiled against it: mmcv, flash-attn, detectron2.",
)
@click.option("--why-not", "refused", metavar="torch==X", help="Why it is not that release.")
@PRINT_CMD
@FORMAT
def plan(
    torch: Optional[str],
    accelerator: Optional[str],
    manager: Optional[str],
    system: Optional[str],
    arch: Optional[str],
    python: Optional[str],
    driver: Optional[str],
    gpu: Tuple[str, ...],
    glibc: Optional[str],
    here: bool,
    requirement: Tuple[str, ...],
    mirror: Optional[str],
    build: Tuple[str, ...],
    refused: Optional[str],
    print_cmd: bool,
    format: Optional[str],
) -> int:
    """Say what to install on a machine like the one described, without looking at this one.

    The release may be given: torch==2.5.1, torch>=2.1.
    """
    from ..host import LocalHost
    from ..plan.run import run
    from ..plan.wanted import Described

    described = Described(system, arch, python, driver, gpu, glibc)
    host = LocalHost()
    seen = seen_here(host) if here else None
    return run(
        host,
        torch,
        accelerator,
        manager,
        described,
        requirement,
        seen,
        refused,
        print_cmd,
        format_for(format, own_environ()),
        mirror,
        build,
        host.environ.get("HOME") or "/tmp",
    )
