"""The flow on one page: look at a machine, judge what was seen, prescribe the commands."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Iterable, Optional

from . import __version__
from .host import Host, LocalHost
from .looking import Looking, Progress
from .looking import look as look
from .report import Report
from .target import Request

if TYPE_CHECKING:
    from .compat import CompatTable
    from .rules import Rule


def check(
    host: Host,
    request: Request,
    table: Optional[CompatTable] = None,
    rules: Optional[Iterable[Rule]] = None,
    manager: Optional[str] = None,
    waiting: Optional[Progress] = None,
    looking: Optional[Looking] = None,
) -> Report:
    """Look, judge, prescribe. `manager` overrides who installs; `waiting` is told which probes are still out;
    `looking` is a look at this host and request that has begun."""
    looking = looking or Looking(host, request)
    # Imported here, while the interpreter and the driver work on their answers: 20 ms that nobody waits for.
    from .cure import prescribe
    from .judging import judge
    from .rules import all_rules
    from .tables import table as table_here

    rules = all_rules() if rules is None else rules
    table = table_here(host if isinstance(host, LocalHost) else None) if table is None else table
    table.read_ahead("torch", "cuda", "cudnn")  # what is asked for wherever there is a torch
    facts, probes = looking.facts(waiting)
    verdicts = judge(facts, table, rules)
    mended = tuple(
        dataclasses.replace(
            verdict,
            findings=tuple(
                dataclasses.replace(finding, fixes=prescribe(finding, facts, table, manager))
                for finding in verdict.findings
            ),
        )
        if verdict.findings
        else verdict
        for verdict in verdicts
    )
    return Report(facts, mended, probes, table.date, __version__)
