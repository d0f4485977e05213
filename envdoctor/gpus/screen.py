"""The terminal of a watch: its other screen, keys that act at once, and all of it put back at the end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from types import FrameType
from typing import Any, Iterable, List, Optional, Tuple

from ..render.page import Line

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;34",
    "good": "1;32",
    "strong": "1",
    "dim": "2",
    "command": "36",
    "": "",
}
_QUIT = frozenset(b"qQ\x04")
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[2J", "\x1b[?25h\x1b[?1049l"


class Ended(Exception):
    """A signal asks this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Screen:
    """A context: inside it, stdout is the terminal's other screen and stdin tells each key."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour
        self._drawn: Tuple[Line, ...] = ()
        self._size = (0, 0)
        self._keys: Optional[List[Any]] = None  # how the terminal was
        self._before: List[Tuple[int, Any]] = []

    def __enter__(self) -> Screen:
        for number, action in (
            (signal.SIGTERM, self._end),
            (signal.SIGHUP, self._end),
            (signal.SIGTSTP, self._stop),
            (signal.SIGCONT, self._go_on),
        ):
            self._before.append((number, signal.signal(number, action)))
        self._show()
        return self

    def __exit__(self, *_: object) -> None:
        self._hide()
        for number, action in self._before:
            signal.signal(number, action)

    def size(self) -> Tuple[int, int]:
        """Columns and rows."""
        try:
            found = os.get_terminal_size(sys.stdout.fileno())
        except (OSError, ValueError):
            return 80, 24
        return found.columns or 80, found.lines or 24

    def draw(self, page: Iterable[Line]) -> None:
        """Only what differs from what stands there is written."""
        size = self.size()
        if size != self._size:
            self._drawn, self._size = (), size
        rows = tuple(page)[: size[1]]
        changed = [
            f"\x1b[{number + 1};1H{self._painted(row, size[0])}\x1b[K"
            for number, row in enumerate(rows)
            if number >= len(self._drawn) or (self._drawn[number] is not row and self._drawn[number] != row)
        ]
        if len(rows) < size[1] and (len(rows) < len(self._drawn) or not self._drawn):
            changed.append(f"\x1b[{len(rows) + 1};1H\x1b[J")
        self._drawn = rows
        _write("".join(changed))

    def quit_within(self, seconds: float) -> bool:
        """Wait so long; True as soon as q was typed, or nobody is there any more."""
        if self._keys is None:
            time.sleep(seconds)
            return False
        until = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([sys.stdin], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return False
            typed = os.read(sys.stdin.fileno(), 64)
            if not typed or set(typed) & _QUIT:
                return True

    def _painted(self, line: Line, width: int) -> str:
        from rich.cells import cell_len, set_cell_size

        made, left = " " * line.indent, width - line.indent
        for text, style in line.spans:
            if cell_len(text) > left:
                text = set_cell_size(text, max(0, left))
            left -= cell_len(text)
            code = _CODES[style] if self._colour else ""
            made += f"\x1b[{code}m{text}\x1b[m" if code and text else text
        return made

    def _show(self) -> None:
        if sys.stdin is not None and sys.stdin.isatty():
            self._keys = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSANOW)
        self._drawn = ()
        _write(_ENTER)

    def _hide(self) -> None:
        _write(_LEAVE)
        if self._keys is not None:
            with contextlib.suppress(termios.error):  # the terminal has gone
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self._keys)
            self._keys = None

    def _end(self, number: int, _: Optional[FrameType]) -> None:
        raise Ended(number)

    def _stop(self, number: int, _: Optional[FrameType]) -> None:
        """Ctrl-Z: the shell gets its screen back."""
        self._hide()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self, *_: object) -> None:
        self._hide()
        self._show()


def _write(text: str) -> None:
    from ..voice import out

    out(text)
