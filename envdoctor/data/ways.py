"""What would make loading faster, each with what it gives, what it costs, and whether it fits. Pure."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Iterator, Optional, Tuple

from ..compat.rows import Loader
from ..frozen import frozen
from ..reading import Known, value_or
from .amounts import size_words
from .capacity import Rate, Work, allowed_memory, decodes, high_of, rate, sensible_workers, value_of
from .facts import DataFacts, Loading

#: Of the memory that may be used: the rest is for the workers, the batches in flight, and the model's own host memory.
_OF_MEMORY = 0.85
#: A remedy that gives less than this is none.
WORTH = 1.1
#: Threads of the loop that fills a cache (NUM_THREADS of both YOLO frameworks).
_THREADS = 8
#: Decoded images at full size that each of these threads holds, or that glibc keeps for it: measured on the loop itself
#: (8 threads, 9 MB images: 143 MB beyond the cache, with 400 images of 640 as with 800 of 320).
_IN_HAND = 2
_NPY_HEADER = 128


@frozen
class Way:
    name: str  # workers | resize | ram-cache | disk-cache | no-mosaic
    rate: Optional[Rate]
    fits: Optional[bool]  # None: cannot tell
    why: str  # one sentence: what it needs, and by how much it does not fit
    ram_bytes: Optional[int] = None  # for good
    peak_ram_bytes: Optional[int] = None  # while it is filled
    disk_bytes: Optional[int] = None
    minutes: Optional[float] = None  # once
    lacking_bytes: Optional[int] = None
    setting: str = ""  # what is added to the training command
    command: Tuple[str, ...] = ()  # to be run before
    caveat: str = ""


@frozen
class Now:
    """As it is: with the workers that were asked for."""

    decodes: float
    work: Optional[Work]
    steady: Optional[Rate]  # from the second epoch on
    first: Optional[Rate]  # the first epoch, with nothing in the page cache
    why_not: str  # why it cannot be told


def now(facts: DataFacts, loader: Loader) -> Now:
    count = decodes(facts.asked, loader)
    loading = facts.measured.loading
    if not isinstance(loading, Known):
        return Now(count, None, None, None, _reason(loading))
    work = _work(facts, loading.value, count)
    workers = facts.asked.workers
    return Now(count, work, rate(facts, work, workers), rate(facts, work, workers, warm=False), "")


def _reason(reading: object) -> str:
    detail = getattr(reading, "detail", "") or getattr(reading, "reason", "") or "nothing was measured"
    return str(detail)


def _work(facts: DataFacts, loading: Loading, count: float) -> Work:
    return Work(count, loading.decode, loading.rest)


def ways(facts: DataFacts, loader: Loader) -> Tuple[Way, ...]:
    """Those that fit and help, the fastest first; then those of which it cannot be told; then those that do not fit."""
    current = now(facts, loader)
    found = [way for way in _ways(facts, loader, current) if way is not None]
    base = current.steady.value if current.steady else None

    def order(way: Way) -> Tuple[int, float]:
        helps = way.fits is not False and (base is None or way.rate is None or way.rate.value >= WORTH * base)
        place = 0 if helps and way.fits else 1 if way.fits is None else 2 if way.fits is False else 3
        return place, -(way.rate.value if way.rate else 0.0)

    return tuple(sorted(found, key=order))


def _ways(facts: DataFacts, loader: Loader, current: Now) -> Iterator[Optional[Way]]:
    yield _workers(facts, loader, current)
    yield _resize(facts, loader, current)
    if loader.caches and facts.set.kind not in ("tar", "shards"):
        yield _ram_cache(facts, loader, current)
        yield _disk_cache(facts, loader, current)
    yield _no_mosaic(facts, loader, current)


def _workers(facts: DataFacts, loader: Loader, current: Now) -> Optional[Way]:
    cpus = facts.machine.cpus
    if not isinstance(cpus, Known):
        return None
    asked, best = facts.asked.workers, sensible_workers(cpus.value, facts.asked.ranks)
    if best <= asked:
        return None
    made = rate(facts, current.work, best) if current.work else None
    return Way(
        "workers",
        made,
        True,
        f"{cpus.value:g} CPUs may be used, {max(1, asked) * facts.asked.ranks} of them are kept busy",
        setting=loader.workers_setting.format(workers=best),
        minutes=0.0,
    )


def _resize(facts: DataFacts, loader: Loader, current: Now) -> Optional[Way]:
    long_side, images = facts.sizes.long_side, facts.set.images
    if not isinstance(long_side, Known) or long_side.value.value < 1.25 * facts.asked.imgsz:
        return None
    caveat = "for crops, small objects and evaluation at full size keep the originals, which are not touched"
    if facts.set.kind not in ("folder", "data-yaml"):
        return Way("resize", None, None, f"envdoctor resizes folders, not a {facts.set.kind}", caveat=caveat)
    source = _root(facts)
    if facts.set.kind == "data-yaml":
        caveat += "; a data.yaml with an absolute `path` goes on naming those"
    command: Tuple[str, ...] = (
        "envdoctor",
        "data",
        "resize",
        source,
        resized_name(source),
        "--size",
        str(facts.asked.imgsz),
    )
    if facts.measured.python:
        command += ("--python", facts.measured.python)
    loading = facts.measured.loading
    if not isinstance(loading, Known) or current.work is None:
        return Way("resize", None, None, current.why_not, command=command, caveat=caveat)
    need = int(images * loading.value.small_bytes)
    small = replace(
        current.work, decode=loading.value.small_decode, bytes_each=loading.value.small_bytes, total_bytes=float(need)
    )
    cpus = value_or(facts.machine.cpus, 1.0)
    minutes = images * loading.value.convert / max(1.0, cpus) / 60
    free = _free(facts)
    why = f"{_long(long_side.value.value)} becomes {facts.asked.imgsz}: less to decode, less to read"
    lacking = _lacking(need, free)
    return Way(
        "resize",
        rate(facts, small, facts.asked.workers),
        None if free is None else lacking is None,
        why,
        disk_bytes=need,
        minutes=minutes,
        lacking_bytes=lacking,
        command=command,
        caveat=caveat,
    )


def _root(facts: DataFacts) -> str:
    """The folder that holds images and labels: of a data.yaml its own, where the images lie below it."""
    if facts.set.kind == "folder":
        return facts.set.path
    beside, folder = os.path.dirname(facts.set.path), facts.set.folder
    if os.path.isabs(beside) and folder.startswith(f"{beside}/"):
        return beside
    above, found, _ = folder.rpartition("/images")
    return above if found and above else folder


def resized_name(source: str) -> str:
    return f"{source.rstrip('/')}-resized"


def _long(pixels: float) -> str:
    return f"a mean long side of {pixels:.0f} pixels"


def _lacking(need: float, free: Optional[int]) -> Optional[int]:
    return int(need - free) if free is not None and need > free else None


def _free(facts: DataFacts) -> Optional[int]:
    """Room on the disk; of a quota that could not be asked nothing is known, and the disk's own room counts."""
    known = [one.value for one in (facts.place.free, facts.place.quota_free) if isinstance(one, Known)]
    return min(known) if known else None


