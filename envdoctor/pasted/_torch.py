"""What a version, a CUDA and a build string say of a build of torch."""

from __future__ import annotations

import re
from typing import Iterator, Tuple

from ..versions import cuda_of_tag
from ._pairs import says_nothing
from ._said import GUESSED, STATED, Said, said

TORCH_VERSION = r"\d+\.\d+[\w.+-]{0,80}"
_TAG = re.compile(r"(?<![a-z])cu(?:[7-9]\d|1\d\d)(?!\d)")
_MAJOR_TAG = re.compile(r"(?<![a-z])cu(1\d)(?!\d)")  # of packages that are built for every 12.x
_ROCM = re.compile(r"rocm(\d[\d.]*)")
_CONDA_CUDA = re.compile(r"cuda_?(\d+\.\d+(?:\.\d+)?)")
_CONDA_SHORT = re.compile(r"(?:cuda|cu)_?([7-9]\d|1\d\d)(?!\d)")
#: In a local version: the torch that a package was built for.
NAMED_TORCH = re.compile(r"(?:torch|pt)(\d+\.\d+(?:\.\d+)?)|pt(\d)(\d{1,2})(?!\d)")
#: A requirement that names one version of torch.
PINNED = re.compile(r"torch\s?===?\s?(\d+\.\d+[\w.+]{0,40})$")
#: In a conda build string of a companion: py37_cu102.
CONDA_TAG = re.compile(r"(?<![A-Za-z])cu(?:[7-9]\d|1\d\d)(?!\d)")
_ARCH = re.compile(r"(?:sm|compute)_\d{2,3}[af]?")


def version(text: str, number: int, weight: int = STATED) -> Iterator[Said]:
    """torch.__version__, and the build that its local part names."""
    yield said("torch", "version", text, number, weight=weight)
    yield from build_of_version(text, number, min(weight, GUESSED))


def build_of_version(text: str, number: int, weight: int = GUESSED) -> Iterator[Said]:
    local = text.partition("+")[2]
    tag, major = _TAG.search(local), _MAJOR_TAG.search(local)
    if tag:
        yield from cuda(cuda_of_tag(tag.group()), number, weight)
    elif major:
        yield said("torch", "build", "cuda", number, weight=weight)
        yield said("torch", "cuda", major.group(1), number, weight=weight)
    elif local.startswith("cpu"):
        yield said("torch", "build", "cpu", number, weight=weight)
    elif local.startswith("rocm"):
        found = _ROCM.match(local)
        yield said("torch", "build", "rocm", number, weight=weight)
        if found:
            yield said("torch", "hip", found.group(1), number, weight=weight)
    elif local.startswith("xpu"):
        yield said("torch", "build", "xpu", number, weight=weight)


def cuda(text: str, number: int, weight: int = STATED) -> Iterator[Said]:
    """torch.version.cuda."""
    if re.fullmatch(r"\d+\.\d+(?:\.\d+)*", text):
        yield said("torch", "build", "cuda", number, weight=weight)
        yield said("torch", "cuda", text, number, weight=weight)


def cuda_or_none(text: str, number: int) -> Iterator[Said]:
    """torch.version.cuda as printed: None, or what collect_env makes of it, is a build without CUDA."""
    if text.strip() in ("None", "Could not collect"):
        yield said("torch", "build", "cpu", number)
    elif not says_nothing(text):
        yield from cuda(text.strip(), number)


def available(text: str, number: int) -> Iterator[Said]:
    """torch.cuda.is_available(), as True or Yes."""
    word = text.strip(" `'\",").lower()
    if word in ("true", "yes", "false", "no"):
        yield said("torch", "deep.is_available", word in ("true", "yes"), number)


def of_conda_build(build: str) -> Tuple[str, str]:
    """Build and CUDA of a conda build string: py3.8_cuda11.3_cudnn8_0 -> (cuda, 11.3), py3.8_cpu_0 -> (cpu, ""),
    cuda112py39h... -> (cuda, 11.2); ("", "") where it says neither."""
    exact = _CONDA_CUDA.search(build)
    if exact:
        return "cuda", exact.group(1)
    short = _CONDA_SHORT.search(build)
    if short:
        return "cuda", cuda_of_tag("cu" + short.group(1))
    return ("cpu", "") if "cpu" in build else ("", "")


def arch_list(text: str, first: int, last: int = 0) -> Iterator[Said]:
    """Architectures named in a text: sm_70, compute_80."""
    found = tuple(dict.fromkeys(_ARCH.findall(text)))
    if found:
        yield said("torch", "arch_list", found, first, last)
