"""The look: walk, sample, measure, each with its share of the budget; and what came back when the time is over."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Callable, List, Optional, Tuple

from ..compat.rows import Loader
from ..host import Host
from ..reading import Known, Reading, Unknown
from ..voice import Unusable
from .census import Census, Good, measure_sizes
from .facts import Asked, DataFacts, ImageSet, Measured, Place, Sizes
from .finding import find
from .machine import look_at_machine
from .measure import measure
from .place import look_at_place

#: Shares of the budget: when the walk and the headers must have ended, and until when headers are read although enough
#: is known, because every one that is read may be broken.
_WALK, _SETTLE, _HEADERS = 0.55, 0.3, 0.72
#: How long after its deadline a part may still be stuck in one call, before a disk is said not to answer.
_GRACE = 3.0
_NETWORK_READERS = 8

Say = Callable[[str], None]


class Silent(Exception):
    """The file system did not answer: a sentence."""


def look(
    host: Host, python: Callable[[], Reading[str]], asked: Asked, loader: Loader, say: Say = lambda _: None
) -> DataFacts:
    """Unusable where there is nothing to look at; Silent where the disk hangs. Takes about `asked.budget` seconds."""
    begun = time.monotonic()

    def until(share: float) -> float:
        return begun + share * asked.budget

    source = find(host, asked.path, lambda: time.monotonic() > until(_WALK))
    census = Census(source)
    say("looking for images")
    patiently(census.take, until(_WALK) + _GRACE, f"the file system of {asked.path}")
    found = census.found(asked.path)
    if not found.images:
        raise Unusable(_none(found))
    place = look_at_place(host, found.folder)
    say("reading headers")
    sizes, good = _sizes(found, census, asked, place, until)
    machine = look_at_machine(host)
    say("measuring")
    left = max(1.0, until(1.0) - time.monotonic())
    measured = measure(host, python(), good, asked, loader, machine, left) if good else _nothing(found)
    return DataFacts(asked, found, sizes, place, machine, measured)


def _sizes(
    found: ImageSet, census: Census, asked: Asked, place: Place, until: Callable[[float], float]
) -> Tuple[Sizes, List[Good]]:
    sample = census.reservoir.shuffled()
    network = place.network == Known(True, getattr(place.network, "source", ""))
    readers = _NETWORK_READERS if network else 1
    box: List[Tuple[Sizes, List[Good]]] = []

    def read() -> None:
        box.append(measure_sizes(found, sample, asked, until(_HEADERS), until(_SETTLE), readers, time.monotonic))

    patiently(read, until(_HEADERS) + _GRACE, f"the file system of {found.folder}")
    return box[0]


def patiently(work: Callable[[], object], deadline: float, what: str) -> None:
    """In a thread that may be left behind: a dead mount must not hold the program."""
    failed: List[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=run, name="data", daemon=True)
    thread.start()
    thread.join(max(0.1, deadline - time.monotonic()))
    if failed:
        raise failed[0]
    if thread.is_alive():
        raise Silent(f"{what} does not answer")


def _none(found: ImageSet) -> str:
    if found.closed:
        return f"{found.path}: no image could be seen ({found.closed[0]})"
    if not found.complete:
        return f"{found.path}: no image was seen in the time given; --budget takes more seconds"
    links = f", {found.dangling} links lead nowhere" if found.dangling else ""
    return f"{found.path} holds no image ({found.others} other files{links})"


def _nothing(found: ImageSet) -> Measured:
    why: Unknown = Unknown("not-looked", "none of the images that were looked at can be read")
    return Measured(why, why, why, why, why, why, why)


def with_version(asked: Asked, facts: DataFacts) -> str:
    """The framework's version: as asked for, else as the interpreter has it; "" where nobody knows."""
    if asked.version:
        return asked.version
    said: Optional[str] = facts.measured.framework.value if isinstance(facts.measured.framework, Known) else None
    return said or ""


def renamed(facts: DataFacts, version: str) -> DataFacts:
    return replace(facts, asked=replace(facts.asked, version=version))
