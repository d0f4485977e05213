"""torch.__config__.show(): "PyTorch built with:", which many reports have at their end."""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from . import _torch
from ._said import LISTED, STATED, Said, said
from .lines import Line

_RUNTIME = re.compile(r"- CUDA Runtime (\d{1,2}\.\d{1,2})(?![\d.])")
_FLAGS = re.compile(r"- NVCC architecture flags: (\S.{0,4000})")
_CODE = re.compile(r"code=((?:sm|compute)_\d{2,3}[af]?)")
_HIP = re.compile(r"- HIP Runtime (\d+\.\d+[\d.]{0,12})")
_TORCH = re.compile(r"\bTORCH_VERSION=(\d+\.\d+[\w.+]{0,40})")
_ABI = re.compile(r"-D_GLIBCXX_USE_CXX11_ABI=([01])")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for line in lines:
        text, number = line.text, line.number
        runtime = _RUNTIME.search(text) if "CUDA Runtime" in text else None
        if runtime:
            yield from _torch.cuda(runtime.group(1), number)
        flags = _FLAGS.search(text) if "NVCC architecture flags" in text else None
        if flags:
            archs = tuple(dict.fromkeys(_CODE.findall(flags.group(1))))
            if archs:
                yield said("torch", "arch_list", archs, number)
        hip = _HIP.search(text) if "HIP Runtime" in text else None
        if hip:
            yield said("torch", "build", "rocm", number)
            yield said("torch", "hip", hip.group(1), number)
        if "Build settings:" in text:
            version, abi = _TORCH.search(text), _ABI.search(text)
            if version:  # without the local part that torch.__version__ has
                yield said("torch", "version", version.group(1), number, weight=LISTED)
            if abi:
                yield said("torch", "cxx11_abi", abi.group(1) == "1", number, weight=STATED)
