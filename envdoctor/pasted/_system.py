"""Names of operating systems, platforms and compilers as reports print them."""

from __future__ import annotations

import re
from typing import Iterator

from ..facts import Compiler, Toolkit
from ..reading import Known
from ..versions import minor
from ._said import STATED, Said, said, where

#: Where a text names the nvcc that runs but not where it lies.
ON_PATH = "nvcc on PATH"

_MACHINE = re.compile(r"\b(x86_64|aarch64|arm64|AMD64|amd64|i[3-6]86|ppc64le|s390x|riscv64)\b")
_LINUX = re.compile(r"Linux-(\d\S{0,100}?)-(?:x86_64|aarch64|ppc64le|i[3-6]86|riscv64|s390x)-")
_GCC = re.compile(r"\) (\d+\.\d+(?:\.\d+)?)")
_ANY = re.compile(r"(?<![\d.])(\d+\.\d+(?:\.\d+)?)")


def operating_system(text: str, number: int) -> Iterator[Said]:
    """'Ubuntu 18.04.5 LTS (x86_64)', 'Microsoft Windows 10 Pro', 'macOS 13.7.4 (arm64)'."""
    lowered = text.lower()
    machine = _MACHINE.search(text)
    name = re.sub(r"\s*\((?:x86_64|aarch64|arm64|ppc64le)\)\s*$", "", text)
    if "windows" in lowered:
        yield said("session", "os", "windows", number)
    elif "macos" in lowered or "mac os" in lowered or "darwin" in lowered:
        yield said("session", "os", "darwin", number)
    else:
        yield said("session", "os", "linux", number)
    yield said("session", "distro", name[:120], number)
    if machine:
        yield said("session", "machine", machine.group(1), number)


def platform(text: str, number: int) -> Iterator[Said]:
    """Of Python's platform.platform(): Linux-5.15.0-91-generic-x86_64-with-glibc2.35, Windows-10-10.0.22621-SP0.

    Its libc is not taken: before Python 3.9 it is the one that this Python was built against.
    """
    linux = _LINUX.match(text)
    machine = _MACHINE.search(text)
    lowered = text.lower()
    if linux:
        yield said("session", "os", "linux", number)
        yield from kernel(linux.group(1), number)
    elif lowered.startswith("windows"):
        yield said("session", "os", "windows", number)
    elif lowered.startswith(("macos", "darwin")):
        yield said("session", "os", "darwin", number)
    if machine:
        yield said("session", "machine", machine.group(1), number)
        yield said("python", "machine", machine.group(1), number)


def kernel(release: str, number: int) -> Iterator[Said]:
    yield said("session", "kernel", release, number)
    if "microsoft" in release.lower():
        yield said("session", "wsl", "2" if "WSL2" in release or "standard" in release else "1", number)


def gcc_version(text: str) -> str:
    """'(Ubuntu 7.5.0-3ubuntu1~18.04) 7.5.0' -> '7.5.0'; "" where there is none."""
    found = _GCC.search(text) or _ANY.search(text)
    return found.group(1) if found else ""


def compiler(version: str, number: int, name: str = "gcc", family: str = "gcc") -> Iterator[Said]:
    source = where(number)
    one = Compiler(name, name, Known(family, source), Known(version, source), ("PATH",))
    yield said("compiler", "compilers", (one,), number)
    yield said("compiler", "host_compiler", one, number)


def toolkit(version: str, number: int, root: str = ON_PATH, weight: int = STATED) -> Iterator[Said]:
    """The CUDA toolkit whose nvcc runs. `version` may be long (12.1.105); ValueError where it is none."""
    source = where(number)
    one = Toolkit(root, Known(minor(version), source), Known(f"{root}/bin/nvcc" if "/" in root else "nvcc", source),
                  ("CUDA_HOME" if "/" in root else "PATH",))  # fmt: skip
    yield said("toolkit", "toolkits", (one,), number)
    yield said("toolkit", "cuda_home", root, number, weight=weight)
