"""`envdoctor check`."""

from __future__ import annotations

from typing import List, Optional

import typer

from ..answer import format_for, redactor_for, show_report
from ..exits import of_report
from ._options import (
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
    STRICT,
    VERBOSE,
)
from ._steps import examined, machine, own_environ, request_of

EPILOG = "\b\nExample:\n  envdoctor check --python ~/envs/yolo/bin/python --fail-on error"


def check(
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    deep: bool = DEEP,
    patience: float = PATIENCE,
    format: Optional[str] = FORMAT,
    verbose: bool = VERBOSE,
    redact: bool = REDACT,
    select: List[str] = SELECT,
    ignore: List[str] = IGNORE,
    fail_on: str = FAIL_ON,
    strict: bool = STRICT,
    manager: Optional[str] = MANAGER,
    replay: Optional[str] = REPLAY,
) -> None:
    """Look at the active environment and say what is wrong with it."""
    request = request_of(python, env, deep, patience)
    host = machine(replay, request)
    report = examined(host, request, select, ignore, manager)
    code = of_report(report, fail_on, strict)
    redactor = redactor_for(host, report) if redact else None
    show_report(report, format_for(format, own_environ()), code, verbose, redactor)
    raise typer.Exit(code)
