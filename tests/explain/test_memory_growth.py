"""Logs in which memory grows, and logs in which it only looks as if it did."""

from __future__ import annotations

import random
from typing import Tuple

import pytest

from envdoctor.explain.memory.growth import MOST_LABELS, MOST_POINTS, Growth, Series, grows
from envdoctor.explain.memory.reader import read
from envdoctor.explain.memory.sizes import GIB, MIB
from envdoctor.pasted import blocks


def growing(text: str) -> Tuple[Growth, ...]:
    return read(blocks([text.encode()])).growing


def log(pattern: str, sizes: list[float]) -> str:
    return "\n".join(pattern.format(at=at, size=size) for at, size in enumerate(sizes, 1))


RISING = [2.0, 2.6, 3.1, 3.7, 4.3, 4.9, 5.5, 6.1]

FORMATS = {
    "own print": "step {at} loss 0.41 | max memory allocated {size:.2f} GiB",
    "rss": "step {at} loss 1.0586 rss {size:.2f} GiB",
    "ultralytics": "      {at}/100      {size:.2f}G      1.234      0.789      1.101         53        640: 100%",
    "detectron2": "[11/20 10:00:00 d2.utils.events]:  iter: {at}  total_loss: 1.2  max_mem: {size:.0f}000M",
    "mmengine": "11/20 - mmengine - INFO - Epoch(train) [1][{at}/7330]  lr: 1e-3  memory: {size:.0f}173  loss: 0.1",
    "label with a unit": "iter {at}: GPU memory (GB): {size:.2f}",
    "torch.cuda": "{at}: torch.cuda.memory_allocated() = {size:.0f}000000000",
    "chinese": "第 {at} 步 显存: {size:.2f} GB",
}


class TestLogs:
    @pytest.mark.parametrize("form", sorted(FORMATS))
    def test_a_leak(self, form: str) -> None:
        sizes = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0] if ":.0f" in FORMATS[form] else RISING
        text = ("Epoch    GPU_mem   box_loss\n" if form == "ultralytics" else "") + log(FORMATS[form], sizes)
        found = growing(text)
        assert len(found) == 1
        assert found[0].last[1] - found[0].first[1] >= 3 * GIB
        assert found[0].points == len(sizes)
        first = 2 if form == "ultralytics" else 1
        assert found[0].source == f"lines {first} to {first + len(sizes) - 1}"
        assert " grows from " in found[0].says()

    @pytest.mark.parametrize("form", sorted(FORMATS))
    def test_a_program_that_warms_up(self, form: str) -> None:
        sizes = [1.0, 5.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0]
        assert growing("Epoch GPU_mem\n" + log(FORMATS[form], sizes)) == ()

    def test_figures_that_are_no_memory_in_use(self) -> None:
        for words in (
            "free memory",
            "available memory",
            "batch size",
            "downloaded",
            "disk",
            "total memory",
            "limit mem",
        ):
            assert growing(log("step {at} " + words + " {size:.2f} GiB", RISING)) == (), words

    def test_other_numbers_that_grow(self) -> None:
        assert growing(log("step {at}00 memory 3.00 GiB seen {size:.0f}000 samples", RISING)) == ()
        assert growing(log("{at}/8 [00:0{at}<00:10, 3.00GiB/s] memory bandwidth {size:.2f} GiB", RISING)) == ()

    def test_rows_of_another_table_are_no_epochs(self) -> None:
        assert growing(log("      {at}/100      {size:.2f}G      1.2", RISING)) == ()

    def test_several_ranks_and_labels(self) -> None:
        lines = []
        for at, size in enumerate(RISING):
            lines += [f"[rank{rank}] step {at} mem {size:.2f} GiB reserved {size + 1:.2f} GiB" for rank in (0, 1)]
        labels = {one.label for one in growing("\n".join(lines))}
        assert labels == {"mem", "reserved"}

    def test_messages_of_a_program_that_goes_on(self) -> None:
        text = "\n".join(
            f"CUDA out of memory. Tried to allocate 1.00 GiB (GPU 0; 24.00 GiB total capacity; {size:.2f} GiB already "
            f"allocated; 0 bytes free; {size + 0.1:.2f} GiB reserved in total by PyTorch)"
            for size in RISING
        )
        assert [one.label for one in growing(text)] == ["memory allocated on GPU 0"]
        assert growing("\n".join([text.split("\n")[0]] * 20)) == ()

    def test_a_log_of_any_size(self) -> None:
        text = log("step {at} mem {size:.0f} MiB", [1000.0 + at / 20 for at in range(40_000)])
        found = growing(text)
        assert len(found) == 1 and found[0].last[1] > 2900 * MIB


class TestGrows:
    def test_steadily(self) -> None:
        assert grows([size * MIB for size in (500, 700, 900, 1100)])
        assert grows([size * GIB for size in range(1, 100)])

    def test_with_noise(self) -> None:
        noise = random.Random(1)
        assert grows([(1000 + 20 * at + noise.randrange(300)) * MIB for at in range(100)])

    @pytest.mark.parametrize(
        "sizes",
        [
            [],
            [1000],
            [1000, 2000, 3000],  # too few
            [1000, 1001, 1002, 1003, 1004],  # too little
            [10, 20, 30, 40, 50],  # nothing to speak of
            [10_000, 10_500, 11_000, 11_500],  # not by much
            [1000, 4000, 4500, 4600, 4620, 4620, 4620, 4630],  # levels off
            [1000, 5000, 1000, 5000, 1000, 5000],  # goes up and down
            [1000, 3000, 5000, 7000, 1000, 1100, 1100, 1100],  # begins again
            [7000, 6000, 5000, 4000],
        ],
    )
    def test_not(self, sizes: list[int]) -> None:
        assert not grows([size * MIB for size in sizes])


def test_memory_is_bounded() -> None:
    series = Series()
    for at in range(3 * MOST_POINTS):
        series.add("mem", at, at * MIB)
    for at in range(10 * MOST_LABELS):
        label = "mem" + "".join(chr(ord("a") + int(digit)) for digit in str(at))
        for point in range(5):
            series.add(label, point, point * GIB)
    found = series.growing()
    assert len(found) == MOST_LABELS
    of_mem = next(one for one in found if one.label == "mem")
    assert of_mem.points == 3 * MOST_POINTS and of_mem.last[1] > 2.9 * MOST_POINTS * MIB


def test_a_line_without_end_is_no_log() -> None:
    series = Series()
    for at in range(10):
        series.read(at, "x" * 2000 + f" mem {at} GiB")
    assert series.growing() == ()
