"""How many images there are, and what their headers say: walked as a stream, sampled uniformly over all of them."""

from __future__ import annotations

import errno
import math
import os
from collections import Counter
from typing import Callable, Dict, Iterable, Iterator, List, Tuple

from .._machine.peeking import Peeked, exists
from ..frozen import frozen
from ..reading import Absent, Known, Reading, Unknown
from .facts import FAULTS, Asked, Fault, ImageSet, Interval, Part, Sizes
from .headers import Header, header
from .items import ENDINGS, Item, Source, ending
from .sampling import Reservoir, Tally

#: Files that are remembered: at about 200 bytes each 10 MB, whatever the size of the set.
KEPT = 50_000
#: A kind of image that makes up one percent of the set is missed by this many once in 20 000 sets.
_LEAST = 1000
_GROWTH = 1.1
_CHUNK = 256
_EXAMPLES = 10

Clock = Callable[[], float]


@frozen
class Good:
    """A sampled image that can be read, for measuring with."""

    item: Item
    width: int
    height: int
    bytes: int


class Census:
    """The walk. `take` fills it; it can be looked at from another thread while it runs."""

    def __init__(self, source: Source, seed: object = None) -> None:
        self.source = source
        self.reservoir: Reservoir[Item] = Reservoir(KEPT, seed)
        self._formats: Counter[str] = Counter()
        self._parts: Dict[str, int] = {}
        self._others = 0
        self._npy = 0

    def take(self) -> None:
        for part, items in self.source.batches():
            ends = [ending(item.name) for item in items]
            images = [item for item, end in zip(items, ends) if end in ENDINGS]
            self._formats.update(end for end in ends if end in ENDINGS)
            self._npy += ends.count("npy")
            self._others += len(items) - len(images)
            self._parts[part] = self._parts.get(part, 0) + len(images)
            self.reservoir.add(images)

    def found(self, path: str) -> ImageSet:
        source = self.source
        return ImageSet(
            path=path,
            kind=source.kind,
            parts=tuple(Part(name, count) for name, count in self._parts.items() if name),
            images=self.reservoir.seen,
            complete=source.complete,
            others=self._others,
            formats=tuple(self._formats.most_common()),
            dangling=source.dangling,
            looping=source.looping,
            closed=tuple(source.closed),
            npy_files=self._npy,
            notes=tuple(source.notes),
            folder=source.folder,
        )


def cached_bytes(width: int, height: int, imgsz: int) -> int:
    """An image as both YOLO loaders keep it in RAM: the long side is imgsz, small ones are enlarged, 3 channels."""
    ratio = imgsz / max(width, height)
    return min(math.ceil(width * ratio), imgsz) * min(math.ceil(height * ratio), imgsz) * 3


def measure_sizes(
    found: ImageSet, sample: List[Item], asked: Asked, until: float, settle: float, readers: int, clock: Clock
) -> Tuple[Sizes, List[Good]]:
    """Read headers in the order of the sample: until the total is known within 2 % and `settle` is over, or `until`."""
    tallies = _Tallies(found, asked.imgsz)
    stopped, look_at = "all", min(_LEAST, len(sample))
    for item, header_, size in _headers(sample, readers):
        tallies.add(item, header_, size)
        read = tallies.decoded.count
        if read >= look_at and read < len(sample):
            look_at = int(read * _GROWTH) + 1
            now = clock()
            if now >= settle and tallies.decoded.precise(found.images):
                stopped = "precise"
                break
        if read % _CHUNK == 0 and clock() >= until and read < len(sample):
            stopped = "time"
            break
    if stopped == "all" and len(sample) < found.images:
        stopped = "precise" if tallies.decoded.precise(found.images) else "time"
    return tallies.sizes(stopped), tallies.good


def _headers(sample: List[Item], readers: int) -> Iterator[Tuple[Item, Header, int]]:
    if readers <= 1:
        for item in sample:
            yield (item, *_peek(item))
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(readers)
    try:
        for start in range(0, len(sample), _CHUNK):
            chunk = sample[start : start + _CHUNK]
            for item, seen in zip(chunk, pool.map(_peek, chunk)):
                yield (item, *seen)
    finally:
        pool.shutdown(wait=False)


