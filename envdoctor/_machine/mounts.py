"""Which paths lie on a network file system, and how to ask there without waiting for ever."""

from __future__ import annotations

import errno
import os
import queue
import re
import threading
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Tuple, TypeVar

T = TypeVar("T")
_Asked = Tuple[str, Callable[[], Any], Any]  # a place, a question about it, where to put the answer

_NETWORK = (
    *("9p", "afs", "autofs", "beegfs", "ceph", "cifs", "davfs", "fuse", "gfs2", "glusterfs", "gpfs", "lustre"),
    *("nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb2", "smb3", "smbfs", "wekafs"),
)


def is_network(filesystem: str) -> bool:
    """Whether a file system of this type, as in /proc/mounts, may wait for something outside this kernel."""
    return filesystem in _NETWORK or filesystem.startswith("fuse.")


def parse_mountinfo(text: str) -> Dict[str, str]:
    """Mount point -> file system type. A later mount on the same point covers the earlier one."""
    kinds: Dict[str, str] = {}
    for line in text.splitlines():
        fields = line.split(" ")
        if "-" not in fields[6:]:
            continue
        after = fields.index("-", 6) + 1
        if after < len(fields):
            kinds[_unescaped(fields[4])] = fields[after]
    return kinds


def _unescaped(path: str) -> str:
    if "\\" not in path:
        return path
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), path)


def _own_mounts() -> Dict[str, str]:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return parse_mountinfo(file.read())
    except OSError:  # no /proc: every path is asked directly
        return {}


class Mounts:
    """Says which mount a path must be asked through with patience. The table is read once, at the first question.

    Links are followed one by one with readlink on the local side, so that a local link onto a network mount is seen
    before anything is asked there. Not seen: a link changed between the look and the question, mounts made later,
    overlays with a network layer below, and a network root (if that is dead, nothing here runs anyway).
    """

    def __init__(self, kinds: Optional[Mapping[str, str]] = None) -> None:
        self._kinds = kinds
        self._points: Optional[Set[str]] = None
        self._links: Dict[str, Optional[str]] = {}

    def network(self, path: str) -> Optional[str]:
        """The first network mount point on the way to this absolute path, or None."""
        if self._points is None:
            kinds = _own_mounts() if self._kinds is None else self._kinds
            self._points = {point for point, kind in kinds.items() if is_network(kind) and point != "/"}
        return self._walk(path, self._points) if self._points else None

    def _walk(self, path: str, points: Set[str]) -> Optional[str]:
        rest, at, followed = path.split("/")[::-1], "", 0
        while rest:
            name = rest.pop()
            if name in ("", "."):
                continue
            if name == "..":
                at = at.rpartition("/")[0]
                continue
            step = f"{at}/{name}"
            if step in points:
                return step
            target = self._target(step)
            if target is None:
                at = step
                continue
            followed += 1
            if followed > 40:  # the kernel says ELOOP at the same count
                return None
            rest += target.split("/")[::-1]
            if target.startswith("/"):
                at = ""
        return None

    def _target(self, path: str) -> Optional[str]:
        if path not in self._links:
            try:
                self._links[path] = os.readlink(path)
            except (OSError, ValueError):  # no link, not there, closed: the question itself will tell
                self._links[path] = None
        return self._links[path]


class Silent(Exception):
    """Nothing came back in time."""


class Patience:
    """Asks what may never be answered, in daemon threads.

    A place that once let a question wait too long answers no more (Silent at once), until a late answer arrives and
    shows that it was only slow. A thread that is never answered stays behind; it does not keep the process alive.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._silent: Set[str] = set()
        self._idle: List[queue.SimpleQueue[_Asked]] = []  # threads that wait for a question: starting one costs more

    def ask(self, place: str, question: Callable[[], T]) -> T:
        """The answer, or what the question raised, or Silent."""
        if place in self._silent:
            raise Silent(f"{place} did not answer before")
        box: queue.SimpleQueue[Tuple[bool, Any]] = queue.SimpleQueue()
        self._thread().put((place, question, box))
        try:
            answered, answer = box.get(timeout=self.seconds)
        except queue.Empty:
            self._silent.add(place)
            if box.empty():
                raise Silent(f"{place} did not answer within {self.seconds:g} s") from None
            self._silent.discard(place)  # it came just now
            answered, answer = box.get()
        if not answered:
            raise answer
        return answer  # type: ignore[no-any-return]

    def _thread(self) -> queue.SimpleQueue[_Asked]:
        try:
            return self._idle.pop()
        except IndexError:
            inbox: queue.SimpleQueue[_Asked] = queue.SimpleQueue()
        try:
            threading.Thread(target=self._answer, args=(inbox,), name="patience", daemon=True).start()
        except RuntimeError as error:  # the limit of processes is reached
            raise OSError(errno.EAGAIN, str(error)) from error
        return inbox

    def _answer(self, inbox: queue.SimpleQueue[_Asked]) -> None:
        while True:
            place, question, box = inbox.get()
            try:
                answer: Tuple[bool, Any] = (True, question())
            except Exception as error:  # noqa: BLE001 - raised again where it was asked
                answer = (False, error)
            self._idle.append(inbox)
            box.put(answer)
            self._silent.discard(place)  # after the put: the one who asked may be giving up just now
            del question, box, answer  # what is held while waiting would never be freed