def _ram_cache(facts: DataFacts, loader: Loader, current: Now) -> Optional[Way]:
    ranks = facts.asked.ranks
    each = high_of(facts.sizes.cached)
    if each is None:
        return Way("ram-cache", None, None, _reason(facts.sizes.cached), setting=loader.ram_setting)
    copies = ranks if loader.each_rank else 1
    in_hand = _THREADS * _IN_HAND * (value_of(facts.sizes.mean_decoded) or 0.0)
    held, peak = int(each * copies), int((each * loader.cache_copies + in_hand) * copies)
    fits, why, lacking = _ram_verdict(facts, loader, each, peak)
    made = None
    minutes = None
    if current.work is not None:
        made = rate(facts, replace(current.work, decodes=0.0, decode=0.0), facts.asked.workers)
        minutes = _filling(facts, current.work, copies) / 60
    where = f" in each of {ranks} ranks" if loader.each_rank and ranks > 1 else ""
    return Way(
        "ram-cache",
        made,
        fits,
        f"{why}{where}",
        ram_bytes=held,
        peak_ram_bytes=peak,
        minutes=minutes,
        lacking_bytes=lacking,
        setting=loader.ram_setting,
        caveat="filled again at every start",
    )


def _ram_verdict(facts: DataFacts, loader: Loader, each: float, peak: int) -> Tuple[Optional[bool], str, Optional[int]]:
    """Whether the cache fits: what the framework itself will say, and what the kernel will."""
    available, allowed = facts.machine.available, allowed_memory(facts)
    if not isinstance(available, Known) or allowed is None:
        return None, "how much memory may be used is not known", None
    wanted = each * (1 + (loader.ram_margin or 0) / 100)
    limit = facts.machine.limit
    limited = isinstance(limit, Known) and isinstance(facts.machine.room, Known) and allowed < available.value
    if loader.ram_margin is not None and wanted > available.value:
        return (
            False,
            f"{loader.name} will refuse: with its margin of {loader.ram_margin} % it wants {size_words(wanted)} "
            f"and {size_words(available.value)} are available",
            int(wanted - available.value),
        )
    if peak > _OF_MEMORY * allowed:
        lacking = int(peak / _OF_MEMORY - allowed)
        if limited and isinstance(limit, Known):
            return (
                False,
                f"{loader.name} counts the host's {size_words(available.value)} and would begin, but the control "
                f"group allows {size_words(limit.value)}, {size_words(allowed)} of it free: "
                f"the job would be killed on its way to {size_words(peak)}",
                lacking,
            )
        return False, f"it takes {size_words(peak)} while it is filled, {size_words(allowed)} are available", lacking
    return True, f"{size_words(peak)} of {size_words(allowed)} that may be used", None


