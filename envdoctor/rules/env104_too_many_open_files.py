"""The limit of open files is low for DataLoader workers.

It finds a soft limit below 1024. 1024 itself is the usual default, and enough for most.

It matters because each tensor that a worker hands over is an open file: "OSError: [Errno 24] Too many open files",
"received 0 items of ancdata".

It is mended by raising the soft limit up to the hard one, which needs no root.

Example: ulimit -n 256.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import need, source_of
from ..report import Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ._common import finding

ID = "ENV104"
NAME = "too-many-open-files"
SEVERITY = "warning"
TAGS = ("environment",)

_ENOUGH = 1024
_BETTER = 65536


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    limits = {limit.name: limit for limit in need(facts.session.limits, "limits")}
    files = limits.get("open-files")
    if files is None:
        raise NotApplicable("no limit of open files is known")
    if files.soft < 0 or files.soft >= _ENOUGH:
        return
    more = _BETTER if files.hard < 0 else min(_BETTER, files.hard)
    raised = Remedy("raise the soft limit in this shell", (NeedCommand((("ulimit", "-n", str(more)),), safety="safe"),))
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"only {files.soft} files may be open at once",
        "DataLoader workers keep a file open for each tensor that they hand over and stop when the limit is reached.",
        [Evidence(f"soft limit {files.soft}, hard limit {files.hard}", source_of(facts.session.limits))],
        [raised] if more > files.soft else [],
    )
