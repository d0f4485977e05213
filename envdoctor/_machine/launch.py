"""Become another program: same process, same terminal, same signals."""

from __future__ import annotations

import os
import signal
from typing import Mapping, NoReturn, Sequence


def become(program: str, argv: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Replace this process. OSError: the program cannot be started; nothing has changed but what a signal does."""
    # Python ignores these two from its start, and a program would inherit that; all others are as they were.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execve(program, list(argv), dict(env))


def sleep_for_good() -> NoReturn:
    """Until a signal ends the process."""
    while True:
        signal.pause()
