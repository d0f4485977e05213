"""The verdict is arithmetic over facts: each figure by hand, on machines that nobody has."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Dict, Optional

import pytest

from envdoctor.compat import CompatTable, NoRow
from envdoctor.compat.rows import Loader
from envdoctor.data.capacity import Work, cpu_rate, decodes, page_cache_share, sensible_workers
from envdoctor.data.facts import DataFacts, Loading
from envdoctor.data.verdict import Verdict, judge
from envdoctor.data.ways import Way
from envdoctor.reading import Unknown

from ..test_architecture import PACKAGE, parts_imported
from .made import GB, facts

TABLE = CompatTable()
ULTRALYTICS = TABLE.loader("ultralytics")
YOLOV5 = TABLE.loader("yolov5")


def ways_of(verdict: Verdict) -> Dict[str, Way]:
    return {way.name: way for way in verdict.ways}


def way(given: DataFacts, name: str, loader: Loader = ULTRALYTICS) -> Way:
    return ways_of(judge(given, loader))[name]


def speed(way: Way) -> float:
    assert way.rate is not None
    return way.rate.value


def test_as_it_is() -> None:
    verdict = judge(facts(), ULTRALYTICS)
    assert verdict.now.steady is not None
    assert verdict.now.steady.value == pytest.approx(8 / 0.070)
    assert verdict.now.steady.limited_by == "decode"
    assert verdict.now.decodes == 1


@pytest.mark.parametrize(
    ("mosaic", "mixup", "loader", "count"),
    [
        (None, None, YOLOV5, 4.0),
        (None, 0.1, YOLOV5, 4.4),
        (0.0, None, YOLOV5, 1.0),
        (None, None, ULTRALYTICS, 1.0),
        (None, 0.5, ULTRALYTICS, 1.5),
        (None, None, TABLE.loader("ultralytics", "8.0.50"), 4.0),
        (None, None, TABLE.loader("mmdet"), 1.0),
        (1.0, None, TABLE.loader("mmdet"), 4.0),
    ],
)
def test_decodes_for_a_sample(mosaic: Optional[float], mixup: Optional[float], loader: Loader, count: float) -> None:
    assert decodes(replace(facts().asked, mosaic=mosaic, mixup=mixup), loader) == pytest.approx(count)


def test_mosaic_of_yolov5_costs_four() -> None:
    verdict = judge(facts(framework="yolov5"), YOLOV5)
    assert verdict.now.steady is not None
    assert verdict.now.steady.value == pytest.approx(8 / (4 * 0.060 + 0.010))
    assert speed(ways_of(verdict)["no-mosaic"]) == pytest.approx(8 / 0.070)


def test_few_cpus_bound_many_workers() -> None:
    verdict = judge(facts(cpus=2, counted=64, workers=8), ULTRALYTICS)
    assert verdict.now.steady is not None
    assert verdict.now.steady.value == pytest.approx(2 / 0.070)
    assert any(note.startswith("8 workers share 2 CPUs") for note in verdict.notes)
    assert any("frameworks count 64 CPUs" in note for note in verdict.notes)
    assert "workers" not in ways_of(verdict)


def test_more_workers_where_cpus_are_idle() -> None:
    found = way(facts(workers=2), "workers")
    assert found.setting == "workers=15"
    assert speed(found) > 6 * 2 / 0.070
    assert found.fits


@pytest.mark.parametrize(("cpus", "ranks", "best"), [(16, 1, 15), (2, 1, 2), (1, 1, 1), (16, 8, 2), (64, 4, 15)])
def test_workers_that_can_be_fed(cpus: float, ranks: int, best: int) -> None:
    assert sensible_workers(cpus, ranks) == best


def test_processes_that_hinder_each_other() -> None:
    shared = Loading("cv2", 1.0, 0.060, 0.010, 1 / 0.070, 4, 2 / 0.070, 0.002, 40_000.0, 0.010, 0.080, 0.070)
    work = Work(1.0, 0.060, 0.010)
    assert cpu_rate(shared, work, 4, 8) == pytest.approx(2 / 0.070)
    assert cpu_rate(shared, work, 1, 8) == pytest.approx(1 / 0.070)
    assert cpu_rate(shared, work, 8, 8) == pytest.approx(4 / 0.070)
    assert cpu_rate(shared, Work(2.0, 0.060, 0.010), 4, 8) == pytest.approx(2 / 0.130)


def test_a_slow_disk_holds_the_first_epoch_back_and_memory_the_others_not() -> None:
    verdict = judge(facts(disk=20e6), ULTRALYTICS)  # 10 GB of files, 100 GB of memory
    assert verdict.now.first is not None and verdict.now.steady is not None
    assert verdict.now.first.value == pytest.approx(20)
    assert verdict.now.first.limited_by == "disk"
    assert verdict.now.steady.limited_by == "decode"


def test_a_set_larger_than_memory_stays_on_the_disk() -> None:
    given = facts(images=200_000, disk=20e6)  # 200 GB
    assert page_cache_share(given, Work(1, 0.06, 0.01)) == pytest.approx(0.5)
    verdict = judge(given, ULTRALYTICS)
    assert verdict.now.steady is not None
    assert verdict.now.steady.value == pytest.approx(40)
    assert verdict.now.steady.limited_by == "disk"


def test_resize_of_large_images() -> None:
    found = way(facts(), "resize")
    assert speed(found) == pytest.approx(8 / 0.012)
    assert found.disk_bytes == 400_000_000
    assert found.minutes == pytest.approx(10_000 * 0.080 / 16 / 60)
    tail = ("/data/set", "/data/set-resized", "--size", "640", "--python", "/usr/bin/python3")
    assert found.command == ("envdoctor", "data", "resize", *tail)
    assert found.fits


@pytest.mark.parametrize(
    ("path", "folder", "source"),
    [
        ("/data/coco/data.yaml", "/data/coco/images/train", "/data/coco"),
        ("/job/data.yaml", "/data/coco/images/train", "/data/coco"),
        ("coco.yaml", "/data/coco/images/train", "/data/coco"),
        ("/job/data.yaml", "/data/pictures", "/data/pictures"),
    ],
)
def test_what_is_resized_of_a_data_yaml(path: str, folder: str, source: str) -> None:
    given = facts(kind="data-yaml", path=path)
    found = way(replace(given, set=replace(given.set, folder=folder)), "resize")
    assert found.command[3:5] == (source, f"{source}-resized")


def test_no_resize_of_small_ones_and_no_room_for_it() -> None:
    assert "resize" not in ways_of(judge(facts(width=640, height=480), ULTRALYTICS))
    full = way(facts(free=100_000_000), "resize")
    assert (full.fits, full.lacking_bytes) == (False, 300_000_000)


# 10 000 images of 640*480*3 are 9.216 GB; this release packs them (two copies) and wants a margin of 100 %


def test_a_ram_cache_that_fits() -> None:
    found = way(facts(), "ram-cache")
    assert found.ram_bytes == 9_216_000_000
    assert found.fits and found.setting == "cache=ram"
    assert speed(found) == pytest.approx(8 / 0.010)
    assert found.minutes == pytest.approx(10_000 * 0.060 / 8 / 60)


def test_the_framework_itself_refuses() -> None:
    found = way(facts(available=16 * GB), "ram-cache")
    assert found.fits is False
    assert "ultralytics will refuse: with its margin of 100 % it wants 18.4 GB and 16 GB are available" in found.why
    assert found.lacking_bytes == 2_432_000_000


def test_the_control_group_would_kill_what_the_framework_allows() -> None:
    found = way(facts(available=500 * GB, limit=20 * GB, room=18 * GB), "ram-cache")
    assert found.fits is False
    assert "counts the host's 500 GB and would begin, but the control group allows 20 GB, 18 GB of it free" in found.why
    assert found.lacking_bytes is not None and found.lacking_bytes > 3 * GB


def test_a_release_that_does_not_pack_needs_one_copy() -> None:
    old = TABLE.loader("ultralytics", "8.3.50")
    given = facts(available=500 * GB, limit=20 * GB, room=18 * GB)
    assert way(given, "ram-cache", old).fits is True


def test_every_rank_of_ultralytics_has_a_cache_of_its_own() -> None:
    assert way(facts(ranks=4), "ram-cache").ram_bytes == 4 * 9_216_000_000
    assert way(facts(ranks=4), "ram-cache", YOLOV5).ram_bytes == 9_216_000_000


def test_a_disk_cache_pays_only_where_it_stays_in_memory_or_the_disk_is_fast() -> None:
    fast = way(facts(images=1000), "disk-cache")  # 36 GB, in memory after the first epoch
    assert speed(fast) == pytest.approx(8 / 0.020)
    slow = way(facts(images=20_000, disk=150e6, device="HDD"), "disk-cache")  # 720 GB
    assert slow.rate is not None and slow.rate.limited_by == "disk"
    assert slow.rate.value < 6


def test_a_disk_cache_that_does_not_fit() -> None:
    found = way(facts(free=300 * GB), "disk-cache")  # 360 GB and 10 % more
    assert found.fits is False
    assert found.lacking_bytes == pytest.approx(96 * GB, rel=0.01)
    unchecked = way(facts(free=300 * GB), "disk-cache", YOLOV5)
    assert "does not check: the disk would be full" in unchecked.why
    assert way(facts(writable=False), "disk-cache").fits is False


def test_order_what_fits_and_helps_most_comes_first() -> None:
    verdict = judge(facts(workers=2), ULTRALYTICS)
    rates = [one.rate.value for one in verdict.ways if one.fits and one.rate]
    assert verdict.best is verdict.ways[0]
    assert rates == sorted(rates, reverse=True)
    crowded = judge(facts(available=16 * GB), ULTRALYTICS)
    names = [one.name for one in crowded.ways]
    assert ways_of(crowded)["ram-cache"].fits is False
    assert names.index("resize") < names.index("ram-cache")


def test_frameworks_without_a_cache_are_offered_none() -> None:
    assert set(ways_of(judge(facts(framework="generic"), TABLE.loader("generic")))) == {"workers", "resize"}


def test_nothing_measured_means_cannot_tell_and_the_sizes_still_stand() -> None:
    given = facts()
    blind = replace(given, measured=replace(given.measured, loading=Unknown("failed", "no cv2 there")))
    verdict = judge(blind, ULTRALYTICS)
    assert verdict.now.steady is None and verdict.now.why_not == "no cv2 there"
    assert verdict.best is None
    found = ways_of(verdict)["ram-cache"]
    assert found.rate is None and found.fits is True and found.ram_bytes == 9_216_000_000


def test_leftover_npy_files_are_told() -> None:
    def told(loader: Loader) -> str:
        return next((note for note in judge(facts(npy_images=77), loader).notes if ".npy" in note), "")

    assert told(YOLOV5).startswith("77 images have an .npy of 36 MB each beside them: yolov5 loads it")
    assert "unless the image is newer" in told(ULTRALYTICS)
    assert told(TABLE.loader("generic")) == ""


def test_the_mosaic_buffer_is_no_leak() -> None:
    notes = judge(facts(batch=128), ULTRALYTICS).notes
    assert any("mosaic keeps 7.37 GB of images in the workers" in note for note in notes)


@pytest.mark.parametrize(
    ("version", "margin", "copies"),
    [("8.0.0", 50, 1), ("8.2.103", 50, 1), ("8.4.100", 50, 1), ("8.4.150", 100, 2), ("8.4.190", 100, 2), ("", 100, 2)],
)
def test_releases(version: str, margin: int, copies: int) -> None:
    row = TABLE.loader("ultralytics", version)
    assert (row.ram_margin, row.cache_copies) == (margin, copies)


def test_what_the_table_does_not_know() -> None:
    with pytest.raises(NoRow, match=r"does not know how ultralytics 7\.0 reads images"):
        TABLE.loader("ultralytics", "7.0")
    with pytest.raises(NoRow, match="not a version"):
        TABLE.loader("ultralytics", "new")
    with pytest.raises(NoRow):
        TABLE.loader("detectron2")


PURE = ("amounts", "capacity", "facts", "verdict", "ways")


@pytest.mark.parametrize("name", PURE)
def test_the_verdict_never_touches_the_machine(name: str) -> None:
    file = PACKAGE / "data" / f"{name}.py"
    assert set(parts_imported(file)) <= {"compat", "data", "frozen", "reading"}
    imports = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    assert {node.module for node in imports if node.level == 1} <= set(PURE)
