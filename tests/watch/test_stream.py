"""The NVML worker of a watch, against the stand-in library loaded by the real nvidia-ml-py."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from envdoctor._machine.gpu_stream import GpuStream
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.watch import cards
from tests.conftest import FakeNvml

pytestmark = [pytest.mark.real, pytest.mark.slow]


def collected(
    stream: GpuStream, enough: Callable[[List[Dict[str, Any]]], bool], seconds: float = 20.0
) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = []
    until = time.monotonic() + seconds
    while not enough(found) and time.monotonic() < until and not stream.trouble:
        found += stream.records()
        time.sleep(0.05)
    return found


def test_samples_are_told_once_and_follow_the_phases(fakenvml: FakeNvml, tmp_path: Path) -> None:
    """The job computed from the start on: every sample of the watch says so."""
    phases = tmp_path / "phases"
    phases.write_bytes(struct.pack("QQ", int((time.time() - 60) * 1e6), 0))
    state = f"[gpu x2]\n[gpu 1]\nphases = {phases}\nproc = C {os.getpid()} 9000 90\n"
    stream = GpuStream(fakenvml.environ(state))
    try:
        told = stream.introduction(20.0)
        assert isinstance(told, Known)
        assert cards.holders(told.value[1]) == {0: frozenset(), 1: frozenset({os.getpid()})}
        began = time.time()
        stream.follow([1])
        ticks = collected(stream, lambda found: len(found) >= 2)
    finally:
        stream.end()
    seen = cards.card(told.value[1][1], ticks, began - 1, frozenset({os.getpid()}))
    assert isinstance(seen.samples, Known)
    stamps = [at for at, _ in seen.samples.value]
    assert len(stamps) == len(set(stamps)) >= 6 and stamps == sorted(stamps)
    assert {share for _, share in seen.samples.value} == {1.0} and seen.period == pytest.approx(1 / 6, abs=0.01)
    assert seen.own == Known(0.9, "NVML") and seen.others == Known(0.0, "NVML") and seen.other_processes == 0


def test_a_card_without_samples_is_asked_more_often(fakenvml: FakeNvml) -> None:
    state = "[gpu]\nutil = 40\nfault = nvmlDeviceGetSamples * NOT_SUPPORTED\n"
    stream = GpuStream(fakenvml.environ(state))
    try:
        assert isinstance(stream.introduction(20.0), Known)
        stream.follow([0])
        ticks = collected(stream, lambda found: len(found) >= 2)
    finally:
        stream.end()
    seen = cards.card({"index": 0}, ticks, 0.0, frozenset())
    assert isinstance(seen.samples, Known) and {share for _, share in seen.samples.value} == {0.4}
    assert len(seen.samples.value) >= 4


def test_a_card_that_is_lost_and_one_that_cannot_tell(fakenvml: FakeNvml) -> None:
    state = "[gpu x2]\nfault = nvmlDeviceGet[SU]* 0 GPU_IS_LOST\nfault = nvmlDeviceGet[SU]* 1 NOT_SUPPORTED\n"
    stream = GpuStream(fakenvml.environ(state))
    try:
        assert isinstance(stream.introduction(20.0), Known)
        stream.follow([0, 1])
        ticks = collected(stream, lambda found: len(found) >= 2)
    finally:
        stream.end()
    lost, silent = (
        cards.card({"index": index}, [it for it in ticks if it["index"] == index], 0, frozenset()) for index in (0, 1)
    )
    assert lost.lost == "GPU_IS_LOST" and silent.lost == ""
    assert not isinstance(silent.samples, Known)


def test_a_driver_that_hangs_costs_no_more_than_the_patience(fakenvml: FakeNvml) -> None:
    stream = GpuStream(fakenvml.environ("[gpu]\nfault = nvmlDeviceGetName 0 hang\n"))
    try:
        told = stream.introduction(1.5)
        assert isinstance(told, Unknown) and told.reason == "timeout" and "nvmlDeviceGetName of GPU 0" in told.detail
    finally:
        stream.end()


def test_a_library_that_crashes_later_keeps_what_was_said(fakenvml: FakeNvml) -> None:
    stream = GpuStream(fakenvml.environ("[gpu]\nutil = 30\nfault = nvmlDeviceGetPowerUsage 0 crash after:1\n"))
    try:
        assert isinstance(stream.introduction(20.0), Known)
        stream.follow([0])
        ticks = collected(stream, lambda found: False)
        assert (
            len(ticks) == 1 and "signal 11" in stream.trouble and "nvmlDeviceGetPowerUsage of GPU 0" in stream.trouble
        )
    finally:
        stream.end()


def test_no_library() -> None:
    stream = GpuStream({"PATH": os.defpath, "LD_LIBRARY_PATH": "/nonexistent"})
    try:
        assert isinstance(stream.introduction(20.0), Absent)
    finally:
        stream.end()


def test_following_nothing_and_being_left_alone(fakenvml: FakeNvml) -> None:
    """It goes when its questions' pipe closes, also where whoever asked was killed."""
    stream = GpuStream(fakenvml.environ("[gpu]\n"))
    assert isinstance(stream.introduction(20.0), Known)
    stream.follow([])
    assert collected(stream, lambda found: False, 1.2) == [] and stream.trouble == ""
    os.close(stream._questions)
    stream._questions = os.open(os.devnull, os.O_WRONLY)
    collected(stream, lambda found: False, 10.0)
    assert stream.trouble
    stream.end()
