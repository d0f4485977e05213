"""RecordingHost keeps every answer of a machine; ReplayHost gives them again, elsewhere and later.

Names and secrets are replaced on the way to the folder (envdoctor.redact), in questions and answers alike. Of the
environment only those variables are kept whose values were looked at. Still: read it before you give it away.
"""

from __future__ import annotations

import base64
import re
import threading
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple, TypeVar

from . import recorded_types as types
from .codec import to_plain
from .host import Disk, Host, Identity, NvmlAnswer, Output, Process, Stat
from .reading import Known, Reading, Unknown, mapped
from .recorded import key_of, load, redacted, write
from .redact import Redactor, is_secret_name
from .urls import HIDDEN, strip_credentials

T = TypeVar("T")

PERSONS = 1000  # user ids from here on are people's
_DIST_INFO = re.compile(r"(?m)^([\w.-]+?)-\d.*\.(?:dist|egg)-info$")
_NAME = re.compile(r"\"name\": ?\"([\w.-]+)\"")


class _Watched(Mapping[str, str]):
    """An environment that remembers which values were looked at; the others are nobody's business."""

    def __init__(self, inner: Mapping[str, str]) -> None:
        self._inner = inner
        self.seen: Set[str] = set()

    def __getitem__(self, name: str) -> str:
        value = self._inner[name]
        self.seen.add(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)


class RecordingHost:
    """Asks `inner`, passes its answers on, and keeps them. May be asked from several threads."""

    def __init__(self, inner: Host) -> None:
        self._inner = inner
        self._environ = _Watched(inner.environ)
        self._lock = threading.Lock()
        self._answers: Dict[str, Tuple[List[Any], Any]] = {}  # by key_of(question)
        self._limits: Dict[str, int] = {}  # of `read`, by path: the longest text is kept
        self._now = ""

    @property
    def environ(self) -> Mapping[str, str]:
        return self._environ

    @property
    def cwd(self) -> str:
        return self._inner.cwd

    def _kept(self, reading: Reading[T], *question: Any) -> Reading[T]:
        with self._lock:
            self._answers[key_of(question)] = (list(question), reading)
        return reading

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        reading = self._inner.read(path, limit)
        with self._lock:
            shorter = limit < self._limits.get(path, 0)
            self._limits[path] = max(limit, self._limits.get(path, 0))
        return reading if shorter else self._kept(reading, "read", path)

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        return self._kept(self._inner.read_bytes(path, offset, size), "read_bytes", path, offset, size)

    def search(
        self, path: str, pattern: str, limit: int = 64, start: int = 0, size: Optional[int] = None
    ) -> Reading[Tuple[str, ...]]:
        found = self._inner.search(path, pattern, limit, start, size)
        return self._kept(found, "search", path, pattern, limit, start, size)

    def listdir(self, path: str) -> Reading[Tuple[str, ...]]:
        return self._kept(self._inner.listdir(path), "listdir", path)

    def stat(self, path: str) -> Reading[Stat]:
        return self._kept(self._inner.stat(path), "stat", path)

    def readlink(self, path: str) -> Reading[str]:
        return self._kept(self._inner.readlink(path), "readlink", path)

    def realpath(self, path: str) -> Reading[str]:
        return self._kept(self._inner.realpath(path), "realpath", path)

    def access(self, path: str, mode: str) -> Reading[bool]:
        return self._kept(self._inner.access(path, mode), "access", path, mode)

    def disk(self, path: str) -> Reading[Disk]:
        return self._kept(self._inner.disk(path), "disk", path)

    def which(self, name: str) -> Tuple[str, ...]:
        found = self._inner.which(name)
        self._kept(Known(found, "PATH"), "which", name)
        return found

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        return self._kept(self._inner.run(argv, seconds, env, limit), "run", list(argv), dict(env or {}))

    def ask(self, python: str, script: str, args: Sequence[str], seconds: float) -> Reading[str]:
        return self._kept(self._inner.ask(python, script, args, seconds), "ask", python, script, list(args))

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        return self._kept(self._inner.nvml(seconds), "nvml")

    def process(self, pid: int) -> Reading[Process]:
        return self._kept(self._inner.process(pid), "process", pid)

    def alive(self, pid: int) -> Reading[bool]:
        return self._kept(self._inner.alive(pid), "alive", pid)

    def identity(self) -> Identity:
        return self._inner.identity()

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        return self._inner.limits()

    def cpus(self) -> Reading[int]:
        return self._kept(self._inner.cpus(), "cpus")

    def now(self) -> str:
        self._now = self._now or self._inner.now()
        return self._now

    def save(self, folder: str) -> None:
        """Write what was asked so far. ValueError: the folder holds something else; OSError: it cannot be written."""
        with self._lock:
            answers = [answer for _, answer in sorted(self._answers.items())]
        who = self._inner.identity()
        redactor = self._redactor(who, answers)
        plain = [(question, _plain(reading)) for question, reading in answers]
        redactor.redact_plain([answer for question, answer in plain if question[0] == "nvml"])  # see Redactor.redact
        head = {
            "now": self.now(),
            "identity": {**to_plain(who), "user": redactor.person(who.user), "home": redactor.redact(who.home)},
            "cwd": redactor.redact(self._inner.cwd),
            "limits": to_plain(self._inner.limits()),
            "environ": {name: _variable(name, self._inner.environ[name], redactor) for name in self._environ.seen},
        }
        write(folder, head, [redacted(question, answer, redactor) for question, answer in plain])

    def _redactor(self, who: Identity, answers: Sequence[Tuple[List[Any], Any]]) -> Redactor:
        """It knows the people of the process table, and the packages that may be called like one of them."""
        known = [(question[0], reading.value) for question, reading in answers if isinstance(reading, Known)]
        people = {value.user for _, value in known if isinstance(value, Process) and value.uid >= PERSONS}
        listed = [name for method, names in known if method == "listdir" for name in names]
        asked = [text for method, text in known if method == "ask"]
        host = self._inner.read("/proc/sys/kernel/hostname")
        return Redactor(
            who.home,
            who.user,
            host.value.strip() if isinstance(host, Known) else "",
            others=sorted(name for name in people if name != who.user and not name.isdigit()),
            keep=[*_DIST_INFO.findall("\n".join(listed)), *_NAME.findall("\n".join(asked))],
        )


