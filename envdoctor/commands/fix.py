"""`envdoctor fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence, Tuple

import click

from ..answer import format_for, show_page
from ..exits import Exit, of_report
from ..voice import Unusable, out, out_exact, say
from ._quick import (
    ADMIN,
    APPLY,
    DEEP,
    ENV,
    FORMAT,
    IGNORE,
    MANAGER,
    MIRROR,
    PATIENCE,
    PRINT_CMD,
    PYTHON,
    REPLAY,
    SELECT,
    SETTINGS,
    VERIFY,
    YES,
)
from ._steps import examined, machine, own_environ, request_of, spinner

if TYPE_CHECKING:
    from ..host import Host
    from ..mending.answers import Resolution
    from ..report import Plan, Report
    from ..target import Request

EPILOG = "\b\nExamples:\n  envdoctor fix --print-cmd > mend.sh\n  envdoctor fix --verify\n  envdoctor fix --apply"


@click.command(epilog=EPILOG, context_settings=SETTINGS)
@PRINT_CMD
@ADMIN
@VERIFY
@APPLY
@YES
@MANAGER
@MIRROR
@PYTHON
@ENV
@DEEP
@PATIENCE
@SELECT
@IGNORE
@FORMAT
@REPLAY
def fix(
    print_cmd: bool,
    admin: bool,
    verify: bool,
    apply_: bool,
    yes: bool,
    manager: Optional[str],
    mirror: Optional[str],
    python: Optional[str],
    env: Optional[str],
    deep: bool,
    patience: float,
    select: Tuple[str, ...],
    ignore: Tuple[str, ...],
    format: Optional[str],
    replay: Optional[str],
) -> int:
    """Print the commands that mend the environment. Only --apply executes them."""
    request = request_of(python, env, deep, patience)
    _refuse(verify, apply_, print_cmd, replay)
    host = machine(replay, request)
    report = examined(host, request, select, ignore, manager)
    mending = _plan(report, manager, mirror)
    resolutions = _asked(host, mending, report) if verify else ()
    code = Exit.FINDINGS if mending.unmended or _unresolved(resolutions) else Exit.OK
    runs = apply_ and bool(mending.commands) and not _unresolved(resolutions)
    _show(host, mending, report, resolutions, print_cmd, admin, runs, format_for(format, own_environ()), code)
    if not runs:
        return code
    return _carried_out(host, mending, report, request, manager, yes)


def _refuse(verify: bool, apply_: bool, print_cmd: bool, replay: Optional[str]) -> None:
    if replay is not None and (verify or apply_):
        raise Unusable("--verify and --apply are about this machine; --replay looks at another")
    if apply_ and print_cmd:
        raise Unusable("--print-cmd prints the commands for you to run; --apply runs them: give one of them")


def _plan(report: Report, manager: Optional[str], mirror: Optional[str]) -> Plan:
    from ..cure.mirrors import NoMirror
    from ..cure.plan import plan
    from ..tables import table

    try:
        return plan(report, table(), manager, mirror)
    except NoMirror as reason:
        raise Unusable(str(reason)) from None


def _asked(host: Host, mending: Plan, report: Report) -> Tuple[Resolution, ...]:
    from ..mending.verify import verified

    with spinner() as waiting:
        return verified(host, mending, report.facts, lambda whom: waiting((whom,)))


def _unresolved(resolutions: Sequence[Resolution]) -> bool:
    return any(one.status == "refused" for one in resolutions)


def _show(
    host: Host,
    mending: Plan,
    report: Report,
    resolutions: Tuple[Resolution, ...],
    print_cmd: bool,
    admin: bool,
    runs: bool,
    shown_as: str,
    code: int,
) -> None:
    from ..mending.page import refusal, resolution_object, resolved_lines, resolved_text
    from ..render.plan_page import commands_text, explanation, plan_page

    if shown_as == "json-v1":
        from ..render.json_v1 import plan_object, text_of

        asked = [resolution_object(one) for one in resolutions]
        out(text_of({**plan_object(mending, report, code), "resolutions": asked}))
    elif print_cmd and _unresolved(resolutions):
        say(refusal(resolutions))  # a part of a plan is no cure
    elif print_cmd:
        out_exact(commands_text(mending, admin, root=host.identity().uid == 0))
        say("\n".join(filter(None, (resolved_text(resolutions), explanation(mending, admin)))))
    else:
        page = plan_page(mending, report, runs)
        show_page((*page, *resolved_lines(resolutions)) if resolutions else page, shown_as)


def _carried_out(host: Host, mending: Plan, report: Report, request: Request, manager: Optional[str], yes: bool) -> int:
    from ..cure.spot import spot_of
    from ..host import LocalHost
    from ..mending.command import carry_out, refused, second_request
    from ..mending.page import second_look
    from ..tables import table

    why = "" if yes else refused(host, report.facts)
    if why:
        raise Unusable(f"{why}; --yes changes it all the same, and nothing was run")
    came = carry_out(host, report.facts, mending, spot_of(report.facts, manager), table())
    if came is not None:
        return came
    again = second_request(mending, request)
    # A machine of its own: the one above, and a look that had begun there, remember what was before.
    seen = examined(LocalHost(patience=again.mount_patience), again, (), (), manager)
    say(second_look(seen))
    return of_report(seen)
