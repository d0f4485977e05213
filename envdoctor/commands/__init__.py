"""The command line: one command a file, imported when it is asked for, so that each starts quickly.

A command's module has its function, of the command's name, and EPILOG, its examples. The body imports what it needs.
typer makes a command of it, unless it is one already: those that are typed before every run do without typer.
"""

from __future__ import annotations

import importlib
from typing import Any, List, Optional

import click

from .. import __version__
from ..voice import out

#: In the order of the help page.
NAMES = (
    *("check", "fix", "explain", "gpus", "preflight", "data", "watch", "memory", "plan"),
    *("compat", "rules", "rule", "record"),
)

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_EXAMPLES = "\b\nExamples:\n  envdoctor check\n  envdoctor fix --print-cmd\n  envdoctor check --env yolo --format json"


class Commands(click.Group):
    """The group of NAMES."""

    def list_commands(self, ctx: click.Context) -> List[str]:
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Optional[click.Command]:
        return one(cmd_name) if cmd_name in NAMES else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would begin a new line on stderr first
            raise click.Abort from None


def command() -> click.Group:
    """The whole command line."""
    version = click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
    )
    return Commands(
        name="envdoctor",
        params=[version],
        callback=_help,
        invoke_without_command=True,
        context_settings=_SETTINGS,
        help="Finds what is wrong with a PyTorch/CUDA environment and prints the exact commands that mend it.",
        epilog=_EXAMPLES,
    )


def one(name: str) -> click.Command:
    """A command, made by typer from its function where it is no command yet."""
    module = importlib.import_module(f"{__name__}.{name}")
    made = getattr(module, name)
    if isinstance(made, click.Command):
        return made
    import typer

    # rich is imported for a report in a terminal, never for help
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    settings = {**_SETTINGS, **getattr(module, "SETTINGS", {})}
    app.command(name, epilog=module.EPILOG, context_settings=settings)(made)
    return typer.main.get_command(app)


@click.pass_context
def _help(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        out(context.get_help() + "\n")


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        out(f"envdoctor {__version__}\n")
        context.exit()
