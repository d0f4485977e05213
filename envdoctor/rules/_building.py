"""Whether extensions are compiled here, and with what."""

from __future__ import annotations

import posixpath
from typing import List, Optional, Tuple

from ..facts import Compiler, Facts, Toolkit
from ..reading import Known, need, value_or
from ..report import Evidence, NotApplicable
from ..versions import major
from ._common import distributions_of
from ._requirements import requested

#: Packages that compile CUDA code when they are installed (no wheel on PyPI fits) or, deepspeed, when they run.
COMPILED_ON_INSTALL = ("apex", "detectron2", "flash-attn", "mmcv-full", "pytorch3d", "tinycudann", "gsplat")
COMPILED_AT_RUN_TIME = ("deepspeed",)


def toolkit_in_use(facts: Facts) -> Tuple[Toolkit, Known[str]]:
    """The toolkit whose nvcc torch.utils.cpp_extension would run, and its version; NotApplicable without one."""
    home = need(facts.toolkit.cuda_home, "CUDA toolkit")
    for toolkit in need(facts.toolkit.toolkits, "CUDA toolkits"):
        if posixpath.normpath(toolkit.root) == posixpath.normpath(home):
            need(toolkit.nvcc, f"nvcc in {home}")
            version = toolkit.version
            if isinstance(version, Known):
                return toolkit, version
            need(version, f"version of the CUDA toolkit in {home}")
    raise NotApplicable(f"no CUDA toolkit with nvcc in {home}")


def host_compiler(facts: Facts) -> Tuple[Compiler, str, Known[str]]:
    """The C++ compiler that nvcc would call: itself, its family and its version."""
    compiler = need(facts.compiler.host_compiler, "C++ compiler")
    family = need(compiler.family, f"kind of {compiler.path}")
    version = compiler.version
    if not isinstance(version, Known):
        need(version, f"version of {compiler.path}")
        raise NotApplicable(f"{compiler.path} has no version")
    return compiler, family, version


def builds_here(facts: Facts) -> Optional[Evidence]:
    """A package of this project or environment that is compiled here; None where nothing says so."""
    for requirement in requested(facts).requirements:
        if requirement.name in COMPILED_ON_INSTALL + COMPILED_AT_RUN_TIME:
            return Evidence(requirement.name, "requirements.txt")
    if isinstance(facts.installs.distributions, Known):
        for dist in distributions_of(facts, *COMPILED_AT_RUN_TIME):
            return Evidence(dist.name, dist.metadata)
    asked = value_or(facts.installs.requested, ())
    for line in asked:
        if "git+" in line and any(name in line for name in COMPILED_ON_INSTALL):
            return Evidence(line.strip()[:80], "requirements.txt")
    return None


def newest_pair(facts: Facts, family: str, limit: int, lowest: int) -> Optional[Tuple[Compiler, Compiler]]:
    """The newest C and C++ compiler of one major version within the limits, where both are installed."""
    c: List[Tuple[int, Compiler]] = []
    cxx: List[Tuple[int, Compiler]] = []
    for compiler in value_or(facts.compiler.compilers, ()):
        version = value_or(compiler.version, "")
        if value_or(compiler.family, "") == family and version and lowest <= major(version) <= limit:
            kind = cxx if "++" in compiler.name else c
            kind.append((major(version), compiler))
    for number, compiler in sorted(cxx, key=lambda one: -one[0]):
        for other, partner in c:
            if other == number:
                return partner, compiler
    return None
