"""A command that runs for the user: with the terminal, environment and process group that envdoctor was given."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any, Dict, List, Mapping, Sequence, Tuple


def start_attached(argv: Sequence[str], stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    """Start it with our stdin, and these descriptors for what it prints. OSError where it cannot be started."""
    return subprocess.Popen(list(argv), stdout=stdout, stderr=stderr)


def run_attached(argv: Sequence[str], environ: Mapping[str, str]) -> Tuple[int, bool]:
    """Run it to its end: its exit code, 128 + signal where one ended it, and whether we were told to stop meanwhile.

    What it prints goes to our stderr. Ctrl-C reaches it by itself, because it is in our group; SIGTERM and SIGHUP are
    sent on. Either way it is waited for: a package manager that is left alone in the middle does harm.
    OSError where it cannot be started.
    """
    told: List[int] = []
    child = subprocess.Popen(list(argv), env=dict(environ), stdout=2)

    def heard(number: int, _: object) -> None:
        told.append(number)
        if number != signal.SIGINT:
            with contextlib.suppress(OSError):
                os.kill(child.pid, number)

    before: Dict[int, Any] = {
        number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return (128 - code if code < 0 else code), bool(told)
