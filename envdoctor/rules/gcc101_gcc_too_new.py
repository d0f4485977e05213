"""The host compiler is newer than nvcc accepts.

It finds the C++ compiler that nvcc would call (NVCC_CCBIN, CUDAHOSTCXX, CXX, CC, PATH) where its major version is above
the limit in that toolkit's host_config.h. Without nvcc nothing asks for that limit, and no fault is found.

It matters only where CUDA code is compiled here: nvcc stops with "unsupported GNU version! gcc versions later than 12
are not supported". So it is a note, and a warning where the project asks for a package that is compiled.

It is mended by naming an older compiler (CC and CXX for torch's builder, NVCC_CCBIN for nvcc alone), by installing one,
or by a newer toolkit of the same major version.

Example: g++ 13.2.0 with nvcc 12.1, whose limit is 12.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import value_or
from ..report import CannotTell, Evidence, Finding, NeedCommand, NeedToolchain, NeedVariable, Remedy
from ..versions import major
from ._building import builds_here, host_compiler, newest_pair, toolkit_in_use
from ._common import finding

ID = "GCC101"
NAME = "gcc-too-new"
SEVERITY = "note"
TAGS = ("compiler", "toolkit", "build")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    toolkit, cuda = toolkit_in_use(facts)
    compiler, family, version = host_compiler(facts)
    row = table.cuda(cuda.value)
    limit = row.clang_max if family == "clang" else row.gcc_max
    if limit is None:
        raise CannotTell(f"the table has no newest {family} for CUDA {row.version}")
    if major(version.value) <= limit:
        return
    builder = builds_here(facts)
    yield finding(
        ID,
        NAME,
        "warning" if builder else SEVERITY,
        f"{family} {version.value} is too new for nvcc {cuda.value}, which takes {family} up to {limit}",
        f"{builder.says} is compiled here, and nvcc refuses this compiler."
        if builder
        else "It matters only when CUDA code is compiled here: nvcc refuses this compiler.",
        [
            Evidence(f"{compiler.path} is {family} {version.value}", version.source),
            Evidence(f"nvcc of CUDA {cuda.value} in {toolkit.root}", cuda.source),
            Evidence(f"CUDA {row.version} takes {family} up to {limit}", str(row.origin)),
            *([builder] if builder else []),
        ],
        _remedies(facts, family, limit, row.gcc_min or 0),
    )


def _remedies(facts: Facts, family: str, limit: int, lowest: int) -> Iterator[Remedy]:
    pair = newest_pair(facts, family, limit, lowest)
    if pair:
        title = f"compile with {pair[1].path}"
        needs = (NeedVariable("CC", pair[0].path), NeedVariable("CXX", pair[1].path))
        yield Remedy(title, (*needs, NeedVariable("NVCC_CCBIN", pair[1].path)))
    if family != "gcc":
        return
    yield Remedy(f"compile with a gcc {limit} from conda-forge, which needs no root", (NeedToolchain(limit),))
    if value_or(facts.session.distro, "").startswith(("Ubuntu", "Debian")):
        install = (("sudo", "apt-get", "install", "--yes", f"g++-{limit}"),)
        yield Remedy(f"an administrator installs g++-{limit} beside it", (NeedCommand(install, who="admin"),))
