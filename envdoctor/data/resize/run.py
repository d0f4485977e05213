"""Doing the jobs: the processes, the progress, and what came out."""

from __future__ import annotations

import json
import os
import time
from typing import Callable, Dict, Iterator, List, Mapping, Tuple

from ..._machine import inside, trees
from ..._machine.crew import DIED, Crew
from ..._machine.walking import Walk
from ...frozen import frozen
from ...voice import Unusable
from .jobs import Job, Plan
from .settings import NOTE, Settings, differs, note_of

#: Broken files are listed whole in the JSON and in this file of the target; the page shows a few.
LISTED = 100_000

Told = Callable[[int], None]  # files that are done so far


@frozen
class Bad:
    path: str
    kind: str  # of data/facts.py's FAULTS, or unwritable | collides | killed
    why: str


@frozen
class Outcome:
    library: str
    images: int  # resized now
    masks: int
    copied: int
    already: int  # done by an earlier run
    bytes: int  # written now
    seconds: float
    bad: Tuple[Bad, ...]
    bad_count: int
    left_out: Mapping[str, int]  # endings of files that are not copied
    closed: Tuple[str, ...]  # folders that may not be read
    dangling: int


class Full(Exception):
    """The disk is full; the number of files that are done."""


def prepare(settings: Settings, source: str, target: str) -> int:
    """Claim the target for these settings. The descriptor of its lock; Unusable where it may not be used."""
    for one, other in ((source, target), (target, source)):
        if one == other or one.startswith(other.rstrip("/") + "/"):
            raise Unusable(f"{settings.target} and {settings.source} lie in one another")
    note = os.path.join(target, NOTE)
    try:
        fresh = trees.is_empty(target)
        if not fresh and trees.stamp(note) is None:
            raise Unusable(f"{settings.target} is not empty, and was not made by `envdoctor data resize`")
        trees.make_folder(target)
        held = trees.lock(os.path.join(target, ".envdoctor-resize.lock"))
        if trees.stamp(note) is None:
            trees.write_whole(note, note_of(settings, source))
        else:
            why = differs(trees.read_text(note), settings, source)
            if why:
                raise Unusable(f"{settings.target} cannot be gone on with: {why}; give another folder")
            _clean(target)
    except trees.Held:
        raise Unusable(f"another `envdoctor data resize` is at work in {settings.target}") from None
    except OSError as error:
        raise Unusable(f"{settings.target} cannot be written: {error.strerror or error}") from None
    return held


def _clean(target: str) -> None:
    """What runs that were killed left half-written: never under a name that counts."""
    for folder, names in Walk(target):
        for name in names:
            if name.startswith(trees.PART_BEGINS) and name.endswith(trees.PART):
                trees.remove(os.path.join(folder, name))


def resize(
    settings: Settings, plan: Plan, python: str, environ: Mapping[str, str], processes: int, told: Told
) -> Outcome:
    """Do what is left to do. Full, crew.CannotStart."""
    options = json.dumps({"size": settings.size, "quality": settings.quality, "library": ""})
    program, token = inside.prepare("resize", (options,))
    crew: Crew[Job] = Crew([python, "-c", *program], environ, processes, token, _refused)
    tally = _Tally(plan)
    begun = time.monotonic()
    try:
        for job, answer in crew.results((job, job.line()) for job in plan.jobs()):
            tally.add(job, answer)
            told(tally.done + plan.already)
            if tally.full:
                raise Full(str(tally.done + plan.already))
    finally:
        crew.close()
    return tally.outcome(_library(crew.greeting), time.monotonic() - begun)


def _refused(greeting: str) -> str:
    said = _said(greeting)
    return "" if "ready" in said else str(said.get("error", "it did not say that it is ready"))


def _library(greeting: str) -> str:
    return str(_said(greeting).get("ready", ""))


def _said(text: str) -> Dict[str, object]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


class _Tally:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._counts: Dict[str, int] = {"image": 0, "mask": 0, "copy": 0}
        self._bad: List[Bad] = []
        self._bad_count = 0
        self._bytes = 0
        self.full = False

    @property
    def done(self) -> int:
        return sum(self._counts.values())

    def add(self, job: Job, answer: str) -> None:
        if answer == DIED:
            self._fault(job.source, "killed", "its process was killed twice; there may be too little memory for it")
            return
        said = _said(answer)
        size = said.get("bytes")
        if isinstance(size, int):
            self._counts[job.what] += 1
            self._bytes += size
        elif said.get("fault") == "full":
            self.full = True
        else:
            self._fault(job.source, str(said.get("fault", "strange")), str(said.get("why", "no answer")))

    def _fault(self, path: str, kind: str, why: str) -> None:
        self._bad_count += 1
        if len(self._bad) < LISTED:
            self._bad.append(Bad(path, kind, why))

    def outcome(self, library: str, seconds: float) -> Outcome:
        for source, target in self._plan.collisions:
            self._fault(source, "collides", f"another image also becomes {os.path.basename(target)}")
        for text in self._plan.unmade:
            self._fault(text, "unwritable", "the folder cannot be made")
        return Outcome(
            library=library,
            images=self._counts["image"],
            masks=self._counts["mask"],
            copied=self._counts["copy"],
            already=self._plan.already,
            bytes=self._bytes,
            seconds=seconds,
            bad=tuple(self._bad),
            bad_count=self._bad_count,
            left_out=self._plan.left_out,
            closed=tuple(self._plan.walk.closed),
            dangling=self._plan.walk.dangling,
        )


def bad_lines(outcome: Outcome) -> Iterator[str]:
    """The list that stays in the target."""
    for bad in outcome.bad:
        yield json.dumps({"path": bad.path, "kind": bad.kind, "why": bad.why})
