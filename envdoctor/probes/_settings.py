"""Settings of one tool from several sources: who sets what, and whose word counts."""

from __future__ import annotations

import re
from typing import Iterable, Optional, Set, Tuple

from ..facts import Setting
from ..frozen import frozen
from ..urls import HIDDEN, strip_credentials

_SECRET = re.compile(r"password|token|secret", re.IGNORECASE)


@frozen
class Found:
    """One key in one source, as written."""

    key: str
    values: Tuple[str, ...]
    source: str
    joins: bool = False  # a list that is joined with those of the other sources, and overrides none
    overridden: bool = False  # by a rule of the tool's own
    exists: Optional[bool] = None  # as in Setting


def judged(found: Iterable[Found]) -> Tuple[Setting, ...]:
    """`found` has the strongest source first. The first of a key that does not join overrides the later ones."""
    taken: Set[str] = set()
    settings = []
    for item in found:
        settings.append(setting(item, not item.overridden and (item.joins or item.key not in taken)))
        if not (item.joins or item.overridden):
            taken.add(item.key)
    return tuple(settings)


def setting(item: Found, effective: bool) -> Setting:
    """Credentials are taken out here, before anything becomes a fact."""
    hidden = bool(_SECRET.search(item.key))
    values = (HIDDEN,) if hidden else tuple(strip_credentials(value) for value in item.values)
    return Setting(item.key, values, item.source, effective, item.exists)


def scalar(value: object) -> str:
    """As YAML and TOML would write it: true, not True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
