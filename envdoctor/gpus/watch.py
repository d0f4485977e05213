"""`gpus --watch`: a look a second from one NVML worker, over itself on a terminal, a block a look elsewhere."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import Callable, Dict, Mapping, Optional, Sequence, Tuple

from .._machine import nvml_session
from .._machine.nvml import ENVIRONMENT
from ..exits import Exit
from ..host import Identity, LocalHost, NvmlAnswer, Output, Process
from ..probes._pids import foreign_processes
from ..reading import Absent, Reading, mapped
from ..target import Request, Target
from .choice import only, reserved
from .command import exit_code
from .history import History
from .holders import Holders
from .look import look
from .model import Picture
from .moved import moved

_WHOLE = 30  # every so many looks all is asked, between them only what moves
_PROCESS_STANDS = 5.0  # seconds, and up to twice of it
_COMMAND_STANDS = 60.0  # seconds: the kernel log

Show = Callable[[Picture, Exit], None]


class WatchHost(LocalHost):
    """This machine, asked again and again: NVML in one worker, and what seldom changes not at every look."""

    def __init__(self, patience: float) -> None:
        super().__init__(patience=patience)
        self._session = nvml_session.Session(self._overlaid(ENVIRONMENT))
        self._identity: Optional[Identity] = None
        self._processes: Dict[int, Tuple[float, Reading[Process]]] = {}
        self._commands: Dict[Tuple[str, ...], Tuple[float, Reading[Output]]] = {}

    def nvml(self, seconds: float) -> Reading[NvmlAnswer]:
        return mapped(self._session.ask(nvml_session.ALL, seconds), lambda answer: NvmlAnswer(*answer))

    def moving(self, seconds: float) -> Reading[NvmlAnswer]:
        """As `nvml`, but what stays as it is from second to second is as it was told last."""
        return mapped(self._session.ask(nvml_session.MOVING, seconds), lambda answer: NvmlAnswer(*answer))

    def identity(self) -> Identity:
        if self._identity is None:
            self._identity = super().identity()
        return self._identity

    def process(self, pid: int) -> Reading[Process]:
        now = time.monotonic()
        kept = self._processes.get(pid)
        if kept is None or now - kept[0] > _PROCESS_STANDS + pid % _PROCESS_STANDS:
            kept = self._processes[pid] = now, super().process(pid)
        return kept[1]

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        now = time.monotonic()
        kept = self._commands.get(tuple(argv))
        if kept is None or now - kept[0] > _COMMAND_STANDS:
            kept = self._commands[tuple(argv)] = now, super().run(argv, seconds, env, limit)
        return kept[1]

    def end(self) -> None:
        self._session.end()


class Watch:
    """Pictures of this machine, one after another."""

    def __init__(self, host: WatchHost, patience: float, whole: bool) -> None:
        self._host, self._patience, self._whole = host, patience, whole
        self._history = History()
        self._holders = Holders(host, foreign_processes(host), whole)
        self._last: Optional[Picture] = None
        self._looks = 0

    def picture(self) -> Picture:
        """A whole look every so many pictures, and where a look at what moves shows that more has happened."""
        found = self._moved() if self._last is not None and self._looks % _WHOLE else None
        if found is None:
            target = Target(Absent(), Absent(), (), Request(patience=self._patience))
            self._holders.again()
            found, self._looks = look(self._host, target, self._whole, self._holders), 0
        self._looks += 1
        self._last = self._history.told(found, time.monotonic())
        return self._last

    def _moved(self) -> Optional[Picture]:
        assert self._last is not None
        answer = self._host.moving(0.75 * self._patience)
        return moved(self._last, answer, self._host.now(), int(time.time()))


def run(form: str, mine: bool, others: bool, whole: bool, patience: float, every: float, show: Optional[Show]) -> Exit:
    """Until q or Ctrl-C; the exit code of the last picture. `show` None: a page on stdout, as `form` says. `whole`:
    with others' arguments and addresses."""
    from .screen import Ended

    gc.freeze()  # what was imported stays: a tenth of the time of every look goes into seeing that
    gc.set_threshold(50_000)
    host = WatchHost(patience)
    watch = Watch(host, patience, whole)
    code, killed = Exit.OK, 0

    def picture() -> Picture:
        nonlocal code
        found = only(watch.picture(), mine, others)
        code = exit_code(found)
        return found if whole else reserved(found)

    try:
        if show is not None:
            _blocks(picture, lambda found: show(found, code), every)
        elif sys.stdout is not None and sys.stdout.isatty() and host.environ.get("TERM") != "dumb":
            _screen(picture, every, colour=form == "terminal")
        else:
            _blocks(picture, _plain, every)
    except KeyboardInterrupt:
        pass
    except Ended as ended:
        killed = ended.number
    finally:
        host.end()
    if killed:  # now that all is put back, what was asked for is done
        os.kill(os.getpid(), killed)
    return code


def _plain(picture: Picture) -> None:
    from ..render.plain import plain
    from ..voice import out
    from .watch_page import Page

    out(plain(Page().lines(picture)) + "\n")


def _blocks(picture: Callable[[], Picture], show: Callable[[Picture], None], every: float) -> None:
    """Until the process is ended, or nobody reads."""
    at = time.monotonic()
    while sys.stdout is not None:
        show(picture())
        at = _next(at, every)
        time.sleep(max(0.0, at - time.monotonic()))


def _screen(picture: Callable[[], Picture], every: float, colour: bool) -> None:
    from .screen import Screen
    from .watch_page import Page

    page = Page()
    first = picture()  # what a library prints while it loads belongs to the screen that stays
    at = time.monotonic()
    with Screen(colour) as screen:
        screen.draw(page.lines(first, screen.size()[1]))
        at = _next(at, every)
        while not screen.quit_within(max(0.0, at - time.monotonic())) and sys.stdout is not None:
            screen.draw(page.lines(picture(), screen.size()[1]))
            at = _next(at, every)


def _next(at: float, every: float) -> float:
    """When to look again: in step, and not at once after a look that took longer than a step."""
    return max(at + every, time.monotonic() + 0.1 * every)
