"""The verdict over the facts: how fast it loads, what helps in which order, and what else is to be known. Pure."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ..compat.rows import Loader
from ..frozen import frozen
from ..reading import Known, value_or
from .amounts import per_second, size_words
from .capacity import rate_when_free, sensible_workers, value_of
from .facts import DataFacts
from .ways import WORTH, Now, Way, now, ways

#: Mosaic's buffer of decoded images, in each worker (ultralytics: min(N, 8 * batch, 1000)).
_BUFFER = 1000


@frozen
class Verdict:
    now: Now
    ways: Tuple[Way, ...]
    notes: Tuple[str, ...]

    @property
    def best(self) -> Optional[Way]:
        """The first that fits and is known to help."""
        base = self.now.steady
        for way in self.ways:
            if way.fits and way.rate and base and way.rate.value >= WORTH * base.value:
                return way
        return None


def judge(facts: DataFacts, loader: Loader) -> Verdict:
    return Verdict(now(facts, loader), ways(facts, loader), tuple(_notes(facts, loader)))


def _notes(facts: DataFacts, loader: Loader) -> Iterator[str]:
    yield from facts.set.notes
    yield from _npy(facts, loader)
    yield from _workers(facts)
    yield from _threads(facts, loader)
    yield from _buffer(facts, loader)
    yield from _slow_disk(facts)
    yield from _busy(facts)
    broken = facts.sizes.broken
    if isinstance(broken, Known) and broken.value.value == 0 and not broken.value.exact:
        yield f"no broken file was seen; at most {broken.value.high:.0f} of all can be (95 %)"
    elif isinstance(broken, Known) and broken.value.value > 0 and not broken.value.exact:
        span = f"{broken.value.low:.0f} to {broken.value.high:.0f}"
        yield f"about {broken.value.value:.0f} files of all are broken ({span})"


def _npy(facts: DataFacts, loader: Loader) -> Iterator[str]:
    """Leftovers of an earlier cache on disk are loaded in any mode."""
    used = facts.sizes.npy_used
    if loader.npy == "never" or not isinstance(used, Known) or used.value.value < 1:
        return
    decoded, images = value_of(facts.sizes.decoded), facts.set.images
    each = f" of {size_words(decoded / images)} each" if decoded and images else ""
    newer = ", unless the image is newer" if loader.npy == "newer" else ""
    yield (
        f"{_about(used.value.value, used.value.exact)} images have an .npy{each} beside them: {loader.name} loads it "
        f"instead of the image, whatever cache is asked for{newer}; on a slow disk remove them"
    )


def _about(number: float, exact: bool) -> str:
    return f"{number:.0f}" if exact else f"about {number:.0f}"


def _workers(facts: DataFacts) -> Iterator[str]:
    cpus, counted = facts.machine.cpus, facts.machine.counted
    if not isinstance(cpus, Known):
        return
    every, best = facts.asked.workers * facts.asked.ranks, sensible_workers(cpus.value, facts.asked.ranks)
    if every > cpus.value * 1.25 + 1:
        yield f"{every} workers share {cpus.value:g} CPUs: more than {best} for each rank only take memory and turns"
    if isinstance(counted, Known) and counted.value > cpus.value + 1:
        yield (
            f"frameworks count {counted.value} CPUs here (os.cpu_count()), {cpus.value:g} may be used: "
            f"give the number of workers yourself"
        )


def _threads(facts: DataFacts, loader: Loader) -> Iterator[str]:
    if loader.no_threads:
        return
    cpus = value_or(facts.machine.cpus, 0.0)
    if facts.asked.workers > 1 and cpus:
        yield (
            "in each worker cv2.setNumThreads(0) and OMP_NUM_THREADS=1: threads of their own in "
            f"{facts.asked.workers} workers would fight for {cpus:g} CPUs"
        )


def _buffer(facts: DataFacts, loader: Loader) -> Iterator[str]:
    """A rise in the first minutes that looks like a leak and is none."""
    cached, images = value_of(facts.sizes.cached), facts.set.images
    if not loader.buffered or not cached or not images:
        return
    held = min(images, 8 * facts.asked.batch, _BUFFER) * cached / images
    every = held * max(1, facts.asked.workers) * facts.asked.ranks
    if every >= 1e9:
        yield f"without a cache, mosaic keeps {size_words(every)} of images in the workers: no leak, and no more"


def _slow_disk(facts: DataFacts) -> Iterator[str]:
    device = value_or(facts.place.device, "")
    if device == "network":
        yield "the images lie on a network: others' traffic makes it faster or slower than what was measured just now"
    if device == "overlay":
        yield "the images lie in the container's own layers: a volume or bind mount of a local disk is faster"
    share = facts.measured.cached_share
    if isinstance(share, Known) and share.value > 0.5:
        yield f"{100 * share.value:.0f} % of the sampled files were in memory already: the first epoch starts warm"


def _busy(facts: DataFacts) -> Iterator[str]:
    load, counted = facts.machine.load, facts.machine.counted
    if isinstance(load, Known) and isinstance(counted, Known) and load.value > counted.value + 0.5:
        free = rate_when_free(facts)
        higher = f"about {per_second(free)} by the CPU time that was used" if free else "higher"
        yield (
            f"others kept the CPUs busy meanwhile (load {load.value:.1f} on {counted.value} CPUs): "
            f"on a free machine it would be {higher}"
        )
