"""A sign of life while slow probes run: on a terminal only, on stderr, and only once it has taken a while."""

from __future__ import annotations

import time
from typing import IO, Optional, Tuple

PATIENCE = 0.7  # seconds of silence before the first sign: a quick check never flickers
_TURNS = "|/-\\"


class Spinner:
    """Called with the names of the probes that are still out; writes one line and takes it back at the end."""

    def __init__(self, stream: Optional[IO[str]], dumb: bool = False) -> None:
        self._stream = stream if stream is not None and stream.isatty() and not dumb else None
        self._started = time.monotonic()
        self._turn = 0
        self._drawn = False

    def __call__(self, out: Tuple[str, ...]) -> None:
        if self._stream is None or not out or time.monotonic() - self._started < PATIENCE:
            return
        self._turn += 1
        names = ", ".join(out[:4]) + (", ..." if len(out) > 4 else "")
        self._draw(f"\r\x1b[K{_TURNS[self._turn % len(_TURNS)]} still looking: {names}")
        self._drawn = True

    def done(self) -> None:
        if self._drawn:
            self._draw("\r\x1b[K")
            self._drawn = False

    def _draw(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._stream = None  # the terminal went away; the check goes on
