"""The sample is uniform, and its intervals hold what they promise."""

from __future__ import annotations

import random
from typing import Callable, Dict, List

import pytest

from envdoctor.data.sampling import Reservoir, Tally

POPULATIONS: Dict[str, Callable[[random.Random], float]] = {
    "constant": lambda draw: 36e6,
    "like COCO": lambda draw: 0.9e6 * draw.choice([1.0, 0.75, 0.8, 0.9]),
    "lognormal": lambda draw: draw.lognormvariate(14, 0.6),
    "two cameras": lambda draw: 36e6 if draw.random() < 0.5 else 6e6,
    "90 to 10": lambda draw: 36e6 if draw.random() < 0.1 else 0.9e6,
}


def test_every_item_of_a_stream_has_the_same_chance() -> None:
    counts = [0] * 40
    for seed in range(2000):
        reservoir: Reservoir[int] = Reservoir(10, seed)
        for start in range(0, 40, 7):
            reservoir.add(list(range(start, min(40, start + 7))))
        for kept in reservoir.shuffled():
            counts[kept] += 1
    # 500 expected, standard deviation 19
    assert min(counts) > 410 and max(counts) < 590


def test_a_short_stream_is_kept_whole() -> None:
    reservoir: Reservoir[int] = Reservoir(10, 1)
    reservoir.add([1, 2, 3])
    assert sorted(reservoir.shuffled()) == [1, 2, 3]
    assert reservoir.seen == 3


@pytest.mark.parametrize("name", list(POPULATIONS))
@pytest.mark.parametrize("read", [200, 1000])
def test_the_interval_holds_the_truth_as_often_as_it_says(name: str, read: int) -> None:
    draw = random.Random(5)
    population = [POPULATIONS[name](draw) for _ in range(8000)]
    truth, held = sum(population), 0
    for _ in range(200):
        tally = Tally()
        for value in draw.sample(population, read):
            tally.add(value)
        total = tally.total(len(population))
        held += total.low <= truth * (1 + 1e-9) and truth * (1 - 1e-9) <= total.high
    assert held >= 180  # 190 expected


@pytest.mark.parametrize("name", list(POPULATIONS))
def test_precise_means_within_two_percent(name: str) -> None:
    draw = random.Random(6)
    population = [POPULATIONS[name](draw) for _ in range(40_000)]
    truth, off = sum(population), 0
    for _ in range(20):
        draw.shuffle(population)
        tally = Tally()
        for number, value in enumerate(population, 1):
            tally.add(value)
            if number >= 1000 and number % 500 == 0 and tally.precise(len(population)):
                break
        off += abs(tally.total(len(population)).value - truth) > 0.02 * truth
    assert off <= 2


def test_all_is_exact_and_one_says_nothing() -> None:
    tally = Tally()
    tally.add(3.0)
    assert tally.mean(1).exact
    assert tally.mean(2).high == float("inf")


def test_none_seen_is_not_none_there() -> None:
    tally = Tally()
    for _ in range(100):
        tally.add(0)
    few = tally.number(1000)
    assert (few.value, few.low, few.high) == (0, 0, 30)
    assert tally.number(100).high == 0


def test_a_number_is_at_least_what_was_seen() -> None:
    tally = Tally()
    values: List[int] = [1] + [0] * 99
    for value in values:
        tally.add(value)
    assert tally.number(1000).low == 1
