"""How far it is: rich's bar on a terminal, nothing anywhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable, Optional, TextIO

if TYPE_CHECKING:
    import rich.progress

_EVERY = 0.1  # seconds between two drawings


class Progress:
    def __init__(self, stream: Optional[TextIO], dumb: bool) -> None:
        self._stream = stream if stream is not None and stream.isatty() and not dumb else None
        self._bar: Optional[rich.progress.Progress] = None
        self._task: Optional[rich.progress.TaskID] = None
        self._drawn = 0.0

    def begin(self, count: Callable[[], int]) -> None:
        """`count` gives the number of files; it walks the source, and is asked only where there is a bar."""
        if self._stream is None:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("resizing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=Console(file=self._stream), transient=True)
        self._task = self._bar.add_task("resizing", total=count(), rate="")
        self._bar.start()
        self._begun = time.monotonic()
        self._first: Optional[int] = None

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if self._bar is None or self._task is None or now - self._drawn < _EVERY:
            return
        self._drawn = now
        self._first = done if self._first is None else self._first
        rate = (done - self._first) / (now - self._begun) if now > self._begun else 0.0
        self._bar.update(self._task, completed=done, rate=f"{rate:.0f}/s")

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
