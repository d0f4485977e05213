"""Which distributions bring the watched modules, so that a package folder that none brought can be told."""

from __future__ import annotations

import posixpath
from typing import Dict, Iterable, Set, Tuple

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
    by_place: Dict[str, Set[str]] = {}
    for one in distributions:
        by_place.setdefault(one.location, set()).add(canonical(one.name))
    recorded = {canonical(record.name) for record in conda}
    found = []
    for module in modules:
        for copy in module.copies:
            if copy.origin not in ("site-packages", "user-site") or copy.entry in _SYSTEM:
                continue
            if not _brought(module.name, by_place.get(copy.entry, set()) | recorded):
                found.append(posixpath.dirname(copy.path) if copy.kind == "package" else copy.path)
    return tuple(found)


def _brought(module: str, distributions: Set[str]) -> bool:
    for pattern in _BROUGHT_BY.get(module, (canonical(module),)):
        if pattern in distributions:
            return True
        if pattern.endswith("*") and any(name.startswith(pattern[:-1]) for name in distributions):
            return True
    return False
