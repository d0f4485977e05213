"""From a process to the login it came from, and how sure that is.

The witnesses, strongest first: logind's session; the utmp line of the process's terminal; a utmp line whose sshd is an
ancestor, or shares the kernel's audit session (which setsid, nohup and tmux keep); sshd's own variables in the
environment (a program may set those: likely); the one ssh connection that no utmp line explains (a login without a
terminal writes none); the terminal logins of that user when the process began (wtmp).
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Optional

from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, value_or
from .model import Login, Place
from .proc import Details, ancestors, epoch
from .tables import BOOT, LOGIN, LOGOUT, Entry, Tables, is_inside

SOURCE = "login records"
_SKEW = 2  # seconds: a login is recorded with whole seconds, and a moment before or after its shell starts


def login_of(
    host: Host, tables: Tables, pid: int, place: Place, details: Optional[Details], user: str
) -> Reading[Login]:
    """Absent: no login is behind it. `details` is None where /proc hides the process; its place may still be known."""
    by_logind = _logind(tables, place.session)
    audit = tables.audit_session(pid) if details and by_logind is None else ""
    by_logind = by_logind or _logind(tables, audit)
    if by_logind is not None:
        return Known(by_logind, SOURCE)
    if details is None:
        return Unknown("denied", "/proc hides this process, and its control group names no session", SOURCE)
    found = (
        _terminal(tables, details)
        or _ancestor(host, tables, details, audit)
        or _environment(host, pid)
        or _elimination(tables, audit)
        or _past(tables, details, user)
    )
    if found is not None:
        return Known(found, SOURCE)
    if place.unit or place.container or place.pod:
        return Absent((f"no login: it was started by {place.unit or place.container or 'a pod'}",))
    if not audit:
        return Unknown("not-looked", "no record ties this process to a login", SOURCE)
    return Unknown("not-looked", f"its login (audit session {audit}) has left no record", SOURCE)


def inside_of(tables: Tables, details: Details) -> str:
    """tmux or screen, by the utmp line of the terminal it runs in."""
    for entry in tables.utmp:
        if details.tty and entry.line == details.tty and is_inside(entry.host) and entry.host[0] != ":":
            return entry.host.partition("(")[0]
    return ""


def _logind(tables: Tables, name: str) -> Optional[Login]:
    session = tables.session(name) if name else None
    if session is None:
        return None
    host = session.host if session.remote else ""
    ended = ", logged out since" if session.state == "closing" else ""
    return Login(host, "certain", f"logind's session {name}{ended}", session.user)


def _terminal(tables: Tables, details: Details) -> Optional[Login]:
    began = epoch(details.started)
    for entry in tables.live:
        if details.tty and entry.line == details.tty and began is not None and entry.at <= began + _SKEW:
            return _by(entry, "certain", f"utmp's line of its terminal {entry.line}")
    return None


def _ancestor(host: Host, tables: Tables, details: Details, audit: str) -> Optional[Login]:
    live = tables.live
    if not live:
        return None
    above = ancestors(host, details)
    for entry in live:
        if entry.pid in above:
            return _by(entry, "certain", f"utmp's line {entry.line}, whose process is an ancestor")
    for entry in live:
        if audit and tables.audit_session(entry.pid) == audit:
            return _by(entry, "certain", f"the same audit session as utmp's line {entry.line}")
    return None


def _environment(host: Host, pid: int) -> Optional[Login]:
    """Readable for one's own processes, and for root."""
    text = value_or(host.read(f"/proc/{pid}/environ"), "")
    found = re.search(r"(?:^|\0)SSH_CONNECTION=([0-9A-Fa-f.:%\w]{1,80}) ", text)
    return Login(found.group(1), "likely", "SSH_CONNECTION in its environment") if found else None


_SSH = frozenset((22, 2222, 2022))  # what sshd listens on, as a rule


def _elimination(tables: Tables, audit: str) -> Optional[Login]:
    if not audit or audit not in tables.sshd_sessions:
        return None
    known = {entry.host for entry in tables.live}
    listening = {each.port for each in tables.connections if each.listening}
    peers = (each.peer for each in tables.connections if not each.listening and each.port in listening & _SSH)
    left = sorted(set(peers) - known)
    return _one_of(left, "the one ssh connection that no utmp line explains", "ssh connections no utmp line explains")


def _past(tables: Tables, details: Details, user: str) -> Optional[Login]:
    began = epoch(details.started)
    if began is None or not user:
        return None
    hosts = sorted({entry.host for entry in _open_at(tables.wtmp, began) if entry.user == user and entry.host})
    return _one_of(
        [name for name in hosts if not is_inside(name)],
        "the only terminal login of that user when it began (wtmp)",
        "terminal logins of that user when it began (wtmp)",
    )


def _open_at(entries: Iterable[Entry], moment: float) -> Iterable[Entry]:
    """Logins that had begun and not ended: the next record of the same line ends one, a reboot all of them."""
    live: Dict[str, Entry] = {}
    for entry in entries:
        if entry.at > moment + _SKEW:
            break
        if entry.kind == BOOT:
            live.clear()
        elif entry.kind == LOGIN:
            live[entry.line] = entry
        elif entry.kind == LOGOUT:
            live.pop(entry.line, None)
    return live.values()


def _one_of(hosts: List[str], one: str, several: str) -> Optional[Login]:
    if not hosts:
        return None
    return Login(hosts[0], "likely", one) if len(hosts) == 1 else Login(", ".join(hosts[:5]), "one-of", several)


def _by(entry: Entry, certainty: str, how: str) -> Login:
    return Login(entry.host, certainty, how, entry.user)
