"""The questions that rules and cures may ask of the table. Each file is read once, when first asked for."""

from __future__ import annotations

from typing import Tuple

from .rows import (
    ArchList,
    Cuda,
    Downstream,
    DriverBranch,
    GpuModel,
    Mirror,
    TorchRelease,
    Variable,
    WheelIndex,
)


class CompatTable:
    """The whole table, lazily. Every question raises NoRow (a sentence) where the table does not know."""

    @property
    def date(self) -> str:
        """The day on which the newest row was checked, ISO 8601."""
        raise NotImplementedError

    def torch(self, version: str) -> TorchRelease:
        """The release of a public or local version: '2.1.0+cu121' and '2.1.0' are the same row."""
        raise NotImplementedError

    def torch_releases(self) -> Tuple[TorchRelease, ...]:
        """Newest first."""
        raise NotImplementedError

    def arch_list(self, torch: str, variant: str, machine: str = "x86_64", os: str = "linux") -> ArchList:
        raise NotImplementedError

    def wheel_index(self, torch: str) -> WheelIndex:
        """How the builds of that release are asked for."""
        raise NotImplementedError

    def cuda(self, version: str) -> Cuda:
        """The row of a CUDA release, '12.4' or '12.4.131'."""
        raise NotImplementedError

    def driver_branch(self, driver: str) -> DriverBranch:
        """The branch of a driver version: '535.129.03' -> 535. Branches between two rows belong to the lower one's CUDA
        only where the row says so; otherwise NoRow."""
        raise NotImplementedError

    def branches_for(self, cuda: str) -> Tuple[DriverBranch, ...]:
        """Branches whose own CUDA is at least that, oldest first."""
        raise NotImplementedError

    def gpu(self, name: str) -> GpuModel:
        """By product name, with or without 'NVIDIA ' and 'GeForce '."""
        raise NotImplementedError

    def gpu_by_pci(self, device_id: str) -> Tuple[GpuModel, ...]:
        """Models that carry a PCI device id ('2204'); empty where none does."""
        raise NotImplementedError

    def last_branch(self, capability: str) -> int:
        """The last driver branch that serves a compute capability; NoRow where the newest still does."""
        raise NotImplementedError

    def downstream(self, name: str) -> Downstream:
        raise NotImplementedError

    def downstream_names(self) -> Tuple[str, ...]:
        raise NotImplementedError

    def variables(self) -> Tuple[Variable, ...]:
        raise NotImplementedError

    def mirrors(self, kind: str) -> Tuple[Mirror, ...]:
        raise NotImplementedError
