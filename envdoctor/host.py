"""The machine: the one module that opens files, runs commands, calls NVML or reads the process table.

Every question has an answer of type Reading; none of them raises for what machines do. errno becomes a Reading
once, here: no such file is Absent, permission is Unknown(denied), the rest Unknown(failed).
"""

from __future__ import annotations

import os
import sys
import time
from typing import Callable, Dict, Mapping, Optional, Protocol, Sequence, Tuple, TypeVar

from ._machine import commands, files, inside, nvml, processes
from ._machine.mounts import Mounts, Patience, Silent
from ._machine.mounts import is_network as is_network  # for probes that name file systems
from .frozen import frozen
from .reading import Absent, Known, Reading, Unknown, mapped

T = TypeVar("T")


@frozen
class Stat:
    kind: str  # file | dir | char-device | other
    size: int  # bytes
    mode: int
    uid: int
    mtime: float
    device: int
    inode: int
    gid: int = -1  # -1: recorded before it was kept


@frozen
class Output:
    """A command that ended by itself: exit code and what it printed, decoded as UTF-8 with surrogateescape."""

    code: int
    out: str
    err: str


@frozen
class Disk:
    total: int  # bytes
    free: int  # bytes that this user may take
    inodes_total: int  # 0 where the file system does not count them
    inodes_free: int


@frozen
class Process:
    pid: int
    uid: int
    user: str  # the number as text where it has no name
    command: str  # the program's name, no arguments; this and what follows is "" where /proc hides it (hidepid)
    state: str  # R S D Z T ...
    started: str  # ISO 8601, UTC


@frozen
class Identity:
    uid: int
    user: str
    home: str
    system: str  # linux | darwin | windows
    kernel: str  # release
    machine: str  # x86_64


@frozen
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

    def search(
        self, path: str, pattern: str, limit: int = 64, start: int = 0, size: Optional[int] = None
    ) -> Reading[Tuple[str, ...]]:
        """Matches of a bytes regex (written in latin-1) in a binary file, in order, at most `limit`.

        Looked for in `size` bytes from `start`: one section of a large library; by default in the whole file.
        """

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

    def alive(self, pid: int) -> Reading[bool]:
        """Whether there is such a process, also where /proc hides it from this user (hidepid)."""

    def identity(self) -> Identity: ...

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        """Resource limits as (name, soft, hard), -1 for unlimited; names as in facts.session.Limit."""

    def cpus(self) -> Reading[int]:
        """CPUs in this process's affinity mask."""

    def now(self) -> str:
        """ISO 8601, UTC, whole seconds."""


