"""The driver cannot run the CUDA that this torch was built for.

It finds a driver below the lowest version that runs that CUDA. CUDA's minor-version compatibility is counted: from
CUDA 11 on, every 11.x build runs on 450.80.02, every 12.x build on 525.60.13, every 13.x build on 580.65.06. So
"CUDA Version: 12.2" in nvidia-smi under a 12.4 build is no fault. The one exception is found too: a GPU that the build
serves only through PTX needs a driver whose own CUDA is at least the build's, because the driver compiles that code.

It matters because torch sees no GPU: "The NVIDIA driver on your system is too old (found version 11040)", or, for
PTX, "the provided PTX was compiled with an unsupported toolchain".

It is mended without root by a build of torch for an older CUDA, or by an administrator with a newer driver.

Example: torch 2.11.0 from PyPI (CUDA 13.0) on driver 550.54.15.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import Cuda
from ..facts import Facts
from ..reading import Known, Missing, value_or
from ..report import CannotTell, Evidence, Finding, NeedTorch, NotApplicable, Remedy
from ..versions import at_least
from ._admin import branch_for, install_driver
from ._cards import Card, cards
from ._common import finding
from ._libraries import compat_version
from ._torch import (
    arch_list,
    cuda_of_torch,
    driver_cuda,
    driver_version,
    only_by_ptx,
    torch_seen,
    torch_words,
    windows_driver,
)

ID = "DRV101"
NAME = "driver-too-old"
SEVERITY = "error"
TAGS = ("driver", "torch", "cuda")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda = cuda_of_torch(facts)
    driver = driver_version(facts)
    if driver is None:
        raise NotApplicable("no NVIDIA driver is loaded")
    if value_or(facts.session.kernel, "").endswith("-tegra"):
        raise CannotTell("a Jetson's driver comes with its JetPack and is numbered otherwise")
    row = table.cuda(cuda)
    lowest = row.minimum_driver_windows if windows_driver(facts) else row.minimum_driver
    if lowest is None:
        raise CannotTell(f"the table has no lowest driver for CUDA {cuda}")
    if at_least(driver[0], lowest):
        yield from _ptx(facts, table, cuda, driver)
        return
    _leave_to_compat_library(facts, table, lowest)
    own = driver_cuda(facts, table)
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"driver {driver[0]} is too old for {torch_words(facts)}: CUDA {cuda} needs {lowest} or newer",
        "CUDA does not start under this driver, so torch finds no GPU.",
        [
            Evidence(f"driver {driver[0]}" + (f", which supports CUDA {own}" if own else ""), driver[1]),
            torch_seen(facts),
            Evidence(f"CUDA {row.version} runs on drivers from {lowest} on", str(row.origin)),
        ],
        [
            Remedy("install a build of torch for a CUDA that this driver runs", (NeedTorch(),)),
            *_newer_driver(facts, table, row, lowest),
        ],
    )


def _leave_to_compat_library(facts: Facts, table: CompatTable, lowest: str) -> None:
    """A forward-compatibility libcuda stands in for the driver's own, where the GPU takes it."""
    library = value_or(facts.driver.compat_library, "")
    if not library:
        return
    version = compat_version(facts, table, library)
    if not version:
        raise CannotTell(f"the loader takes the CUDA compatibility library {library}, whose version is not known")
    if at_least(version, lowest):
        raise NotApplicable(f"the CUDA compatibility library {library} stands in for the driver's own")


def _newer_driver(facts: Facts, table: CompatTable, row: Cuda, lowest: str) -> Tuple[Remedy, ...]:
    if windows_driver(facts):
        return ()
    return install_driver(
        facts, branch_for(facts, table, row.version, lowest, [c.capability for c in _cards(facts, table)])
    )


def _cards(facts: Facts, table: CompatTable) -> Tuple[Card, ...]:
    try:
        return cards(facts, table)[0]
    except (Missing, NotApplicable):
        return ()


def _ptx(facts: Facts, table: CompatTable, cuda: str, driver: Tuple[str, str]) -> Iterator[Finding]:
    own = driver_cuda(facts, table)
    if own is None or at_least(own, cuda) or isinstance(facts.driver.compat_library, Known):
        return
    try:
        archs, evidence = arch_list(facts, table)
    except (Missing, CannotTell, NoRow, NotApplicable):
        return  # without the list there is no reason to doubt what minor-version compatibility promises
    for card in _cards(facts, table):
        if only_by_ptx(archs, card.capability):
            yield finding(
                ID,
                NAME,
                SEVERITY,
                f"driver {driver[0]} (CUDA {own}) cannot compile the CUDA {cuda} PTX that {card.label} needs",
                "The build serves this GPU only through PTX, which the driver must compile, and its compiler is older.",
                [
                    card.evidence,
                    evidence,
                    Evidence(f"driver {driver[0]} supports CUDA {own}", driver[1]),
                    torch_seen(facts),
                ],
                [
                    Remedy("install a build of torch that holds binary code for this GPU", (NeedTorch(),)),
                    *_newer_driver(facts, table, table.cuda(cuda), table.cuda(cuda).toolkit_driver or driver[0]),
                ],
            )
            return
