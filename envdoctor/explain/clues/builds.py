"""A CPU build in the text, where a GPU is wanted or there; and a link or a compiler that its figures give away."""

from __future__ import annotations

import re
from typing import Iterator

from ...compat import NoRow
from ...reading import value_or
from ...versions import at_least
from ..evidence import Case, Clue

_CPU = re.compile(r"\b(?:torch[-= ]{1,3}|PyTorch version: |\"|')?(\d\.\d{1,2}\.\d{1,2}(?:[\w.]{0,16})?\+cpu)\b")
_GPU = re.compile(
    r"^ {0,4}GPU \d{1,2}: |GeForce|Tesla [A-Z]\d|\bRTX \d|Quadro|CUDA:0 \(|device=0\b|--device 0\b"
    r"|\.cuda\(\)|device='?cuda",
    re.M,
)
_MAC = re.compile(r"macOS|Darwin|mps\b|Apple M\d|osx-")
_WIDTH = re.compile(r"Link Width\s{1,60}Max\s{1,60}: (\d{1,2})x\s{1,60}Current\s{1,60}: (\d{1,2})x")
_SPEED = re.compile(
    r"LnkCap:[^\n]{0,60}Speed ([\d.]{1,4})GT/s[^\n]{0,20}Width x(\d{1,2})"
    r"[\s\S]{0,400}?LnkSta:[^\n]{0,40}Speed ([\d.]{1,4})GT/s[^\n]{0,20}Width x(\d{1,2})"
)
_GCC = re.compile(r"^gcc[^\n]{0,60}? (\d{1,2})\.\d{1,2}\.\d{1,2}$|^(\d{1,2})\.\d{1,2}\.\d{1,2}$", re.M)
_NVCC = re.compile(r"Cuda compilation tools, release (\d{1,2}\.\d)")
_BUILDS = re.compile(r"nvcc|setup\.py|ninja|cpp_extension|\.cu\b")
_FAILED = re.compile(r"error:|failed|returned non-zero")


def read(case: Case) -> Iterator[Clue]:
    yield from _cpu(case)
    width = case.find(_WIDTH)
    if width and int(width[0].group(2)) < int(width[0].group(1)):
        says = f"the link is x{width[0].group(2)} of x{width[0].group(1)}"
        yield Clue("pcie-link-degraded", 80, says, f"line {width[1]}", says)
    link = case.find(_SPEED)
    if link and int(link[0].group(4)) < int(link[0].group(2)):
        says = f"the link is x{link[0].group(4)} of x{link[0].group(2)}"
        yield Clue("pcie-link-degraded", 75, says, f"line {link[1]}", says)
    yield from _compiler(case)
    yield from _capability(case)


def _capability(case: Case) -> Iterator[Clue]:
    """A CUDA that came out before the GPU did, where a library of it fails."""
    failed = case.hit("cublas.execution", "cublas.alloc", "cudnn.execution", "cuda.invalid-function")
    cuda = value_or(case.facts.torch.cuda, "")
    if not failed or not cuda:
        return
    for gpu in value_or(case.facts.gpus.gpus, ())[:1]:
        try:
            capability = case.table.gpu(value_or(gpu.name, "")).capability
            newest = next(
                row.max_capability
                for row in case.table.cudas()
                if at_least(row.version, ".".join(cuda.split(".")[:2])) and row.max_capability
            )
        except (NoRow, StopIteration):
            return
        if capability and not at_least(newest, capability):
            says = (
                f"CUDA {cuda} knows GPUs up to compute capability {newest}; {value_or(gpu.name, '')} has {capability}"
            )
            yield Clue("gpu-arch-not-in-build", 75, says, failed.source, says)


def _cpu(case: Case) -> Iterator[Clue]:
    found = case.find(_CPU)
    if not found or _MAC.search(case.text):
        return
    source, says = f"line {found[1]}", f"torch {found[0].group(1)} is a CPU build"
    asked = case.hit(
        "yolo.invalid-device",
        "torch.not-compiled",
        "torch.deserialize-cpu",
        "torch.cuda-backend-missing",
        "torch.cuda-requested-cpu",
    )
    if asked:
        yield Clue("cpu-only-build", 90, says, source, f"{says}, and a GPU was asked for")
        for name in ("cuda-visible-devices-masked", "driver-missing-or-not-loaded", "wrong-device-index"):
            yield Clue(name, -70, says, source)
    elif case.find(_GPU):
        yield Clue("cpu-only-build", 68, says, source, f"{says}, and a GPU is there")
    if case.hit("yolo.cpu-banner"):
        yield Clue("cpu-device-used-silently", 35, says, source)


def _compiler(case: Case) -> Iterator[Clue]:
    """gcc against the nvcc of the same text, where something is built and fails."""
    nvcc, gcc = case.find(_NVCC), case.find(_GCC)
    if not nvcc or not gcc or not _BUILDS.search(case.text) or not _FAILED.search(case.text):
        return
    try:
        newest = case.table.cuda(nvcc[0].group(1)).gcc_max
    except NoRow:
        return
    version = int(gcc[0].group(1) or gcc[0].group(2))
    if newest and version > newest and "gcc" in case.text:
        says = f"gcc {version} under CUDA {nvcc[0].group(1)}, which takes up to {newest}"
        yield Clue("gcc-too-new", 65, says, f"line {gcc[1]}", says)
