"""Files of /proc and /sys that are read many times a second: opened once, each look one system call."""

from __future__ import annotations

import os
import resource
import time
from typing import List, Optional

TICKS = os.sysconf("SC_CLK_TCK")  # of CPU time in /proc/PID/stat, a second


class Pinned:
    """A small file of /proc that stays open. A process that has gone answers None, also when its number is reused."""

    def __init__(self, path: str) -> None:
        """Nothing is raised: a file that cannot be opened has no text, and `refused` says whether it may not be."""
        self.refused = False
        self._descriptor = -1
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError:
            self.refused = True
        except OSError:
            pass

    def text(self, limit: int = 4096) -> Optional[str]:
        if self._descriptor < 0:
            return None
        try:
            return os.pread(self._descriptor, limit, 0).decode("utf-8", "surrogateescape") or None
        except PermissionError:
            self.refused = True
            return None
        except OSError:
            return None

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def children(pid: int, every_thread: bool) -> Optional[List[int]]:
    """Pids of the children that the main thread has started, or any thread. None: this kernel does not tell."""
    try:
        threads = os.listdir(f"/proc/{pid}/task") if every_thread else [str(pid)]
    except OSError:
        return []
    found: List[int] = []
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
        except PermissionError:
            continue
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{thread}"):
                return None
        except OSError:
            continue
    return found


def open_files(pid: int, most: int = 256) -> List[str]:
    """Paths that a process has open now, as far as this user may see them."""
    found = []
    try:
        names = os.listdir(f"/proc/{pid}/fd")[:most]
    except OSError:
        return []
    for name in names:
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue
    return found


def own_cpu() -> float:
    """CPU seconds that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def monotonic() -> float:
    return time.monotonic()


def since_1970() -> float:
    return time.time()


def pause(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)