class LocalHost:
    """This machine.

    `environ` stands for the user's environment (default: this process's own). Paths on network file systems are asked
    in a daemon thread, `patience` seconds long; `mounts` (mount point -> file system type) replaces the kernel's table.
    """

    def __init__(
        self,
        environ: Optional[Mapping[str, str]] = None,
        patience: float = 3.0,
        mounts: Optional[Mapping[str, str]] = None,
    ) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._mounts = Mounts(mounts)
        self._patience = Patience(patience)
        self._names: Dict[int, str] = {}
        self._programs: Dict[str, Tuple[str, ...]] = {}

    @property
    def environ(self) -> Mapping[str, str]:
        return self._environ

    @property
    def cwd(self) -> str:
        try:
            return os.getcwd()
        except OSError:  # it was removed: its name is all that is left
            return self._environ.get("PWD", "")

    def _ask(self, path: str, question: Callable[[], T]) -> Reading[T]:
        """The one place where an errno, a bad name or a silent mount becomes a Reading."""
        try:
            mount = self._mounts.network(path if path.startswith("/") else f"{self.cwd}/{path}")
            return Known(question() if mount is None else self._patience.ask(mount, question), path)
        except Silent as silence:
            return Unknown("timeout", str(silence), path)
        except (OSError, ValueError, OverflowError) as error:
            return files.told(error, path)

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        return self._ask(path, lambda: _text(files.read(path, 0, limit)))

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        return self._ask(path, lambda: files.read(path, offset, size))

    def search(
        self, path: str, pattern: str, limit: int = 64, start: int = 0, size: Optional[int] = None
    ) -> Reading[Tuple[str, ...]]:
        return self._ask(path, lambda: files.search(path, pattern, limit, start, size))

    def listdir(self, path: str) -> Reading[Tuple[str, ...]]:
        return self._ask(path, lambda: files.names(path))

    def stat(self, path: str) -> Reading[Stat]:
        return mapped(self._ask(path, lambda: os.stat(path)), _stat)

    def readlink(self, path: str) -> Reading[str]:
        return self._ask(path, lambda: files.link(path))

    def realpath(self, path: str) -> Reading[str]:
        return self._ask(path, lambda: files.real(path))

    def access(self, path: str, mode: str) -> Reading[bool]:
        return self._ask(path, lambda: files.allowed(path, mode))

    def disk(self, path: str) -> Reading[Disk]:
        return mapped(self._ask(path, lambda: os.statvfs(path)), _disk)

    def which(self, name: str) -> Tuple[str, ...]:
        if name not in self._programs:  # probes ask for half of them more than once
            here, folders = self.cwd, [""] if "/" in name else self._environ.get("PATH", os.defpath).split(":")
            candidates = dict.fromkeys(os.path.join(here, folder, name) for folder in folders)
            self._programs[name] = tuple(path for path in candidates if self._executable(path) == Known(True, path))
        return self._programs[name]

    def _executable(self, path: str) -> Reading[bool]:
        return self._ask(path, lambda: files.executable(path))

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        return self._run(argv, seconds, {"LC_ALL": "C", "LANGUAGE": None, **(env or {})}, limit, " ".join(argv)[:200])

    def _run(
        self, argv: Sequence[str], seconds: float, env: Mapping[str, Optional[str]], limit: int, source: str
    ) -> Reading[Output]:
        program = self._program(argv[0])
        if not isinstance(program, Known):
            return program
        ended = commands.run([program.value, *argv[1:]], self._overlaid(env), seconds, limit)
        if not isinstance(ended, commands.Ended):
            return ended
        if ended.code is None:
            return Unknown("timeout", f"no end within {seconds:g} s ({ended.left})", source)
        return Known(Output(ended.code, _text(ended.out), _text(ended.err)), source)

    def _overlaid(self, env: Mapping[str, Optional[str]]) -> Dict[str, str]:
        merged = {**self._environ, **env}
        return {name: value for name, value in merged.items() if value is not None}

    def _program(self, name: str) -> Reading[str]:
        """The file to start. Its first bytes are read with patience: starting it from a dead mount would not return."""
        if "/" in name:
            path = os.path.join(self.cwd, name)
        else:
            found = self.which(name)
            if not found:
                return Absent((f"{name} on PATH",))
            path = found[0]
        usable = self._executable(path)
        if usable == Known(False, path):
            return Unknown("denied", "not an executable file", path)
        first = self.read_bytes(path, 0, 2)
        if isinstance(first, Unknown) and first.reason == "timeout":
            return first
        return mapped(usable, lambda _: path)

    def ask(self, python: str, script: str, args: Sequence[str], seconds: float) -> Reading[str]:
        program, answered = inside.prepare(script, args)
        # In the user's own locale: the script reports on it, and prints ASCII whatever it is.
        ended = self._run([python, "-c", *program], seconds, {}, inside.LIMIT, python)
        return inside.between(ended.value, answered, python) if isinstance(ended, Known) else ended

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        return mapped(nvml.ask(self._overlaid(nvml.ENVIRONMENT), seconds), lambda answer: NvmlAnswer(*answer))

    def process(self, pid: int) -> Reading[Process]:
        row = self._ask(f"/proc/{pid}", lambda: processes.row(pid))
        return mapped(
            row, lambda row: Process(row.pid, row.uid, self._user(row.uid), row.command, row.state, row.started)
        )

    def alive(self, pid: int) -> Reading[bool]:
        return Known(processes.alive(pid), f"signal 0 to {pid}")

    def _user(self, uid: int) -> str:
        if uid not in self._names:
            try:
                name = self._patience.ask("the user database", lambda: processes.user_name(uid))
            except (Silent, OSError):  # a directory server that is down
                name = None
            self._names[uid] = name or str(uid)
        return self._names[uid]

    def identity(self) -> Identity:
        uid, system = os.geteuid(), os.uname()
        home = self._environ.get("HOME") or processes.home_of(uid)
        return Identity(uid, self._user(uid), home, sys.platform, system.release, system.machine)

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        return processes.limits()

    def cpus(self) -> Reading[int]:
        try:
            return Known(len(os.sched_getaffinity(0)), "sched_getaffinity")
        except (AttributeError, OSError) as error:  # no such call on macOS
            return Unknown("failed", str(error), "sched_getaffinity")

    def now(self) -> str:
        return processes.utc(time.time())


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _stat(found: os.stat_result) -> Stat:
    kind = files.kind(found.st_mode)
    return Stat(
        kind, found.st_size, found.st_mode, found.st_uid, found.st_mtime, found.st_dev, found.st_ino, found.st_gid
    )


def _disk(found: os.statvfs_result) -> Disk:
    unit = found.f_frsize
    return Disk(found.f_blocks * unit, found.f_bavail * unit, found.f_files, found.f_favail)
