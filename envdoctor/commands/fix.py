"""`envdoctor fix`."""

from __future__ import annotations

from typing import Optional, Tuple

import click

from ..answer import format_for, show_page
from ..exits import Exit
from ..voice import out_exact, say
from ._quick import ADMIN, DEEP, ENV, IGNORE, MANAGER, PATIENCE, PRINT_CMD, PYTHON, REPLAY, SELECT, SETTINGS
from ._steps import examined, machine, own_environ, request_of

EPILOG = "\b\nExample:\n  envdoctor fix --print-cmd > mend.sh"


@click.command(epilog=EPILOG, context_settings=SETTINGS)
@PRINT_CMD
@ADMIN
@MANAGER
@PYTHON
@ENV
@DEEP
@PATIENCE
@SELECT
@IGNORE
@REPLAY
def fix(
    print_cmd: bool,
    admin: bool,
    manager: Optional[str],
    python: Optional[str],
    env: Optional[str],
    deep: bool,
    patience: float,
    select: Tuple[str, ...],
    ignore: Tuple[str, ...],
    replay: Optional[str],
) -> int:
    """Print the commands that mend the environment. Nothing is executed."""
    request = request_of(python, env, deep, patience)
    host = machine(replay, request)
    report = examined(host, request, select, ignore, manager)

    from ..compat import CompatTable
    from ..cure.plan import plan
    from ..render.plan_page import commands_text, explanation, plan_page

    mending = plan(report, CompatTable(), manager)
    if print_cmd:
        out_exact(commands_text(mending, admin, root=host.identity().uid == 0))
        say(explanation(mending, admin))
    else:
        show_page(plan_page(mending, report), format_for(None, own_environ()))
    return Exit.FINDINGS if mending.unmended else Exit.OK
