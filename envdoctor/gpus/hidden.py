"""Pids that NVML names and /proc does not show: hidden by hidepid, of another PID namespace, or gone.

hidepid closes /proc/PID, but not the control groups: their cgroup.procs list every pid, and the path of the group
names the user, the session, the Slurm job.
"""

from __future__ import annotations

import re
from typing import Dict, List, Tuple

from ..host import Host
from ..probes._mounts import read_mounts
from ..reading import Known, value_or

_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")
_GROUP = re.compile(
    r".*\.(slice|scope|service)|(job|step|task|uid)_.+|user|docker|kubepods.*|pod.+|slurm.*|lxc.*|[0-9a-f]{64}"
)
_MOST = 4000  # folders


def hidepid(host: Host) -> str:
    """How /proc is mounted for this user: "" (open), "1"/"noaccess", "2"/"invisible", "4"/"ptraceable"."""
    if host.identity().uid == 0:
        return ""
    for mount in value_or(read_mounts(host), ()):
        if mount.point == "/proc" and mount.filesystem == "proc":
            for option in mount.options:
                if option.startswith("hidepid=") and option not in ("hidepid=0", "hidepid=off"):
                    return option[len("hidepid=") :]
    return ""


def missing(host: Host, pid: int) -> str:
    """Why /proc does not show it: "hidden", or "gone" (a moment ago, or it is of another PID namespace); "" where
    that cannot be told, as of a recorded machine."""
    alive = host.alive(pid)
    if not isinstance(alive, Known):
        return ""
    return "hidden" if alive.value else "gone"


class Groups:
    """pid -> path of its control group, for all pids. The folders are walked when first asked."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._paths: Dict[int, str] = {}
        self._walked = False

    def path(self, pid: int) -> str:
        if not self._walked:
            self._walked = True
            for root in _ROOTS:
                self._walk(root)
        return self._paths.get(pid, "")

    def _walk(self, root: str) -> None:
        waiting: List[Tuple[str, str]] = [(root, "")]
        seen = 0
        while waiting and seen < _MOST:
            folder, path = waiting.pop()
            seen += 1
            for name in value_or(self._host.listdir(folder), ()):
                if name == "cgroup.procs":
                    for pid in value_or(self._host.read(f"{folder}/cgroup.procs"), "").split():
                        if pid.isdigit() and path:
                            self._paths.setdefault(int(pid), path)
                elif _GROUP.fullmatch(name):
                    waiting.append((f"{folder}/{name}", f"{path}/{name}"))
