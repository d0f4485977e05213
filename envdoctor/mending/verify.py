"""Ask the real resolvers about the commands of a plan, in the environment that they are for. Nothing is changed."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Tuple

from ..cure.spot import canonical
from ..facts import Facts
from ..host import Host
from ..reading import Known, Unknown, value_or
from ..report import Plan
from .answers import Resolution, resolution
from .questions import Argv, made_by, question

#: Seconds for one command: an old index page without metadata makes pip fetch whole wheels.
PATIENCE = 600.0

Waiting = Callable[[str], None]


def verified(host: Host, plan: Plan, facts: Facts, waiting: Optional[Waiting] = None) -> Tuple[Resolution, ...]:
    """One resolution for each of the user's commands, in order. `waiting` is told whom the next question goes to."""
    here = {canonical(one.name): one.version for one in value_or(facts.installs.distributions, ())}
    makers: Dict[str, str] = {}
    found = []
    for argv in plan.commands:
        folder, maker = made_by(argv)
        if folder:
            makers[folder] = maker
        found.append(_asked(host, argv, makers, here, waiting))
    return tuple(found)


def _asked(
    host: Host, argv: Argv, makers: Dict[str, str], here: Dict[str, str], waiting: Optional[Waiting]
) -> Resolution:
    asked = question(argv, makers)
    if isinstance(asked, str):
        return Resolution(argv, "cannot-tell" if asked else "not-asked", (), asked)
    if waiting is not None:
        waiting(asked.language)
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "NO_COLOR": "1"}
    said = host.run(asked.argv, PATIENCE, quiet, limit=64 << 20)
    if isinstance(said, Known):
        new = any(argv[0].startswith(f"{folder}/") or f"{folder}/bin/python" in argv for folder in makers)
        return resolution(argv, asked.language, said.value, {} if new else here)
    why = said.sentence() if isinstance(said, Unknown) else f"there is no {asked.argv[0]}"
    return Resolution(argv, "cannot-tell", (), why)
