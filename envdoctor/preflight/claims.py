"""Claims on GPUs between users: one lock a UUID, held by the job itself. Advisory: who does not ask is not held back.

What it is against: two people who look at the same second and pick the same card, before either has memory on it.
"""

from __future__ import annotations

import errno
import re
from typing import Dict, Iterable, List, Mapping, Optional, Tuple

from .._machine import claims as locks
from ..frozen import frozen
from ..host import Host
from ..reading import Known, value_or

#: Tried in this order; where one is no folder that all may use, everybody goes on to the next.
FOLDERS = ("/run/lock/envdoctor", "/dev/shm/envdoctor-claims", "/tmp/envdoctor-claims")
QUEUE = "waiting"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE)


@frozen
class Owner:
    """Who holds a claim: pid 0 and uid None where the kernel does not show it (another PID name space)."""

    pid: int
    uid: Optional[int]
    words: str


TAKEN = "taken"
HIDDEN = Owner(0, None, "somebody who is not visible to you, or gone by now")


class Claims:
    """The claims that this process holds, and what can be seen of others'."""

    def __init__(self, host: Host, folder: Optional[str] = None) -> None:
        """`folder` overrides the usual places; where none can be used, `trouble` says why and nothing is claimed."""
        self._host = host
        self._folder: Optional[int] = None
        self._held: Dict[str, int] = {}
        self.path = ""
        self.warnings: List[str] = []
        self.trouble = ""
        self._open((folder,) if folder else FOLDERS)

    def _open(self, folders: Iterable[str]) -> None:
        why = ""
        for path in folders:
            try:
                self._folder, self.path = locks.open_folder(path), path
                return
            except locks.Foul as foul:
                why = f"{path} {foul} (it belongs to uid {foul.uid})"
                self.warnings.append(f"no claims in {why}")
            except OSError as error:
                why = f"{path}: {error.strerror or error}"
        self.trouble = f"nothing is claimed, others may pick the same GPU: {why}"

    def owners(self, uuids: Iterable[str]) -> Dict[str, Owner]:
        """UUID -> who holds it, for those that somebody is seen to hold. Nothing is locked for the question.

        The kernel stops all locking for its answer, which takes 20 ms: not asked without need.
        """
        if self._folder is None:
            return {}
        seen = {lock.file: lock.pid for lock in self._locks() if lock.kind == "FLOCK"}
        found: Dict[str, Owner] = {}
        for uuid in uuids:
            where = locks.file_named(self._folder, _name(uuid))
            if where is not None and where in seen:
                found[uuid] = self._owner(seen[where])
        return found

    def _locks(self) -> List[locks.Lock]:
        return locks.locks(str(value_or(self._host.read("/proc/locks", 4 << 20), "")))

    def _owner(self, pid: int) -> Owner:
        process = self._host.process(pid)
        if not isinstance(process, Known):
            return Owner(pid, None, f"a process that is not visible to you (pid {pid})")
        command = f", {process.value.command}" if process.value.command else ""
        return Owner(pid, process.value.uid, f"{process.value.user} (pid {pid}{command})")

    def take(self, uuid: str) -> str:
        """Nothing when the claim is held now (or none can be made here: `trouble`), else TAKEN or why it is not."""
        if self._folder is None or uuid in self._held:
            return ""
        try:
            self._held[uuid] = locks.take(self._folder, _name(uuid))
        except locks.Taken:
            return TAKEN
        except locks.Foul as foul:
            return f"its claim file {self.path}/{_name(uuid)} {foul} (it belongs to uid {foul.uid})"
        except OSError as error:
            if error.errno not in _FULL:
                return f"it could not be claimed: {error.strerror or error}"
            self.trouble = f"nothing is claimed, others may pick the same GPU: {self.path}: {error.strerror}"
        return ""

    def release(self) -> None:
        for descriptor in self._held.values():
            locks.close(descriptor)
        self._held.clear()

    def hand_over(self) -> None:
        """The program that this process becomes keeps the claims, to the end of its life."""
        for descriptor in self._held.values():
            locks.inherit(descriptor)

    def held(self) -> Tuple[str, ...]:
        return tuple(self._held)

    def queue(self) -> Queue:
        return Queue(self._folder)


class Queue:
    """A place in the line of those who wait, by time of arrival; the kernel gives it up when this process ends.

    Each stands on one byte of a file, at the number of nanoseconds since the machine started.
    """

    def __init__(self, folder: Optional[int]) -> None:
        self._file: Optional[int] = None
        self._number = 0
        if folder is not None:
            try:
                self._file = locks.open_file(folder, QUEUE)
            except (OSError, locks.Foul):  # waiting works without an order
                return

    def join(self, number: int) -> None:
        """Stand in line. Where that is refused everybody is taken for the first."""
        self._number = number
        if self._file is not None and not locks.queue_up(self._file, number):
            self.leave()

    def is_first(self) -> bool:
        return self._file is None or not locks.somebody_before(self._file, self._number)

    def leave(self) -> None:
        if self._file is not None:
            locks.close(self._file)
            self._file = None


def folder_for(environ: Mapping[str, str], site: Optional[str]) -> Optional[str]:
    """ENVDOCTOR_CLAIMS, or the site's folder: for containers that share one with their machine, and for tests."""
    return environ.get("ENVDOCTOR_CLAIMS") or site


def _name(uuid: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "_", uuid)[:100]
