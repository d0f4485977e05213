"""The options of the commands that are typed before every run, made with click alone: typer, which all other commands
are made with, takes 20 ms to import, a tenth of a check."""

from __future__ import annotations

from typing import Any, Optional

import click

from ..answer import FORMATS
from ..exits import FAILS_ON

MANAGERS = ("pip", "uv", "conda", "mamba", "micromamba", "pixi", "poetry")
SETTINGS = {"help_option_names": ["-h", "--help"]}

PYTHON = click.option("--python", metavar="PATH", help="Look at this interpreter, not the active one.")
ENV = click.option("--env", metavar="NAME", help="Look at this environment: a conda name, or a folder.")
DEEP = click.option("--deep", is_flag=True, help="Import torch in a child process and run a small kernel on each GPU.")


class Seconds(click.FloatRange):
    """No clock waits for nan or inf seconds, and a range lets both pass."""

    def convert(self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]) -> float:
        seconds = float(super().convert(value, param, ctx))
        if not seconds < 1e6:
            self.fail(f"{value} is no time that can be waited for.", param, ctx)
        return seconds


PATIENCE = click.option(
    "--patience",
    metavar="SECONDS",
    type=Seconds(min=0.1),
    default=10.0,
    show_default=True,
    help="Answer within this time, whatever hangs.",
)
REPLAY = click.option("--replay", metavar="DIR", help="Look at a machine that `envdoctor record` wrote.")
MANAGER = click.option("--manager", type=click.Choice(MANAGERS), help="Write the commands for this package manager.")
MIRROR = click.option("--mirror", metavar="NAME|URL", help="Take packages from this mirror: SJTU, TUNA, or an address.")
SELECT = click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    help="Only these rules: names, ids or beginnings of ids, joined by commas.",
)
IGNORE = click.option("--ignore", multiple=True, metavar="RULES", help="All rules but these.")
FORMAT = click.option("--format", type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere.")
FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(list(FAILS_ON)),
    default="warning",
    show_default=True,
    help="Exit with 1 from this severity on.",
)
STRICT = click.option(
    "--strict", is_flag=True, help="Exit with 3 where something could not be told and nothing was found."
)
VERBOSE = click.option(
    "-v", "--verbose", is_flag=True, help="Every alternative, every verdict, how long each probe took."
)
REDACT = click.option(
    "--redact", is_flag=True, help="For showing to others: no names of people, hosts and homes. Passwords never show."
)
PRINT_CMD = click.option(
    "--print-cmd", is_flag=True, help="Commands alone on stdout, one a line; all else goes to stderr."
)
ADMIN = click.option(
    "--admin", is_flag=True, help="Include commands that only an administrator can run, after the others."
)
MIRROR = click.option(
    "--mirror", metavar="URL", help="Take packages from this mirror: its URL, or its name in the table."
)
VERIFY = click.option(
    "--verify",
    is_flag=True,
    help="Ask pip, uv or conda whether the commands resolve, and what would change. This uses the network.",
)
APPLY = click.option(
    "--apply", "apply_", is_flag=True, help="Run the commands: snapshot first, a second look afterwards."
)
YES = click.option("--yes", is_flag=True, help="With --apply: also in a base environment, or one that is shared.")
