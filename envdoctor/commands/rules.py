"""`envdoctor rules`."""

from __future__ import annotations

from typing import Optional

import click
import typer

from ..voice import out

EPILOG = "\b\nExample:\n  envdoctor rules"


def rules(
    format: Optional[str] = typer.Option(
        None, "--format", click_type=click.Choice(("plain", "json")), help="Default: plain."
    ),
) -> None:
    """List every rule: id, name, severity and what it finds."""
    from ..render.rule_pages import rules_json, rules_list
    from ..rules import all_rules

    out(rules_json(all_rules()) if format == "json" else rules_list(all_rules()))
