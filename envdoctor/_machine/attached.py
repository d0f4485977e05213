"""A command that runs for the user: with the terminal, environment and process group that envdoctor was given."""

from __future__ import annotations

import subprocess
from typing import Sequence


def start_attached(argv: Sequence[str], stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    """Start it with our stdin, and these descriptors for what it prints. OSError where it cannot be started."""
    return subprocess.Popen(list(argv), stdout=stdout, stderr=stderr)
