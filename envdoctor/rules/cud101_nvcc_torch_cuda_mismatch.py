"""The CUDA toolkit that would compile extensions is not of torch's CUDA.

It finds the toolkit that torch.utils.cpp_extension would take (CUDA_HOME, CUDA_PATH, nvcc on PATH, /usr/local/cuda)
where its major version is not that of torch. Another minor version is accepted, and no toolkit at all is no fault:
wheels bring their own CUDA, and nvcc is only for compiling.

It matters only where an extension is compiled here: torch then stops with "The detected CUDA version mismatches the
version that was used to compile PyTorch". So it is a note, and a warning where the project asks for a package that is
compiled on installation or at run time.

It is mended by pointing CUDA_HOME at a toolkit of torch's major version, by installing one, or by a build of torch for
the toolkit that is there.

Example: nvcc 11.8 in /usr/local/cuda, torch 2.1.0+cu121, and detectron2 to be built.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Iterator, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts, Toolkit
from ..reading import Known, need, value_or
from ..report import CannotTell, Evidence, Finding, NeedToolchain, NeedTorch, NeedVariable, Remedy
from ..versions import cuda_of_tag, major, minor
from ._building import builds_here, toolkit_in_use
from ._common import finding
from ._torch import cuda_of_torch, release, torch_seen, torch_words

ID = "CUD101"
NAME = "nvcc-torch-cuda-mismatch"
SEVERITY = "note"
TAGS = ("toolkit", "torch", "build")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda = cuda_of_torch(facts)
    toolkit, version = toolkit_in_use(facts)
    if major(version.value) == major(cuda):
        return
    builder = builds_here(facts)
    because = [
        Evidence(
            f"nvcc of CUDA {version.value} in {toolkit.root}, found by {', '.join(toolkit.found_by)}", version.source
        ),
        torch_seen(facts),
    ]
    yield finding(
        ID,
        NAME,
        "warning" if builder else SEVERITY,
        f"nvcc is of CUDA {version.value}, {torch_words(facts)} of CUDA {cuda}",
        f"{builder.says} is compiled here, and torch refuses to compile with another CUDA major version."
        if builder
        else "It matters only when an extension is compiled here: torch refuses another CUDA major version.",
        [*because, *([builder] if builder else [])],
        _remedies(facts, table, toolkit, version.value, cuda),
    )


def _remedies(facts: Facts, table: CompatTable, toolkit: Toolkit, version: str, cuda: str) -> Iterator[Remedy]:
    other = _fitting(facts, toolkit, cuda)
    if other:
        title = f"compile with the CUDA {other[1]} toolkit in {other[0]}"
        yield Remedy(title, (NeedVariable("CUDA_HOME", other[0]),))
    with suppress(NoRow):
        gcc = table.cuda(cuda).gcc_max
        if gcc:
            title = f"compile with nvcc {minor(cuda)} and a gcc that it takes, from conda, which needs no root"
            yield Remedy(title, (NeedToolchain(gcc, minor(cuda)),))
    tag = _variant_of_major(facts, table, major(version))
    if tag:
        title = f"install the build of torch for CUDA {cuda_of_tag(tag)}, which this nvcc can extend"
        yield Remedy(title, (NeedTorch(accelerator=tag),))


def _fitting(facts: Facts, unlike: Toolkit, cuda: str) -> Optional[Tuple[str, str]]:
    """Another toolkit with nvcc of torch's major version, the nearest minor version first."""
    found = []
    for toolkit in need(facts.toolkit.toolkits, "CUDA toolkits"):
        version = value_or(toolkit.version, "")
        if (
            toolkit.root != unlike.root
            and isinstance(toolkit.nvcc, Known)
            and version
            and major(version) == major(cuda)
        ):
            found.append((version != cuda, toolkit.root, version))
    return min(found)[1:] if found else None


def _variant_of_major(facts: Facts, table: CompatTable, wanted: int) -> Optional[str]:
    try:
        variants = release(facts, table).variants
    except (NoRow, CannotTell):
        return None
    fits = [tag for tag in variants if tag.startswith("cu") and major(cuda_of_tag(tag)) == wanted]
    return max(fits, default=None)
