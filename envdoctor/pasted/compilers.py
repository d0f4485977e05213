"""nvcc --version, gcc --version, ldd --version, and what -dumpversion prints."""

from __future__ import annotations

import re
from typing import Dict, Iterator, Sequence

from . import _system
from ._said import Said, said
from .lines import Line
from .sessions import exchanges

_NVCC = re.compile(r"Cuda compilation tools, release (\d{1,2}\.\d{1,2})")
_CUDA_FILE = re.compile(r"CUDA Version (\d{1,2}\.\d{1,2}(?:\.\d{1,4})?)\s*$")  # of version.txt
_GCC = re.compile(
    r"\s{0,8}((?:[\w.-]{1,60}-)?(?:gcc|g\+\+|c\+\+|cc)(?:-\d{1,2})?) \([^)\n]{1,160}\) (\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)"
)
_GCC_V = re.compile(r"\s{0,8}gcc version (\d{1,2}\.\d{1,2}(?:\.\d{1,2})?) ")
_CLANG = re.compile(r"\s{0,8}(?:[A-Z]\w{1,20} )?clang version (\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)")
_LDD = re.compile(r"\s{0,8}ldd \((?:[^)\n]{0,60}GLIBC|GNU libc)[^)\n]{0,60}\) (\d\.\d{1,2})")
_DUMPED = re.compile(r"\s{0,8}(\d{1,2}(?:\.\d{1,2}){0,2})\s*$")
_WHICH = re.compile(r"\s{0,8}(?:nvcc is )?(/\S{1,300})/bin/nvcc\s*$")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    roots = _roots(lines)
    for line in lines:
        text = line.text
        if "Cuda compilation tools" in text or "CUDA Version" in text:
            found = _NVCC.search(text) or _CUDA_FILE.fullmatch(text.strip())
            # OpenMMLab and detectron2 print nvcc's line behind a key, which their reader knows.
            if found and not re.match(r"[\s'\"|{]{0,12}(?:NVCC|CUDA compiler)", text):
                yield from _system.toolkit(found.group(1), line.number, roots.get("nvcc", _system.ON_PATH))
        elif "(" in text and _GCC.match(text):
            for name, version in _GCC.findall(text)[:1]:
                yield from _system.compiler(version, line.number, name)
        elif "version" in text:
            gcc, clang = _GCC_V.match(text), _CLANG.match(text)
            if gcc:
                yield from _system.compiler(gcc.group(1), line.number)
            elif clang:
                yield from _system.compiler(clang.group(1), line.number, "clang", "clang")
        if "ldd (" in text:
            ldd = _LDD.match(text)
            if ldd:
                yield said("session", "libc", f"glibc {ldd.group(1)}", line.number)
    yield from _dumped(lines)


def _roots(lines: Sequence[Line]) -> Dict[str, str]:
    """Where nvcc lies, if `which nvcc` was asked."""
    found: Dict[str, str] = {}
    for line in lines:
        if "/bin/nvcc" in line.text:
            path = _WHICH.match(line.text)
            if path:
                found["nvcc"] = path.group(1)
    return found


def _dumped(lines: Sequence[Line]) -> Iterator[Said]:
    for exchange in exchanges(lines):
        for words in exchange.typed.commands:
            name = words[0].rsplit("/", 1)[-1] if words else ""
            if re.fullmatch(r"(?:gcc|g\+\+|cc|c\+\+)(?:-\d{1,2})?", name) and any(
                word in ("-dumpversion", "-dumpfullversion") for word in words
            ):
                version = _DUMPED.match(exchange.output[0].text) if exchange.output else None
                if version:
                    yield from _system.compiler(version.group(1), exchange.output[0].number, name)
