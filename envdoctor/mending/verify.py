"""Ask the real resolvers about the commands of a plan, in the environment that they are for. Nothing is changed."""

from __future__ import annotations

import tempfile
from typing import Callable, Dict, Mapping, Optional, Tuple, Union

from ..cure.spot import canonical
from ..facts import Facts
from ..host import Host
from ..reading import Known, Unknown, value_or
from ..report import Plan
from .answers import Resolution, resolution
from .questions import Argv, Question, made_by, question

#: Seconds for one command: an old index page without metadata makes pip fetch whole wheels.
PATIENCE = 600.0

Waiting = Callable[[str], None]


def verified(host: Host, plan: Plan, facts: Facts, waiting: Optional[Waiting] = None) -> Tuple[Resolution, ...]:
    """One resolution for each of the user's commands, in order. `waiting` is told whom the next question goes to."""
    here = {canonical(one.name): one.version for one in value_or(facts.installs.distributions, ())}
    makers: Dict[str, str] = {}
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for argv in plan.commands:
            folder, maker = made_by(argv)
            if folder:
                makers[folder] = maker
            asked = question(argv, makers, scratch)
            found.append(_resolution(host, argv, asked, {} if _is_new(argv, makers) else here, waiting))
    return tuple(found)


def _is_new(argv: Argv, makers: Dict[str, str]) -> bool:
    """Whether it installs into an environment that an earlier line makes."""
    return any(word.startswith(f"{folder}/") for folder in makers for word in argv)


def _resolution(
    host: Host,
    argv: Argv,
    asked: Union[Question, str],
    here: Mapping[str, str],
    waiting: Optional[Waiting],
) -> Resolution:
    if isinstance(asked, str):
        return Resolution(argv, "cannot-tell" if asked else "not-asked", (), asked)
    if waiting is not None:
        waiting(asked.language)
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "NO_COLOR": "1"}
    said = host.run(asked.argv, PATIENCE, quiet, limit=64 << 20)
    if isinstance(said, Known):
        return resolution(argv, asked.language, said.value, here)
    why = said.sentence() if isinstance(said, Unknown) else f"there is no {asked.argv[0]}"
    return Resolution(argv, "cannot-tell", (), why)
