"""The reader's end of envdoctor/nvml_stream.py: one worker for a whole watch, read without ever waiting for it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..reading import Absent, Known, Reading, Unknown
from . import commands

Record = Dict[str, Any]

_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from envdoctor.nvml_stream import main; main(*sys.argv[2:])"
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_LIMIT = 32 << 20
_SOURCE = "NVML worker"


class GpuStream:
    """`env` is the environment that the worker gets. OSError where it cannot be started."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._progress, progress = os.pipe()
        questions, self._questions = os.pipe()
        try:
            flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
            argv = [sys.executable, *flags, "-c", _PROGRAM, _HOME, str(questions), str(progress), *sys.path]
            self._child = commands.start(argv, env, (questions, progress))
        except OSError:
            os.close(self._progress)
            os.close(self._questions)
            raise
        finally:
            os.close(questions)
            os.close(progress)
        commands.adopt(self._child)
        assert self._child.stdout is not None and self._child.stderr is not None
        os.set_blocking(self._progress, False)
        self._out = self._child.stdout.fileno()
        os.set_blocking(self._out, False)
        self._rest = b""
        self._ended = False
        self._word = ""  # what it was about to do when it was last heard of
        self.pid = self._child.pid

    def introduction(self, seconds: float) -> Reading[Tuple[Record, Tuple[Record, ...]]]:
        """The system's record and a card's each. Absent: there is no such library here."""
        deadline = time.monotonic() + seconds
        kept: Dict[str, List[Record]] = {}
        while "done" not in kept:
            left = deadline - time.monotonic()
            if left <= 0:
                return Unknown("timeout", f"no answer within {seconds:g} s to {self._last_word()}", _SOURCE)
            if self._ended:
                return Unknown("failed", self.trouble, _SOURCE)
            select.select([self._out], [], [], left)
            for record in self.records():
                kept.setdefault(str(record["kind"]), []).append(record)
        system = kept["system"][0]
        if system["status"] == "LIBRARY_NOT_FOUND":
            return Absent(("libnvidia-ml.so.1",))
        if system["status"] != "SUCCESS":
            return Unknown("failed", str(system["load_error"] or system["status"]), "NVML")
        return Known((system, tuple(kept.get("card", ()))), "NVML")

    def follow(self, indexes: Sequence[int]) -> None:
        with contextlib.suppress(OSError):  # it has gone, which `trouble` will say
            os.write(self._questions, (" ".join(map(str, indexes)) + "\n").encode("ascii"))

    def records(self) -> List[Record]:
        """What has arrived since the last time; nothing is waited for."""
        try:
            while not self._ended and len(self._rest) < _LIMIT:
                piece = os.read(self._out, 1 << 16)
                self._rest += piece
                self._ended = not piece
        except BlockingIOError:
            pass
        self._hear()
        *lines, self._rest = self._rest.split(b"\n")
        return [record for record in map(_record, lines) if record is not None]

    @property
    def trouble(self) -> str:
        """Why nothing more comes, or ""."""
        if not self._ended:
            return ""
        code = self._child.poll()
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return f"the NVML worker ended ({how}) in {self._last_word()}"

    def _last_word(self) -> str:
        self._hear()
        where, _, call = self._word.partition(" ")
        return f"{call} of GPU {where}" if where.isdigit() else call or "its start"

    def _hear(self) -> None:
        """The pipe is emptied each time, or in a long watch its last word would be an old one."""
        with contextlib.suppress(BlockingIOError):
            while True:
                said = os.read(self._progress, 1 << 16).decode("ascii", "replace")
                if not said:
                    return
                self._word = said.rstrip("\n").rpartition("\n")[2]

    def end(self) -> None:
        commands.put_away(self._child)
        for descriptor in (self._progress, self._questions):
            os.close(descriptor)
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()


def _record(line: bytes) -> Any:
    try:
        record = json.loads(line.decode("ascii"))
    except ValueError:  # something that a library printed
        return None
    return record if isinstance(record, dict) and "kind" in record else None
