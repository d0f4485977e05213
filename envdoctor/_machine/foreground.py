"""A job that envdoctor starts and leaves alone: its input, output, signals, terminal and exit code are its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from types import FrameType
from typing import Dict, List, NoReturn, Optional, Sequence

#: What is sent to envdoctor alone is meant for the job. Ctrl-C and Ctrl-\\ reach both by themselves: one group.
_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGALRM", "SIGWINCH")
_HEARD_BY_BOTH = ("SIGINT", "SIGQUIT")


class Launched:
    """OSError where it cannot be started. While it runs, this process hears no Ctrl-C.

    Signals are taken over before it starts, so that none is lost. Handlers do not outlive the start of another program,
    and a signal that is ignored (as by nohup) stays so: the job begins with what it would have had without envdoctor.
    """

    def __init__(self, program: str, command: Sequence[str], environ: Dict[str, str]) -> None:
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._early: List[int] = []
        for name in (*_PASSED_ON, *_HEARD_BY_BOTH):
            number = getattr(signal, name)
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._pass_on if name in _PASSED_ON else _nothing)
        self._child = child = subprocess.Popen([*command], executable=program, env=environ, close_fds=False)
        self.pid = child.pid
        for number in self._early:
            self._pass_on(number, None)

    def _pass_on(self, number: int, _: Optional[FrameType]) -> None:
        if self._child is None:
            self._early.append(number)
            return
        with contextlib.suppress(OSError):
            self._child.send_signal(number)

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def leave_with_it(self) -> NoReturn:
        """Wait for its end and end the same way: with its exit code, or by the signal that ended it."""
        assert self._child is not None
        code = self._child.wait()
        if code < 0:
            _die_of(-code)
        os._exit(code)


def _nothing(number: int, _: Optional[FrameType]) -> None:
    """The job has heard it too, and decides."""


def _die_of(number: int) -> None:
    """No core file is left where the job has left one already."""
    with contextlib.suppress(OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # a signal that does not end a process by itself


def ctrl_c() -> Interrupted:
    """From here on the first Ctrl-C is only noted: what has been seen so far is still told."""
    return Interrupted()


class Interrupted:
    def __init__(self) -> None:
        self.seen = False
        self._before: Optional[object] = signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, _: Optional[FrameType]) -> None:
        self.seen = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