def _filling(facts: DataFacts, work: Work, copies: int) -> float:
    """Seconds until a cache is full: every image is decoded once in each copy, by the loop's threads."""
    counted = value_or(facts.machine.counted, 2)
    threads = min(_THREADS, max(1, counted - 1)) * copies
    return facts.set.images * copies * work.decode / max(1.0, min(float(threads), value_or(facts.machine.cpus, 1.0)))


def _disk_cache(facts: DataFacts, loader: Loader, current: Now) -> Optional[Way]:
    decoded = high_of(facts.sizes.decoded)
    if decoded is None:
        return Way("disk-cache", None, None, _reason(facts.sizes.decoded), setting=loader.disk_setting)
    need = decoded + _NPY_HEADER * facts.set.images
    wanted = need * (1 + (loader.disk_margin or 0) / 100)
    free = _free(facts)
    lacking = _lacking(wanted, free)
    loading = facts.measured.loading
    made, minutes = None, None
    if isinstance(loading, Known) and current.work is not None and facts.set.images and loading.value.npy > 0:
        each = (value_of(facts.sizes.decoded) or decoded) / facts.set.images
        npy = replace(current.work, decode=loading.value.npy, bytes_each=each, total_bytes=need)
        made = rate(facts, npy, facts.asked.workers)
        minutes = _filling(facts, current.work, 1) / 60
    why = f".npy files of {size_words(need)} beside the images, which stay there"
    if facts.place.writable == Known(False, getattr(facts.place.writable, "source", "")):
        return Way("disk-cache", made, False, "the folder of the images is not writable", disk_bytes=int(need))
    if lacking is not None and free is not None:
        margin = f", with {loader.name}'s margin {size_words(wanted)}" if loader.disk_margin else ""
        why = f"{why}{margin}; {size_words(free)} are free"
        if loader.disk_margin is None:
            why += f", and {loader.name} does not check: the disk would be full"
    return Way(
        "disk-cache",
        made,
        None if free is None else lacking is None,
        why,
        disk_bytes=int(need),
        minutes=minutes,
        lacking_bytes=lacking,
        setting=loader.disk_setting,
        caveat="the time to write them was not measured" if minutes is not None else "",
    )


def _no_mosaic(facts: DataFacts, loader: Loader, current: Now) -> Optional[Way]:
    if current.decodes < 1.5 or current.work is None:
        return None
    made = rate(facts, replace(current.work, decodes=1.0), facts.asked.workers)
    why = f"a sample decodes {current.decodes:.1f} images, without mosaic and mixup one"
    return Way("no-mosaic", made, True, why, minutes=0.0, caveat="it changes the training itself, not only its speed")
