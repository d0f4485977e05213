"""`envdoctor fix`."""

from __future__ import annotations

from typing import List, Optional

import typer

from ..answer import format_for, show_page
from ..exits import Exit
from ..voice import out_exact, say
from ._options import ADMIN, DEEP, ENV, IGNORE, MANAGER, PATIENCE, PRINT_CMD, PYTHON, REPLAY, SELECT
from ._steps import examined, machine, own_environ, request_of

EPILOG = "\b\nExample:\n  envdoctor fix --print-cmd > mend.sh"


def fix(
    print_cmd: bool = PRINT_CMD,
    admin: bool = ADMIN,
    manager: Optional[str] = MANAGER,
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    deep: bool = DEEP,
    patience: float = PATIENCE,
    select: List[str] = SELECT,
    ignore: List[str] = IGNORE,
    replay: Optional[str] = REPLAY,
) -> None:
    """Print the commands that mend the environment. Nothing is executed."""
    from ..compat import CompatTable
    from ..cure.plan import plan
    from ..render.plan_page import commands_text, explanation, plan_page

    request = request_of(python, env, deep, patience)
    host = machine(replay, request)
    report = examined(host, request, select, ignore, manager)
    mending = plan(report, CompatTable(), manager)
    code = Exit.FINDINGS if mending.unmended else Exit.OK
    if print_cmd:
        out_exact(commands_text(mending, admin, root=host.identity().uid == 0))
        say(explanation(mending, admin))
    else:
        show_page(plan_page(mending, report), format_for(None, own_environ()))
    raise typer.Exit(code)
