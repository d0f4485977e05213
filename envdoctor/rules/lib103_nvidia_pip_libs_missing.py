"""The nvidia-* wheels that torch needs are missing, or older than it asks.

It finds shared libraries of CUDA that torch's own binaries need and the loader would not find, and nvidia-* wheels that
are older than the exact pin in torch's metadata. Builds that bring their libraries themselves (those
of PyTorch's own indexes up to CUDA 11.8, conda's) have no such pins. A newer wheel of the same major version fits as a
rule and is only noted; cuDNN has a rule of its own for another major version.

It matters because import ends with "libcublas.so.12: cannot open shared object file" or an undefined symbol.

It is mended by installing the pinned wheels again. They go missing when torch was installed with --no-deps, when
another package replaced them, or when a download broke off.

Example: torch 2.5.1+cu124 installed with --no-deps: no nvidia-cublas-cu12 anywhere.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Facts, MissingLibrary
from ..reading import Missing, need, value_or
from ..report import Evidence, Finding, NeedPackages, NeedTorch, Remedy
from ..versions import major
from ._common import finding, listed
from ._pins import Pin, pins
from ._torch import cuda_of_torch, is_release, older, public, torch_words

ID = "LIB103"
NAME = "nvidia-pip-libs-missing"
SEVERITY = "error"
TAGS = ("libraries", "packages", "torch")

#: soname without "lib" -> part of the wheel's name.
_WHEELS = {
    "cublas": "cublas",
    "cublasLt": "cublas",
    "cudart": "cuda-runtime",
    "cudnn": "cudnn",
    "cufft": "cufft",
    "cufile": "cufile",
    "cupti": "cuda-cupti",
    "curand": "curand",
    "cusolver": "cusolver",
    "cusparse": "cusparse",
    "cusparseLt": "cusparselt",
    "nccl": "nccl",
    "nvJitLink": "nvjitlink",
    "nvToolsExt": "nvtx",
    "nvrtc": "cuda-nvrtc",
    "nvrtc-builtins": "cuda-nvrtc",
    "nvshmem_host": "nvshmem",
}


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda_of_torch(facts)
    try:
        asked = pins(facts)
    except Missing:
        asked = ()
    missing = [
        lost for lost in need(facts.torch.missing_libraries, "torch's shared libraries") if _stem(lost) in _WHEELS
    ]
    if missing and not _other_cudnn(missing, asked):
        yield _lost(facts, missing, asked)
        return
    for pin in asked:
        if pin.installed and _differs(pin) and not pin.name.startswith("nvidia-cudnn"):
            yield _differing(facts, pin)


def _stem(lost: MissingLibrary) -> str:
    """'libcublasLt.so.12' -> 'cublasLt'."""
    return lost.soname[len("lib") :].split(".so")[0]


def _other_cudnn(missing: List[MissingLibrary], asked: Tuple[Pin, ...]) -> bool:
    """Whether all that is missing is cuDNN, of which another major version is installed: cudnn-conflict tells that."""
    cudnn = [pin for pin in asked if pin.name.startswith("nvidia-cudnn") and pin.installed]
    other = (
        bool(cudnn) and cudnn[0].installed is not None and major(cudnn[0].installed.version) != major(cudnn[0].version)
    )
    return other and all(_stem(lost).startswith("cudnn") for lost in missing)


def _lost(facts: Facts, missing: List[MissingLibrary], asked: Tuple[Pin, ...]) -> Finding:
    parts = {_WHEELS[_stem(lost)] for lost in missing}
    needed = [pin for pin in asked if any(part in pin.name for part in parts)]
    absent = [pin for pin in asked if pin.installed is None]
    because = [
        Evidence(f"{lost.soname} is not found in {len(lost.looked)} folders that the loader searches", lost.needed_by)
        for lost in missing[:4]
    ]
    if absent:
        because.append(Evidence(f"not installed: {listed(pin.requirement for pin in absent)}", absent[0].source))
    remedies = []
    if needed:
        here = any(pin.installed is not None for pin in needed)  # but its files are not
        title = "install the pinned wheels again" if here else "install the wheels that torch pins"
        remedies.append(Remedy(title, (NeedPackages(tuple(pin.requirement for pin in needed), reinstall=here),)))
    version = value_or(facts.torch.version, "")
    again = NeedTorch(version=public(version) if is_release(version) else None, reinstall=True)
    remedies.append(Remedy("install torch again, with everything that it needs", (again,)))
    return finding(
        ID,
        NAME,
        SEVERITY,
        f"{torch_words(facts)} does not find {listed(lost.soname for lost in missing)}",
        "torch cannot be imported without these libraries.",
        because,
        remedies,
    )


def _differs(pin: Pin) -> bool:
    return pin.installed is not None and pin.installed.version.split("+")[0] != pin.version


def _differing(facts: Facts, pin: Pin) -> Finding:
    have = pin.installed.version if pin.installed else ""
    try:
        behind = older(have, pin.version) or major(have) != major(pin.version)
    except ValueError:
        behind = True
    return finding(
        ID,
        NAME,
        "warning" if behind else "note",
        f"{pin.name} {have} is installed, {torch_words(facts)} asks for {pin.version}",
        "An older library may lack what torch calls; another package has probably replaced it."
        if behind
        else "A newer library of the same major version fits as a rule; torch was tested with the pinned one.",
        [
            Evidence(f"{pin.name} {have}", pin.installed.metadata if pin.installed else pin.source),
            Evidence(f"torch asks for {pin.requirement}", pin.source),
        ],
        [Remedy("install the wheel that torch pins", (NeedPackages((pin.requirement,)),))],
    )
