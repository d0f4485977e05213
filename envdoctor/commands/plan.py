"""`envdoctor plan`."""

from __future__ import annotations

from typing import List, Optional

import click
import typer

from ..answer import format_for
from ._options import FORMAT, GPU_THERE, PRINT_CMD, REQUIREMENTS
from ._steps import own_environ, seen_here

BUILD = typer.Option(
    [], "--build", metavar="PACKAGE", help="Also a package compiled against it: mmcv, flash-attn, detectron2."
)
MANAGERS = ("pip", "uv", "conda", "mamba", "micromamba")
EPILOG = (
    "\b\nExamples:\n  envdoctor plan --driver 535.129.03 --gpu 'RTX 3090' --python 3.10\n"
    "  envdoctor plan torch==2.5.1 --accelerator cu121 --manager conda --print-cmd"
)


def plan(
    torch: Optional[str] = typer.Argument(None, metavar="[torch==X]", help="The release: torch==2.5.1, torch>=2.1."),
    accelerator: Optional[str] = typer.Option(None, "--accelerator", metavar="NAME", help="cu121, cpu, rocm6.2."),
    manager: Optional[str] = typer.Option(None, "--manager", click_type=click.Choice(MANAGERS), help="Default: pip."),
    system: Optional[str] = typer.Option(
        None, "--os", click_type=click.Choice(("linux", "windows", "mac")), help="Default: linux."
    ),
    arch: Optional[str] = typer.Option(
        None, "--arch", click_type=click.Choice(("x86_64", "aarch64", "arm64")), help="Default: x86_64."
    ),
    python: Optional[str] = typer.Option(None, "--python", metavar="VERSION", help="The Python there: 3.10."),
    driver: Optional[str] = typer.Option(None, "--driver", metavar="VERSION", help="The driver there: 535.129.03."),
    gpu: List[str] = GPU_THERE,
    glibc: Optional[str] = typer.Option(None, "--glibc", metavar="VERSION", help="The C library there: 2.31."),
    here: bool = typer.Option(False, "--here", help="Look at this machine for what is not given."),
    requirement: List[str] = REQUIREMENTS,
    mirror: Optional[str] = typer.Option(
        None, "--mirror", metavar="NAME|URL", help="Take packages from this mirror: SJTU, TUNA, or an address."
    ),
    build: List[str] = BUILD,
    refused: Optional[str] = typer.Option(None, "--why-not", metavar="torch==X", help="Why it is not that release."),
    print_cmd: bool = PRINT_CMD,
    format: Optional[str] = FORMAT,
) -> None:
    """Say what to install on a machine like the one described, without looking at this one."""
    from ..host import LocalHost
    from ..plan.run import run
    from ..plan.wanted import Described

    described = Described(system, arch, python, driver, tuple(gpu), glibc)
    host = LocalHost()
    seen = seen_here(host) if here else None
    shown_as = format_for(format, own_environ())
    home = host.environ.get("HOME") or "/tmp"
    code = run(
        host,
        torch,
        accelerator,
        manager,
        described,
        requirement,
        seen,
        refused,
        print_cmd,
        shown_as,
        mirror,
        build,
        home,
    )
    raise typer.Exit(code)
