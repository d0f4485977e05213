"""envdoctor as a user starts it: a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Dict, Optional

PLAIN = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def envdoctor(*args: str, env: Optional[Dict[str, str]] = None, python: str = sys.executable) -> Ended:
    """Run `python -m envdoctor ARGS`; `env` is laid over an environment that says nothing about any Python."""
    done = subprocess.run(
        [python, "-m", "envdoctor", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **(env or {})},
        timeout=60,
    )
    return Ended(
        done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "backslashreplace")
    )
