"""`envdoctor check`."""

from __future__ import annotations

from typing import Optional, Tuple

import click

from ..answer import format_for, redactor_for, show_report
from ..exits import of_report
from ._quick import (
    DEEP,
    ENV,
    FAIL_ON,
    FORMAT,
    IGNORE,
    MANAGER,
    PATIENCE,
    PYTHON,
    REDACT,
    REPLAY,
    SELECT,
    SETTINGS,
    STRICT,
    VERBOSE,
)
from ._steps import examined, machine, own_environ, request_of

EPILOG = "\b\nExample:\n  envdoctor check --python ~/envs/yolo/bin/python --fail-on error"


@click.command(epilog=EPILOG, context_settings=SETTINGS)
@PYTHON
@ENV
@DEEP
@PATIENCE
@FORMAT
@VERBOSE
@REDACT
@SELECT
@IGNORE
@FAIL_ON
@STRICT
@MANAGER
@REPLAY
def check(
    python: Optional[str],
    env: Optional[str],
    deep: bool,
    patience: float,
    format: Optional[str],
    verbose: bool,
    redact: bool,
    select: Tuple[str, ...],
    ignore: Tuple[str, ...],
    fail_on: str,
    strict: bool,
    manager: Optional[str],
    replay: Optional[str],
) -> int:
    """Look at the active environment and say what is wrong with it."""
    request = request_of(python, env, deep, patience)
    host = machine(replay, request)
    report = examined(host, request, select, ignore, manager)
    code = of_report(report, fail_on, strict)
    redactor = redactor_for(host, report) if redact else None
    show_report(report, format_for(format, own_environ()), code, verbose, redactor)
    return code
