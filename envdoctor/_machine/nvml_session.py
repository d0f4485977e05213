"""NVML asked again and again, in one worker that keeps it initialised: starting a process a second would cost too much.

A worker that hangs or crashes is put away, what it said before is kept, and the next question starts another. While
one that survives SIGKILL is still there, none is started: they would pile up in the driver.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from typing import Any, Dict, Mapping, Optional, Tuple

from ..reading import Known, Reading, Unknown
from . import commands, nvml

ALL, MOVING = "all", "moving"

_DONE = b'{"kind": "done"}\n'
_LIMIT = 32 << 20  # bytes of one answer
_Records = Tuple[Mapping[str, Any], ...]


class Session:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._worker: Optional[_Worker] = None
        self._stuck = 0  # pid of a worker that did not even die
        self._system: Mapping[str, object] = {}
        self._gpus: Dict[int, Mapping[str, object]] = {}  # as ALL last told them

    def ask(self, question: str, seconds: float) -> Reading[nvml.Answer]:
        """(system, gpus, ended, detail) as from nvml.ask. MOVING: what stays as it is from second to second is told as
        ALL told it last. The first question to a worker is always ALL."""
        if self._stuck and os.path.exists(f"/proc/{self._stuck}"):
            return Unknown("timeout", f"the driver still holds an earlier question (pid {self._stuck})", nvml.WORKER)
        self._stuck = 0
        try:
            if self._worker is None:
                question, self._worker = ALL, _Worker(self._env)
            ended = self._worker.ask(question, seconds)
        except OSError as error:
            self.end()
            return Unknown("failed", str(error), nvml.WORKER)
        answer = nvml.understood(ended, self._worker.last_word(), seconds)
        if ended.code is None:
            self._stuck = self._worker.pid
        if ended.code != 0 or not isinstance(answer, Known) or answer.value[0].get("status") in nvml.UNLOADED:
            self.end()
        if question == MOVING:
            return self._completed(answer)
        if isinstance(answer, Known):
            self._system = answer.value[0]
            self._gpus = {record["index"]: record for record in answer.value[1]}  # type: ignore[misc]
        return answer

    def _completed(self, answer: Reading[nvml.Answer]) -> Reading[nvml.Answer]:
        if not isinstance(answer, Known):
            return answer
        _, records, how, detail = answer.value
        heard = {record["index"]: record for record in records}
        gpus = []
        for index, whole in self._gpus.items():
            moving = heard.get(index)
            if moving is not None:
                status = moving["status"] if moving["status"] != "ok" else whole["status"]
                gpus.append({**whole, **moving, "status": status})
            elif how == "ok" or whole["status"] != "ok":  # it gave no handle, and was not asked again
                gpus.append(dict(whole))
        return Known((self._system, tuple(gpus), how, detail), answer.source)

    def end(self) -> None:
        """The worker is put away; asking again starts another."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


class _Worker:
    """OSError from any of it: it cannot be started, or has gone."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._progress, progress = nvml.progress_pipe()
        questions, self._questions = os.pipe()
        try:
            self._child = nvml.start(env, "serve", (progress, questions))
        except OSError:
            os.close(self._progress)
            os.close(self._questions)
            raise
        finally:
            os.close(progress)
            os.close(questions)
        commands.adopt(self._child)
        os.set_blocking(self._progress, False)
        self.pid = self._child.pid

    def ask(self, question: str, seconds: float) -> commands.Ended:
        os.write(self._questions, f"{question}\n".encode("ascii"))
        deadline = time.monotonic() + seconds
        out, err = bytearray(), bytearray()
        streams = {stream.fileno(): kept for stream, kept in self._streams(out, err)}
        poller = select.poll()
        for number in streams:
            os.set_blocking(number, False)
            poller.register(number, select.POLLIN)
        while streams and not out.endswith(_DONE):
            left = deadline - time.monotonic()
            if left <= 0:
                return commands.Ended(None, bytes(out), bytes(err), self._put_away())
            for number, _ in poller.poll(left * 1000):
                piece = os.read(number, 1 << 16)
                streams[number] += piece[: max(0, _LIMIT - len(streams[number]))]
                if not piece:
                    poller.unregister(number)
                    del streams[number]
        if out.endswith(_DONE):
            return commands.Ended(0, bytes(out), bytes(err))
        with contextlib.suppress(subprocess.TimeoutExpired):  # it closed its ends, so it is about to
            self._child.wait(commands.PARTING)
        return commands.Ended(self._child.returncode, bytes(out), bytes(err), "it closed its output")

    def _streams(self, out: bytearray, err: bytearray) -> Tuple[Tuple[Any, bytearray], ...]:
        return (self._child.stdout, out), (self._child.stderr, err)

    def last_word(self) -> str:
        return nvml.last_word(self._progress)

    def _put_away(self) -> str:
        return commands.put_away(self._child)

    def end(self) -> None:
        commands.put_away(self._child)
        for descriptor in (self._progress, self._questions):
            os.close(descriptor)
        for stream, _ in self._streams(bytearray(), bytearray()):
            stream.close()
