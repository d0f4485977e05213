"""Worker processes that are given one job after the other: a line in, a line out, several at once.

They stay in our session, so that they get no larger share of the CPUs than one program does (autogroup), and ignore
Ctrl-C themselves. A worker that dies is replaced. The job that it had in hand is tried once more; where that kills
another one, it is answered with DIED, and the others go on.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
from collections import deque
from typing import Callable, Deque, Dict, Generic, Iterator, List, Mapping, Optional, Sequence, Tuple, TypeVar

J = TypeVar("J")

DIED = "died"
#: Jobs that a worker is given ahead, so that it never waits for the next.
_AHEAD = 4
_PARTING = 3.0


class CannotStart(Exception):
    """The workers do not start: a sentence."""


class _Worker(Generic[J]):
    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
        )
        self.given: Deque[Tuple[J, str]] = deque()
        self.buffer = b""
        self.ready = False

    def send(self, job: J, line: str) -> None:
        self.given.append((job, line))
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died: told when its stdout ends
            os.write(self.process.stdin.fileno(), line.encode("ascii") + b"\n")

    def lines(self) -> Optional[List[bytes]]:
        """Whole lines that have come; None at the end."""
        assert self.process.stdout is not None
        piece = os.read(self.process.stdout.fileno(), 1 << 16)
        if not piece:
            return None
        *whole, self.buffer = (self.buffer + piece).split(b"\n")
        return whole

    def end(self) -> int:
        """Close its stdin, wait a moment, kill it. Its exit code."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            return self.process.wait(_PARTING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Crew(Generic[J]):
    """`number` workers of one argv, which print `token` before every answer, and greet with a first one.

    `refused` says of a greeting why no work can be done with it; "" where it can.
    """

    def __init__(
        self, argv: Sequence[str], environ: Mapping[str, str], number: int, token: str, refused: Callable[[str], str]
    ) -> None:
        self._argv, self._environ, self._number = list(argv), environ, number
        self._token = token.encode("ascii") + b" "
        self._refused = refused
        self._selector = selectors.DefaultSelector()
        self._workers: Dict[int, _Worker[J]] = {}
        self._again: Deque[Tuple[J, str]] = deque()
        self._died: Dict[str, int] = {}
        self._failed_starts = 0
        self.greeting = ""

    def results(self, jobs: Iterator[Tuple[J, str]]) -> Iterator[Tuple[J, str]]:
        """(job, the text of its answer, or DIED), in no order. `jobs` gives each with its line."""
        for _ in range(self._number):
            self._start()
        while True:
            for worker in self._workers.values():
                while worker.ready and len(worker.given) < _AHEAD:
                    job = self._again.popleft() if self._again else next(jobs, None)
                    if job is None:
                        break
                    worker.send(*job)
            # one that is only starting has nothing to do any more where the others had it all
            if not any(worker.given or not worker.ready for worker in self._workers.values()):
                return
            for key, _ in self._selector.select():
                yield from self._heard(key.data)

    def _heard(self, worker: _Worker[J]) -> Iterator[Tuple[J, str]]:
        lines = worker.lines()
        if lines is None:
            yield from self._buried(worker)
            return
        for line in lines:
            if not line.startswith(self._token):
                continue  # what the user's start-up files print
            text = line[len(self._token) :].decode("ascii", "replace")
            if not worker.ready:
                why = self._refused(text)
                if why:
                    raise CannotStart(why)
                worker.ready, self.greeting = True, text
            elif worker.given:
                yield worker.given.popleft()[0], text

    def _buried(self, worker: _Worker[J]) -> Iterator[Tuple[J, str]]:
        self._forget(worker)
        code = worker.end()
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= 3 or not self._workers:
                raise CannotStart(f"{self._argv[0]} ended before it was ready (exit code {code})")
        if worker.given:
            job, line = worker.given.popleft()
            self._died[line] = self._died.get(line, 0) + 1
            if self._died[line] > 1:
                yield job, DIED
            else:
                self._again.append((job, line))
            self._again.extend(worker.given)
        self._start()

    def _start(self) -> None:
        try:
            worker: _Worker[J] = _Worker(self._argv, self._environ)
        except OSError as error:
            if not self._workers:
                raise CannotStart(f"{self._argv[0]} cannot be started: {error.strerror or error}") from None
            return
        assert worker.process.stdout is not None
        self._selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        self._workers[worker.process.pid] = worker

    def _forget(self, worker: _Worker[J]) -> None:
        assert worker.process.stdout is not None
        self._selector.unregister(worker.process.stdout)
        del self._workers[worker.process.pid]

    def close(self) -> None:
        """Every worker ends the job in hand and goes."""
        workers = list(self._workers.values())
        for worker in workers:
            if worker.process.stdin is not None:
                with contextlib.suppress(OSError):
                    worker.process.stdin.close()
        for worker in workers:
            self._forget(worker)
            worker.end()
        self._selector.close()
