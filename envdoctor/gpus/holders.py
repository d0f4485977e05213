"""Everybody whom the driver names as a holder of a card."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Mapping, Optional, Tuple

from ..facts import Gpu, Holder
from ..frozen import frozen
from ..host import Host
from ..probes._nvml import SOURCE, field
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from .hidden import Groups, missing
from .model import Held, Idle, Login, Place
from .origin import inside_of, login_of
from .place import place_of
from .proc import Details, command_line, details, epoch, page_size
from .tables import Tables

IDLE_CPU = 0.02  # of one CPU over a whole life: a process with less of it waits
IDLE_AGE = 600  # seconds: before that, a job may still be reading its data
_STANDS = 8  # seconds for which, and up to twice of it, what was learnt of a process stands in a watch
_TABLES_STAND = 60  # seconds, of who is logged in

_Record = Mapping[str, object]


@frozen
class _About:
    """What is known of a pid, whatever card it is on."""

    command: Reading[str]
    cpu_seconds: Reading[float]
    began: Reading[int]  # seconds since 1970
    host_memory: Reading[int]
    place: Reading[Place]
    login: Reading[Login]
    inside: str = ""
    missing: str = ""
    parent: str = ""
    user: str = ""  # by its control group, where /proc does not show it


@frozen
class _Driver:
    """What the driver tells of the processes on one card, by pid."""

    shares: Reading[Any]  # {pid: an entry of process_utilisation}
    lives: Mapping[int, Optional[int]]  # percent of a life with a kernel running, where accounting is on
    instances: Mapping[int, int]  # of MIG


class Holders:
    """Asks each pid once, on however many cards it is."""

    def __init__(self, host: Host, foreign: bool, whole: bool) -> None:
        """`foreign`: /proc is a container's, so that the driver's numbers mean other processes. `whole`: others'
        command lines are read too, not their programs' names alone."""
        self._whole = whole
        self._host = host
        self._foreign = foreign
        self._now = epoch(host.now()) or 0
        self._page = page_size(host)
        self._tables, self._tables_until = Tables(host), self._now + _TABLES_STAND
        self._groups = Groups(host)
        self._kept: Dict[int, Tuple[int, str, _About]] = {}  # when it was learnt, of a process with which start

    def again(self) -> None:
        """Begin another look, seconds later: what was learnt of a process stands for a while, then it is asked anew."""
        self._now = epoch(self._host.now()) or 0
        if self._now >= self._tables_until:
            self._tables, self._groups = Tables(self._host), Groups(self._host)
            self._tables_until = self._now + _TABLES_STAND

    def held(self, gpu: Gpu, listed: Tuple[Holder, ...], record: _Record) -> Tuple[Held, ...]:
        """`record` is the NVML worker's of this card ({} where nvidia-smi answered in its place)."""
        driver = _driver(record)
        return tuple(self._one(gpu, holder, driver) for holder in listed)

    def _one(self, gpu: Gpu, holder: Holder, driver: _Driver) -> Held:
        about = self._known(holder)
        if about.user and not isinstance(holder.user, Known):
            holder = dataclasses.replace(holder, user=Known(about.user, "its control group"))
        share, samples, busy = _share(driver.shares, holder.pid)
        age = mapped(about.began, lambda began: max(0, self._now - began))
        load = share if isinstance(share, Known) else gpu.utilisation
        return Held(  # by position: of hundreds of holders, once a second in a watch
            holder,
            about.command,
            share,
            samples,
            about.cpu_seconds,
            age,
            about.host_memory,
            about.place,
            about.login,
            about.inside,
            idle(load, about.cpu_seconds, age),
            idle_for(load, self._now - busy if busy else None, driver.lives.get(holder.pid), age),
            driver.instances.get(holder.pid),
            about.missing,
            about.parent,
        )

    def _known(self, holder: Holder) -> _About:
        """Asked anew after a while (not all at the same look), and when the number is another process's."""
        started = str(value_or(holder.started, "")) + str(value_or(holder.state, "") == "Z")
        at, of, about = self._kept.get(holder.pid, (0, "", None))
        if about is None or of != started or self._now - at > _STANDS + holder.pid % _STANDS:
            about = self._about(holder)
            self._kept[holder.pid] = (self._now, started, about)
        return about

    def _about(self, holder: Holder) -> _About:
        host, pid = self._host, holder.pid
        if self._foreign:
            unseen = Unknown("not-looked", "it runs outside this container", f"/proc/{pid}")
            return _About(unseen, unseen, unseen, unseen, unseen, unseen, missing="elsewhere")
        started = value_or(holder.started, "")
        found = details(host, pid, started)
        if not isinstance(found, Known):
            return self._unseen(holder, found)
        seen, began = found.value, epoch(started)
        place = mapped(host.read(f"/proc/{pid}/cgroup", 1 << 16), place_of)
        unknown = Unknown("failed", "its start is not known", found.source)
        return _About(
            command=command_line(host, pid) if self._whole or value_or(holder.mine, False) else holder.command,
            cpu_seconds=Known(seen.cpu_seconds, found.source),
            began=unknown if began is None else Known(began, found.source),
            host_memory=mapped(self._page, lambda page: seen.pages * page),
            place=place,
            login=login_of(host, self._tables, pid, value_or(place, Place()), seen, value_or(holder.user, "")),
            inside=inside_of(self._tables, seen),
            parent=self._parent(seen) if value_or(holder.state, "") == "Z" else "",
        )

    def _unseen(self, holder: Holder, found: Reading[Any]) -> _About:
        """Hidden by hidepid, or gone. Its control group may still tell who it is."""
        if isinstance(found, Unknown) and found.reason == "not-looked":  # a recorded machine
            return _About(found, found, found, found, found, found)
        path = self._groups.path(holder.pid)
        hidden = isinstance(holder.user, Known) or path
        why = "hidden" if hidden else missing(self._host, holder.pid)
        if not path:
            return _About(found, found, found, found, found, found, missing=why)
        place = place_of(path)
        session = self._tables.session(place.session) if place.session else None
        return _About(
            *(found, found, found, found),
            place=Known(place, path),
            login=login_of(self._host, self._tables, holder.pid, place, None, ""),
            missing=why,
            user=session.user if session is not None else self._user(place.uid),
        )

    def _parent(self, zombie: Details) -> str:
        above = value_or(details(self._host, zombie.parent, ""), None)
        return f"pid {zombie.parent}" + (f" ({above.command})" if above is not None else "")

    def _user(self, uid: str) -> str:
        """The name of a user slice's number, from /etc/passwd; the number itself where it is not there."""
        for line in value_or(self._host.read("/etc/passwd"), "").splitlines() if uid else ():
            fields = line.split(":")
            if len(fields) > 2 and fields[2] == uid:
                return fields[0]
        return uid


