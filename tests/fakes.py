"""A machine made of dictionaries, for probe tests that need one odd thing and nothing else."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Dict, Mapping, Optional, Sequence, Set, Tuple

from envdoctor.host import Disk, Identity, NvmlAnswer, Output, Process, Stat
from envdoctor.reading import Absent, Known, Reading, Unknown


@dataclass
class FakeHost:
    """Files are text or bytes by path; folders follow from files and `dirs`; links map a path to a target as written.

    `denied` paths (and all below) answer Unknown(denied), `stuck` ones Unknown(timeout). Commands are keyed by argv.
    """

    files: Dict[str, object] = field(default_factory=dict)
    dirs: Set[str] = field(default_factory=set)
    links: Dict[str, str] = field(default_factory=dict)
    executables: Set[str] = field(default_factory=set)
    read_only: Set[str] = field(default_factory=set)
    denied: Set[str] = field(default_factory=set)
    stuck: Set[str] = field(default_factory=set)
    commands: Dict[Tuple[str, ...], Reading[Output]] = field(default_factory=dict)
    asks: Dict[Tuple[str, ...], Reading[str]] = field(default_factory=dict)
    disks: Dict[str, Disk] = field(default_factory=dict)
    nvml_answer: Reading[NvmlAnswer] = field(default_factory=lambda: Absent(("libnvidia-ml.so.1",)))
    process_table: Dict[int, Process] = field(default_factory=dict)
    hidden: Set[int] = field(default_factory=set)  # processes that live, and that /proc does not show
    who: Identity = field(default_factory=lambda: Identity(1000, "ana", "/home/ana", "linux", "5.15.0", "x86_64"))
    cpu_count: int = 8
    environ: Mapping[str, str] = field(default_factory=lambda: {"PATH": "/usr/bin:/bin", "HOME": "/home/ana"})
    cwd: str = "/home/ana/work"
    resource_limits: Tuple[Tuple[str, int, int], ...] = (("open-files", 1024, 1048576),)

    def _closed(self, path: str) -> Optional[Unknown]:
        path = posixpath.normpath(path)
        for top in self.denied:
            if path == top or path.startswith(top.rstrip("/") + "/"):
                return Unknown("denied", "Permission denied", path)
        for top in self.stuck:
            if path == top or path.startswith(top.rstrip("/") + "/"):
                return Unknown("timeout", "the file system did not answer", path)
        return None

    def _resolve(self, path: str) -> str:
        path = posixpath.normpath(path)
        for _ in range(40):
            done, changed = "", False
            for part in path.strip("/").split("/"):
                done += "/" + part
                if done in self.links:
                    rest = path[len(done) :]
                    path = posixpath.normpath(posixpath.join(posixpath.dirname(done), self.links[done]) + rest)
                    changed = True
                    break
            if not changed:
                return path
        return path

    def _is_dir(self, path: str) -> bool:
        below = path.rstrip("/") + "/"
        every = [*self.files, *self.dirs, *self.links]
        return path in self.dirs or path == "/" or any(name.startswith(below) for name in every)

    def _bytes(self, path: str) -> Optional[bytes]:
        content = self.files.get(self._resolve(path))
        if content is None:
            return None
        return content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogateescape")

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        content = self._bytes(path)
        if closed := self._closed(path):
            return closed
        if content is None:
            return Unknown("failed", "Is a directory", path) if self._is_dir(self._resolve(path)) else Absent((path,))
        return Known(content[:limit].decode("utf-8", "surrogateescape"), path)

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        content = self._bytes(path)
        if closed := self._closed(path):
            return closed
        return Absent((path,)) if content is None else Known(content[offset : offset + size], path)

    def search(
        self, path: str, pattern: str, limit: int = 64, start: int = 0, size: Optional[int] = None
    ) -> Reading[Tuple[str, ...]]:
        content = self._bytes(path)
        if closed := self._closed(path):
            return closed
        if content is None:
            return Absent((path,))
        content = content[start : None if size is None else start + size]
        found = re.finditer(pattern.encode("latin-1"), content)
        return Known(tuple(match.group().decode("latin-1") for match, _ in zip(found, range(limit))), path)

    def listdir(self, path: str) -> Reading[Tuple[str, ...]]:
        if closed := self._closed(path):
            return closed
        top = self._resolve(path)
        if not self._is_dir(top):
            return Absent((path,))
        below = top.rstrip("/") + "/"
        every = [*self.files, *self.dirs, *self.links]
        return Known(tuple(sorted({n[len(below) :].split("/")[0] for n in every if n.startswith(below)})), path)

    def stat(self, path: str) -> Reading[Stat]:
        if closed := self._closed(path):
            return closed
        real = self._resolve(path)
        content = self._bytes(real)
        if content is not None:
            kind = "char-device" if real.startswith("/dev/") else "file"
            return Known(Stat(kind, len(content), 0o100755, 1000, 0.0, 1, hash(real) & 0xFFFF), path)
        if self._is_dir(real):
            return Known(Stat("dir", 4096, 0o40755, 1000, 0.0, 1, hash(real) & 0xFFFF), path)
        return Absent((path,))

    def readlink(self, path: str) -> Reading[str]:
        return Known(self.links[path], path) if path in self.links else Absent((path,))

    def realpath(self, path: str) -> Reading[str]:
        if closed := self._closed(path):
            return closed
        real = self._resolve(path)
        return Known(real, path) if isinstance(self.stat(real), Known) else Absent((path,))

    def access(self, path: str, mode: str) -> Reading[bool]:
        found = self.stat(path)
        if not isinstance(found, Known):
            return found
        if "w" in mode and any(path == top or path.startswith(top.rstrip("/") + "/") for top in self.read_only):
            return Known(False, path)
        return Known(True, path)

    def disk(self, path: str) -> Reading[Disk]:
        if closed := self._closed(path):
            return closed
        best = [top for top in self.disks if path == top or path.startswith(top.rstrip("/") + "/")]
        return Known(self.disks[max(best, key=len)], path) if best else Absent((path,))

    def which(self, name: str) -> Tuple[str, ...]:
        found = [posixpath.join(folder, name) for folder in self.environ.get("PATH", "").split(":") if folder]
        return tuple(path for path in found if self._bytes(path) is not None and self._closed(path) is None)

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        return self.commands.get(tuple(argv), Absent((argv[0],)))

    def ask(self, python: str, script: str, args: Sequence[str], seconds: float) -> Reading[str]:
        return self.asks.get((python, script), Absent((python,)))

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        return self.nvml_answer

    def process(self, pid: int) -> Reading[Process]:
        return (
            Known(self.process_table[pid], f"/proc/{pid}") if pid in self.process_table else Absent((f"/proc/{pid}",))
        )

    def alive(self, pid: int) -> Reading[bool]:
        return Known(pid in self.process_table or pid in self.hidden, f"signal 0 to {pid}")

    def identity(self) -> Identity:
        return self.who

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        return self.resource_limits

    def cpus(self) -> Reading[int]:
        return Known(self.cpu_count, "sched_getaffinity")

    def now(self) -> str:
        return "2026-11-24T12:00:00Z"
