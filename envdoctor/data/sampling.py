"""A uniform sample of a stream, and what it says of the whole: totals and means with their 95 % intervals."""

from __future__ import annotations

import math
import random
from typing import Generic, List, TypeVar

from .facts import Interval

T = TypeVar("T")

Z = 1.96  # of 95 %
#: The sample grows until it is good enough and is looked at many times on the way: each look must be stricter.
STRICT_Z = 2.24
WANTED = 0.02


class Reservoir(Generic[T]):
    """`most` items of a stream of unknown length, each with the same chance; in random order when asked for."""

    def __init__(self, most: int, seed: object = None) -> None:
        self._most = most
        self._random = random.Random(None if seed is None else repr(seed))
        self._kept: List[T] = []
        self.seen = 0

    def add(self, items: List[T]) -> None:
        room = self._most - len(self._kept)
        if room > 0:
            self._kept += items[:room]
            self.seen += min(room, len(items))
            items = items[room:]
        draw = self._random.random
        for item in items:
            self.seen += 1
            place = int(draw() * self.seen)
            if place < self._most:
                self._kept[place] = item

    def shuffled(self) -> List[T]:
        """Any beginning of it is itself a uniform sample. The reservoir is empty afterwards."""
        kept, self._kept = self._kept, []
        self._random.shuffle(kept)
        return kept


class Tally:
    """Sum and sum of squares of what was read."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0.0
        self._squares = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        self._sum += value
        self._squares += value * value

    @property
    def average(self) -> float:
        return self._sum / self.count if self.count else 0.0

    def half(self, population: int, z: float = Z) -> float:
        """Half the width of the mean's interval. 0 where all was read, infinite where one value says nothing."""
        if self.count >= population:
            return 0.0
        if self.count < 2:
            return math.inf
        spread = max(0.0, self._squares - self._sum * self._sum / self.count) / (self.count - 1)
        # the t distribution for small samples (its expansion around the normal one), and that no file is read twice
        z += (z**3 + z) / (4 * (self.count - 1))
        return z * math.sqrt(spread / self.count * (1 - self.count / population))

    def precise(self, population: int) -> bool:
        return self.half(population, STRICT_Z) <= WANTED * abs(self.average)

    def mean(self, population: int) -> Interval:
        half = self.half(population)
        return Interval(self.average, max(0.0, self.average - half), self.average + half)

    def total(self, population: int) -> Interval:
        mean = self.mean(population)
        return Interval(mean.value * population, mean.low * population, mean.high * population)

    def number(self, population: int) -> Interval:
        """Of a tally of zeros and ones: how many ones there are. Where none was seen: at most 3 in `count` (95 %)."""
        if self._sum == 0 and 0 < self.count < population:
            return Interval(0.0, 0.0, min(population - self.count, 3.0 * population / self.count))
        found = self.total(population)
        return Interval(found.value, max(found.low, self._sum), min(found.high, population))
