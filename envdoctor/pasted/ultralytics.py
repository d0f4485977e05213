"""The first line of YOLOv5 to YOLO11, and `yolo checks`."""

from __future__ import annotations

import re
from typing import Iterator, List, Sequence, Tuple

from ..facts import Gpu
from ..reading import Known
from . import _system, _torch
from ._gpu import MIB, gpu
from ._packages import NAME, distribution
from ._said import GUESSED, LISTED, STATED, Said, said, where
from .lines import Line

_BANNER = re.compile(
    r"(?:Python-(\d+\.\d+[\w.+]{0,12}) |Using )?torch[- ](\d+\.\d+[\w.+-]{0,60})\s{1,4}(CUDA:\d|CPU|MPS)"
)
_VERSION = re.compile(r"Ultralytics (?:YOLO\w{0,3}?)?v?(\d+\.\d+\.\d+)")
_GPU = re.compile(r"CUDA:(\d{1,3}) \((.{1,100}?), (\d{1,9})(?:\.\d{1,6})?Mi?B\)")
_OLD = re.compile(
    r"(?:CUDA )?device(\d{1,3}) _CudaDeviceProperties\(name='([^']{1,100})', (?:[^)]{0,200}, )?total_memory=(\d{1,9})MB"
)
_CHECKED = re.compile(rf"({NAME})\s{{1,40}}✅ (\d[\w.+-]{{0,60}}?)(?:[<>=!~,;\s].{{0,200}})?$")
_ROW = re.compile(r"(OS|Python|CUDA|GPU|CPU count|RAM|Disk|Path)\s{2,40}(\S.{0,200}?)\s*$")
_MORE = 64


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for place, line in enumerate(lines):
        text = line.text
        if "torch" in text and ("CUDA:" in text or "CPU" in text or "MPS" in text):
            yield from _banner(lines, place)
        elif "_CudaDeviceProperties" in text:
            yield from _old(line)
        elif "✅" in text:
            yield from _checked(line)
        row = _ROW.match(text)
        if row:
            yield from _row(row.group(1), row.group(2), line.number)


def _banner(lines: Sequence[Line], place: int) -> Iterator[Said]:
    line = lines[place]
    found = _BANNER.search(line.text)
    if found is None:
        return
    python, torch, device = found.groups()
    version = _VERSION.search(line.text)
    if version:
        one = distribution("ultralytics", version.group(1), where(line.number))
        yield said("installs", "distributions", (one,), line.number, weight=LISTED)
    if python:
        yield said("python", "version", python, line.number)
    yield from _torch.version(torch, line.number)
    if device.startswith("CUDA"):
        yield said("torch", "deep.is_available", True, line.number)
        yield from _gpus(lines, place)
    elif device == "CPU":  # asked for, or because torch sees no GPU: the line is the same
        yield said("torch", "deep.is_available", False, line.number, weight=GUESSED)


def _gpus(lines: Sequence[Line], place: int) -> Iterator[Said]:
    """CUDA's numbers, not nvidia-smi's: CUDA_VISIBLE_DEVICES may have chosen among more."""
    found: List[Gpu] = []
    last = lines[place].number
    for line in lines[place : place + _MORE]:
        rows: List[Tuple[str, str, str]] = _GPU.findall(line.text)
        if not rows:
            break
        last = line.number
        found += [_gpu(int(index), name, int(memory), where(last)) for index, name, memory in rows]
    if found:
        yield said("gpus", "gpus", tuple(found), lines[place].number, last, STATED)


def _gpu(index: int, name: str, memory: int, source: str) -> Gpu:
    return gpu(index, name=Known(name, source), memory_total=Known(memory * MIB, source))


def _old(line: Line) -> Iterator[Said]:
    rows = [_gpu(int(index), name, int(memory), where(line.number)) for index, name, memory in _OLD.findall(line.text)]
    if rows:
        yield said("gpus", "gpus", tuple(rows), line.number)
        yield said("torch", "deep.is_available", True, line.number)


def _checked(line: Line) -> Iterator[Said]:
    found = _CHECKED.match(line.text.strip())
    if found:
        one = distribution(found.group(1), found.group(2), where(line.number))
        yield said("installs", "distributions", (one,), line.number, weight=LISTED)


def _row(key: str, value: str, number: int) -> Iterator[Said]:
    if key == "OS":
        yield from _system.platform(value, number)
    elif key == "Python" and re.fullmatch(r"\d+\.\d+\.\d+\S{0,8}", value):
        yield said("python", "version", value, number)
    elif key == "CUDA":
        yield from _torch.cuda_or_none(value, number)
    elif key == "GPU":
        name, comma, memory = value.rpartition(", ")
        if comma and memory.endswith("MiB") and memory[:-3].isdigit():
            yield said("gpus", "gpus", (_gpu(0, name, int(memory[:-3]), where(number)),), number)
    elif key == "Path" and "site-packages" in value:
        yield said("python", "site_packages", value[: value.index("site-packages") + 13], number)
