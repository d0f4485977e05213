"""The first lines of what `envdoctor check` prints: python, torch, driver, GPUs."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Iterator, List, Match, Sequence

from ..facts import Gpu
from ..reading import Absent, Known, Reading
from . import _torch
from ._gpu import gpu
from ._said import WHOLE, Said, said, where
from .lines import Line
from .own_gpus import size

_PYTHON = re.compile(r"python   (\S.{0,400}?) \((\w{2,20}) (\d\S{0,24})((?:, [^,()\n]{1,80}){0,4})\)$")
_TORCH = re.compile(r"torch    (\d\S{0,80})(?: \((?:built for CUDA (\d[\d.]{0,12})|(\w{2,8}) build)\))?$")
_DRIVER = re.compile(r"driver   (\d{3}\.\d[\d.]{0,16})(?: \(runs CUDA up to (\d[\d.]{0,8})\))?$")
_GPU = re.compile(
    r"gpu (\d{1,3})(?:-(\d{1,3}))?\s{1,4}(\S.{0,100}?)(?:, compute capability (\d{1,2}\.\d))?"
    r"(?:, ([\d.]{1,12} \wi?B) of ([\d.]{1,12} \wi?B) free)?$"
)
_BROKEN = re.compile(r"gpu (\d{1,3})(?:-(\d{1,3}))?\s{1,4}(\S.{0,100}?): ([A-Z][A-Z_]{3,40})$")
_KINDS = ("venv", "conda", "conda-base", "system", "pyenv", "uv-managed", "other")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    """Sizes are rounded as they are shown."""
    gpus: List[Gpu] = []
    first = last = 0
    for line in lines:
        text, number = line.text.rstrip(), line.number
        python, torch, driver = (one.match(text) for one in (_PYTHON, _TORCH, _DRIVER))
        broken = _BROKEN.match(text)
        card = broken or _GPU.match(text)
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
            gpus += _broken(broken, where(number)) if broken else _cards(card, where(number))
        elif text in ("torch    not installed", "gpus     none"):
            group, field = ("torch", "version") if text.startswith("torch") else ("gpus", "gpus")
            yield Said(group, field, Absent((where(number),)), number, WHOLE)
    if gpus:
        yield said("gpus", "gpus", tuple(gpus), first, last, WHOLE)


def _about(text: str, number: int) -> Iterator[Said]:
    for word in filter(None, text.split(", ")):
        if word in _KINDS:
            yield said("python", "kind", word, number)
        elif word.startswith("chosen by "):
            yield said("python", "chosen_by", word[len("chosen by ") :], number)


def _cards(found: Match[str], source: str) -> List[Gpu]:
    values = {
        "name": found.group(3),
        "capability": found.group(4),
        "memory_free": size(found.group(5) or ""),
        "memory_total": size(found.group(6) or ""),
    }
    known: Dict[str, Reading[Any]] = {name: Known(value, source) for name, value in values.items() if value is not None}
    return [gpu(index, "ok", **known) for index in _indexes(found)]


def _broken(found: Match[str], source: str) -> List[Gpu]:
    name = {} if found.group(3) == "unknown" else {"name": Known(found.group(3), source)}
    return [gpu(index, found.group(4), **name) for index in _indexes(found)]


def _indexes(found: Match[str]) -> Iterable[int]:
    first = int(found.group(1))
    return range(first, min(int(found.group(2) or first), first + 63) + 1)
