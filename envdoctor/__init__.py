"""envdoctor: look at a machine, judge what was seen, print the commands that mend it.

    import envdoctor
    report = envdoctor.check()                      # the active environment
    report = envdoctor.check(python="/path/python") # another one
    facts = envdoctor.look()                        # what was seen, unjudged
    verdicts = envdoctor.judge(facts)               # facts from anywhere, this machine or a recorded one

Importing envdoctor loads nothing else; the functions import what they need.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__", "check", "judge", "look"]

TYPE_CHECKING = False  # typing's own would cost its import
if TYPE_CHECKING:
    from typing import Optional, Tuple

    from .facts import Facts
    from .report import Report, Verdict


def check(
    python: Optional[str] = None,
    *,
    env: Optional[str] = None,
    deep: bool = False,
    patience: float = 10.0,
    manager: Optional[str] = None,
) -> Report:
    """Look at an environment of this machine, judge it, and prescribe the commands that mend it.

    `python` (a path) or `env` (a name or folder) says which; neither: the active one. `deep` imports torch in a child
    process. `patience` is the seconds after which an answer comes whatever hangs. Nothing is changed or executed.
    """
    from . import doctor
    from .host import LocalHost
    from .target import Request

    request = Request(python, env, deep, patience)
    return doctor.check(LocalHost(patience=request.mount_patience), request, manager=manager)


def look(
    python: Optional[str] = None, *, env: Optional[str] = None, deep: bool = False, patience: float = 10.0
) -> Facts:
    """What an environment of this machine is, unjudged; arguments as for `check`."""
    from . import doctor
    from .host import LocalHost
    from .target import Request

    request = Request(python, env, deep, patience)
    return doctor.look(LocalHost(patience=request.mount_patience), request)[0]


def judge(facts: Facts) -> Tuple[Verdict, ...]:
    """The verdict of every rule on these facts."""
    from .compat import CompatTable
    from .judging import judge as verdicts
    from .rules import all_rules

    return verdicts(facts, CompatTable(), all_rules())
