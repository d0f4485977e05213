"""The host compiler is older than torch's headers or nvcc accept.

It finds the C++ compiler of a machine that has nvcc where its major version is below what the headers of this torch
ask (gcc 9 from torch 2.2 on, gcc 10 with its -std=c++20 from torch 2.12 on, 5 to 7 before), or below what nvcc takes.

It matters only where an extension is compiled here: "You're trying to build PyTorch with a too old version of GCC. We
need GCC 9 or later". So it is a note, and a warning where the project asks for a package that is compiled.

It is mended by naming a newer compiler (CC, CXX), by installing one (conda can, without root), or, on a cluster, by
loading its module.

Example: gcc 8.5.0 of RHEL 8 with torch 2.5.1.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts
from ..reading import need, value_or
from ..report import Evidence, Finding, NeedCommand, NeedToolchain, NeedVariable, NotApplicable, Remedy
from ..versions import major
from ._building import builds_here, host_compiler, newest_pair, toolkit_in_use
from ._common import finding
from ._torch import series, torch_words

ID = "GCC102"
NAME = "gcc-too-old"
SEVERITY = "note"
TAGS = ("compiler", "torch", "build")

#: torch release series -> the oldest gcc whose compilation its headers allow. c10/util/C++17.h of the wheels 2.0.1 and
#: 2.1.0 asks for 5 (and 2.1.0's for C++17, which gcc has from 7 on), of 2.2.2 and 2.11.0 for 9;
#: torch/utils/cpp_extension.py of 2.12.1 passes -std=c++20, which gcc knows from 10 on.
_HEADERS = (((2, 12), 10), ((2, 2), 9), ((2, 1), 7), ((1, 0), 5))
_SOURCE = "c10/util/C++17.h and torch/utils/cpp_extension.py of the released wheels (read, 2026-11-24)"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    toolkit, cuda = toolkit_in_use(facts)
    compiler, family, version = host_compiler(facts)
    if family != "gcc":
        raise NotApplicable(f"the host compiler is {family}")
    lowest, why = _lowest(facts, table, cuda.value)
    if major(version.value) >= lowest:
        return
    builder = builds_here(facts)
    yield finding(
        ID,
        NAME,
        "warning" if builder else SEVERITY,
        f"gcc {version.value} is too old to compile extensions of {torch_words(facts)}, which needs gcc {lowest}",
        f"{builder.says} is compiled here, and its compilation stops."
        if builder
        else "It matters only when an extension is compiled here.",
        [
            Evidence(f"{compiler.path} is gcc {version.value}", version.source),
            why,
            Evidence(f"nvcc of CUDA {cuda.value} in {toolkit.root}", cuda.source),
            *([builder] if builder else []),
        ],
        _remedies(facts, table, lowest, cuda.value),
    )


def _lowest(facts: Facts, table: CompatTable, cuda: str) -> Tuple[int, Evidence]:
    version = need(facts.torch.version, "torch")
    lowest = next((gcc for since, gcc in _HEADERS if series(version) >= since), 0)
    why = Evidence(f"the headers of {torch_words(facts)} ask for gcc {lowest}", _SOURCE)
    try:
        row = table.cuda(cuda)
    except NoRow:
        return lowest, why
    if row.gcc_min and row.gcc_min > lowest:
        return row.gcc_min, Evidence(f"CUDA {row.version} takes gcc from {row.gcc_min} on", str(row.origin))
    return lowest, why


def _remedies(facts: Facts, table: CompatTable, lowest: int, cuda: str) -> Iterator[Remedy]:
    try:
        limit = table.cuda(cuda).gcc_max or 99
    except NoRow:
        limit = 99
    pair = newest_pair(facts, "gcc", limit, lowest)
    if pair:
        needs = (NeedVariable("CC", pair[0].path), NeedVariable("CXX", pair[1].path))
        yield Remedy(f"compile with {pair[1].path}", needs)
    number = min(limit, max(lowest, 11))
    yield Remedy(f"compile with a gcc {number} from conda-forge, which needs no root", (NeedToolchain(number),))
    if value_or(facts.session.distro, "").startswith(("Ubuntu", "Debian")):
        install = (("sudo", "apt-get", "install", "--yes", f"g++-{number}"),)
        yield Remedy(f"an administrator installs g++-{number}", (NeedCommand(install, who="admin"),))
