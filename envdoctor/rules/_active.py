"""Whether a claim or a command belongs to the active environment."""

from __future__ import annotations

import posixpath

from ..facts import Claim, Command, Facts
from ..reading import Known, value_or


def prefix_of(claim: Claim) -> str:
    """The environment that a claim leads to, "" where it leads nowhere."""
    return posixpath.dirname(posixpath.dirname(claim.executable.value)) if isinstance(claim.executable, Known) else ""


def active_prefix(facts: Facts) -> str:
    """The prefix as the interpreter says it, else as its path shows it."""
    executable = value_or(facts.python.executable, "")
    return value_or(facts.python.prefix, "") or posixpath.dirname(posixpath.dirname(executable))


def agrees(facts: Facts, claim: Claim) -> bool:
    """Whether a claim names the active environment. One activation wrote the texts, so texts are compared."""
    by_path = posixpath.dirname(posixpath.dirname(value_or(facts.python.executable, "")))
    said = posixpath.normpath(claim.says) if claim.says else ""
    return by_path in (said, prefix_of(claim)) or said == value_or(facts.python.prefix, None)


def foreign(command: Command) -> bool:
    """Whether a command is known to start another environment's Python. A pyenv shim runs whatever is chosen."""
    return command.form != "shim" and value_or(command.ours, True) is False


def relocated(facts: Facts) -> str:
    """The path that a venv was made for, where that is another than it has now; else ""."""
    venv = value_or(facts.python.venv, None)
    if venv is None:
        return ""
    said = value_or(venv.created_as, "") or value_or(venv.activate_says, "")
    return said if said and posixpath.normpath(said) != posixpath.normpath(venv.path) else ""
