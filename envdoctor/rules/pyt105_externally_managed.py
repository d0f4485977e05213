"""This Python does not accept pip installs (PEP 668).

It finds the file EXTERNALLY-MANAGED beside the standard library of the active Python, which is not a virtual
environment, while torch is still to be installed.

It matters because `pip install` ends in "error: externally-managed-environment", with --user as well. The
distribution owns this Python, and system tools break when pip changes it.

It is mended by a virtual environment of your own; not by --break-system-packages.

It leaves alone virtual environments of such a Python (they see the same file, and pip allows), and a Python that has
its torch.

Example: /usr/bin/python3 of Debian 12: /usr/lib/python3.11/EXTERNALLY-MANAGED.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import need
from ..report import Finding, NeedEnvironment, Remedy
from ._common import finding, seen
from ._wanted import PRESENT, torch_state, wish

ID = "PYT105"
NAME = "externally-managed"
SEVERITY = "note"
TAGS = ("python", "install")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    marker = need(facts.python.externally_managed, "the EXTERNALLY-MANAGED file")
    if torch_state(facts) == PRESENT:
        return
    asked = wish(facts)
    executable = need(facts.python.executable)
    yield finding(
        ID,
        NAME,
        "warning" if asked.level == "asked" else "note",
        f"{executable} does not accept pip installs: its distribution manages it (PEP 668)",
        "pip refuses to install torch here; a virtual environment has no such limit.",
        (seen(f"marked by {marker}", facts.python.externally_managed), *asked.because),
        (Remedy("make an environment of your own with torch in it", (NeedEnvironment(),)),),
    )
