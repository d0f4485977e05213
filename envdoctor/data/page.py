"""What `envdoctor data` says, as lines: the set, the machine, how fast it is, and what would help, the best first."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ..compat.rows import Loader
from ..reading import Absent, Known, Reading, Unknown, value_or
from ..render.page import BLANK, Line, command, line
from ..render.words import counted, shown
from .amounts import duration, per_second, size_words, within
from .capacity import Rate, allowed_memory
from .facts import DataFacts, Fault, Interval
from .verdict import Verdict
from .ways import WORTH, Way

_FAULTS = {
    "empty": "empty",
    "truncated": "cut off in the header",
    "cut-short": "cut off before the end",
    "strange": "no image inside",
    "too-large": "larger than any library decodes",
    "missing": "not there",
    "denied": "not yours to read",
    "unreadable": "unreadable",
}
_LIMITS = {"decode": "decoding", "rest": "augmentation and collating", "disk": "reading the disk"}
_TITLES = {
    "workers": "more workers",
    "resize": "resize the files once",
    "ram-cache": "cache in RAM",
    "disk-cache": "cache on disk (.npy)",
    "no-mosaic": "no mosaic, no mixup",
}


def page(facts: DataFacts, loader: Loader, verdict: Verdict) -> Tuple[Line, ...]:
    return tuple(_page(facts, loader, verdict))


def _page(facts: DataFacts, loader: Loader, verdict: Verdict) -> Iterator[Line]:
    yield from _set(facts)
    yield BLANK
    yield from _machine(facts)
    yield BLANK
    yield from _now(facts, loader, verdict)
    yield BLANK
    yield from _remedies(verdict)
    notes = list(verdict.notes)
    if notes:
        yield BLANK
        for note in notes:
            yield line(f"- {shown(note)}", indent=0)


def _set(facts: DataFacts) -> Iterator[Line]:
    found, sizes = facts.set, facts.sizes
    number = f"{found.images:,} images" if found.complete else f"at least {found.images:,} images"
    formats = ", ".join(f"{name} {count:,}" for name, count in found.formats[:4])
    parts = "; " + ", ".join(f"{part.name} {part.images:,}" for part in found.parts) if found.parts else ""
    yield Line(((f"{shown(found.path)}: {number}", "strong"), (f"  {formats}{parts}", "dim")))
    yield line(f"{_how(facts)}", "dim", 2)
    rows = (
        ("on disk", sizes.file_bytes),
        ("decoded", sizes.decoded),
        (f"decoded at {facts.asked.imgsz}", sizes.cached),
    )
    for name, reading in rows:
        yield Line(((f"{name:<16}", "dim"), (_amount(reading), "")), 2)
    if isinstance(sizes.long_side, Known) and isinstance(sizes.pixels, Known):
        text = f"{sizes.long_side.value.value:.0f} pixels on average, {sizes.pixels.value.value / 1e6:.2g} megapixels"
        yield Line(((f"{'long side':<16}", "dim"), (text, "")), 2)
    for fault in sizes.faults:
        yield _fault(facts, fault)
    if found.dangling:
        yield Line((("warning ", "warning"), (f"{counted(found.dangling, 'link')} that lead nowhere", "")), 2)
    for text in found.closed[:3]:
        yield Line((("warning ", "warning"), (f"not read: {shown(text)}", "")), 2)


def _how(facts: DataFacts) -> str:
    read, every = facts.sizes.read, facts.set.images
    if not facts.set.complete:
        return f"the walk did not end in the time given; {read:,} headers read: totals cannot be told (--budget 60)"
    if facts.set.kind == "coco" and not isinstance(facts.sizes.file_bytes, Known):
        return f"sizes as the file declares them, {read:,} looked at"
    if read >= every:
        return "every header read: the sizes are exact"
    why = "" if facts.sizes.stopped == "precise" else "; the time was over, more --budget makes it more exact"
    return f"{read:,} headers read, chosen at random over all files{why}"


def _fault(facts: DataFacts, fault: Fault) -> Line:
    part = "" if facts.sizes.read >= facts.set.images else f" of {facts.sizes.read:,} looked at"
    examples = ", ".join(shown(one) for one in fault.examples[:2])
    words = f"{counted(fault.count, 'file')}{part} {_FAULTS[fault.kind]}: {examples}"
    return Line((("warning ", "warning"), (words, "")), 2, hang=8)


def _amount(reading: Reading[Interval]) -> str:
    if isinstance(reading, Known):
        return f"{size_words(reading.value.value)}{within(reading.value)}"
    return f"cannot tell: {_why(reading)}"


def _why(reading: object) -> str:
    if isinstance(reading, Unknown):
        return shown(reading.detail or reading.sentence())
    return "nothing there" if isinstance(reading, Absent) else ""


def _machine(facts: DataFacts) -> Iterator[Line]:
    place, machine, measured = facts.place, facts.machine, facts.measured
    disk = [str(value_or(place.device, "")), str(value_or(place.filesystem, ""))]
    words = " ".join(word for word in dict.fromkeys(disk) if word) or "unknown file system"
    free = f", {size_words(place.free.value)} free" if isinstance(place.free, Known) else ""
    speeds = []
    for name, reading in (
        ("cold", measured.cold_parallel),
        ("one reader", measured.cold),
        ("from memory", measured.warm),
    ):
        if isinstance(reading, Known):
            speeds.append(f"{name} {size_words(reading.value.bytes_per_second)}/s")
    told = ", ".join(speeds) if speeds else f"reading cannot be told: {_why(measured.cold)}"
    yield Line(((f"{'disk':<9}", "dim"), (f"{words}{free}; {told}", "")), hang=9)
    allowed = allowed_memory(facts)
    memory = f"{size_words(allowed)} may be used" if allowed is not None else "cannot tell"
    if isinstance(machine.limit, Known):
        memory += f" (the control group allows {size_words(machine.limit.value)})"
    yield Line(((f"{'memory':<9}", "dim"), (memory, "")), hang=9)
    cpus = f"{machine.cpus.value:g} may be used" if isinstance(machine.cpus, Known) else "cannot tell"
    if (
        isinstance(machine.counted, Known)
        and isinstance(machine.cpus, Known)
        and machine.counted.value > machine.cpus.value
    ):
        cpus += f" of {machine.counted.value}, which is what frameworks count"
    yield Line(((f"{'CPUs':<9}", "dim"), (cpus, "")), hang=9)
    if isinstance(measured.libraries, Known):
        for library in measured.libraries.value:
            yield _library(library.name, library.version, library.cpu_each, library.pixels_each, library.problem)
    elif measured.python:
        yield Line(((f"{'decoding':<9}", "dim"), (f"cannot tell: {_why(measured.libraries)}", "")), hang=9)


def _library(name: str, version: str, each: float, pixels: float, problem: str) -> Line:
    speed = f"{each * 1000:.3g} ms an image, {pixels / each / 1e6:.0f} megapixels/s of one CPU" if each else problem
    return Line(((f"{'decoding':<9}", "dim"), (f"{shown(name)} {shown(version)}: {shown(speed)}", "")), hang=9)


def _now(facts: DataFacts, loader: Loader, verdict: Verdict) -> Iterator[Line]:
    asked, current = facts.asked, verdict.now
    release = f" {asked.version}" if asked.version else ""
    job = f"{loader.name}{shown(release)}, imgsz {asked.imgsz}, batch {asked.batch}, {counted(asked.workers, 'worker')}"
    if asked.ranks > 1:
        job += f" in each of {asked.ranks} ranks"
    yield Line(((job, "strong"), (f"; {current.decodes:.2g} decodes a sample", "dim")))
    if current.steady is None:
        yield line(f"How fast it loads cannot be told: {shown(current.why_not)}.", "warning", 2)
        return
    yield Line(
        (
            (f"loads {per_second(current.steady.value)}", "strong"),
            (f", held back by {_LIMITS[current.steady.limited_by]}", ""),
        ),
        2,
    )
    if current.first is not None and current.first.value < current.steady.value / WORTH:
        words = (
            f"in the first epoch {per_second(current.first.value)}: held back by {_LIMITS[current.first.limited_by]}"
        )
        yield line(words, "", 2)
    yield line("A GPU that takes fewer images a second than that is not held up by loading.", "dim", 2)


def _remedies(verdict: Verdict) -> Iterator[Line]:
    base = verdict.now.steady
    if not verdict.ways:
        nothing = "Nothing of what envdoctor knows would make it faster."
        yield line(nothing if base else "What would help cannot be told either.", "strong")
        return
    title = "What would help, the best first" if verdict.best else "Nothing that fits would make it faster"
    yield line(title if base else "What could help, unmeasured", "strong")
    for way in verdict.ways:
        yield from _way(way, base)


def _way(way: Way, base: Optional[Rate]) -> Iterator[Line]:
    title = _TITLES[way.name]
    if way.rate is None:
        gives, style = "cannot tell how fast", "warning"
    else:
        times = f" ({way.rate.value / base.value:.1f}x)" if base and base.value else ""
        gives, style = f"{per_second(way.rate.value)}{times}", "good"
        if base and way.rate.value < WORTH * base.value:
            gives, style = f"{gives}, no gain", "dim"
    if way.fits is False:
        lack = f", {size_words(way.lacking_bytes)} are missing" if way.lacking_bytes else ""
        gives, style = f"{gives}; does not fit{lack}", "error"
    costs: List[str] = []
    if way.ram_bytes:
        costs.append(f"{size_words(way.ram_bytes)} of RAM")
    if way.disk_bytes:
        costs.append(f"{size_words(way.disk_bytes)} of disk")
    if way.minutes:
        costs.append(f"{duration(way.minutes)} once")
    cost = f"; costs {', '.join(costs)}" if costs else ""
    yield Line(((f"{title}: ", "strong"), (gives, style), (cost, "")), 2, hang=2)
    yield line(shown(way.why), "dim", 4)
    if way.caveat:
        yield line(shown(way.caveat), "dim", 4)
    if way.fits is False:
        return
    if way.setting:
        yield Line(((way.setting, "command"),), 4, wrap=False)
    if way.command:
        yield command(way.command, 4)
