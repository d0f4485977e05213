"""What training a model takes, which GPU holds it, and `envdoctor memory`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Dict, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.exits import Exit
from envdoctor.explain.memory.estimate import (
    CONTEXT,
    FRAGMENTS,
    PRECISIONS,
    SEGMENTS,
    STATES,
    Estimate,
    Job,
    estimate,
    line,
)
from envdoctor.explain.memory.fitting import Room, code_of, fits, rooms, usable_of
from envdoctor.explain.memory.page import document, render
from envdoctor.explain.memory.sizes import GIB, MIB, between, count, typed, words
from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from tests.healthy import change, gpu, healthy

M = 10**6


def parts(**changes: Any) -> Dict[str, int]:
    return {part.name: part.size for part in estimate(Job(100 * M, **changes)).parts}


class TestWhatIsKept:
    """Bytes a parameter: those that torch 2.7.1 was measured to keep for the same optimizers and types."""

    @pytest.mark.parametrize(
        ("precision", "optimizer", "expected"),
        [
            ("fp32", "adamw", (4, 4, 8)),
            ("fp32", "sgd", (4, 4, 0)),
            ("fp32", "sgd-momentum", (4, 4, 4)),
            ("fp32", "rmsprop", (4, 4, 4)),
            ("fp32", "adagrad", (4, 4, 4)),
            ("bf16", "adamw", (2, 2, 4)),
            ("fp16", "sgd-momentum", (2, 2, 2)),
            ("amp", "adam", (4, 4, 8)),
        ],
    )
    def test_by_precision_and_optimizer(self, precision: str, optimizer: str, expected: Tuple[int, int, int]) -> None:
        found = parts(precision=precision, optimizer=optimizer)
        kept = (found["parameters"], found["gradients"], found.get("optimizer states", 0))
        assert kept == tuple(each * 100 * M for each in expected)
        assert ("half-precision copies" in found) is (precision == "amp")

    def test_master_copies(self) -> None:
        found = parts(precision="bf16", master=True)
        assert sum(
            found[name] for name in ("parameters", "float32 master copies", "gradients", "optimizer states")
        ) == ((2 + 4 + 2 + 8) * 100 * M)
        assert "float32 master copies" not in parts(precision="fp32", master=True)

    def test_eight_bit_states(self) -> None:
        assert parts(optimizer="adamw8bit")["optimizer states"] == round(2 * (1 + 4 / 256) * 100 * M)

    def test_inference_keeps_parameters_alone(self) -> None:
        for precision in PRECISIONS:
            found = parts(precision=precision, inference=True)
            assert set(found) == {"parameters", "allocator", "CUDA context"}
        assert parts(precision="int4", inference=True)["parameters"] == 50 * M

    def test_adapters_on_a_quantized_model(self) -> None:
        found = parts(precision="int4", trainable=2 * M)
        assert (found["parameters"], found["adapters"], found["gradients"]) == (50 * M, 8 * M, 8 * M)
        assert found["optimizer states"] == 16 * M

    def test_a_frozen_backbone(self) -> None:
        found = parts(precision="fp32", trainable=10 * M)
        assert (found["parameters"], found["gradients"], found["optimizer states"]) == (400 * M, 40 * M, 80 * M)

    def test_context_and_segments(self) -> None:
        found = estimate(Job(100 * M, optimizer="sgd", precision="fp32", foreach=False))
        sizes = {part.name: part for part in found.parts}
        assert sizes["CUDA context"].size == CONTEXT and not sizes["CUDA context"].sure
        assert sizes["allocator"].size == 2 * SEGMENTS and not sizes["allocator"].sure
        assert SEGMENTS == 22 * MIB


class TestActivations:
    def test_not_given(self) -> None:
        found = estimate(Job(100 * M))
        assert not found.complete and found.each is None
        assert "max_memory_allocated" in found.notes[0]

    def test_given_for_the_batch_or_for_a_sample(self) -> None:
        batch = estimate(Job(100 * M, batch=8, activations=8 * GIB))
        sample = estimate(Job(100 * M, batch=8, activations_each=GIB))
        assert batch.complete and batch.notes == () and batch.total == sample.total and batch.each == sample.each == GIB

    def test_measured_at_two_sizes(self) -> None:
        """Peaks of a program that keeps 3 GiB and takes 0.7 GiB a sample are carried on to a batch of 20."""
        measured = tuple((batch, round((3 + 0.7 * batch) * GIB)) for batch in (2, 6))
        found = estimate(Job(100 * M, batch=20, measured=measured))
        kept = sum(part.size for part in found.parts if part.name not in ("activations", "allocator", "CUDA context"))
        activations = next(part.size for part in found.parts if part.name == "activations")
        assert abs(kept + activations - 17 * GIB) < MIB
        assert found.each is not None and abs(found.each - 0.7 * GIB) < MIB

    def test_measured_at_one_size(self) -> None:
        job = Job(
            100 * M, optimizer="sgd", precision="fp32", batch=10, measured=((2, 800 * M + 2 * GIB),), foreach=False
        )
        assert {part.name: part.size for part in estimate(job).parts}["activations"] == 10 * GIB

    def test_a_line_through_nonsense(self) -> None:
        assert line([(1, 9 * GIB), (2, 3 * GIB)], 0) == (0.0, 6.0 * GIB)
        assert line([(4, GIB)], 3 * GIB) == (0.0, float(GIB))
        assert line([(4, GIB), (4, 3 * GIB)], GIB) == (GIB / 2, float(GIB))

    def test_the_step_or_the_activations_whichever_is_more(self) -> None:
        large, small = parts(precision="fp32", activations=GIB), parts(precision="fp32", activations=MIB)
        assert "activations" in large and "optimizer step" not in large
        assert small["optimizer step"] == 400 * M and "activations" not in small
        assert "optimizer step" not in parts(precision="fp32", foreach=False)

    def test_what_comes_and_goes_leaves_pieces(self) -> None:
        without = parts(activations=GIB)["allocator"]
        assert parts(activations=11 * GIB)["allocator"] - without == round(11 * GIB * FRAGMENTS) - round(
            GIB * FRAGMENTS
        )


class TestRefused:
    @pytest.mark.parametrize(
        "changes",
        [
            {"params": 0},
            {"batch": 0},
            {"optimizer": "magic"},
            {"precision": "fp7"},
            {"trainable": -1},
            {"precision": "int4"},
            {"measured": ((0, GIB),)},
            {"measured": ((1, 0),)},
            {"activations": GIB, "activations_each": MIB},
            {"activations": GIB, "measured": ((1, GIB),)},
        ],
    )
    def test_a_job_that_makes_no_sense(self, changes: Dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            estimate(Job(**{"params": M, **changes}))


@given(
    st.integers(1, 10**12), st.sampled_from(sorted(STATES)), st.sampled_from(["fp32", "amp", "bf16", "fp16"]),
    st.integers(1, 4096), st.booleans(), st.booleans(), st.none() | st.integers(0, 10**13),
)  # fmt: skip
def test_parts_are_never_negative_and_more_takes_more(
    params: int, optimizer: str, precision: str, batch: int, master: bool, foreach: bool, activations: Optional[int]
) -> None:
    def of(**changes: Any) -> Estimate:
        fields = {"optimizer": optimizer, "precision": precision, "batch": batch, "master": master, "foreach": foreach}
        return estimate(Job(**{"params": params, "activations": activations, **fields, **changes}))

    found = of()
    assert all(part.size >= 0 for part in found.parts) and found.total == sum(part.size for part in found.parts)
    assert of(params=params * 2).total > found.total
    assert of(inference=True).total <= found.total
    assert of(activations=(activations or 0) + GIB).total >= found.total
    assert render(found)


class TestFitting:
    FOUND = estimate(Job(100 * M, batch=10, activations_each=GIB))

    def fit(self, total: float, free: float | None = None, usable: bool = True) -> Tuple[str, str]:
        room = Room("GPU 0", round(total * GIB), None if free is None else round(free * GIB), usable)
        (told,) = fits(self.FOUND, [room])
        return told.verdict, told.says

    def test_now(self) -> None:
        verdict, says = self.fit(24, 20)
        assert verdict == "now" and "to spare, enough for 6 more samples" in says
        assert self.fit(24)[0] == "now"
        assert "more samples" not in self.fit(24, 13.2)[1]

    def test_when_it_is_empty(self) -> None:
        verdict, says = self.fit(24, 1)
        assert verdict == "when-empty" and "1 GiB of 24 GiB are free" in says

    def test_never(self) -> None:
        verdict, says = self.fit(8)
        assert verdict == "no" and says.endswith("; a batch of 5 would fit")
        assert self.fit(1)[1].endswith("; not even a batch of 1 fits")

    def test_the_batch_that_is_named_fits_and_one_more_does_not(self) -> None:
        for total in (4, 6, 9, 12):
            batch = int(self.fit(total)[1].split("a batch of ")[1].split()[0])
            needed = [estimate(Job(100 * M, batch=size, activations_each=GIB)).total for size in (batch, batch + 1)]
            assert needed[0] <= total * GIB < needed[1]

    def test_not_to_be_used(self) -> None:
        assert self.fit(80, 80, usable=False)[0] == "unusable"

    def test_the_best_comes_first(self) -> None:
        told = fits(
            self.FOUND, [Room("a", GIB), Room("b", 24 * GIB, 0), Room("c", 24 * GIB), Room("d", 9, None, False)]
        )
        assert [one.room.name for one in told] == ["c", "b", "a", "d"]
        assert [code_of(told), code_of(told[1:]), code_of(told[2:]), code_of(())] == [
            0,
            Exit.TRY_LATER,
            Exit.FINDINGS,
            0,
        ]

    def test_before_activations(self) -> None:
        (told,) = fits(estimate(Job(M)), [Room("a", 24 * GIB)])
        assert told.says.startswith("holds it, before activations: ")


def machine(*gib: int) -> Facts:
    cards = tuple(gpu(at, memory_free=Known(free * GIB, "nvml")) for at, free in enumerate(gib))
    return change(healthy(), "gpus", gpus=Known(cards, "nvml"))


class TestRooms:
    def test_those_of_the_machine(self) -> None:
        found = rooms(machine(20, 3))
        assert [(room.name, room.free) for room in found] == [
            ("GPU 0 (NVIDIA GeForce RTX 3090)", 20 * GIB),
            ("GPU 1 (NVIDIA GeForce RTX 3090)", 3 * GIB),
        ]
        # CUDA says 23.69 GiB of a card that NVML gives 24 GiB.
        assert abs(found[0].total - round(23.69 * GIB)) < 80 * MIB

    def test_by_index_name_and_size(self) -> None:
        assert [room.free for room in rooms(machine(20, 3), "1")] == [3 * GIB]
        assert len(rooms(machine(20, 3), "rtx 3090")) == 2
        assert rooms(machine(20), "48GiB") == (Room("a GPU of 48GiB", usable_of(48 * GIB)),)

    @pytest.mark.parametrize("wanted", ["7", "H100", ""])
    def test_none(self, wanted: str) -> None:
        with pytest.raises(ValueError, match="--gpu"):
            rooms(machine(), wanted)

    def test_no_gpu_at_all(self) -> None:
        assert rooms(change(healthy(), "gpus", gpus=Absent(("nvml",)))) == ()

    def test_an_exclusive_one_is_not_usable(self) -> None:
        taken = change(
            healthy(), "gpus", gpus=Known((gpu(0, compute_mode=Known("exclusive-process", "nvml")),), "nvml")
        )
        assert [room.usable for room in rooms(taken)] == [False]


class TestSizes:
    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("12GiB", 12 * GIB),
            ("1.5 G", 3 * GIB // 2),
            ("800M", 800 * MIB),
            ("2gb", 2 * GIB),
            ("512", 512),
            ("7 bytes", 7),
        ],
    )
    def test_typed(self, text: str, size: int) -> None:
        assert typed(text) == size

    @pytest.mark.parametrize(
        ("text", "number"), [("7B", 7 * 10**9), ("86.6M", 86_600_000), ("43_000_000", 43 * M), ("1.1e9", 1_100_000_000)]
    )
    def test_count(self, text: str, number: int) -> None:
        assert count(text) == number

    @pytest.mark.parametrize("text", ["", "GiB", "-1GiB", "1 2", "١٢GiB", "nan", "1e400", "12 GiBs", "9" * 400])
    def test_neither(self, text: str) -> None:
        for read in (typed, count):
            with pytest.raises(ValueError, match="not a"):
                read(text)

    def test_words(self) -> None:
        assert [words(size) for size in (0, 1023, 1 << 20, 25 * MIB + 1, round(1.84 * GIB), 13 << 40)] == [
            "0 bytes", "1023 bytes", "1 MiB", "25 MiB", "1.84 GiB", "13 TiB",
        ]  # fmt: skip
        assert between(25 * GIB, 27 * GIB) == "25 to 27 GiB" and between(512 * MIB, GIB) == "512 MiB to 1 GiB"

    @given(st.integers(0, 1 << 50))
    def test_words_are_close(self, size: int) -> None:
        text = words(size)
        assert typed(text) == size if text.endswith("bytes") else abs(typed(text) - size) <= 0.006 * size


class TestPage:
    def test_text(self) -> None:
        found = estimate(Job(7 * 10**9, precision="bf16", batch=8))
        text = render(found, fits(found, [Room("GPU 0\x1b[31m", 24 * GIB)]))
        assert text.splitlines()[0].split() == ["parameters", "13", "GiB", "7B", "x", "2", "bytes"]
        assert "at least" in text and "(assumed)" in text and "too small by" in text
        assert "\x1b" not in text
        assert "together" in render(estimate(Job(M, activations=GIB)))
        assert "nobody answers" in render(found, (), "nobody answers")

    def test_json(self) -> None:
        found = estimate(Job(M, batch=2, activations_each=GIB))
        made = document(found, fits(found, [Room("GPU 0", 24 * GIB, GIB)]), 75)
        assert json.loads(json.dumps(made)) == made
        assert set(made) == {
            "format", "envdoctor", "exit_code", "total", "complete", "each_sample", "parts", "notes", "gpus",
        }  # fmt: skip
        assert made["format"] == "memory-v1" and made["total"] == sum(part["size"] for part in made["parts"])
        assert made["gpus"][0]["verdict"] == "when-empty"


def memory(*options: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.run(
        [sys.executable, "-m", "envdoctor", "memory", *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PYTHONPATH": path},
    )  # fmt: skip


class TestCommand:
    def test_against_a_size(self) -> None:
        told = memory("--params", "43M", "--per-sample", "1GiB", "--gpu", "24GiB")
        assert told.returncode == 0 and "a GPU of 24GiB: holds it" in told.stdout and told.stderr == ""

    def test_json(self) -> None:
        told = memory("--params", "7B", "--measured", "1:90GiB", "--gpu", "24GiB", "--format", "json")
        assert told.returncode == Exit.FINDINGS and json.loads(told.stdout)["gpus"][0]["verdict"] == "no"

    @pytest.mark.parametrize(
        "options",
        [
            ["--params", "many"],
            ["--params", "7B", "--activations", "much"],
            ["--params", "7B", "--measured", "x:9GiB"],
            ["--params", "7B", "--measured", "1:9GiB", "--activations", "9GiB"],
            ["--params", "7B", "--precision", "int8"],
            ["--params", "7B", "--gpu", "no such card"],
        ],
    )
    def test_what_cannot_be_used(self, options: list[str]) -> None:
        told = memory(*options)
        assert told.returncode == Exit.USAGE and told.stdout == ""
        assert told.stderr.startswith("envdoctor: ") and told.stderr.count("\n") == 1

    def test_help(self) -> None:
        told = memory("--help")
        assert told.returncode == 0 and "--measured" in told.stdout and "GPU memory" in told.stdout
