"""Another cuDNN than torch's own is loaded, or the one installed does not serve torch or the GPU.

It finds a cuDNN that the loader would take instead of the copy that came with torch (by LD_LIBRARY_PATH, LD_PRELOAD or
the loader's cache), an installed nvidia-cudnn wheel of another major version than torch asks, and a wheel that has no
code for the GPU any more: from 9.11 on, cuDNN for CUDA 12 serves nothing below 7.5. A second cuDNN that is never
loaded, such as one in the system's folders beside torch's own, does no harm and is not reported.

It matters because convolutions then fail with CUDNN_STATUS_NOT_INITIALIZED, SUBLIBRARY_VERSION_MISMATCH, or "cuDNN
version incompatibility".

It is mended by taking the other copy's folder off LD_LIBRARY_PATH, or by installing the cuDNN that torch pins.

Example: LD_LIBRARY_PATH=/usr/local/cuda/lib64 with cuDNN 9.0.0 before torch's 9.1.0.
"""

from __future__ import annotations

import posixpath
from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Distribution, Facts, ForeignLibrary
from ..reading import Missing, need
from ..report import CannotTell, Evidence, Finding, NeedPackages, NotApplicable, Remedy
from ..versions import major, numbers, serves
from ._cards import Card, cards, folded
from ._common import finding
from ._libraries import off_the_path, version_of
from ._pins import pins
from ._torch import arch_list, cuda_of_torch, torch_words

ID = "LIB101"
NAME = "cudnn-conflict"
SEVERITY = "error"
TAGS = ("libraries", "torch")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda = cuda_of_torch(facts)
    untold: List[Missing] = []
    try:
        foreign = [one for one in need(facts.torch.foreign_libraries, "the loader's choice") if _is_cudnn(one.soname)]
    except Missing as missing:
        foreign = []
        untold.append(missing)
    for library in foreign[:1]:
        yield from _foreign(facts, library)
    try:
        yield from _wheel(facts, table, cuda)
    except Missing as missing:
        untold.append(missing)
    if untold:
        raise untold[0]


def _is_cudnn(soname: str) -> bool:
    return soname.startswith("libcudnn")


def _foreign(facts: Facts, library: ForeignLibrary) -> Iterator[Finding]:
    theirs, ours = version_of(facts, library.taken), version_of(facts, library.instead_of)
    if theirs and ours and numbers(theirs)[:3] == numbers(ours)[:3]:
        return  # the same version from elsewhere fits
    versions = f" {theirs}" if theirs else ""
    instead = f" {ours}" if ours else ""
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"the loader takes cuDNN{versions} from {posixpath.dirname(library.taken)} instead of torch's own{instead}",
        "Convolutions fail or mix two cuDNN versions; torch was built and tested with the copy that it brings.",
        [
            Evidence(f"{library.soname} is taken from {library.taken}, by {library.by}", library.needed_by),
            Evidence(f"torch brings {library.instead_of}" + (f" ({ours})" if ours else ""), library.instead_of),
        ],
        off_the_path(facts, library),
        "certain" if theirs and ours else "likely",
    )


def _wheel(facts: Facts, table: CompatTable, cuda: str) -> Iterator[Finding]:
    """The installed nvidia-cudnn wheel against torch's pin and against the GPUs."""
    pinned, wheel = _pinned(facts)
    if wheel is None:
        return
    if pinned and major(wheel.version) != major(pinned[0]):
        yield finding(
            ID,
            NAME,
            SEVERITY,
            f"{wheel.name} {wheel.version} is installed, and {torch_words(facts)} needs {pinned[0]}",
            "torch looks for another major version of cuDNN, which this package does not hold.",
            [
                Evidence(f"{wheel.name} {wheel.version}", wheel.metadata),
                Evidence(f"torch asks for {pinned[1]}", pinned[2]),
            ],
            [Remedy("install the cuDNN that torch pins", (NeedPackages((pinned[1],)),))],
        )
        return
    left_out, origin = _unserved(facts, table, wheel, cuda)
    if left_out:
        remedies = [Remedy("install the cuDNN that torch pins", (NeedPackages((pinned[1],)),))] if pinned else []
        yield finding(
            ID,
            NAME,
            SEVERITY,
            f"{wheel.name} {wheel.version} has no code for {folded(left_out)}",
            "Convolutions fail on this GPU although torch itself serves it.",
            [
                Evidence(f"{wheel.name} {wheel.version}", wheel.metadata),
                *(card.evidence for card in left_out),
                Evidence(f"cuDNN {wheel.version} for CUDA {major(cuda)} serves GPUs from {origin[0]} on", origin[1]),
            ],
            remedies,
        )


def _pinned(facts: Facts) -> Tuple[Optional[Tuple[str, str, str]], Optional[Distribution]]:
    """torch's exact pin on cuDNN (version, requirement, where), and the wheel that is installed."""
    for pin in pins(facts):
        if pin.name.startswith("nvidia-cudnn"):
            return (pin.version, pin.requirement, pin.source), pin.installed
    return None, None


def _unserved(
    facts: Facts, table: CompatTable, wheel: Distribution, cuda: str
) -> Tuple[Tuple[Card, ...], Tuple[str, str]]:
    try:
        span = table.cudnn(wheel.version, major(cuda))
        here = cards(facts, table)[0]
        archs = arch_list(facts, table)[0]
    except (NoRow, NotApplicable, Missing, CannotTell):
        return (), ("", "")
    # A GPU that torch itself has no code for is gpu-arch-not-in-build.
    here = tuple(card for card in here if serves(archs, card.capability))
    left_out = tuple(card for card in here if numbers(card.capability) < numbers(span.min_capability))
    return left_out, (span.min_capability, str(span.origin))
