"""What was mended before the failure that is asked about.

People paste whole sessions: a first error, the command that cured it, a check that succeeds, and then the error that
they ask about. What succeeded before the last failure, and did not fail again, is not the question.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, Tuple

from ..evidence import Case, Clue, base_name

_INSTALLS = (
    "proxy-or-ssl", "wheel-not-on-index", "python-unsupported", "disk-full-or-quota", "pip-mirror-missing-torch",
    "pip-too-old", "env-not-writable", "externally-managed",
)  # fmt: skip
_STARTS = (
    "driver-missing-or-not-loaded", "driver-too-old", "driver-library-mismatch", "cuda-unknown-error",
    "cpu-only-build", "conda-solved-cpu-build", "forward-compat-unsupported", "fabric-manager",
)  # fmt: skip
#: Programs that mend what keeps CUDA from starting.
_ACTS = frozenset(
    ("reboot", "shutdown", "modprobe", "rmmod", "insmod", "nvidia-modprobe", "apt", "apt-get", "dnf", "yum", "pacman",
     "systemctl", "service", "ldconfig", "unset", "export", "pip", "pip3", "conda", "mamba", "uv", "docker", "wsl"),
)  # fmt: skip
#: What proves that problems of these names are gone.
_PROOFS: Tuple[Tuple[re.Pattern[str], Tuple[str, ...]], ...] = (
    (re.compile(r"Successfully installed [^\n]{0,4000}?\bnumpy-\d"), ("numpy-abi",)),
    (re.compile(r"Successfully installed [^\n]{0,4000}?\btorch-\d"), _INSTALLS),
    (re.compile(r"Executing transaction: (?:\.\.\.working\.\.\. )?done"), ("conda-mirror-broken", "proxy-or-ssl")),
    (re.compile(r"(?:^|[\s(])True\b(?!\w)"), _STARTS),
)


def read(case: Case) -> Iterator[Clue]:
    failed = max((raised.first for raised in case.pasted.raised), default=0)
    last = _last_lines(case)
    for pattern, names in _PROOFS:
        for found, _ in case.all(pattern):
            line = case.line_at(found.end() - 1)  # it may begin with the end of the line before
            if pattern is _PROOFS[-1][0] and not _asked(case, line):
                continue
            for name in names:
                shown = last.get(name, 0)
                if 0 < shown < line and (line < failed or (name in _STARTS and _acted(case, shown, line))):
                    says = f"later in the text it is mended: {' '.join(found.group().split())[-60:]}"
                    yield Clue(name, -90, says, f"line {line}")
                    last.pop(name)


def _acted(case: Case, after: int, before: int) -> bool:
    """Whether somebody did something about it between two lines; later lines name no failure of Python."""
    return any(
        after < exchange.typed.number < before and base_name(word) in _ACTS
        for words, exchange in case.typed
        for word in words[:2]
    )


def _last_lines(case: Case) -> Dict[str, int]:
    """For each name the line of the last signature that speaks for it."""
    found: Dict[str, int] = {}
    for row in case.table.signatures():
        for hit in case.hits.get(row.id, ()):
            for name in row.names:
                found[name] = max(found.get(name, 0), hit.line)
    return found


def _asked(case: Case, line: int) -> bool:
    """Whether a line answers a question for CUDA."""
    for exchange in case.exchanges:
        if any(printed.number == line for printed in exchange.output[:3]):
            return "is_available" in exchange.typed.text
    return False