def idle(utilisation: Reading[int], cpu: Reading[float], age: Reading[int]) -> Reading[bool]:
    """Whether a holder computes nothing. Unknown where this moment alone says so.

    0 % is a moment, and a job that reads data has such moments too. 0 % of a process that has used next to no CPU
    time in a long life is not.
    """
    if not isinstance(utilisation, Known):
        return utilisation
    if utilisation.value > 0:
        return Known(False, utilisation.source)
    old = isinstance(age, Known) and age.value >= IDLE_AGE
    if old and isinstance(cpu, Known) and cpu.value < IDLE_CPU * value_or(age, 0):
        return Known(True, cpu.source)
    return Unknown("not-looked", "at 0 % at this moment, for how long cannot be told", utilisation.source)


def idle_for(load: Reading[int], since_busy: Optional[int], life: Optional[int], age: Reading[int]) -> Reading[Idle]:
    """For how long a holder has computed nothing, as far as one look can tell.

    `since_busy`: seconds since the driver's newest sample of it that was not 0. `life`: its share over its whole life,
    which the driver keeps where an administrator has switched accounting on.
    """
    if not isinstance(load, Known):
        return Unknown("not-looked", "the driver does not tell its load", SOURCE) if isinstance(load, Absent) else load
    if load.value > 0:
        return Absent(("it computes",))
    if since_busy is not None:
        return Known(Idle(max(0, since_busy), "the driver's samples"), SOURCE)
    if life == 0 and isinstance(age, Known):
        return Known(Idle(age.value, "the driver's accounting: 0 % of its life"), SOURCE)
    return Unknown("not-looked", "one look cannot tell; `envdoctor gpus --watch` counts", SOURCE)


def _driver(record: _Record) -> _Driver:
    shares = mapped(field(record, "process_utilisation"), lambda entries: {entry["pid"]: entry for entry in entries})
    lives = value_or(field(record, "accounting"), None) or ()
    instances = {
        int(process["pid"]): int(process["gpu_instance"])
        for name in ("mps_processes", "graphics_processes", "compute_processes")
        for process in value_or(field(record, name), ())
        if process.get("gpu_instance") is not None
    }
    return _Driver(shares, {life["pid"]: life["gpu"] for life in lives}, instances)


def _share(shares: Reading[Any], pid: int) -> Tuple[Reading[int], int, int]:
    """Percent, samples, and when the newest was taken that was not 0, in seconds since 1970 (0: none was). A pid of
    which the driver keeps no sample has run nothing in the last seconds."""
    if not isinstance(shares, Known):
        return shares, 0, 0
    entry = shares.value.get(pid)
    if entry is None:
        return Known(0, shares.source), 0, 0
    return Known(int(entry["sm"]), shares.source), int(entry["samples"]), int(entry.get("busy", 0)) // 1_000_000
