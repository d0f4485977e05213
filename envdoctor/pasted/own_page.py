"""The first lines of what `envdoctor check` prints: python, torch, driver, GPUs."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Sequence

from ..facts import Gpu
from ..reading import Known, Reading
from . import _torch
from ._gpu import gpu
from ._said import WHOLE, Said, said, where
from .lines import Line

_PYTHON = re.compile(r"python   (\S.{0,400}?) \((\w{2,20}) (\d\S{0,24})((?:, [^,()\n]{1,80}){0,4})\)$")
_TORCH = re.compile(r"torch    (\d\S{0,80})(?: \((?:built for CUDA (\d[\d.]{0,12})|(\w{2,8}) build)\))?$")
_DRIVER = re.compile(r"driver   (\d{3}\.\d[\d.]{0,16})(?: \(runs CUDA up to (\d[\d.]{0,8})\))?$")
_GPU = re.compile(
    r"gpu (\d{1,3})(?:-(\d{1,3}))?\s{1,4}(\S.{0,100}?)(?:, compute capability (\d{1,2}\.\d))?"
    r"(?:, ([\d.]{1,12} \wi?B) of ([\d.]{1,12} \wi?B) free)?$"
)
_KINDS = ("venv", "conda", "conda-base", "system", "pyenv", "uv-managed", "other")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    """Sizes are rounded to what the page shows, so they are not taken for facts."""
    gpus: List[Gpu] = []
    first = last = 0
    for line in lines:
        text, number = line.text.rstrip(), line.number
        python, torch, driver, card = (one.match(text) for one in (_PYTHON, _TORCH, _DRIVER, _GPU))
        if python:
            yield said("python", "executable", python.group(1), number)
            yield said("python", "implementation", python.group(2), number)
            yield said("python", "version", python.group(3), number)
            yield from _about(python.group(4), number)
        elif torch:
            yield said("torch", "version", torch.group(1), number)
            if torch.group(2):
                yield from _torch.cuda(torch.group(2), number)
            elif torch.group(3):
                yield said("torch", "build", torch.group(3).lower(), number)
        elif driver:
            yield said("driver", "nvml_driver_version", driver.group(1), number)
            if driver.group(2):
                yield said("driver", "cuda", driver.group(2), number)
        elif card:
            first, last = first or number, number
            gpus += _cards(card.group(1), card.group(2), card.group(3), card.group(4), where(number))
    if gpus:
        yield said("gpus", "gpus", tuple(gpus), first, last, WHOLE)


def _about(text: str, number: int) -> Iterator[Said]:
    for word in filter(None, text.split(", ")):
        if word in _KINDS:
            yield said("python", "kind", word, number)
        elif word.startswith("chosen by "):
            yield said("python", "chosen_by", word[len("chosen by ") :], number)


def _cards(first: str, last: str, name: str, capability: str, source: str) -> List[Gpu]:
    known: Dict[str, Reading[Any]] = {"name": Known(name, source)}
    if capability:
        known["capability"] = Known(capability, source)
    return [gpu(index, "ok", **known) for index in range(int(first), min(int(last or first), int(first) + 63) + 1)]
