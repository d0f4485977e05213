"""A device that was asked for against what the same message says is there; and who asked for a missing library."""

from __future__ import annotations

import re
from typing import Iterator

from ..evidence import Case, Clue, out

_YOLO = re.compile(
    r"Invalid CUDA '(?:--)?device[= ]([\d,]{1,30})' requested[\s\S]{0,400}?is_available\(\): (True|False)\s{1,20}"
    r"torch\.cuda\.device_count\(\): (\d{1,3})\s{1,20}os\.environ\['CUDA_VISIBLE_DEVICES'\]: (\S{1,60})"
)
_LIBRARY = ("lib.cuda-runtime-missing", "lib.cuda-symbol")


def read(case: Case) -> Iterator[Clue]:
    asked = case.find(_YOLO)
    if asked:
        indexes = [int(one) for one in asked[0].group(1).split(",") if one]
        count, there = int(asked[0].group(3)), asked[0].group(2) == "True"
        value = asked[0].group(4)
        if not there and value in ("-1", "''", '""'):
            says = f"CUDA_VISIBLE_DEVICES is {value}: every GPU is hidden"
            yield Clue("cuda-visible-devices-masked", 86, says, f"line {asked[1]}", says)
        if there and indexes and max(indexes) >= count:
            says = f"device {max(indexes)} is asked for, and {count} are there, counted from 0"
            yield Clue("wrong-device-index", 88, says, f"line {asked[1]}", says)
            for name in ("cpu-only-build", "driver-missing-or-not-loaded", "cuda-visible-devices-masked"):
                yield Clue(name, -80, says, f"line {asked[1]}")
    library = case.hit(*_LIBRARY, "lib.cudnn-missing")
    if not library:
        return
    for exchange in case.exchanges:
        imports = re.search(r"(?:^|[\"';\s])import torch\b(?!\.)", exchange.typed.text)
        first = re.search(r"import (\w{1,60})", exchange.typed.text)
        if imports and first and first.group(1) == "torch" and library.text[:40] in out(exchange):
            says = "torch itself asks for it"
            yield Clue("nvidia-pip-libs-missing", 70, says, f"line {exchange.typed.number}")
            yield Clue("extension-abi-mismatch", -50, says, f"line {exchange.typed.number}")
            return
    if library.signature == "lib.cudnn-missing":
        return
    for raised in case.pasted.raised:
        if "cannot open shared object" not in raised.message and "undefined symbol" not in raised.message:
            continue
        module = raised.frames[-1].module.split(".")[0] if raised.frames else ""
        if module and module not in ("torch", "ctypes", "importlib", "<string>", "<stdin>"):
            says = f"{module} asks for it, not torch"
            yield Clue("extension-abi-mismatch", 50, says, f"line {raised.frames[-1].number}")
            yield Clue("nvidia-pip-libs-missing", -40, says, f"line {raised.frames[-1].number}")
            return
