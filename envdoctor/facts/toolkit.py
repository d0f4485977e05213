"""CUDA toolkits: only extensions that are compiled here need one; a wheel brings its own runtime."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Toolkit:
    root: str
    version: Reading[str]  # "12.1"
    nvcc: Reading[str]  # Absent: a runtime-only folder
    found_by: Tuple[str, ...]  # PATH | CUDA_HOME | CUDA_PATH | /usr/local | conda | wheel


@frozen
class ToolkitFacts:
    toolkits: Reading[Tuple[Toolkit, ...]]
    nvcc_on_path: Reading[str]  # the nvcc that `nvcc` runs
    cuda_home: Reading[str]  # the root that torch.utils.cpp_extension would take
