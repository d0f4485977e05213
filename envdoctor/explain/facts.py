"""Facts of a text as the rules and the cure need them."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, List, Optional, Tuple

from ..facts import GROUPS, Facts
from ..reading import Known, Unknown

_ASSUMED = "not said in the text, assumed"


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


def for_cure(facts: Facts, minor: str) -> Tuple[Facts, str]:
    """The facts with what commands cannot do without, and a sentence that says what of it is assumed.

    A report from elsewhere seldom names its system: commands are then for Linux on x86_64, and start plain `python`
    where no interpreter is named. A version of Python is never assumed. `minor` is the one that the text leads to.
    """
    assumed: List[str] = []
    python, session = facts.python, facts.session
    if not isinstance(python.executable, Known):
        python = dataclasses.replace(python, executable=Known("python", _ASSUMED))
    if not isinstance(python.version, Known) and minor:
        python = dataclasses.replace(python, version=Known(f"{minor}.0", "a path or a command in the text"))
    if not isinstance(session.os, Known):
        session = dataclasses.replace(session, os=Known("linux", _ASSUMED))
        assumed.append("Linux")
    if not isinstance(session.machine, Known) or not isinstance(python.machine, Known):
        known = session.machine if isinstance(session.machine, Known) else python.machine
        machine = known if isinstance(known, Known) else Known("x86_64", _ASSUMED)
        session = dataclasses.replace(session, machine=machine)
        python = dataclasses.replace(python, machine=machine)
        if machine.source == _ASSUMED:
            assumed.append("x86_64")
    words = f"The text does not say which system it is: {' on '.join(assumed)} is assumed." if assumed else ""
    return dataclasses.replace(facts, python=python, session=session), words
