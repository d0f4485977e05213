"""Shared libraries that could be loaded in place of those that torch brings."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Library:
    """One copy of a watched library: cudart, cublas, cudnn, nccl, nvJitLink, cusparse, libstdc++, libcuda, ..."""

    family: str  # cublas | cudnn | nccl | nvjitlink | cusparse | cudart | libstdcxx | libcuda | mkl | ...
    soname: str  # libcudnn.so.8
    path: str
    version: Reading[str]  # from the file name it resolves to, a header beside it, or the wheel's metadata
    where: str  # LD_LIBRARY_PATH | LD_PRELOAD | wheel | torch | conda | system


@frozen
class SearchEntry:
    """One folder of LD_LIBRARY_PATH, in order."""

    path: str
    exists: Reading[bool]
    libraries: Tuple[str, ...]  # watched sonames in it


@frozen
class LibrariesFacts:
    ld_library_path: Reading[Tuple[SearchEntry, ...]]  # Absent: not set
    ld_preload: Reading[Tuple[str, ...]]
    libraries: Reading[Tuple[Library, ...]]
    libstdcxx_offers: Reading[str]  # highest GLIBCXX of the libstdc++ that the interpreter would load: "3.4.30"