def _plain(reading: Any) -> Any:
    """As JSON; bytes stay bytes, they are redacted as such."""
    if isinstance(reading, Known) and isinstance(reading.value, bytes):
        return {"known": reading.value, "source": reading.source}
    return to_plain(reading)


def _variable(name: str, value: str, redactor: Redactor) -> str:
    if value and is_secret_name(name):
        return HIDDEN
    if name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        return redactor.person(value)
    return redactor.redact(strip_credentials(value))


class ReplayHost:
    """Answers from a folder that RecordingHost.save wrote. ValueError, one sentence: there is none, or it is damaged.

    What was not asked when it was recorded is Unknown(not-looked).
    """

    def __init__(self, folder: str) -> None:
        head, self._answers = load(folder)
        try:
            self._identity = types.as_identity(head.get("identity"))
            self._now = types.as_text(head.get("now"))
            self._cwd = types.as_text(head.get("cwd"))
            self._limits = types.as_limits(head.get("limits"))
            self._environ = types.as_environ(head.get("environ"))
        except ValueError as error:
            raise ValueError(f"{folder}: this recording is damaged: {error}") from error

    @property
    def environ(self) -> Mapping[str, str]:
        return self._environ

    @property
    def cwd(self) -> str:
        return self._cwd

    def _answer(self, read: Callable[[Any], T], *question: Any) -> Reading[T]:
        asked = " ".join(map(str, question))
        plain = self._answers.get(key_of(question))
        if plain is None:
            return Unknown("not-looked", "not in the recording", asked)
        try:
            return mapped(types.as_reading(plain), read)
        except ValueError as error:
            return Unknown("unparsable", f"the recording is damaged: {error}", asked)

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        return mapped(self._answer(types.as_text, "read", path), lambda text: types.first_bytes(text, limit))

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        encoded = self._answer(types.as_text, "read_bytes", path, offset, size)
        return mapped(encoded, lambda text: base64.b64decode(text, validate=True))

    def search(
        self, path: str, pattern: str, limit: int = 64, start: int = 0, size: Optional[int] = None
    ) -> Reading[Tuple[str, ...]]:
        return self._answer(types.as_names, "search", path, pattern, limit, start, size)

    def listdir(self, path: str) -> Reading[Tuple[str, ...]]:
        return self._answer(types.as_names, "listdir", path)

    def stat(self, path: str) -> Reading[Stat]:
        return self._answer(types.as_stat, "stat", path)

    def readlink(self, path: str) -> Reading[str]:
        return self._answer(types.as_text, "readlink", path)

    def realpath(self, path: str) -> Reading[str]:
        return self._answer(types.as_text, "realpath", path)

    def access(self, path: str, mode: str) -> Reading[bool]:
        return self._answer(types.as_bool, "access", path, mode)

    def disk(self, path: str) -> Reading[Disk]:
        return self._answer(types.as_disk, "disk", path)

    def which(self, name: str) -> Tuple[str, ...]:
        found = self._answer(types.as_names, "which", name)
        return found.value if isinstance(found, Known) else ()

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        return self._answer(types.as_output, "run", list(argv), dict(env or {}))

    def ask(self, python: str, script: str, args: Sequence[str], seconds: float) -> Reading[str]:
        return self._answer(types.as_text, "ask", python, script, list(args))

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        return self._answer(types.as_nvml, "nvml")

    def process(self, pid: int) -> Reading[Process]:
        return self._answer(types.as_process, "process", pid)

    def alive(self, pid: int) -> Reading[bool]:
        return self._answer(types.as_bool, "alive", pid)

    def identity(self) -> Identity:
        return self._identity

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        return self._limits

    def cpus(self) -> Reading[int]:
        return self._answer(types.as_number, "cpus")

    def now(self) -> str:
        return self._now
