"""`envdoctor rule`."""

from __future__ import annotations

import typer

from ..voice import out

EPILOG = "\b\nExample:\n  envdoctor rule driver-too-old"


def rule(name: str = typer.Argument(..., metavar="NAME", help="A name or an id.")) -> None:
    """Print the page of a rule: what it finds, why that matters, how it is mended."""
    from ..choosing import named
    from ..render.rule_pages import rule_page
    from ..rules import all_rules

    out("\n".join(rule_page(found) for found in named(all_rules(), name)))
