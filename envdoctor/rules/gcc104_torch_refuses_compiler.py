"""torch's own check refuses a host compiler that nvcc takes.

It finds a C++ compiler outside the table in torch/utils/cpp_extension.py for the toolkit in use, where nvcc's own limit
is not passed: the two are not the same table. torch 1.12 refuses gcc 10.2 for every CUDA 11, torch 1.13 refuses 10.3
for CUDA 11.3; torch 2.11 and later refuse clang that nvcc of the same CUDA takes. Where nvcc refuses it too,
gcc-too-new says so, and gcc-too-old where torch's headers do.

It matters only where an extension is compiled here: "The current installed version of g++ (10.3.0) is greater than the
maximum required version by CUDA 11.3 (10.2.1)". So it is a note, and a warning where the project asks for a package
that is compiled.

It is mended by compiling with an older compiler, or, since nvcc takes this one, by switching torch's check off
(TORCH_DONT_CHECK_COMPILER_ABI=1).

Example: torch 1.13.1+cu117 with nvcc 11.3 and g++ 10.3.0.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ..compat import CompatTable
from ..compat.rows import TorchCompilers
from ..facts import Facts
from ..reading import need, value_or
from ..report import Evidence, Finding, NeedVariable, Remedy
from ..versions import major, numbers
from ._building import builds_here, host_compiler, newest_pair, toolkit_in_use
from ._common import finding
from ._torch import release, torch_words

ID = "GCC104"
NAME = "torch-refuses-compiler"
SEVERITY = "note"
TAGS = ("compiler", "torch", "build")

_SWITCH = "TORCH_DONT_CHECK_COMPILER_ABI"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    toolkit, cuda = toolkit_in_use(facts)
    compiler, family, version = host_compiler(facts)
    own = table.torch_compilers(release(facts, table).version, cuda.value)
    span = _span(own, family) if own else None
    if own is None or span is None:
        return
    variables: Tuple[Tuple[str, str], ...] = need(facts.session.variables, "environment variables")
    switched = dict(variables).get(_SWITCH, "")
    if switched in ("ON", "1", "YES", "TRUE", "Y"):
        return
    row = table.cuda(cuda.value)
    limit = row.clang_max if family == "clang" else row.gcc_max
    here = (*numbers(version.value), 0, 0)[:3]
    if limit is None or major(version.value) > limit or here < numbers(span[1]):
        return
    builder = builds_here(facts)
    yield finding(
        ID,
        NAME,
        "warning" if builder else SEVERITY,
        f"{torch_words(facts)} refuses {family} {version.value} for CUDA {row.version}, which nvcc takes",
        f"{builder.says} is compiled here, and torch stops before nvcc is asked."
        if builder
        else "It matters only when an extension is compiled here: torch stops before nvcc is asked.",
        [
            Evidence(f"{compiler.path} is {family} {version.value}", version.source),
            Evidence(f"torch's check takes {family} {span[0]} to below {span[1]}", str(own.origin)),
            Evidence(f"nvcc of CUDA {row.version} takes {family} up to {limit}", str(row.origin)),
            Evidence(f"nvcc of CUDA {cuda.value} in {toolkit.root}", cuda.source),
            *([builder] if builder else []),
        ],
        _remedies(facts, family, span),
    )


def _span(own: TorchCompilers, family: str) -> Optional[Tuple[str, str]]:
    low, below = (own.clang_min, own.clang_below) if family == "clang" else (own.gcc_min, own.gcc_below)
    return (low, below) if low is not None and below is not None else None


def _remedies(facts: Facts, family: str, span: Tuple[str, str]) -> Iterator[Remedy]:
    # Any compiler of a lower major version is below the bound, whatever its minor version.
    pair = newest_pair(facts, family, major(span[1]) - 1, major(span[0]))
    if pair:
        needs = (NeedVariable("CC", pair[0].path), NeedVariable("CXX", pair[1].path))
        yield Remedy(f"compile with {pair[1].path}", needs)
    yield Remedy("switch torch's check off: nvcc takes this compiler", (NeedVariable(_SWITCH, "1"),))
    if value_or(facts.python.manager, "") in ("conda", "pixi") and family == "gcc":
        yield Remedy(f"install gxx_linux-64={major(span[1]) - 1} from conda-forge into the environment", ())
