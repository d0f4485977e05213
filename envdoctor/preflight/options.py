"""What is asked for, understood before anything else is loaded."""

from __future__ import annotations

from typing import Optional, Tuple

from ..frozen import frozen
from ..voice import Unusable
from . import amounts

#: What Slurm calls the scripts that are root's and that are about the node; a code other than 0 drains it.
_NODE_CONTEXTS = ("prolog_slurmd", "epilog_slurmd", "prolog_slurmctld", "epilog_slurmctld")


@frozen
class Wish:
    gpus: int = 1  # 0: all that the session was given
    memory: Optional[int] = None  # bytes that each GPU must have free; None: a GPU that nobody computes on
    max_util: int = 10  # percent


@frozen
class Options:
    wish: Wish
    check: bool
    wait: Optional[float]  # seconds
    timeout: float  # seconds
    claim: bool
    format: Optional[str]
    command: Tuple[str, ...]
    node: bool = False


def options(
    gpus: Optional[int],
    mem: Optional[str],
    max_util: int,
    check: bool,
    wait: Optional[str],
    timeout: str,
    claim: bool,
    format: Optional[str],
    command: Tuple[str, ...],
    node: bool = False,
    context: str = "",
) -> Options:
    """The command line understood. Unusable: an amount that is none, options that exclude each other.

    `context` is SLURM_SCRIPT_CONTEXT: as a Prolog the node alone is looked at, as TaskProlog its language is spoken,
    where nothing else is asked for.
    """
    plain = not (command or claim or check or wait is not None)
    if plain and format is None and context == "prolog_task":
        format = "task-prolog"
    elif plain and format is None and gpus is None and mem is None:
        node = node or context in _NODE_CONTEXTS
    if node and (command or claim or check or wait is not None):
        raise Unusable("--node looks at the node alone; it goes with no COMMAND, --claim, --check or --wait")
    try:
        count = gpus or (0 if format == "task-prolog" else 1)  # a prolog must not take from a task what it was given
        wish = Wish(count, None if mem is None else amounts.memory(mem), max_util)
        longest = None if wait is None else amounts.seconds(wait)
        patience = max(0.2, amounts.seconds(timeout))
    except ValueError as error:
        raise Unusable(str(error)) from None
    return Options(wish, check, longest, patience, claim, format, command, node)
