"""Driver, CUDA, compute-capability and glibc versions: tuples of integers, never floats.

"12.10" is newer than "12.9" and "8.10" would be newer than "8.9"; a float says the opposite.
"""

from __future__ import annotations

import re
from typing import Iterable, Tuple

Numbers = Tuple[int, ...]


def numbers(text: str) -> Numbers:
    """'535.129.03' -> (535, 129, 3). ValueError when the text does not begin with a number."""
    found = re.match(r"\s*[vV]?(\d+(?:\.\d+)*)", text)
    if not found:
        raise ValueError(f"not a version: {text[:60]!r}")
    return tuple(int(part) for part in found.group(1).split("."))


def at_least(have: str, want: str) -> bool:
    """Whether `have` >= `want`, missing parts counted as zero ('12' equals '12.0')."""
    left, right = numbers(have), numbers(want)
    width = max(len(left), len(right))
    return left + (0,) * (width - len(left)) >= right + (0,) * (width - len(right))


def minor(text: str) -> str:
    """'12.1.105' -> '12.1'; '12' -> '12.0'."""
    parts = (*numbers(text), 0)
    return f"{parts[0]}.{parts[1]}"


def major(text: str) -> int:
    return numbers(text)[0]


def cuda_tag(version: str) -> str:
    """CUDA '12.1' -> the wheel index's name 'cu121'."""
    return "cu" + minor(version).replace(".", "")


def cuda_of_tag(tag: str) -> str:
    """'cu121' -> '12.1', 'cu92' -> '9.2'. ValueError otherwise."""
    found = re.fullmatch(r"cu(\d+)(\d)", tag)
    if not found:
        raise ValueError(f"not a CUDA tag: {tag[:40]!r}")
    return f"{found.group(1)}.{found.group(2)}"


def from_nvml(number: int) -> str:
    """NVML's and libcuda's integer 12040 -> '12.4'."""
    return f"{number // 1000}.{number % 1000 // 10}"


def capability(text: str) -> Tuple[int, int]:
    """'8.6', 'sm_86', 'compute_90', 'sm_100', 'sm_90a' -> (8, 6), (8, 6), (9, 0), (10, 0), (9, 0)."""
    found = re.fullmatch(r"(?:sm_|compute_)(\d+)(\d)[af]?", text.strip())
    if found:
        return int(found.group(1)), int(found.group(2))
    found = re.fullmatch(r"(\d+)\.(\d+)", text.strip())
    if not found:
        raise ValueError(f"not a compute capability: {text[:40]!r}")
    return int(found.group(1)), int(found.group(2))


def serves(arch_list: Iterable[str], device: str) -> bool:
    """Whether a build with `arch_list` ('sm_80', 'compute_90', ...) has code for a device of that capability.

    A cubin sm_XY runs on devices of the same major with minor >= Y; PTX compute_XY is compiled by the driver for any
    device of capability >= X.Y. Architecture-specific code (sm_90a) runs on exactly that capability.
    Source: CUDA C++ Programming Guide, "Binary Compatibility" and "PTX Compatibility".
    """
    have = capability(device)
    for arch in arch_list:
        try:
            built = capability(arch)
        except ValueError:
            continue
        if arch.startswith("compute_"):
            if have >= built:
                return True
        elif arch.endswith("a"):
            if have == built:
                return True
        elif have[0] == built[0] and have[1] >= built[1]:
            return True
    return False
