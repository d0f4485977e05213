"""Lightning's collect_env_details: nested bullets under CUDA, Lightning, Packages and System."""

from __future__ import annotations

import re
from typing import Iterator, List, Sequence, Tuple

from . import _torch
from ._gpu import named
from ._packages import NAME, VERSION, distribution
from ._said import LISTED, WHOLE, Said, said, where
from .lines import Line

_SECTION = re.compile(r"\s{0,8}(?:[*-] )?(CUDA|Lightning|Packages|System|Dependencies|cuda|packages|system):\s*$")
_ITEM = re.compile(rf"[\s*-]{{1,16}}({NAME}):\s{{1,60}}(\S.{{0,200}})$")
_GPU_LIST = re.compile(r"[\s*-]{1,16}GPU:\s*$")
_CARD = re.compile(r"[\s*-]{1,16}(\S[^:]{1,100})$")
_SYSTEMS = {"Linux": "linux", "Windows": "windows", "Darwin": "darwin"}


def read(lines: Sequence[Line]) -> Iterator[Said]:
    section = ""
    cards: List[Tuple[int, str]] = []
    listing = first = last = 0
    for line in lines:
        heading = _SECTION.match(line.text)
        if heading:
            section, listing = heading.group(1).lower(), 0
            continue
        if not section:
            continue
        if section == "cuda" and _GPU_LIST.match(line.text):
            listing, cards, first, last = 1, [], line.number, line.number
            continue
        item = _ITEM.match(line.text)
        card = _CARD.match(line.text) if listing and not item else None
        if card:
            cards.append((len(cards), card.group(1).strip()))
            last = line.number
        elif item:
            if listing and cards:
                yield said("gpus", "gpus", named(cards, where(first, last)), first, last, WHOLE)
            listing = 0
            yield from _item(section, item.group(1), item.group(2).strip(), line.number)
        elif not line.text.strip():
            section = ""


def _item(section: str, key: str, value: str, number: int) -> Iterator[Said]:
    if section == "cuda":
        if key == "available":
            yield from _torch.available(value, number)
        elif key == "version":
            yield from _torch.cuda_or_none(value, number)
    elif section == "system":
        if key == "OS" and value in _SYSTEMS:
            yield said("session", "os", _SYSTEMS[value], number)
        elif key == "python" and re.fullmatch(r"\d+\.\d+\.\d+\S{0,8}", value):
            yield said("python", "version", value, number)
        elif key == "processor" and value in ("x86_64", "aarch64"):
            yield said("session", "machine", value, number)
        elif key == "release":
            yield said("session", "kernel", value, number)
    elif re.fullmatch(VERSION, value):
        if key in ("torch", "pyTorch_version", "PyTorch_version"):
            yield from _torch.version(value, number)
            key = "torch"
        one = distribution(key, value, where(number))
        yield said("installs", "distributions", (one,), number, weight=LISTED)
