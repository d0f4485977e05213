"""No torch for the active interpreter, and none elsewhere that you seem to mean.

It finds that torch cannot be imported, that nothing says that it ever was installed here, and that no other
environment of yours has it.

It matters because `import torch` fails. It is an error where something here asks for torch (an installed package
requires it, or requirements.txt does), a warning in a virtual or conda environment, and a note for a Python of the
system, a conda base or envdoctor's own environment, which may never have been meant for it.

It is mended by installing torch in a build that this machine can run.

It leaves to interpreter-mismatch a torch in another environment, to broken-install and pip-conda-mix what remains of
one here, and to python-unsupported a Python for which there is none.

Example: /home/ana/envs/yolo has ultralytics, which requires torch>=1.8.0, and no torch.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable, NoRow
from ..facts import Facts
from ..reading import Missing, need, value_or
from ..report import Finding
from ._common import finding, seen
from ._platform import no_torch_at_all, unserved
from ._wanted import MISSING, elsewhere_of, torch_state, ways_to_install, wish

ID = "PKG101"
NAME = "torch-missing"
SEVERITY = "error"
TAGS = ("install", "torch")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    executable = need(facts.python.executable, "the active Python")
    if torch_state(facts) != MISSING or elsewhere_of(facts, "torch") or _none_exists(facts, table):
        return
    asked = wish(facts)
    version = value_or(facts.python.version, "")
    yield finding(
        ID,
        NAME,
        asked.severity,
        f"torch is not installed for {executable}" + (f" (Python {version})" if version else ""),
        "`import torch` fails in this environment."
        if asked.level in ("asked", "own")
        else "Nothing here asks for torch either: activate the environment that you mean, or make one.",
        (seen("no torch along sys.path", facts.torch.path), *asked.because),
        ways_to_install(facts),
    )


def _none_exists(facts: Facts, table: CompatTable) -> bool:
    """Whether python-unsupported speaks. That this is unknown does not bring torch back."""
    try:
        return no_torch_at_all(facts, table) is not None or any(True for _ in unserved(facts, table))
    except (Missing, NoRow):
        return False
