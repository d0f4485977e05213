"""What the people of this machine agreed on: /etc/envdoctor.toml, or the file that ENVDOCTOR_SITE names.

[gpus]
max_per_user = 2              # GPUs that one user should hold at a time
min_free = "2GiB"             # what must be free on a GPU before another job is put on it
quiet_hours = "22:00-07:00"   # local time; no new jobs
limits = "refuse"             # or "warn": say it, and start the job
claims = "/run/lock/envdoctor"

[[gpus.reserved]]
gpu = "GPU-5f2c"              # the beginning of a UUID, or an index in nvidia-smi's order
users = ["maria"]
why = "paper deadline until June"

[node]
faults = ["lost", "ecc", "remap", "reset", "driver"]   # what `--node` answers with an exit code
"""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Optional, Tuple

from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known
from . import amounts

FILE = "/etc/envdoctor.toml"

#: Faults of a node that an administrator may list: a GPU off the bus, in need of a reset, with uncorrectable memory
#: errors, with a failed row remap; a driver that is not loaded or does not match its libraries.
FAULTS = ("lost", "reset", "ecc", "remap", "driver")


@frozen
class Reserved:
    gpu: str
    users: Tuple[str, ...]
    why: str


@frozen
class Site:
    source: str = FILE
    max_per_user: Optional[int] = None
    min_free: int = 0  # bytes
    quiet: Optional[Tuple[int, int]] = None  # minutes of the day, from and to
    refuses: bool = True
    claims: Optional[str] = None  # the folder for claims
    reserved: Tuple[Reserved, ...] = ()
    node_faults: Tuple[str, ...] = ()

    def reserved_for_others(self, index: int, uuid: str, user: str) -> str:
        """Why this user should keep off that GPU, "" where nothing says so."""
        for entry in self.reserved:
            hit = entry.gpu == str(index) or (len(entry.gpu) > 7 and uuid.lower().startswith(entry.gpu.lower()))
            if hit and user not in entry.users:
                whom = ", ".join(entry.users) or "others"
                return f"reserved for {whom}{': ' + entry.why if entry.why else ''} ({self.source})"
        return ""

    def quiet_at(self, minute: int) -> bool:
        """`minute` of the day, local time. The hours may run over midnight."""
        if self.quiet is None:
            return False
        start, end = self.quiet
        return start <= minute < end if start <= end else minute >= start or minute < end


def read_site(host: Host) -> Tuple[Site, str]:
    """The site's rules, and a sentence where the file cannot be used: no job may fail for an administrator's slip."""
    path = host.environ.get("ENVDOCTOR_SITE") or FILE
    text = host.read(path)
    if isinstance(text, Absent):
        return Site(path), "" if path == FILE else f"ENVDOCTOR_SITE={path}: there is no such file"
    if not isinstance(text, Known):
        return Site(path), f"{path} could not be read ({text.detail or text.reason}); going on without it"
    from ..probes._uvconf import parse_toml

    try:
        return _site(path, parse_toml(text.value)), ""
    except (ValueError, TypeError) as error:
        return Site(path), f"{path}: {error}; going on without it"


def _site(path: str, content: Mapping[str, Any]) -> Site:
    table = content.get("gpus", {})
    if not isinstance(table, dict):
        raise ValueError("gpus is not a table")
    unknown = set(table) - {"max_per_user", "min_free", "quiet_hours", "limits", "claims", "reserved"}
    if unknown:
        raise ValueError(f"gpus.{sorted(unknown)[0]} is not known")
    most = table.get("max_per_user")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
        raise ValueError("gpus.max_per_user is no number")
    limits = table.get("limits", "refuse")
    if limits not in ("refuse", "warn"):
        raise ValueError('gpus.limits is neither "refuse" nor "warn"')
    free, quiet, claims = table.get("min_free"), table.get("quiet_hours"), table.get("claims")
    if claims is not None and not (isinstance(claims, str) and claims.startswith("/")):
        raise ValueError("gpus.claims is no absolute path")
    return Site(
        path,
        most,
        0 if free is None else amounts.memory(str(free)),
        None if quiet is None else _hours(str(quiet)),
        limits == "refuse",
        claims,
        _reserved(table.get("reserved", [])),
        _faults(content.get("node", {})),
    )


def _faults(table: Any) -> Tuple[str, ...]:
    listed = table.get("faults", []) if isinstance(table, dict) else None
    if not isinstance(listed, list) or not all(name in FAULTS for name in listed):
        raise ValueError(f"node.faults is no list of {', '.join(FAULTS)}")
    return tuple(listed)


def _hours(text: str) -> Tuple[int, int]:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-4]):([0-5][0-9])", text.strip())
    if not found:
        raise ValueError(f"gpus.quiet_hours is {text!r}; write 22:00-07:00")
    hours, minutes, until, rest = (int(part) for part in found.groups())
    return hours * 60 + minutes, until * 60 + rest


def _reserved(entries: Any) -> Tuple[Reserved, ...]:
    if not isinstance(entries, list):
        raise ValueError("gpus.reserved is no list of tables")
    made: List[Reserved] = []
    for entry in entries:
        if not isinstance(entry, dict) or "gpu" not in entry:
            raise ValueError("an entry of gpus.reserved names no gpu")
        users = entry.get("users", [])
        if not isinstance(users, list):
            raise ValueError("users of gpus.reserved is no list")
        made.append(Reserved(str(entry["gpu"]), tuple(map(str, users)), str(entry.get("why", ""))))
    return tuple(made)
