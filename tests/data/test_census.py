"""Sets with a known truth: within 2 %, or an interval that holds it."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Callable, Dict, Tuple

import pytest

from envdoctor.data.census import Census, cached_bytes, measure_sizes
from envdoctor.data.facts import Asked, ImageSet, Interval, Sizes
from envdoctor.data.finding import FolderSource
from envdoctor.reading import Known, Unknown

from .pictures import claimed_set, save

Size = Tuple[int, int]


def lognormal(draw: random.Random) -> Size:
    side = min(12_000, max(64, int(draw.lognormvariate(6.8, 0.35))))
    return side, int(side * 0.75)


SETS: Dict[str, Callable[[random.Random], Size]] = {
    "constant": lambda draw: (1920, 1080),
    "like COCO": lambda draw: draw.choice([(640, 480), (480, 640), (640, 427), (500, 375), (640, 640)]),
    "lognormal": lognormal,
    "two cameras": lambda draw: (4000, 3000) if draw.random() < 0.5 else (1920, 1080),
    "90 to 10": lambda draw: (4000, 3000) if draw.random() < 0.1 else (640, 480),
}


def looked(folder: Path, until: float = 1e9, settle: float = 0.0, seed: int = 1) -> Tuple[ImageSet, Sizes]:
    """A look with a clock that counts the times it is asked."""
    ticks = iter(range(10**9))
    census = Census(FolderSource([("", str(folder))], "folder", str(folder), lambda: False), seed)
    census.take()
    found = census.found(str(folder))
    sample = census.reservoir.shuffled()
    sizes, _ = measure_sizes(found, sample, Asked(str(folder)), until, settle, 1, lambda: float(next(ticks)))
    return found, sizes


def known(reading: object) -> Interval:
    assert isinstance(reading, Known), reading
    assert isinstance(reading.value, Interval)
    return reading.value


@pytest.mark.parametrize("name", list(SETS))
def test_stops_when_it_knows_within_two_percent(name: str, tmp_path: Path) -> None:
    draw = random.Random(3)
    truth = claimed_set(tmp_path / "set", (SETS[name](draw) for _ in range(3000)))
    found, sizes = looked(tmp_path)
    assert found.images == 3000
    decoded = known(sizes.decoded)
    assert abs(decoded.value - truth) <= 0.02 * truth
    assert decoded.low <= truth <= decoded.high or decoded.within <= 0.02
    assert sizes.read < 3000 if name in ("constant", "like COCO") else sizes.read >= 1000


@pytest.mark.parametrize("name", ["lognormal", "two cameras", "90 to 10"])
def test_a_look_that_is_cut_off_says_how_far_it_got(name: str, tmp_path: Path) -> None:
    draw = random.Random(4)
    truth = claimed_set(tmp_path / "set", (SETS[name](draw) for _ in range(3000)))
    _, sizes = looked(tmp_path, until=2, settle=1e9)  # two looks at the clock: two chunks
    assert sizes.stopped == "time"
    assert sizes.read < 1000
    decoded = known(sizes.decoded)
    assert decoded.low <= truth <= decoded.high
    assert decoded.within > 0.02


def test_time_enough_makes_it_exact(tmp_path: Path) -> None:
    draw = random.Random(5)
    truth = claimed_set(tmp_path / "set", (SETS["90 to 10"](draw) for _ in range(1500)))
    _, sizes = looked(tmp_path, settle=1e9)
    decoded = known(sizes.decoded)
    assert decoded.exact and decoded.value == truth
    assert known(sizes.broken).high == 0


def test_faults_formats_and_what_lies_beside(tmp_path: Path) -> None:
    save(tmp_path / "images" / "good.png")
    save(tmp_path / "images" / "fine.JPG", format="JPEG")
    (tmp_path / "images" / "fine.npy").write_bytes(b"x")
    (tmp_path / "images" / "empty.jpg").touch()
    (tmp_path / "images" / "page.jpg").write_text("<html>")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "good.txt").write_text("0 0.5 0.5 1 1")
    os.symlink("nowhere", str(tmp_path / "images" / "gone.jpg"))
    os.symlink("self.jpg", str(tmp_path / "images" / "self.jpg"))
    os.symlink("..", str(tmp_path / "images" / "up"))
    found, sizes = looked(tmp_path)
    assert found.images == 4
    assert dict(found.formats) == {"jpg": 3, "png": 1}
    assert (found.others, found.npy_files) == (2, 1)
    assert (found.dangling, found.looping) == (2, 1)
    assert {fault.kind: fault.count for fault in sizes.faults} == {"empty": 1, "strange": 1}
    assert known(sizes.broken).value == 2
    assert known(sizes.npy_used).value == 1
    assert known(sizes.decoded).value == 2 * 64 * 48 * 3
    assert known(sizes.mean_decoded).value == 64 * 48 * 3


def test_names_of_any_bytes(tmp_path: Path) -> None:
    for name in (b"new\nline.jpg", b"not\xffutf8.jpg", b"[red]x.jpg", b"-rf.jpg", b"a\x1b[31m.jpg"):
        save(tmp_path / "x.jpg")
        os.rename(os.fsencode(str(tmp_path / "x.jpg")), os.fsencode(str(tmp_path)) + b"/" + name)
    found, sizes = looked(tmp_path)
    assert found.images == 5
    assert known(sizes.broken).value == 0


def test_a_walk_without_end_gives_no_totals(tmp_path: Path) -> None:
    claimed_set(tmp_path / "set", [(64, 48)] * 1500)
    late = iter([False, True])
    census = Census(FolderSource([("", str(tmp_path))], "folder", str(tmp_path), lambda: next(late)), 1)
    census.take()
    found = census.found(str(tmp_path))
    assert not found.complete and found.images < 1500
    sizes, _ = measure_sizes(found, census.reservoir.shuffled(), Asked("x"), 1e9, 0, 1, lambda: 0.0)
    assert isinstance(sizes.decoded, Unknown) and sizes.decoded.reason == "timeout"


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [
        ((4000, 3000), 640 * 480 * 3),
        ((3000, 4000), 480 * 640 * 3),
        ((320, 240), 640 * 480 * 3),  # small ones are enlarged
        ((640, 427), 640 * 427 * 3),
        ((1000, 333), 640 * 214 * 3),  # rounded up
    ],
)
def test_an_image_in_the_cache(size: Size, bytes_: int) -> None:
    assert cached_bytes(*size, 640) == bytes_
