"""What transformers, accelerate, diffusers and LlamaFactory say of an environment: bullets, "NAME version: ..."."""

from __future__ import annotations

import re
from typing import Iterator, List, Sequence, Tuple

from ..facts import Gpu
from ..reading import Known
from . import _system, _torch
from ._gpu import MIB, gpu
from ._packages import VERSION, distribution
from ._pairs import Pair, pairs, says_nothing
from ._said import LISTED, STATED, Said, said, where
from .lines import Line

_PACKAGE = re.compile(r"([a-z0-9][a-z0-9_.-]{1,40}) version")
_TORCH = re.compile(rf"({_torch.TORCH_VERSION})\s{{0,4}}(?:\((\w{{1,12}})\))?")
_TORCH_KEYS = ("pytorch version (gpu?)", "pytorch version (accelerator?)", "torch version (gpu?)")
_DEVICES = ("(GPU)", "(NPU)")  # LlamaFactory's; in a report of collect_env nothing stands behind the version
_CARD = re.compile(r"(NVIDIA \S.{0,80}?|Tesla \S.{0,60}?), (\d{1,9}) MiB")
_NOT_PACKAGES = ("pytorch", "python", "tensorflow", "flax", "jax", "jaxlib", "opencv", "cuda", "driver", "clang", "gcc")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for pair in pairs(lines):
        key = pair.key.replace("`", "")
        package = _PACKAGE.fullmatch(key)
        if key in _TORCH_KEYS or (key == "pytorch version" and pair.value.endswith(_DEVICES)):
            yield from _pytorch(pair)
        elif key == "platform" and not says_nothing(pair.value):
            yield from _system.platform(pair.value, pair.number)
        elif key == "python version" and re.match(r"\d+\.\d+", pair.value):
            yield said("python", "version", pair.value.split(" ")[0], pair.number)
        elif key == "gpu type" and not says_nothing(pair.value):
            yield said("gpus", "gpus", (gpu(0, name=Known(pair.value[:100], where(pair.number))),), pair.number)
        elif key == "accelerator":
            yield from _cards(pair, lines)
        elif package and package.group(1) not in _NOT_PACKAGES and re.fullmatch(VERSION, pair.value):
            one = distribution(package.group(1), pair.value, where(pair.number))
            yield said("installs", "distributions", (one,), pair.number, weight=LISTED)


def _pytorch(pair: Pair) -> Iterator[Said]:
    """2.3.0+cu121 (True), 2.9.1+cu128 (CUDA), 2.5.1+cu124 (GPU), not installed (NA)."""
    found = _TORCH.match(pair.value)
    if found:
        version, seen = found.groups()
        yield from _torch.version(version, pair.number)
        if seen in ("True", "False", "CUDA", "GPU"):
            yield said("torch", "deep.is_available", seen != "False", pair.number)


def _cards(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    """diffusers lists what nvidia-smi told it: the first card on the line of the key, the others below."""
    found: List[Gpu] = []
    last = pair.number
    rows: List[Tuple[str, int]] = [(pair.value, pair.number)]
    rows += [(line.text.strip(), line.number) for line in lines[pair.place + 1 : pair.place + 64]]
    for text, number in rows:
        card = _CARD.match(text)
        if card is None:
            break
        last, source = number, where(number)
        memory = Known(int(card.group(2)) * MIB, source)
        found.append(gpu(len(found), name=Known(card.group(1), source), memory_total=memory))
    if found:
        yield said("gpus", "gpus", tuple(found), pair.number, last, STATED)
