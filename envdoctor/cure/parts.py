"""What one need comes to: commands with their place in the order, and what every translation must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..frozen import frozen
from .spot import Spot

if TYPE_CHECKING:
    from .mirrors import Place

Argv = Tuple[str, ...]

#: The order in which steps are run: variables first, because installs read them; debris before what would trip on it.
STEPS = ("variable", "before", "delete", "remove", "environment", "tool", "torch", "packages", "after")


@frozen
class Part:
    """The commands of one need. `step` is one of STEPS."""

    step: str
    commands: Tuple[Argv, ...]
    safety: str = "changes-env"  # safe | changes-env | removes
    who: str = "you"
    note: str = ""
    python: Optional[str] = None  # the interpreter that a check should use, where it is not the one looked at
    torch: bool = False  # whether a new environment comes with torch


class NoWay(Exception):
    """This need cannot be met with commands here; the message is a sentence that says why."""


@frozen
class Case:
    """What every translation needs to know."""

    facts: Facts
    table: CompatTable
    spot: Spot
    wish: Optional[str] = None  # --manager
    gone: Tuple[str, ...] = ()  # distributions (canonical names) that an earlier step of the plan has removed
    places: Tuple[Place, ...] = ()  # --mirror
