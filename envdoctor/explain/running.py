"""Runs a command as if it had been started directly, and keeps the end of what it printed.

stdin is the command's own. stdout and stderr go through a pseudo-terminal where ours is a terminal (so that colours
and progress bars stay), else through a pipe; every byte is passed on at once and the last ones are kept. Signals that
reach us go on to the command, and its exit code, or the signal that ended it, becomes ours.
"""

from __future__ import annotations

import os
import selectors
import signal
from collections import deque
from typing import Any, Deque, Dict, Iterator, List

from ..frozen import frozen
from ..voice import Unusable

KEPT = 1 << 22  # bytes kept of the output: its end
_HEAD = 1 << 16  # and of its beginning
_PIECE = 1 << 16
_PASSED_ON = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT") if hasattr(signal, name)
)


class Kept:
    """The beginning and the end of a stream of bytes."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail: Deque[bytes] = deque()
        self._size = 0
        self._cut = False

    def add(self, piece: bytes) -> None:
        if len(self._head) < _HEAD:
            room = _HEAD - len(self._head)
            self._head += piece[:room]
            piece = piece[room:]
        if not piece:
            return
        self._tail.append(piece)
        self._size += len(piece)
        while self._size - len(self._tail[0]) >= KEPT:
            self._size -= len(self._tail.popleft())
            self._cut = True

    def pieces(self) -> Iterator[bytes]:
        yield bytes(self._head)
        if self._cut:
            yield b"\n"
        yield from self._tail


@frozen
class Ran:
    code: int  # as a shell tells it: 128 + signal where one ended it
    output: Kept

    def kept(self) -> Iterator[bytes]:
        """What it printed, and how it ended where a signal did that: no program can print it by itself."""
        yield from self.output.pieces()
        if self.code > 128:
            yield f"\nexit code {self.code}\n".encode()

    @property
    def silent(self) -> bool:
        return not any(piece.strip() for piece in self.output.pieces())

    @property
    def told_to(self) -> bool:
        """Whether it ended because somebody said so: Ctrl-C, or a scheduler's SIGTERM."""
        return self.code in (128 + signal.SIGINT, 128 + signal.SIGTERM)


def run(argv: List[str]) -> Ran:
    """Run it to its end. Unusable where it cannot be started; where it runs, nothing of it is lost or held back."""
    from .._machine.attached import start_attached

    output = Kept()
    ways = [_Way(1), _Way(2)]
    try:
        child = start_attached(argv, ways[0].theirs, ways[1].theirs)
    except OSError as error:
        for way in ways:
            way.close()
        raise Unusable(f"{argv[0]} cannot be started: {error.strerror or error}") from None
    before = _pass_signals_on(child.pid)
    try:
        for way in ways:
            way.started()
        _copy(ways, output)
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for way in ways:
            way.close()
    return Ran(128 - code if code < 0 else code, output)


class _Way:
    """One stream of the command: a pseudo-terminal or a pipe, and where its bytes go."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.terminal = os.isatty(to)
        if self.terminal:
            import pty

            self.ours, self.theirs = pty.openpty()
            _same_size(to, self.theirs)
            _untranslated(self.theirs)
        else:
            self.ours, self.theirs = os.pipe()
        self._open = {self.ours, self.theirs}

    def started(self) -> None:
        self._shut(self.theirs)

    def close(self) -> None:
        self._shut(self.theirs)
        self._shut(self.ours)

    def _shut(self, number: int) -> None:
        if number in self._open:
            self._open.discard(number)
            os.close(number)


def _copy(ways: List[_Way], output: Kept) -> None:
    waiting = selectors.DefaultSelector()
    for way in ways:
        waiting.register(way.ours, selectors.EVENT_READ, way)
    while waiting.get_map():
        for key, _ in waiting.select():
            try:
                piece = os.read(key.fd, _PIECE)
            except OSError:  # a pseudo-terminal whose other side is closed
                piece = b""
            if not piece:
                waiting.unregister(key.fd)
                continue
            output.add(piece)
            _write(key.data.to, piece)
    waiting.close()


def _write(to: int, piece: bytes) -> None:
    """Nobody reading our output is the command's matter no more than ours: it goes on."""
    while piece:
        try:
            piece = piece[os.write(to, piece) :]
        except OSError:
            return


def _pass_signals_on(pid: int) -> Dict[int, Any]:
    """Ctrl-C reaches the command by itself, because it is in our group; the other signals are sent on."""
    before: Dict[int, Any] = {signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None)}

    def on(number: int, _: object) -> None:
        try:
            os.kill(pid, number)
        except OSError:
            return

    for number in _PASSED_ON:
        before[number] = signal.signal(number, on)
    return before


def _same_size(terminal: int, other: int) -> None:
    import fcntl
    import termios

    try:
        fcntl.ioctl(other, termios.TIOCSWINSZ, fcntl.ioctl(terminal, termios.TIOCGWINSZ, b"\0" * 8))
    except OSError:
        return


def _untranslated(terminal: int) -> None:
    """Line ends are made by the terminal that it all goes to: made twice they are no longer what was printed."""
    import termios

    try:
        attributes = termios.tcgetattr(terminal)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    except (OSError, termios.error):
        return
