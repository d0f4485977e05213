"""The flow on one page: look at a machine, judge what was seen, prescribe the commands."""

from __future__ import annotations

import dataclasses
import importlib
import threading
import time
from typing import Any, Callable, Dict, Iterable, Optional, Tuple

from . import __version__
from .active import choose
from .compat import CompatTable
from .cure import prescribe
from .facts import GROUPS, Facts, nothing_known, unknown_group
from .host import Host
from .judging import judge
from .reading import Unknown
from .report import ProbeRun, Report
from .rules import Rule, all_rules
from .target import Request, Target

Progress = Callable[[Tuple[str, ...]], None]

#: One import at a time: CPython 3.9.2, Debian 11's, gives a second thread modules that are half imported (bpo-43517).
_IMPORTING = threading.Lock()


def check(
    host: Host,
    request: Request,
    table: CompatTable,
    rules: Optional[Iterable[Rule]] = None,
    manager: Optional[str] = None,
    waiting: Optional[Progress] = None,
) -> Report:
    """Look, judge, prescribe. `manager` overrides who installs; `waiting` is told which probes are still out."""
    facts, probes = look(host, request, waiting)
    verdicts = judge(facts, table, all_rules() if rules is None else rules)
    mended = tuple(
        dataclasses.replace(
            verdict,
            findings=tuple(
                dataclasses.replace(finding, fixes=prescribe(finding, facts, table, manager))
                for finding in verdict.findings
            ),
        )
        for verdict in verdicts
    )
    return Report(facts, mended, probes, table.date, __version__)


def look(host: Host, request: Request, waiting: Optional[Progress] = None) -> Tuple[Facts, Tuple[ProbeRun, ...]]:
    """Run every probe side by side. One that is not back in time leaves its group unknown, and is left behind."""
    deadline = time.monotonic() + request.patience
    target = choose(host, request)
    answers: Dict[str, Tuple[Any, ProbeRun]] = {}
    threads = {
        name: threading.Thread(target=_probe, args=(name, host, target, answers), name=name, daemon=True)
        for name in GROUPS
    }
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        while thread.is_alive() and time.monotonic() < deadline:
            thread.join(min(0.2, max(0.0, deadline - time.monotonic())))
            if waiting is not None:
                waiting(tuple(name for name in GROUPS if name not in answers))
    return _gather(host.now(), dict(answers), request.patience)


def _gather(
    taken_at: str, answers: Dict[str, Tuple[Any, ProbeRun]], patience: float
) -> Tuple[Facts, Tuple[ProbeRun, ...]]:
    late = Unknown("timeout", f"no answer within {patience:g} s")
    facts = nothing_known(taken_at, late)
    facts = dataclasses.replace(facts, **{name: group for name, (group, _) in answers.items()})
    runs = tuple(
        answers[name][1] if name in answers else ProbeRun(name, "timeout", patience, late.detail) for name in GROUPS
    )
    return facts, runs


def _probe(name: str, host: Host, target: Target, answers: Dict[str, Tuple[Any, ProbeRun]]) -> None:
    started = time.monotonic()
    try:
        with _IMPORTING:
            probe = importlib.import_module(f".probes.{name}", __package__)
        group = probe.look(host, target)
        run = ProbeRun(name, "ok", time.monotonic() - started)
    except Exception as error:  # noqa: BLE001 - a probe that throws is a result; the others go on
        detail = f"{type(error).__name__}: {error}"
        kind = type(getattr(nothing_known("", Unknown("failed")), name))
        group = unknown_group(kind, Unknown("failed", f"the {name} probe crashed: {detail}"))
        run = ProbeRun(name, "crashed", time.monotonic() - started, detail)
    answers[name] = (group, run)
