"""What the path of a control group says: a login session, a Slurm job, a container, a pod, a service."""

from __future__ import annotations

import re
from functools import lru_cache

from .model import Place

_UID = "[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}"
_CONTAINERS = (
    ("docker", r"(?:/docker/|docker-)([0-9a-f]{12})[0-9a-f]{52}"),
    ("podman", r"libpod-(?:payload-)?([0-9a-f]{12})[0-9a-f]{52}"),
    ("cri-o", r"crio-([0-9a-f]{12})[0-9a-f]{52}"),
    ("containerd", r"cri-containerd[-:]([0-9a-f]{12})[0-9a-f]{52}"),
    ("lxc", r"/lxc(?:\.payload\.|/)([^/\n]+)"),
    ("containerd", r"/kubepods[^\n]*/([0-9a-f]{12})[0-9a-f]{52}"),
)


@lru_cache(maxsize=1024)  # the processes of one job or login share one
def place_of(text: str) -> Place:
    """`text` is a /proc/PID/cgroup, or the path of one group below where control groups are mounted."""
    container, container_id = next(
        ((kind, found) for kind, found in ((kind, _first(rule, text)) for kind, rule in _CONTAINERS) if found), ("", "")
    )
    return Place(
        session=_first(r"/session-([^/.\n]+)\.scope", text),
        uid=_first(r"/user-([0-9]+)\.slice", text),
        slurm_job=_first(r"/job_([0-9]+)(?:/|$)", text),
        slurm_step=_first(r"/step_(\w+)", text),
        container=container,
        container_id=container_id,
        pod=_first(rf"pod({_UID})", text).replace("_", "-"),
        unit=_unit(text),
    )


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else ""


def _unit(text: str) -> str:
    """The innermost service; slurmd's own and a user's manager are told by what runs in them."""
    names = re.findall(r"/([^/\n]+\.service)(?=/|$)", text, re.MULTILINE)
    return next((name for name in reversed(names) if not name.startswith(("user@", "slurmd", "slurmstepd"))), "")
