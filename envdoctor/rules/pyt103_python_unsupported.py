"""No build of torch exists for this Python or platform.

It finds, where torch is not there, a Python version that no torch release has wheels for, a 32-bit or free-threaded
Python, PyPy, musl instead of glibc, a processor without wheels. Where requirements.txt pins a torch release, it finds
that this release has no wheel for this Python.

It matters because pip then says "No matching distribution found for torch (from versions: none)", which does not name
the reason.

It is mended by an environment with a Python that the wanted torch has wheels for.

It leaves alone a torch that is installed and can be imported, whoever built it.

Example: requirements.txt asks for torch==1.8.0; the environment has Python 3.11; 1.8.0 has wheels for 3.6 to 3.9.
"""

from __future__ import annotations

from typing import Iterator, Optional

from ..compat import CompatTable, TorchRelease
from ..facts import Facts
from ..reading import value_or
from ..report import Evidence, Finding, NeedEnvironment, Remedy
from ..versions import numbers
from ._common import finding, seen
from ._platform import Reason, minor_of, no_torch_at_all, platform_of
from ._requirements import pinned, requested
from ._wanted import PRESENT, elsewhere_of, torch_state, wish

ID = "PYT103"
NAME = "python-unsupported"
SEVERITY = "error"
TAGS = ("python", "install")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    state = torch_state(facts)
    if state != PRESENT:
        reason = no_torch_at_all(facts, table)
        if reason:
            yield _report(facts, reason)
            return
    yield from _pinned_release(facts, table, state)


def _pinned_release(facts: Facts, table: CompatTable, state: str) -> Iterator[Finding]:
    """A torch release that requirements.txt pins and that has no wheel for this Python."""
    for asked in requested(facts).requirements:
        version = pinned(asked.specifier) if asked.name == "torch" else None
        installed = value_or(facts.torch.version, "") if state == PRESENT else ""
        if version is None or installed.split("+")[0] == version.split("+")[0]:
            continue
        row = table.torch(version)
        platform, minor = platform_of(facts), minor_of(facts)
        offered = row.pythons.get(platform, ())
        if minor in offered:
            continue
        span = f"it has wheels for {offered[0]} to {offered[-1]}" if offered else f"it has no wheel for {platform}"
        reason = Reason(
            f"requirements.txt asks for torch {row.version}, which has no wheel for Python {minor}: {span}",
            (
                seen(asked.line, facts.installs.requested),
                seen(f"Python {minor}", facts.python.version),
                Evidence(f"torch {row.version}: {span}", str(row.origin)),
            ),
            mendable=bool(offered),
        )
        yield _report(facts, reason, row, "warning" if state == PRESENT else "error")


def _report(facts: Facts, reason: Reason, row: Optional[TorchRelease] = None, severity: str = "") -> Finding:
    # torch in another environment of the user's is the better answer, and interpreter-mismatch gives it.
    other = "note" if elsewhere_of(facts, "torch") else wish(facts).severity
    pythons = [one for one in row.trio_pythons if not one.endswith("t")] if row else []
    python = max(pythons, key=numbers) if pythons else None
    wanted = f"torch=={row.version}" if row else "torch"
    requirements = (wanted,) if row else ()
    return finding(
        ID,
        NAME,
        severity or other,
        reason.title,
        "pip finds nothing to install here, and says only that nothing matches.",
        reason.because,
        (
            (
                Remedy(
                    f"make an environment with a Python that {wanted} has wheels for",
                    (NeedEnvironment(python=python, requirements=requirements),),
                ),
            )
            if reason.mendable
            else ()
        ),
        reason.confidence,
    )
