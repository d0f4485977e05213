"""A machine at one moment: frozen, typed, to JSON and back.

One group a file, named like the probe that fills it. Every field of a group is a Reading, so that a thing
that was not there and a thing that could not be read stay different all the way to the verdict.
"""

from __future__ import annotations

from typing import Tuple, Type, TypeVar

from ..frozen import frozen, names_of
from ..reading import Unknown
from .compiler import Compiler, CompilerFacts
from .driver import DeviceFile, DriverFacts, PciGpu
from .gpus import Gpu, GpusFacts, Holder, MigDevice
from .indexes import IndexesFacts, Manager, Setting
from .installs import CondaRecord, Copy, Distribution, Elsewhere, InstallsFacts, Module
from .libraries import LibrariesFacts, Library, SearchEntry
from .python import Claim, Command, Kernel, PathEntry, PythonFacts, VenvFacts
from .session import Limit, SessionFacts
from .storage import Place, StorageFacts
from .toolkit import Toolkit, ToolkitFacts
from .torch import Companion, DeepGpu, DeepTorch, ForeignLibrary, MissingLibrary, TorchFacts

G = TypeVar("G")


@frozen
class Facts:
    taken_at: str  # ISO 8601, UTC
    python: PythonFacts
    installs: InstallsFacts
    torch: TorchFacts
    driver: DriverFacts
    gpus: GpusFacts
    toolkit: ToolkitFacts
    compiler: CompilerFacts
    libraries: LibrariesFacts
    indexes: IndexesFacts
    session: SessionFacts
    storage: StorageFacts


#: Names of the groups, in the order of Facts: also the names of the probes.
GROUPS: Tuple[str, ...] = tuple(name for name in names_of(Facts) if name != "taken_at")


def unknown_group(group: Type[G], why: Unknown) -> G:
    """A group of which nothing is known, for one reason: its probe timed out, crashed or was not run."""
    return group(**dict.fromkeys(names_of(group), why))


def nothing_known(taken_at: str, why: Unknown) -> Facts:
    """Facts of which nothing is known; tests and pasted texts fill in what they have with dataclasses.replace."""
    return Facts(
        taken_at=taken_at,
        python=unknown_group(PythonFacts, why),
        installs=unknown_group(InstallsFacts, why),
        torch=unknown_group(TorchFacts, why),
        driver=unknown_group(DriverFacts, why),
        gpus=unknown_group(GpusFacts, why),
        toolkit=unknown_group(ToolkitFacts, why),
        compiler=unknown_group(CompilerFacts, why),
        libraries=unknown_group(LibrariesFacts, why),
        indexes=unknown_group(IndexesFacts, why),
        session=unknown_group(SessionFacts, why),
        storage=unknown_group(StorageFacts, why),
    )


__all__ = [
    "GROUPS",
    "Claim",
    "Command",
    "Companion",
    "Compiler",
    "CompilerFacts",
    "CondaRecord",
    "Copy",
    "DeepGpu",
    "DeepTorch",
    "DeviceFile",
    "Distribution",
    "DriverFacts",
    "Elsewhere",
    "Facts",
    "ForeignLibrary",
    "Gpu",
    "GpusFacts",
    "Holder",
    "IndexesFacts",
    "InstallsFacts",
    "Kernel",
    "LibrariesFacts",
    "Library",
    "Limit",
    "Manager",
    "MigDevice",
    "MissingLibrary",
    "Module",
    "PathEntry",
    "PciGpu",
    "Place",
    "PythonFacts",
    "SearchEntry",
    "SessionFacts",
    "Setting",
    "StorageFacts",
    "Toolkit",
    "ToolkitFacts",
    "TorchFacts",
    "VenvFacts",
    "nothing_known",
    "unknown_group",
]
