"""Host compilers: what nvcc and torch's extension builder would call."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Compiler:
    name: str  # gcc | g++ | clang | clang++ | cc | c++ | x86_64-conda-linux-gnu-cc ...
    path: str
    family: Reading[str]  # gcc | clang
    version: Reading[str]  # "12.2.0"
    found_by: Tuple[str, ...]  # PATH | CC | CXX | CUDAHOSTCXX | NVCC_CCBIN | conda


@frozen
class CompilerFacts:
    compilers: Reading[Tuple[Compiler, ...]]
    host_compiler: Reading[Compiler]  # the C++ compiler that nvcc would call
