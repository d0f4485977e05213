"""torch.utils.collect_env of every age, and vLLM's, which has the same keys under banners."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, Sequence, Tuple

from ..facts import Library, MigDevice
from ..reading import Known, Unknown
from . import _system, _torch
from ._gpu import gpu, named
from ._packages import listed, of_conda, of_pip
from ._pairs import Pair, pairs, says_nothing
from ._said import NOT_SAID, WHOLE, Said, said, where
from .lines import Line

_GPU = re.compile(r"[\s|*-]{0,12}GPU (\d{1,3}): (.{1,120})$")
_MIG = re.compile(r"[\s|]{0,12}MIG (\S{1,20})\s{1,12}Device\s{1,4}\d+:")
_CUDNN = re.compile(r"\s{0,8}(/\S{0,300}/(libcudnn(?:_\w{1,40})?\.so\.(\d+)(?:[.\d]{0,20})))\s*$")
_LISTED = re.compile(r"[\s|*-]{0,12}\[(pip\d?|conda)\] (.{1,400})$")
_PYTHON = re.compile(r"(\d+\.\d+(?:\.\d+)?(?:[abrc]+\d+)?\+?)")
_DRIVER = re.compile(r"\d{3}\.\d+(?:\.\d+)?")
_MOST_GPUS = 64


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for pair in pairs(lines):
        reader = _READERS.get(pair.key)
        if reader:
            yield from reader(pair, lines)
    for line in lines:
        found = _LISTED.match(line.text)
        if found:
            one = (of_conda if found.group(1) == "conda" else of_pip)(found.group(2), where(line.number))
            if one:
                yield listed(one, line.number)


def _version(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    if re.fullmatch(_torch.TORCH_VERSION, pair.value):
        yield from _torch.version(pair.value, pair.number)
    elif pair.value == "N/A":
        failed = Unknown("failed", "torch could not be imported", where(pair.number))
        yield Said("torch", "deep", failed, pair.number)


def _cuda(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    yield from _torch.cuda_or_none(pair.value, pair.number)


def _rocm(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    if not says_nothing(pair.value):
        yield said("torch", "build", "rocm", pair.number)
        yield said("torch", "hip", pair.value, pair.number)


def _os(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    if not says_nothing(pair.value):
        yield from _system.operating_system(pair.value, pair.number)


def _gcc(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    version = "" if says_nothing(pair.value) else _system.gcc_version(pair.value)
    if version:
        yield from _system.compiler(version, pair.number)


def _libc(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    found = re.match(r"(glibc|musl)-(\d+\.\d+)", pair.value)
    python = next(
        (_PYTHON.search(line.text.partition(":")[2].strip()) for line in lines[pair.place + 1 : pair.place + 6]
         if line.text.lstrip("> ").startswith("Python version:")),
        None,
    )  # fmt: skip
    # Before Python 3.8 it is what the interpreter's file asks for, not what the system has: 2.2.5, 2.9 or 2.10.
    if found and not (python and re.match(r"(?:2\.|3\.[0-7](?!\d))", python.group(1))):
        yield said("session", "libc", f"{found.group(1)} {found.group(2)}", pair.number)


def _python(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    found = _PYTHON.match(pair.value)
    if found:
        yield said("python", "version", found.group(1), pair.number)
    for bits in (32, 64):
        if f"({bits}-bit runtime)" in pair.value:
            yield said("python", "bits", bits, pair.number)


def _platform(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    yield from _system.platform(pair.value, pair.number)


def _available(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    yield from _torch.available(pair.value, pair.number)


def _nvcc(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    if re.match(r"\d+\.\d+", pair.value):
        yield from _system.toolkit(pair.value, pair.number)


def _gpus(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    """On the same line where there is one, else on the following ones. ROCm's builds name one card without a number."""
    if pair.value and not says_nothing(pair.value) and not _GPU.match(pair.value):
        source = where(pair.number)
        yield said("gpus", "gpus", named([(0, pair.value[:120])], source), pair.number, weight=WHOLE)
        return
    found: List[Tuple[int, str]] = []
    mig: Dict[int, List[MigDevice]] = {}
    last = pair.number
    rows = [pair.value] if pair.value else []
    for line in lines[pair.place + 1 : pair.place + 1 + 2 * _MOST_GPUS]:
        if not (_GPU.match(line.text) or _MIG.match(line.text)):
            break
        rows.append(line.text)
        last = line.number
    for row in rows[: 2 * _MOST_GPUS]:
        one, part = _GPU.match(row), _MIG.match(row)
        if one:
            found.append((int(one.group(1)), one.group(2).strip()))
        elif part and found:
            mig.setdefault(found[-1][0], []).append(MigDevice("", part.group(1), NOT_SAID, NOT_SAID))
    if found:
        source = where(pair.number, last)
        gpus = [
            gpu(index, name=Known(name, source), mig_mode=Known(True, source),
                mig_devices=Known(tuple(mig[index]), source)) if index in mig else named([(index, name)], source)[0]
            for index, name in found
        ]  # fmt: skip
        yield said("gpus", "gpus", tuple(gpus), pair.number, last, WHOLE)


def _driver(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    """The version may stand on the next line, once for each GPU, in reports of 2018."""
    value = pair.value or (lines[pair.place + 1].text.strip() if pair.place + 1 < len(lines) else "")
    found = _DRIVER.match(value)
    if found:
        yield said("driver", "nvml_driver_version", found.group(), pair.number)
        yield said("driver", "nvml_status", "SUCCESS", pair.number)


def _cudnn(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    for text, number in [(pair.value, pair.number)] + [
        (line.text, line.number) for line in lines[pair.place + 1 : pair.place + 40]
    ]:
        found = _CUDNN.match(text)
        if found is None and number != pair.number:
            return
        if found:
            version = found.group(2).partition(".so.")[2]
            soname = f"{found.group(2).partition('.so.')[0]}.so.{found.group(3)}"
            library = Library("cudnn", soname, found.group(1), Known(version, where(number)), "system")
            yield said("libraries", "libraries", (library,), number)


def _allocator(pair: Pair, lines: Sequence[Line]) -> Iterator[Said]:
    if not says_nothing(pair.value):
        yield said("session", "variables", (("PYTORCH_CUDA_ALLOC_CONF", pair.value),), pair.number)


_READERS: Dict[str, Callable[[Pair, Sequence[Line]], Iterator[Said]]] = {
    "pytorch version": _version,
    "cuda used to build pytorch": _cuda,
    "rocm used to build pytorch": _rocm,
    "os": _os,
    "gcc version": _gcc,
    "libc version": _libc,
    "python version": _python,
    "python platform": _platform,
    "is cuda available": _available,
    "cuda runtime version": _nvcc,
    "gpu models and configuration": _gpus,
    "nvidia driver version": _driver,
    "cudnn version": _cudnn,
    "caching allocator config": _allocator,
}
