"""/dev/shm is too small for DataLoader workers.

It finds a /dev/shm below 256 MiB. Docker and Kubernetes give a container 64 MiB unless told otherwise; a machine's own
is half of its memory.

It matters because workers hand their batches over through /dev/shm: "DataLoader worker is killed by signal: Bus error",
or NCCL's "unhandled system error".

It is mended by starting the container with more (--shm-size=8g, or --ipc=host; in Kubernetes an emptyDir of medium
Memory), or, without that, by num_workers=0.

Example: docker run without --shm-size: 64 MiB.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import need, value_or
from ..report import Finding, Remedy
from ._common import finding, seen
from ._gpus import MIB

ID = "ENV103"
NAME = "shm-too-small"
SEVERITY = "warning"
TAGS = ("environment", "container")

_ENOUGH = 256 * MIB


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    total = need(facts.session.shm_total, "/dev/shm")
    if total >= _ENOUGH:
        return
    because = [seen(f"/dev/shm holds {total // MIB} MiB", facts.session.shm_total)]
    container = value_or(facts.session.container, None)
    if container:
        because.append(seen(f"the session runs in a container ({container})", facts.session.container))
        remedy = Remedy("start the container with --shm-size=8g or --ipc=host", ())
    else:
        remedy = Remedy("an administrator mounts /dev/shm with more room", ())
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"/dev/shm holds only {total // MIB} MiB",
        "DataLoader workers hand batches over through it and die when it is full (bus error); num_workers=0 avoids it.",
        because,
        [remedy],
    )
