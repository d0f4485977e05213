"""`python -m xformers.info`: dotted names and their values."""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from ..reading import Known, Reading
from . import _torch
from ._gpu import gpu
from ._packages import VERSION, distribution
from ._said import LISTED, NOT_SAID, Said, said, where
from .lines import Line

_ROW = re.compile(
    r"\s{0,8}(pytorch\.version|pytorch\.cuda|gpu\.name|gpu\.compute_capability):\s{1,80}(\S.{0,120}?)\s*$"
)
_TITLE = re.compile(rf"\s{{0,8}}xFormers ({VERSION})\s*$")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    capability: Reading[str] = NOT_SAID
    for line in lines:
        title, row = _TITLE.match(line.text), _ROW.match(line.text)
        if title:
            one = distribution("xformers", title.group(1), where(line.number))
            yield said("installs", "distributions", (one,), line.number, weight=LISTED)
        elif row and row.group(1) == "gpu.name":  # stands below the capability
            name = Known(row.group(2), where(line.number))
            yield said("gpus", "gpus", (gpu(0, name=name, capability=capability),), line.number)
        elif row and row.group(1) == "gpu.compute_capability":
            capability = Known(row.group(2), where(line.number))
        elif row:
            yield from _torch_row(row.group(1), row.group(2), line.number)


def _torch_row(key: str, value: str, number: int) -> Iterator[Said]:
    if key == "pytorch.version" and re.fullmatch(_torch.TORCH_VERSION, value):
        yield from _torch.version(value, number)
    elif key == "pytorch.cuda" and value in ("available", "not available"):
        yield said("torch", "deep.is_available", value == "available", number)
