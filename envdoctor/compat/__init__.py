"""The table: what is known about torch, CUDA, drivers, compilers and GPUs, and the questions one may ask of it.

Rows lie in data/*.json, one subject a file, each with its source; schema/ says what a file may hold; README.md says
how a row is added. Nothing is read before it is asked for.
"""

from __future__ import annotations

from .rows import (
    AllocatorOption,
    Architecture,
    ArchList,
    BadTable,
    CondaForgeBuild,
    CondaRecipe,
    Condition,
    Cuda,
    Cudnn,
    Downstream,
    DownstreamWheel,
    DriverBranch,
    GpuModel,
    Mirror,
    NoRow,
    OfficialLine,
    Origin,
    Signature,
    TorchCompilers,
    TorchRelease,
    UvBackend,
    Variable,
    WheelIndex,
)
from .table import CompatTable

__all__ = [
    "AllocatorOption",
    "ArchList",
    "Architecture",
    "BadTable",
    "CompatTable",
    "CondaForgeBuild",
    "CondaRecipe",
    "Condition",
    "Cuda",
    "Cudnn",
    "Downstream",
    "DownstreamWheel",
    "DriverBranch",
    "GpuModel",
    "Mirror",
    "NoRow",
    "OfficialLine",
    "Origin",
    "Signature",
    "TorchCompilers",
    "TorchRelease",
    "UvBackend",
    "Variable",
    "WheelIndex",
]
