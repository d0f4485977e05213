"""Facts of a text as the rules and the cure need them."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Optional

from ..facts import GROUPS, Facts
from ..reading import Known, Unknown


def joined(text: Facts, here: Optional[Facts]) -> Facts:
    """What the text says, and where it is silent what was seen of this machine."""
    if here is None:
        return text
    changes: Dict[str, Any] = {}
    for name in GROUPS:
        said, seen = getattr(text, name), getattr(here, name)
        fields = {
            field.name: getattr(seen, field.name)
            for field in dataclasses.fields(said)
            if isinstance(getattr(said, field.name), Unknown)
        }
        changes[name] = dataclasses.replace(said, **fields)
    return dataclasses.replace(here, **changes)


def for_cure(facts: Facts) -> Facts:
    """Commands of a report from elsewhere name the interpreter that it names, else plain `python`."""
    if isinstance(facts.python.executable, Known):
        return facts
    python = dataclasses.replace(facts.python, executable=Known("python", "not named in the text"))
    return dataclasses.replace(facts, python=python)
