"""Run the commands of a plan, in order, each as if it had been typed; stop at the first that fails."""

from __future__ import annotations

from typing import Callable, Dict, Mapping, Optional, Tuple

from ..frozen import frozen
from ..report import Plan

Argv = Tuple[str, ...]
Ran = Tuple[int, bool]  # exit code (128 + signal where one ended it), and whether somebody interrupted
Run = Callable[[Argv, Mapping[str, str]], Ran]


@frozen
class Applied:
    done: Tuple[Argv, ...]  # what ended well
    failed: Optional[Argv] = None
    code: int = 0  # of the one that failed
    interrupted: bool = False


def applied(plan: Plan, environ: Mapping[str, str], run: Run, saying: Callable[[Argv], None]) -> Applied:
    """`run` starts one command and waits; `saying` is told each before it runs.

    A variable that the plan sets holds for the commands after it, as it would in a shell.
    """
    variables: Dict[str, str] = dict(environ)
    done: Tuple[Argv, ...] = ()
    for argv in plan.commands:
        saying(argv)
        if argv[0] in ("export", "unset"):
            _set(variables, argv)
            done += (argv,)
            continue
        code, interrupted = run(argv, variables)
        if code or interrupted:
            return Applied(done, argv, code, interrupted)
        done += (argv,)
    return Applied(done)


def variables_of(plan: Plan) -> Tuple[Argv, ...]:
    """Commands that hold only in the shell they are typed in: a child cannot give them to its parent."""
    return tuple(argv for argv in plan.commands if argv[0] in ("export", "unset"))


def _set(variables: Dict[str, str], argv: Argv) -> None:
    name, equals, value = argv[1].partition("=")
    if equals:
        variables[name] = value
    else:
        variables.pop(name, None)
