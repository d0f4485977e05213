"""What torch, its extensions and the loader state in their own warnings and errors: figures, not causes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator, Sequence

from ..reading import Known, Reading
from ..versions import capability, from_nvml
from . import _system, _torch
from ._derive import companion
from ._gpu import gpu
from ._said import LISTED, NOT_SAID, Said, said, where
from .lines import Line

_OLD_DRIVER = re.compile(r"driver on your system is too old \(found version (\d{4,5})\)")
_NOT_COMPATIBLE = re.compile(
    r"(\S[^\n]{0,80}?) with CUDA capability (sm_\d{2,3}) is not compatible with the current PyTorch"
)
_SUPPORTS = re.compile(
    r"PyTorch install(?:ation)? supports CUDA capabilities ((?:(?:sm|compute)_\d{2,3}[af]? ?){1,40})"
)
_TOO_OLD = re.compile(
    r"Found GPU(\d{1,3}) (\S[^\n]{0,80}?) which is of (?:cuda|compute) capability (?:\(CC\) )?(\d{1,2}\.\d)"
)
_MISMATCH = re.compile(r"The detected CUDA version \((\d{1,2}\.\d{1,2})\) mismatches")
_COMPILED = re.compile(r"^\s{0,16}(?:.{0,120}used to compile )?PyTorch \((\d{1,2}\.\d{1,2})\)")
_TWO_CUDAS = re.compile(
    r"PyTorch has CUDA Version=(\d{1,2}\.\d{1,2}) and torchvision has CUDA Version=(\d{1,2}\.\d{1,2})"
)
_NO_CUDA = "Torch not compiled with CUDA enabled"
_SYMBOL = re.compile(
    r"/(?:site|dist)-packages/(\S{1,200}?\.so)\S{0,40}: undefined symbol: (\S{1,300}?)(?:, version \S{1,60})?\s*$"
)
_TORCH_SYMBOL = re.compile(r"_Z[A-Z]{1,4}(?:3c10|2at|5torch|6caffe2)|_Z\d+THP|THP|aoti_torch_")
_GLIBC = re.compile(r"version [`'\"](GLIBCXX)_(\d\.\d{1,2}(?:\.\d{1,3})?)['\"] not found \(required by (\S{1,400}?)\)")
#: Binaries, as an extension's wheel spells them, to the names of packages.
_BINARIES = {
    "flash_attn_2_cuda": "flash-attn", "flash_attn": "flash-attn", "mmcv": "mmcv", "xformers": "xformers",
    "torchvision": "torchvision", "torchaudio": "torchaudio", "detectron2": "detectron2", "torch_scatter":
    "torch-scatter", "torch_sparse": "torch-sparse", "torch_cluster": "torch-cluster", "torch_spline_conv":
    "torch-spline-conv", "causal_conv1d_cuda": "causal-conv1d", "selective_scan_cuda": "mamba-ssm", "vllm": "vllm",
    "amp_C": "apex", "apex_C": "apex", "pytorch3d": "pytorch3d", "bitsandbytes": "bitsandbytes",
}  # fmt: skip


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for place, line in enumerate(lines):
        text, number = line.text[:8000], line.number
        if "CUDA" in text or "cuda" in text:
            yield from _cuda(lines, place, text, number)
        if ".so" in text:
            yield from _loader(text, number)


def _cuda(lines: Sequence[Line], place: int, text: str, number: int) -> Iterator[Said]:
    source = where(number)
    driver = _OLD_DRIVER.search(text)
    if driver:
        yield said("driver", "cuda", from_nvml(int(driver.group(1))), number, weight=LISTED)
    new = _NOT_COMPATIBLE.search(text)
    if new:
        name = new.group(1).rpartition("Warning: ")[2].strip()
        yield from _card(0, name, ".".join(map(str, capability(new.group(2)))), number)
    supports = _SUPPORTS.search(text)
    if supports:
        yield from _torch.arch_list(supports.group(1), number)
    old = _TOO_OLD.search(text)
    if old:
        yield from _card(int(old.group(1)), old.group(2), old.group(3), number)
    mismatch = _MISMATCH.search(text)
    if mismatch:
        yield from _system.toolkit(mismatch.group(1), number, weight=LISTED)
        for more in lines[place : place + 3]:
            compiled = _COMPILED.search(more.text)
            if compiled:
                yield from _torch.cuda(compiled.group(1), more.number)
    two = _TWO_CUDAS.search(text)
    if two:
        yield from _torch.cuda(two.group(1), number)
        other: Reading[str] = Known(two.group(2), source)
        yield said("torch", "companions", (companion("torchvision", "", source, other, NOT_SAID),), number)
    if _NO_CUDA in text:
        yield said("torch", "build", "cpu", number, weight=LISTED)


def _card(index: int, name: str, figure: str, number: int) -> Iterator[Said]:
    source = where(number)
    one = gpu(index, name=Known(name, source), capability=Known(figure, source))
    yield said("gpus", "gpus", (one,), number)


def _loader(text: str, number: int) -> Iterator[Said]:
    symbol = _SYMBOL.search(text)
    if symbol and _TORCH_SYMBOL.match(symbol.group(2)):
        first = symbol.group(1).split("/")[0].split(".")[0]
        if first in _BINARIES:
            source = where(number)
            one = companion(_BINARIES[first], "", source, NOT_SAID, NOT_SAID)
            one = replace(one, missing_symbols=Known((symbol.group(2),), source))
            yield said("torch", "companions", (one,), number)
    needed = _GLIBC.search(text)
    if needed and "/torch/lib/" in needed.group(3):
        yield said("torch", "glibcxx_needed", needed.group(2), number)
