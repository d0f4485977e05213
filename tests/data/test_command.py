"""`envdoctor data` as a user starts it, with Pillow in the interpreter that is looked at."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict

import pytest

from envdoctor._machine.peeking import read_all
from envdoctor.data.look import Silent, patiently
from envdoctor.voice import Unusable

from ..cli.run import Ended, envdoctor
from .pictures import claimed_set, save

pytestmark = pytest.mark.real
QUICK = ("--python", sys.executable, "--workers", "2", "--budget", "3")


def answer(ended: Ended) -> Dict[str, Any]:
    said: Dict[str, Any] = json.loads(ended.out)
    assert said["exit_code"] == ended.code
    return said


def pictures(folder: Path, count: int = 12) -> Path:
    for number in range(count):
        save(folder / "images" / f"{number}.jpg", 800, 600)
    return folder


def test_every_figure_has_its_unit(tmp_path: Path) -> None:
    ended = envdoctor("data", str(pictures(tmp_path)), "--imgsz", "320", "--format", "json", *QUICK)
    said = answer(ended)
    assert ended.code == 0, ended.err
    assert (said["images"], said["images_complete"], said["formats"]) == (12, True, {"jpg": 12})
    assert said["decoded_bytes"] == said["decoded_bytes_low"] == said["decoded_bytes_high"] == 12 * 800 * 600 * 3
    assert said["ram_cache_bytes"] == 12 * 320 * 240 * 3
    assert said["file_bytes"] == sum(path.stat().st_size for path in tmp_path.rglob("*.jpg"))
    assert said["images_per_second"] > 0
    assert said["limited_by"] in ("decode", "rest", "disk")
    assert said["loading"]["library"] == "Pillow"
    assert said["libraries"][0]["cpu_each"] > 0
    assert said["broken_images"] == 0 and said["faults"] == []
    remedies = {one["name"]: one for one in said["remedies"]}
    assert remedies["resize"]["command"][:3] == ["envdoctor", "data", "resize"]
    assert remedies["resize"]["disk_bytes"] > 0
    measured = ("read_warm_bytes_per_second", "cpus", "disk_free_bytes", "memory_allowed_bytes")
    assert all(said[name] > 0 for name in measured)
    # of what could not be told there is a reason
    assert all(said[name] is None and why for name, why in said["not_known"].items())


def test_the_page(tmp_path: Path) -> None:
    (pictures(tmp_path) / "images" / "empty[red].jpg").touch()
    ended = envdoctor("data", str(tmp_path), "--framework", "ultralytics", *QUICK)
    assert ended.code == 0
    for words in (": 13 images", "every header read", "empty[red].jpg", "decoding Pillow", "loads ", "cache=ram"):
        assert words in ended.out
    assert "Traceback" not in ended.err


def test_where_nothing_can_be_measured_the_sizes_still_stand(tmp_path: Path) -> None:
    claimed_set(tmp_path / "set", [(4000, 3000)] * 20)
    ended = envdoctor("data", str(tmp_path), "--format", "json", *QUICK)
    said = answer(ended)
    assert ended.code == 3
    assert said["images_per_second"] is None
    assert "decode" in said["not_known"]["images_per_second"] or said["not_known"]["images_per_second"]
    assert said["decoded_bytes"] == 20 * 36_000_000


def test_an_interpreter_without_libraries(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    ended = envdoctor("data", str(pictures(tmp_path / "set")), "--python", str(bare), "--budget", "3")
    assert ended.code == 3
    assert "cannot be told: neither cv2 nor Pillow is installed there" in ended.out


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("gone", "there is no such file or folder"),
        ("", "holds no image (2 other files, 1 links lead nowhere)"),
        ("data.yaml", "points to what is not there"),
        ("a.json", "cannot be read as COCO json: it ends in the middle"),
    ],
)
def test_one_sentence_for_what_is_nothing(path: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("train: nowhere\n")
    (tmp_path / "a.json").write_text('{"images": [{"file_')
    os.symlink("nowhere", str(tmp_path / "x.jpg"))
    ended = envdoctor("data", str(tmp_path / path), *QUICK)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err and ended.err.count("\n") == 1


def test_an_error_in_json(tmp_path: Path) -> None:
    ended = envdoctor("data", str(tmp_path / "gone"), "--format", "json")
    assert ended.code == 2
    assert "no such file" in json.loads(ended.out)["error"]["message"]


def test_reading_counts_every_byte_and_drops_only_what_it_reads(tmp_path: Path) -> None:
    """Of a file system in memory it is told that nothing was cold."""
    sizes = [10_000, 3 << 20, 1]
    for number, size in enumerate(sizes):
        (tmp_path / str(number)).write_bytes(b"x" * size)
    spans = [(str(tmp_path / str(number)), 0, -1) for number in range(3)]
    told = read_all([*spans, (str(tmp_path / "gone"), 0, -1), (str(tmp_path / "0"), 100, 50)], 5.0, 2, drop=True)
    assert (told.files, told.bytes) == (4, sum(sizes) + 50)
    assert told.cold + told.unclear <= 4
    assert told.seconds > 0


def test_a_disk_that_never_answers_is_left_behind() -> None:
    stuck = threading.Event()
    begun = time.monotonic()
    with pytest.raises(Silent, match="the file system of /far does not answer"):
        patiently(lambda: bool(stuck.wait(60)), begun + 0.2, "the file system of /far")
    assert time.monotonic() - begun < 30
    stuck.set()


def test_what_a_part_raises_comes_through() -> None:
    def refuse() -> None:
        raise Unusable("no")

    with pytest.raises(Unusable):
        patiently(refuse, time.monotonic() + 30, "x")
