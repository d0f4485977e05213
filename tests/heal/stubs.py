"""What is inside the stand-in wheels: the files that import and the probes read, without the gigabytes.

torch has version.py, the architecture list in libtorch_python.so, a library for its release series that extensions are
linked against, and (where the real one takes CUDA from nvidia-* wheels) libraries that ask for those of the wheels.
"""

from __future__ import annotations

import json
from typing import Dict, Optional, Sequence, Tuple

from .elf import library

Files = Dict[str, bytes]

#: Part of an nvidia-* wheel's name -> the folder below nvidia/ (up to CUDA 12) and the library in it, without version.
NVIDIA = {
    "cublas": ("cublas", "libcublas.so"),
    "cuda-cupti": ("cuda_cupti", "libcupti.so"),
    "cuda-nvrtc": ("cuda_nvrtc", "libnvrtc.so"),
    "cuda-runtime": ("cuda_runtime", "libcudart.so"),
    "cudnn": ("cudnn", "libcudnn.so"),
    "cufft": ("cufft", "libcufft.so"),
    "cufile": ("cufile", "libcufile.so"),
    "curand": ("curand", "libcurand.so"),
    "cusolver": ("cusolver", "libcusolver.so"),
    "cusparse": ("cusparse", "libcusparse.so"),
    "cusparselt": ("cusparselt", "libcusparseLt.so"),
    "nccl": ("nccl", "libnccl.so"),
    "nvjitlink": ("nvjitlink", "libnvJitLink.so"),
    "nvshmem": ("nvshmem", "libnvshmem_host.so"),
    "nvtx": ("nvtx", "libnvToolsExt.so"),
}

_IMPORT = b"""from .version import __version__
from . import cuda, version
"""
_CUDA = b"""from ..version import cuda as built


def is_available():
    return built is not None
"""


#: torch has ten thousand modules; only that there are many is of use here.
_PARTS = ("_dynamo", "_inductor", "ao", "distributed", "distributions", "fx", "jit", "onnx", "sparse", "testing")


def torch(version: str, cuda: Optional[str], archs: Sequence[str], pins: Sequence[Tuple[str, str]]) -> Files:
    """`version` as version.py says it (2.1.0+cu121); `pins` are the (name, version) of nvidia-* wheels it needs."""
    said = (
        "from typing import Optional\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n"
        f"__version__ = {version!r}\ndebug = False\ncuda: Optional[str] = {cuda!r}\n"
        "git_version = '0000000000000000000000000000000000000000'\nhip: Optional[str] = None\n"
    )
    series = _numbers(version)[:2]
    # Builds since 2.3 know NumPy 2: they name its module where older ones name the one of NumPy 1.
    numpy = "numpy._core.multiarray" if series >= (2, 3) else "numpy.core.multiarray"
    texts = (numpy, " ".join(archs)) if archs and series >= (1, 7) else (numpy,)
    homes = tuple(nvidia_library(name, pinned) for name, pinned in pins)
    needed = tuple(soname for _, soname in homes)
    runpath = (*(f"$ORIGIN/../../nvidia/{folder}/lib" for folder, _ in homes), "$ORIGIN")
    parts = ("libc10.so", "libtorch_cpu.so", *(("libtorch_cuda.so",) if cuda else ()))
    files = {
        "torch/__init__.py": _IMPORT,
        "torch/version.py": said.encode(),
        "torch/cuda/__init__.py": _CUDA,
        "torch/nn/__init__.py": b"",
        "torch/utils/__init__.py": b"",
        "torch/optim/__init__.py": b"",
        "torch/lib/libtorch_python.so": library("libtorch_python.so", parts, ("$ORIGIN",), texts),
        "torch/lib/libc10.so": library("libc10.so", defines=(symbol_of(version),)),
        "torch/lib/libtorch_cpu.so": library("libtorch_cpu.so", ("libc10.so",), ("$ORIGIN",)),
        "torch/lib/libtorch_global_deps.so": library("libtorch_global_deps.so", needed, runpath),
    }
    files.update({f"torch/{part}/module{number}.py": b"" for part in _PARTS for number in range(20)})
    if cuda:
        files["torch/lib/libtorch_cuda.so"] = library("libtorch_cuda.so", ("libc10.so",), ("$ORIGIN",))
    return files


def symbol_of(torch_version: str) -> str:
    """A function of that release series alone: c10::release_2_1(), mangled."""
    major, minor = _numbers(torch_version)[:2]
    name = f"release_{major}_{minor}"
    return f"_ZN3c10{len(name)}{name}Ev"


def nvidia_library(name: str, version: str) -> Tuple[str, str]:
    """nvidia-cublas-cu12 12.4.5.8 -> (cublas, libcublas.so.12)."""
    stem = name[len("nvidia-") :]
    cuda = ""
    if "-cu1" in stem:
        stem, _, cuda = stem.rpartition("-cu")
    folder, soname = NVIDIA.get(stem, (stem.replace("-", "_"), f"lib{stem}.so"))
    generation = cuda or version.split(".")[0]
    if stem == "cudnn":
        generation = version.split(".")[0]
    elif stem in ("nccl", "nvtx", "cufile", "cusparselt", "nvshmem"):
        generation = "1"
    return (folder if cuda else f"cu{generation}", f"{soname}.{generation}")


def nvidia(name: str, version: str) -> Files:
    folder, soname = nvidia_library(name, version)
    return {f"nvidia/{folder}/__init__.py": b"", f"nvidia/{folder}/lib/{soname}": library(soname)}


def companion(module: str, version: str, torch_version: str, cuda: bool = False) -> Files:
    """torchvision or torchaudio; `version` as its version.py says it."""
    return {
        f"{module}/__init__.py": b"from .version import __version__\n",
        f"{module}/version.py": f"__version__ = {version!r}\ngit_version = 'Unknown'\n".encode(),
        f"{module}/_C.so": extension(torch_version, cuda),
        f"{module}/transforms/__init__.py": b"",
        f"{module}/models/__init__.py": b"",
        f"{module}/io/__init__.py": b"",
    }


def extension(torch_version: str, cuda: bool = False) -> bytes:
    """A compiled part that needs that release series of torch, and its CUDA libraries where it is a CUDA build."""
    needed = ("libc10.so", "libtorch_cpu.so", *(("libtorch_cuda.so",) if cuda else ()))
    return library("_C.so", needed, (), wants=(symbol_of(torch_version),))


def compiled(module: str, version: str, torch_version: str) -> Files:
    """A package whose binary is made for one torch."""
    return {
        f"{module}/__init__.py": f"__version__ = {version!r}\n".encode(),
        f"{module}/_C.so": extension(torch_version),
        f"{module}/ops.py": b"",
    }


def xformers(version: str, torch_version: str, cuda: str) -> Files:
    major, minor = cuda.split(".")
    built = {"version": {"cuda": int(major) * 100 + int(minor), "torch": torch_version}}
    return {**compiled("xformers", version, torch_version), "xformers/cpp_lib.json": json.dumps(built).encode()}


def plain(module: str, version: str) -> Files:
    """Any other package: a few modules, and its version where packages state it."""
    files = {f"{module}/__init__.py": f"__version__ = {version!r}\n".encode()}
    files.update({f"{module}/part{number}.py": b"" for number in range(8)})
    if module == "numpy":
        files["numpy/__init__.py"] = b"from .version import version as __version__\n"
        files["numpy/version.py"] = f"version = {version!r}\n__version__ = version\n".encode()
    return files


def _numbers(version: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in version.split("+")[0].split(".")[:3])