def _peek(item: Item) -> Tuple[Header, int]:
    """The header and the size in bytes; of an image that an index declares and nobody found, -1."""
    if item.declared != (0, 0):
        return Header(*item.declared), -1
    try:
        with Peeked(item.path, item.offset, item.size) as file:
            return header(file), file.size
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
        denied = error.errno in (errno.EACCES, errno.EPERM)
        return Header(0, 0, "missing" if missing else "denied" if denied else "unreadable"), 0
    except ValueError:  # a NUL in a name out of a list
        return Header(0, 0, "missing"), 0


class _Tallies:
    def __init__(self, found: ImageSet, imgsz: int) -> None:
        self._population = found.images
        self._complete = found.complete
        self._imgsz = imgsz
        self._walked = found.kind in ("folder", "data-yaml")
        self._npy_looked = found.npy_files > 0 or not self._walked
        self.decoded, self._cached, self._bytes = Tally(), Tally(), Tally()
        self._decoded_good, self._long, self._pixels = Tally(), Tally(), Tally()
        self._broken, self._npy, self._larger = Tally(), Tally(), Tally()
        self._faults: Dict[str, List[str]] = {}
        self._counts: Counter[str] = Counter()
        self._declared = False
        self.good: List[Good] = []

    def add(self, item: Item, seen: Header, size: int) -> None:
        width, height = seen.width, seen.height
        bad = bool(seen.fault) or not width or not height
        cached = 0 if bad else cached_bytes(width, height, self._imgsz)
        self.decoded.add(width * height * 3)
        self._cached.add(cached)
        self._broken.add(bad)
        self._declared = self._declared or size < 0
        self._bytes.add(max(0, size))
        if bad:
            kind = seen.fault or "strange"
            self._counts[kind] += 1
            examples = self._faults.setdefault(kind, [])
            if len(examples) < _EXAMPLES:
                examples.append(item.shown)
            return
        self._decoded_good.add(width * height * 3)
        self._long.add(max(width, height))
        self._pixels.add(width * height)
        self._larger.add(max(width, height) >= 2 * self._imgsz)
        if self._npy_looked and item.size < 0 and size >= 0:
            self._npy.add(exists(os.path.splitext(item.path)[0] + ".npy"))
        if size >= 0 and len(self.good) < 2000:
            self.good.append(Good(item, width, height, size))

    def sizes(self, stopped: str) -> Sizes:
        number = self._population
        good = max(1, round(number * (1 - self._broken.average)))
        return Sizes(
            read=self.decoded.count,
            decoded=self._total(self.decoded),
            mean_decoded=self._mean(self._decoded_good, good),
            cached=self._total(self._cached),
            file_bytes=self._unseen() if self._declared else self._total(self._bytes),
            long_side=self._mean(self._long, good),
            pixels=self._mean(self._pixels, good),
            larger=Known(self._larger.average, _SOURCE) if self._larger.count else Absent(("headers",)),
            broken=self._unseen() if self._declared else self._known(self._broken.number(number)),
            faults=tuple(
                Fault(kind, self._counts[kind], tuple(self._faults[kind])) for kind in _in_order(self._faults)
            ),
            npy_used=self._known(self._npy.number(good)) if self._npy.count else self._no_npy(),
            stopped=stopped,
        )

    def _unseen(self) -> Reading[Interval]:
        return Unknown("not-looked", "the files were not found")

    def _no_npy(self) -> Reading[Interval]:
        if self._walked and self._complete:
            return Known(Interval(0.0, 0.0, 0.0), "the walk")
        return Absent(("beside the images",))

    def _total(self, tally: Tally) -> Reading[Interval]:
        return self._known(tally.total(self._population), tally.count)

    def _mean(self, tally: Tally, population: int) -> Reading[Interval]:
        return self._known(tally.mean(max(population, tally.count)), tally.count)

    def _known(self, interval: Interval, count: int = 2) -> Reading[Interval]:
        if not count or math.isinf(interval.high):
            return Unknown("not-looked", "too few headers were read")
        if not self._complete:
            return Unknown("timeout", "the walk did not end in the time given, and what was seen is no fair sample")
        return Known(interval, _SOURCE)


_SOURCE = "headers of a uniform sample"


def _in_order(kinds: Iterable[str]) -> List[str]:
    return sorted(kinds, key=FAULTS.index)
