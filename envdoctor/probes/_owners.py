"""Which distributions bring the watched modules, so that a package folder that none brought can be told."""

from __future__ import annotations

import posixpath
from typing import Dict, Iterable, List, Tuple

from ..facts import CondaRecord, Distribution, Module
from ._conda_meta import canonical

#: Where the distribution is not named like the module. A trailing * stands for any ending.
_BROUGHT_BY: Dict[str, Tuple[str, ...]] = {
    "PIL": ("pillow", "pillow-simd"),
    "apex": ("apex", "nvidia-apex"),
    "cv2": ("opencv*", "py-opencv", "libopencv"),
    "mmcv": ("mmcv", "mmcv-full", "mmcv-lite"),
    "numpy": ("numpy", "numpy-base"),
    "tensorflow": ("tensorflow*", "tf-nightly*", "intel-tensorflow*"),
    "torch": ("torch", "pytorch", "pytorch-cpu", "pytorch-gpu"),
    "torchvision": ("torchvision", "torchvision-cpu"),
    "triton": ("triton*", "pytorch-triton*", "torchtriton"),
    "xformers": ("xformers", "xformers-*"),
    "yaml": ("pyyaml",),
}

#: apt owns what lies here, and gives some of it no metadata (python3-opencv).
_SYSTEM = ("/usr/lib/python3/dist-packages",)


def unowned(
    modules: Iterable[Module], distributions: Iterable[Distribution], conda: Iterable[CondaRecord]
) -> Tuple[str, ...]:
    """Watched packages in a site folder that no metadata in that folder, and no record of conda, accounts for."""
    by_place: Dict[str, List[str]] = {}
    for one in distributions:
        by_place.setdefault(one.location, []).append(canonical(one.name))
    recorded = [canonical(record.name) for record in conda]
    found = []
    for module in modules:
        for copy in module.copies:
            if copy.origin not in ("site-packages", "user-site") or copy.entry in _SYSTEM:
                continue
            names = by_place.get(copy.entry, []) + recorded
            if not any(_brings(name, module.name) for name in names):
                found.append(posixpath.dirname(copy.path) if copy.kind == "package" else copy.path)
    return tuple(found)


def _brings(distribution: str, module: str) -> bool:
    for pattern in _BROUGHT_BY.get(module, (canonical(module),)):
        if distribution == pattern or (pattern.endswith("*") and distribution.startswith(pattern[:-1])):
            return True
    return False
