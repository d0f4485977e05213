"""The options that several commands have. Those of check and fix are in _quick.py."""

from __future__ import annotations

import click
import typer

from ..answer import FORMATS
from ._quick import Seconds

PYTHON = typer.Option(None, "--python", metavar="PATH", help="Look at this interpreter, not the active one.")
ENV = typer.Option(None, "--env", metavar="NAME", help="Look at this environment: a conda name, or a folder.")
DEEP = typer.Option(False, "--deep", help="Import torch in a child process and run a small kernel on each GPU.")
PATIENCE = typer.Option(
    10.0,
    "--patience",
    metavar="SECONDS",
    click_type=Seconds(min=0.1),
    help="Answer within this time, whatever hangs.",
)
REPLAY = typer.Option(None, "--replay", metavar="DIR", help="Look at a machine that `envdoctor record` wrote.")
FORMAT = typer.Option(
    None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
)
VERBOSE = typer.Option(False, "-v", "--verbose", help="Every alternative, every verdict, how long each probe took.")
PRINT_CMD = typer.Option(False, "--print-cmd", help="Commands alone on stdout, one a line; all else goes to stderr.")
JOB = typer.Argument(None, metavar="[-- COMMAND ...]", help="The job: envdoctor becomes it.")
