"""The machine: the one module that opens files, runs commands, calls NVML or reads the process table.

Every question has an answer of type Reading; none of them raises for what machines do. errno becomes a Reading
once, here: no such file is Absent, permission is Unknown(denied), the rest Unknown(failed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional, Protocol, Sequence, Tuple

from .reading import Reading


@dataclass(frozen=True)
class Stat:
    kind: str  # file | dir | char-device | other
    size: int  # bytes
    mode: int
    uid: int
    mtime: float
    device: int
    inode: int


@dataclass(frozen=True)
class Output:
    """A command that ended by itself: exit code and what it printed, decoded as UTF-8 with surrogateescape."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Disk:
    total: int  # bytes
    free: int  # bytes that this user may take
    inodes_total: int  # 0 where the file system does not count them
    inodes_free: int


@dataclass(frozen=True)
class Process:
    pid: int
    uid: int
    user: str  # the number as text where it has no name
    command: str  # the program's name, no arguments
    state: str  # R S D Z T ...
    started: str  # ISO 8601, UTC


@dataclass(frozen=True)
class Identity:
    uid: int
    user: str
    home: str
    system: str  # linux | darwin | windows
    kernel: str  # release
    machine: str  # x86_64


@dataclass(frozen=True)
class NvmlAnswer:
    """What the NVML worker said before it ended: one record for the driver, one a GPU, in the worker's own JSON."""

    system: Mapping[str, object]
    gpus: Tuple[Mapping[str, object], ...]
    ended: str  # ok | timeout | crashed
    detail: str  # what it was doing when it stopped answering, with the process state; "" when it ended well


class Host(Protocol):
    """A machine, live or recorded."""

    @property
    def environ(self) -> Mapping[str, str]: ...

    @property
    def cwd(self) -> str: ...

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        """A text file, at most `limit` bytes of it, UTF-8 with surrogateescape. Only regular files are opened."""

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        """`size` bytes at `offset` (fewer at the end of the file)."""

    def search(self, path: str, pattern: str, limit: int = 64) -> Reading[Tuple[str, ...]]:
        """Matches of a bytes regex (written in latin-1) in a binary file, in order, at most `limit`; mapped."""

    def listdir(self, path: str) -> Reading[Tuple[str, ...]]:
        """Names in a folder, sorted."""

    def stat(self, path: str) -> Reading[Stat]:
        """Links followed; a dangling link is Absent."""

    def readlink(self, path: str) -> Reading[str]:
        """The target as written; Absent when it is no link or not there."""

    def realpath(self, path: str) -> Reading[str]:
        """All links resolved; Absent when it leads nowhere."""

    def access(self, path: str, mode: str) -> Reading[bool]:
        """Whether this user may: `mode` is made of the letters r, w, x. A read-only mount answers False to w."""

    def disk(self, path: str) -> Reading[Disk]: ...

    def which(self, name: str) -> Tuple[str, ...]:
        """Every executable of that name on PATH, in order; entries that may not be entered are passed over."""

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        """Run a command: no shell, stdin closed, LC_ALL=C, own session, output capped at `limit` bytes a stream.

        `env` overlays the environment; None as a value removes the variable. Absent: no such program.
        Unknown(timeout): no end within `seconds`; its group was killed and left behind, `detail` names its state.
        """

    def ask(self, python: str, script: str, args: Sequence[str], seconds: float) -> Reading[str]:
        """Run envdoctor/inside/`script`.py by that interpreter, and return the text between its two marker lines."""

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        """Ask NVML and libcuda in a worker process of envdoctor's own interpreter. Absent: no libnvidia-ml.so.1."""

    def process(self, pid: int) -> Reading[Process]: ...

    def identity(self) -> Identity: ...

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        """Resource limits as (name, soft, hard), -1 for unlimited; names as in facts.session.Limit."""

    def cpus(self) -> Reading[int]:
        """CPUs in this process's affinity mask."""

    def now(self) -> str:
        """ISO 8601, UTC, whole seconds."""
