"""The probes, in threads that may be left behind: the whole look has a deadline and always answers."""

from __future__ import annotations

import contextlib
import importlib
import queue
import threading
import time
from typing import Any, Callable, Dict, Optional, Tuple

from .active import choose
from .facts import GROUPS, Facts, nothing_known, unknown_group
from .host import Host
from .reading import Unknown
from .report import ProbeRun
from .target import Request, Target

Progress = Callable[[Tuple[str, ...]], None]

#: These need little or no word of the interpreter or the driver, and have the first turns.
_FIRST = ("indexes", "session", "compiler")
_TURN = 0.02  # seconds
_SIGN = 0.2  # seconds between two words to `waiting`


class Looking:
    """A look that has begun: the interpreter and the driver are asked. `facts` does the rest, and waits; until it is
    called there is time to import what is needed afterwards.

    Probes take turns in one thread, and the next thread starts only when a turn takes long: most are quick, and eleven
    threads at once cost 30 ms for switching between them.
    """

    def __init__(self, host: Host, request: Request) -> None:
        self._host = host
        self._patience = request.patience
        self._deadline = time.monotonic() + request.patience
        self._answers: Dict[str, Tuple[Any, ProbeRun]] = {}
        self._left = sorted(GROUPS, key=lambda name: name in _FIRST)  # the last has the first turn
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._target = choose(host, request)
        # The interpreter and the driver take longest to answer, in processes of their own: they are asked first.
        _start("interpreter", _ask_ahead, self._target.answer)
        _start("nvml", _ask_ahead, lambda: self._target.nvml(host))

    def facts(self, waiting: Optional[Progress] = None) -> Tuple[Facts, Tuple[ProbeRun, ...]]:
        """A probe that is not back in time leaves its group unknown. `waiting` is told which ones are still out."""
        _import_probes()
        _start("probes", self._take_turns)
        while len(self._answers) < len(GROUPS):
            left = self._deadline - time.monotonic()
            if left <= 0:
                break
            try:
                self._ended.get(timeout=min(_TURN if self._left else _SIGN, left))
            except queue.Empty:
                if self._left:
                    _start("probes", self._take_turns)
                elif waiting is not None:
                    waiting(tuple(name for name in GROUPS if name not in self._answers))
        return _gather(self._host.now(), dict(self._answers), self._patience)

    def _take_turns(self) -> None:
        while True:
            try:
                name = self._left.pop()
            except IndexError:
                return
            self._answers[name] = _probe(name, self._host, self._target)
            self._ended.put(name)


def look(host: Host, request: Request, waiting: Optional[Progress] = None) -> Tuple[Facts, Tuple[ProbeRun, ...]]:
    """Run every probe side by side, and wait for them."""
    return Looking(host, request).facts(waiting)


def _start(name: str, run: Callable[..., None], *args: Any) -> None:
    threading.Thread(target=run, args=args, name=name, daemon=True).start()


def _import_probes() -> None:
    """All in one thread: CPython 3.9.2, Debian 11's, gives a second one modules that are half imported (bpo-43517)."""
    for name in GROUPS:
        with contextlib.suppress(Exception):  # told by the probe itself
            _module(name)


def _module(name: str) -> Any:
    return importlib.import_module(f".probes.{name}", __package__)


def _ask_ahead(question: Callable[[], object]) -> None:
    with contextlib.suppress(Exception):  # the probes that ask the same are told
        question()


def _gather(
    taken_at: str, answers: Dict[str, Tuple[Any, ProbeRun]], patience: float
) -> Tuple[Facts, Tuple[ProbeRun, ...]]:
    late = Unknown("timeout", f"no answer within {patience:g} s")
    nothing = nothing_known(taken_at, late)
    groups = {name: answers[name][0] if name in answers else getattr(nothing, name) for name in GROUPS}
    runs = tuple(
        answers[name][1] if name in answers else ProbeRun(name, "timeout", patience, late.detail) for name in GROUPS
    )
    return Facts(taken_at=taken_at, **groups), runs


def _probe(name: str, host: Host, target: Target) -> Tuple[Any, ProbeRun]:
    started = time.monotonic()
    try:
        group = _module(name).look(host, target)
        return group, ProbeRun(name, "ok", time.monotonic() - started)
    except Exception as error:  # noqa: BLE001 - a probe that throws is a result; the others go on
        detail = f"{type(error).__name__}: {error}"
        kind = type(getattr(nothing_known("", Unknown("failed")), name))
        group = unknown_group(kind, Unknown("failed", f"the {name} probe crashed: {detail}"))
        return group, ProbeRun(name, "crashed", time.monotonic() - started, detail)
