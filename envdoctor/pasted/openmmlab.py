"""collect_env of MMCV and MMEngine, as lines or as a printed dict, and the table of detectron2's."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..reading import Known
from . import _system, _torch
from ._gpu import gpu
from ._packages import VERSION, distribution
from ._pairs import Pair, pairs
from ._said import LISTED, STATED, WHOLE, Said, said, where
from .lines import Line

# Two blanks or more between the columns of detectron2's table; its keys are known.
_ROW = re.compile(
    r"[\s|]{0,8}(sys\.platform|Python|[Nn]umpy|detectron2|Compiler \(\$CXX\)|CUDA compiler|NVCC|PyTorch|torchvision"
    r"|(?:GPU|CUDA) available|GPU \d{1,2}(?:,\d{1,2}){0,31}|Driver version|CUDA_HOME|GCC"
    r"|torch\._C\._GLIBCXX_USE_CXX11_ABI)\s{2,80}(\S.{0,400})$"
)
_GPUS = re.compile(r"gpu (\d{1,2}(?:,\d{1,2}){0,31})")
_ARCH = re.compile(r"\s*\(arch=(\d{1,2}\.\d)\)\s*$")
_AT = re.compile(rf"({VERSION})(?:\s{{1,4}}@(\S.{{0,400}}))?$")
_RELEASE = re.compile(r"release \d+\.\d+, V(\d+\.\d+(?:\.\d+)?)|cuda_(\d+\.\d+)\.(?:r|TC)")
_PACKAGES = {
    "torchvision": "torchvision", "mmcv": "mmcv", "mmengine": "mmengine", "mmdetection": "mmdet", "numpy": "numpy",
    "mmsegmentation": "mmsegmentation", "mmpose": "mmpose", "mmaction2": "mmaction2", "mmpretrain": "mmpretrain",
    "mmdetection3d": "mmdet3d", "mmyolo": "mmyolo", "detectron2": "detectron2",
}  # fmt: skip


class _Gpus(NamedTuple):
    names: List[Tuple[int, str]]
    first: int
    last: int


def read(lines: Sequence[Line]) -> Iterator[Said]:
    gpus: Optional[_Gpus] = None
    every = list(_all(lines))
    home = next((pair.value for pair in every if pair.key == "cuda_home" and pair.value.startswith("/")), "")
    for pair in every:
        key = pair.key
        listed = _GPUS.fullmatch(key)
        if listed:
            names = [(int(index), pair.value) for index in listed.group(1).split(",")]
            if gpus and gpus.names[-1][0] < names[0][0]:
                gpus = _Gpus(gpus.names + names, gpus.first, pair.number)
            else:
                yield from _listing(gpus)
                gpus = _Gpus(names, pair.number, pair.number)
        elif key in _PACKAGES:
            yield from _package(_PACKAGES[key], pair)
        elif key in ("nvcc", "cuda compiler"):
            yield from _nvcc(pair, home)
        elif key in _READERS:
            yield from _READERS[key](pair)
    yield from _listing(gpus)


def _all(lines: Sequence[Line]) -> Iterator[Pair]:
    for pair in pairs(lines):
        yield pair._replace(value=pair.value.rstrip(",}").strip(" '\""))
    for place, line in enumerate(lines):
        row = _ROW.match(line.text)
        if row:
            yield Pair(place, line.number, row.group(1).lower(), row.group(2).strip())


def _listing(gpus: Optional[_Gpus]) -> Iterator[Said]:
    if gpus:
        source = where(gpus.first, gpus.last)
        found = []
        for index, text in gpus.names:
            arch = _ARCH.search(text)
            name = _ARCH.sub("", text)
            one = gpu(index, name=Known(name, source))
            found.append(gpu(index, name=one.name, capability=Known(arch.group(1), source)) if arch else one)
        yield said("gpus", "gpus", tuple(found), gpus.first, gpus.last, WHOLE)


def _package(name: str, pair: Pair) -> Iterator[Said]:
    found = _AT.match(pair.value)
    if found:
        # detectron2's table has where it was imported from, OpenMMLab's the version that was imported.
        one = distribution(name, found.group(1), where(pair.number), location=_above(found.group(2) or ""))
        yield said("installs", "distributions", (one,), pair.number, weight=LISTED)


def _above(package: str) -> str:
    return package.rpartition("/")[0] if "-packages/" in package else ""


def _platform(pair: Pair) -> Iterator[Said]:
    system = {"linux": "linux", "linux2": "linux", "win32": "windows", "darwin": "darwin"}.get(pair.value)
    if system:
        yield said("session", "os", system, pair.number)


def _python(pair: Pair) -> Iterator[Said]:
    found = re.match(r"\d+\.\d+\.\d+", pair.value)
    if found:
        yield said("python", "version", found.group(), pair.number)


def _pytorch(pair: Pair) -> Iterator[Said]:
    found = _AT.match(pair.value)
    if found:
        yield from _torch.version(found.group(1), pair.number)
        if found.group(2):
            yield said("torch", "path", found.group(2).strip(), pair.number)


def _available(pair: Pair) -> Iterator[Said]:
    yield from _torch.available(pair.value.split(" ")[0].rstrip(":,"), pair.number)


def _home(pair: Pair) -> Iterator[Said]:
    if pair.value.startswith("/") or pair.value[1:3] == ":\\":
        yield said("toolkit", "cuda_home", pair.value, pair.number)


def _nvcc(pair: Pair, home: str) -> Iterator[Said]:
    """The nvcc of CUDA_HOME, where that is set."""
    found = _RELEASE.search(pair.value)
    if found:
        yield from _system.toolkit(found.group(1) or found.group(2), pair.number, home or _system.ON_PATH)


def _gcc(pair: Pair) -> Iterator[Said]:
    version = _system.gcc_version(pair.value)
    if version:
        yield from _system.compiler(version, pair.number)


def _driver(pair: Pair) -> Iterator[Said]:
    if re.match(r"\d{3}\.\d", pair.value):
        yield said("driver", "nvml_driver_version", pair.value.split(" ")[0], pair.number)
        yield said("driver", "nvml_status", "SUCCESS", pair.number)


def _abi(pair: Pair) -> Iterator[Said]:
    if pair.value in ("True", "False"):
        yield said("torch", "cxx11_abi", pair.value == "True", pair.number, weight=STATED)


_READERS: Dict[str, Callable[[Pair], Iterator[Said]]] = {
    "sys.platform": _platform,
    "python": _python,
    "pytorch": _pytorch,
    "cuda available": _available,
    "gpu available": _available,
    "cuda_home": _home,
    "gcc": _gcc,
    "compiler ($cxx)": _gcc,
    "driver version": _driver,
    "torch._c._glibcxx_use_cxx11_abi": _abi,
}
