"""The rules: one a file, found by walking this folder; no registration.

A rule's module has a docstring (its page: what it finds, why it matters, how to mend it), the constants
ID, NAME, SEVERITY and TAGS, and `check(facts, table) -> Verdict | findings`. It is a pure function of facts and
table: it never looks at the machine and never writes a command that depends on a package manager.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Callable, Iterable, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..frozen import frozen
from ..report import Finding

Check = Callable[[Facts, CompatTable], Iterable[Finding]]


@frozen
class Rule:
    id: str
    name: str
    severity: str  # of most of its findings
    tags: Tuple[str, ...]
    page: str
    check: Check


def all_rules() -> Tuple[Rule, ...]:
    """Every rule, by id."""
    found = []
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        page = (module.__doc__ or "").strip()
        found.append(Rule(module.ID, module.NAME, module.SEVERITY, tuple(module.TAGS), page, module.check))
    return tuple(sorted(found, key=lambda rule: rule.id))
