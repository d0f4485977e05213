"""No build of torch exists for this Python or platform.

It finds, where torch is not there, a Python version that no torch release has wheels for, a 32-bit or free-threaded
Python, PyPy, musl instead of glibc, a processor without wheels. Where requirements.txt asks for releases of torch, it
finds that none of them has a wheel for this Python.

It matters because pip then says "No matching distribution found for torch (from versions: none)", which does not name
the reason.

It is mended by an environment with a Python that the wanted torch has wheels for.

It leaves alone a torch that is installed and can be imported, whoever built it.

Example: requirements.txt asks for torch==1.8.0; the environment has Python 3.11; 1.8.0 has wheels for 3.6 to 3.9.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import value_or
from ..report import Evidence, Finding, NeedEnvironment, Remedy
from ._common import finding, seen
from ._platform import Reason, minor_of, no_torch_at_all, platform_of, python_for, unserved
from ._requirements import pinned
from ._wanted import PRESENT, elsewhere_of, torch_state, wish

ID = "PYT103"
NAME = "python-unsupported"
SEVERITY = "error"
TAGS = ("python", "install")

ANY = NeedEnvironment()


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    state = torch_state(facts)
    if state != PRESENT:
        reason = no_torch_at_all(facts, table)
        if reason:
            yield _report(facts, reason)
            return
    yield from _pinned_release(facts, table, state)


def _pinned_release(facts: Facts, table: CompatTable, state: str) -> Iterator[Finding]:
    """Releases of torch that requirements.txt asks for and that have no wheel for this Python."""
    installed = value_or(facts.torch.version, "") if state == PRESENT else ""
    for asked, releases in unserved(facts, table, installed):
        platform, minor = platform_of(facts), minor_of(facts)
        row = next((one for one in releases if one.pythons.get(platform)), releases[0])
        offered = row.pythons.get(platform, ())
        span = f"it has wheels for {offered[0]} to {offered[-1]}" if offered else f"it has no wheel for {platform}"
        if pinned(asked.specifier):
            title = f"torch {row.version}, which has no wheel for Python {minor}: {span}"
        else:
            title = (
                f"{asked.line}, of which no release has a wheel for Python {minor}: the newest is {row.version}, {span}"
            )
        reason = Reason(
            f"requirements.txt asks for {title}",
            (
                seen(asked.line, facts.installs.requested),
                seen(f"Python {minor}", facts.python.version),
                Evidence(f"torch {row.version}: {span}", str(row.origin)),
            ),
            mendable=bool(offered),
        )
        # A range that is open upwards is served by the newest that fits, whichever that is.
        version = None if row.version == table.torch_releases()[0].version else row.version
        pythons = (row,) if version else releases
        need = NeedEnvironment(python=python_for(pythons), torch=version)
        wanted = asked.line if version is None else f"torch=={version}"
        yield _report(facts, reason, need, wanted, "warning" if state == PRESENT else "error")


def _report(
    facts: Facts, reason: Reason, need: NeedEnvironment = ANY, wanted: str = "torch", severity: str = ""
) -> Finding:
    # torch in another environment of the user's is the better answer, and interpreter-mismatch gives it.
    other = "note" if elsewhere_of(facts, "torch") else wish(facts).severity
    remedy = Remedy(f"make an environment with a Python that {wanted} has wheels for", (need,))
    return finding(
        ID,
        NAME,
        severity or other,
        reason.title,
        "pip finds nothing to install here, and says only that nothing matches.",
        reason.because,
        (remedy,) if reason.mendable else (),
        reason.confidence,
    )
