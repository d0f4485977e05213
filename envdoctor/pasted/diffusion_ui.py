"""What ComfyUI and Stable Diffusion web UI say when they start."""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from ..reading import Known, Reading
from . import _torch
from ._gpu import MIB, gpu
from ._packages import VERSION, distribution
from ._said import LISTED, NOT_SAID, Said, said, where
from .lines import Line

_TORCH = re.compile(rf"\s{{0,8}}pytorch version: ({_torch.TORCH_VERSION})\s*$")
_DEVICE = re.compile(r"\s{0,8}Device: cuda:(\d{1,3}) (\S.{0,100}?) : \w{1,40}\s*$")
_MEMORY = re.compile(r"\s{0,8}Total VRAM (\d{1,9}) MB, total RAM \d{1,9} MB")
_PYTHON = re.compile(r"\*\* Python (version|executable): (\S{1,400})")
_FOOT = re.compile(r"(python|torch|xformers): (\d[\w.+-]{0,60})")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    memory: Reading[int] = NOT_SAID
    for line in lines:
        torch, device, total = (pattern.match(line.text) for pattern in (_TORCH, _DEVICE, _MEMORY))
        python = _PYTHON.search(line.text)
        if torch:
            yield from _torch.version(torch.group(1), line.number)
        elif total:
            memory = Known(int(total.group(1)) * MIB, where(line.number))
        elif device:
            name = Known(device.group(2), where(line.number))
            one = gpu(int(device.group(1)), name=name, memory_total=memory)
            yield said("gpus", "gpus", (one,), line.number)
            yield said("torch", "deep.is_available", True, line.number)
        elif python:
            yield said("python", python.group(1), python.group(2), line.number)
        elif "•" in line.text and " torch: " in line.text:
            yield from _foot(line)


def _foot(line: Line) -> Iterator[Said]:
    """version: v1.10.1 • python: 3.10.6 • torch: 2.1.2+cu121 • xformers: 0.0.23.post1"""
    for name, version in _FOOT.findall(line.text):
        if name == "torch":
            yield from _torch.version(version, line.number)
        elif name == "python":
            yield said("python", "version", version, line.number)
        elif re.fullmatch(VERSION, version):
            one = distribution(name, version, where(line.number))
            yield said("installs", "distributions", (one,), line.number, weight=LISTED)
