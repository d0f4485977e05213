"""`ds_report`: "name ..... value" lines of DeepSpeed."""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from . import _system, _torch
from ._packages import VERSION, distribution
from ._said import LISTED, Said, said, where
from .lines import Line

_ROW = re.compile(r"\s{0,8}([a-z][a-z ()./]{2,50}?) \.{2,60} (\S.{0,400}?)\s*$")
_FOLDER = re.compile(r"\['([^']{1,400})'\]")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for line in lines:
        row = _ROW.match(line.text) if ".. " in line.text else None
        if row:
            yield from _row(row.group(1), row.group(2), line.number)


def _row(key: str, value: str, number: int) -> Iterator[Said]:
    folder = _FOLDER.fullmatch(value)
    if key == "torch install path" and folder:
        yield said("torch", "path", folder.group(1), number)
    elif key == "torch version" and re.fullmatch(_torch.TORCH_VERSION, value):
        yield from _torch.version(value, number)
    elif key == "torch cuda version":
        yield from _torch.cuda_or_none(value, number)
    elif key == "nvcc version" and re.fullmatch(r"\d{1,2}\.\d{1,2}", value):
        yield from _system.toolkit(value, number)
    elif key == "deepspeed info":
        version = value.partition(",")[0]
        if re.fullmatch(VERSION, version):
            one = distribution("deepspeed", version, where(number))
            yield said("installs", "distributions", (one,), number, weight=LISTED)
