"""The options that several commands have."""

from __future__ import annotations

import click
import typer

from ..answer import FORMATS
from ..exits import FAILS_ON

MANAGERS = ("pip", "uv", "conda", "mamba", "micromamba", "pixi", "poetry")

PYTHON = typer.Option(None, "--python", metavar="PATH", help="Look at this interpreter, not the active one.")
ENV = typer.Option(None, "--env", metavar="NAME", help="Look at this environment: a conda name, or a folder.")
DEEP = typer.Option(False, "--deep", help="Import torch in a child process and run a small kernel on each GPU.")
PATIENCE = typer.Option(10.0, "--patience", metavar="SECONDS", min=0.1, help="Answer within this time, whatever hangs.")
REPLAY = typer.Option(None, "--replay", metavar="DIR", help="Look at a machine that `envdoctor record` wrote.")
MANAGER = typer.Option(
    None, "--manager", click_type=click.Choice(MANAGERS), help="Write the commands for this package manager."
)
SELECT = typer.Option(
    [], "--select", metavar="RULES", help="Only these rules: names, ids or beginnings of ids, joined by commas."
)
IGNORE = typer.Option([], "--ignore", metavar="RULES", help="All rules but these.")
FORMAT = typer.Option(
    None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
)
FAIL_ON = typer.Option(
    "warning", "--fail-on", click_type=click.Choice(list(FAILS_ON)), help="Exit with 1 from this severity on."
)
STRICT = typer.Option(False, "--strict", help="Exit with 3 where something could not be told and nothing was found.")
VERBOSE = typer.Option(False, "-v", "--verbose", help="Every alternative, every verdict, how long each probe took.")
REDACT = typer.Option(
    False, "--redact", help="For showing to others: no names of people, hosts and homes. Passwords never show."
)
PRINT_CMD = typer.Option(False, "--print-cmd", help="Commands alone on stdout, one a line; all else goes to stderr.")
JOB = typer.Argument(None, metavar="[-- COMMAND ...]", help="The job: envdoctor becomes it.")
GPU_THERE = typer.Option([], "--gpu", metavar="NAME", help="Each GPU there: 'RTX 3090', sm_86, or none.")
REQUIREMENTS = typer.Option([], "-r", "--requirement", metavar="FILE", help="Meet what this file asks for too.")
ADMIN = typer.Option(False, "--admin", help="Include commands that only an administrator can run, after the others.")
