"""A torch of a few kilobytes, with the libraries, symbols and strings that the probes read in the real one."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from .answers import SITE
from .elfs import NEW, OLD, library

TORCH = f"{SITE}/torch"
LIB = f"{TORCH}/lib"
WHEELS = ":".join(f"$ORIGIN/../../nvidia/{part}/lib" for part in ("cublas", "cuda_runtime", "cudnn", "cusparse"))

_C10 = """#include <string>
namespace c10 {
struct SourceLocation { const char* function; };
struct Error { Error(SourceLocation, std::string); };
Error::Error(SourceLocation, std::string) {}
std::string join(const std::string& one) { return one + one; }
struct Device { int index() const; };
int Device::index() const { return 0; }
}"""
_CPU = """namespace at {
int add(int x) { return x; }
struct Tensor { int size(long) const; };
int Tensor::size(long) const { return 0; }
}"""


def version_py(version: str = "2.5.1+cu121", cuda: Optional[str] = "12.1", hip: Optional[str] = None) -> str:
    return (
        "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n"
        f"__version__ = {version!r}\ndebug = False\ncuda: Optional[str] = {cuda!r}\n"
        f"git_version = 'a8e7c98cb95ff97bb30a728c6b2a1ce6bff946eb'\nhip: Optional[str] = {hip!r}\n"
    )


def python_library(text: str) -> bytes:
    """A libtorch_python.so with these bytes (C escapes) among its constants."""
    return library(
        f'extern const char held[]; const char held[] = "{text}";', needed=("libtorch.so",), runpath="$ORIGIN"
    )


def torch_files(
    cxx11: bool = False,
    cuda: Tuple[str, ...] = ("libcudart.so.12", "libcublas.so.12"),
    rpath: str = f"{WHEELS}:$ORIGIN",
) -> Dict[str, object]:
    """torch 2.5.1+cu121, whose libtorch_cuda.so needs the libraries named in `cuda`; none of them is there."""
    text = "numpy._core._multiarray_umath\\0sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90"
    return {
        f"{TORCH}/__init__.py": "",
        f"{TORCH}/version.py": version_py(),
        f"{LIB}/libc10.so": library(_C10, cpp=True, flags=(NEW if cxx11 else OLD,), soname="libc10.so"),
        f"{LIB}/libtorch_cpu.so": library(_CPU, ("libc10.so",), "libtorch_cpu.so", rpath=rpath, cpp=True),
        f"{LIB}/libtorch_cuda.so": library("int cuda;", ("libtorch_cpu.so", *cuda), "libtorch_cuda.so", rpath=rpath),
        f"{LIB}/libtorch.so": library("int all;", ("libtorch_cpu.so", "libtorch_cuda.so"), "libtorch.so", rpath=rpath),
        f"{LIB}/libtorch_python.so": python_library(text),
        f"{LIB}/libtorch_global_deps.so": library("int deps;", cuda[:1], "libtorch_global_deps.so", rpath=rpath),
    }
