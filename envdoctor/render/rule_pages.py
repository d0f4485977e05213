"""The list of rules, and the page of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    from ..rules import Rule


def rules_list(rules: Sequence[Rule]) -> str:
    """One line a rule: id, name, severity, the first line of its page."""
    width = max((len(rule.name) for rule in rules), default=0)
    return "".join(f"{rule.id}  {rule.name:<{width}}  {rule.severity:<7}  {headline(rule)}\n" for rule in rules)


def rules_json(rules: Sequence[Rule]) -> str:
    listed = [
        {"id": rule.id, "name": rule.name, "severity": rule.severity, "tags": list(rule.tags), "says": headline(rule)}
        for rule in rules
    ]
    return json.dumps({"format": "rules-v1", "rules": listed}, indent=1) + "\n"


def rule_page(rule: Rule) -> str:
    return f"{rule.id} {rule.name} ({rule.severity})\n\n{rule.page}\n"


def headline(rule: Rule) -> str:
    return rule.page.split("\n", 1)[0].strip()
