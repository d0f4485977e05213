"""torch as its files describe it, without importing it; and, when asked, as an import shows it."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading, Unknown

_NOT_LOOKED = Unknown("not-looked")


@frozen
class Companion:
    """torchvision, torchaudio, triton, or an extension compiled against torch (mmcv, flash-attn, xformers, ...)."""

    name: str
    version: str  # as its own version.py or metadata says, local version included
    path: str
    cuda: Reading[str]  # the CUDA it was built for ("12.1"); Absent for a CPU build
    built_for_torch: Reading[str]  # a torch version named by its metadata or local version ("2.1")
    cxx11_abi: Reading[bool]  # which C++ ABI its binary asks of torch
    missing_symbols: Reading[Tuple[str, ...]]  # symbols it asks of torch's libraries and they lack (sampled)
    missing_libraries: Reading[Tuple[str, ...]] = _NOT_LOOKED  # sonames not found once torch is loaded


@frozen
class MissingLibrary:
    """A shared library that torch's own binaries need and the loader would not find."""

    soname: str  # libcublas.so.12
    needed_by: str  # path
    looked: Tuple[str, ...]


@frozen
class ForeignLibrary:
    """A library that torch brings a copy of, and the loader would take another: an LD_LIBRARY_PATH in the way."""

    soname: str  # libnvJitLink.so.12
    taken: str  # the file that the loader would take
    by: str  # what leads there: LD_LIBRARY_PATH | LD_PRELOAD | RPATH | RUNPATH | ld.so.cache | default
    instead_of: str  # the copy that came with torch
    needed_by: str  # path of the library that asks for it


@frozen
class DeepGpu:
    index: int
    name: str
    capability: str
    kernel: str  # "ok", or the error of the first small kernel


@frozen
class DeepTorch:
    """What a child of the user's interpreter saw when it imported torch (`--deep`)."""

    version: str
    file: str
    cuda: str  # "" for a CPU build
    is_available: bool
    device_count: int
    arch_list: Tuple[str, ...]
    gpus: Tuple[DeepGpu, ...]
    loaded: Tuple[str, ...]  # CUDA, cuDNN, NCCL and libstdc++ libraries mapped after the import
    warnings: Tuple[str, ...]
    seconds: float


@frozen
class TorchFacts:
    path: Reading[str]  # the package folder that import would take; Absent: no torch
    version: Reading[str]  # of version.py, local version included: 2.1.0+cu121
    build: Reading[str]  # cuda | cpu | rocm | xpu
    cuda: Reading[str]  # "12.1"; Absent for builds without CUDA
    hip: Reading[str]
    arch_list: Reading[Tuple[str, ...]]  # ("sm_50", ..., "compute_90"); Absent for builds without CUDA
    cxx11_abi: Reading[bool]
    companions: Reading[Tuple[Companion, ...]]
    missing_libraries: Reading[Tuple[MissingLibrary, ...]]
    numpy2: Reading[bool]  # whether the binary knows NumPy 2's C API
    glibcxx_needed: Reading[str]  # highest GLIBCXX_x.y.z that libtorch asks, where it says so
    deep: Reading[DeepTorch]  # Unknown(not-looked) without --deep; Unknown(failed) with the import's error
    foreign_libraries: Reading[Tuple[ForeignLibrary, ...]] = _NOT_LOOKED
