"""The GPUs here with their compute capabilities: from NVML, else by product name, else by PCI id."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts, Gpu, PciGpu
from ..frozen import frozen
from ..reading import Known, need, source_of, value_or
from ..report import Evidence, NotApplicable
from ._common import listed
from ._gpus import answering, label, visible


@frozen
class Card:
    """`gpu` is None where only the PCI bus knows of the GPU."""

    name: str  # NVIDIA GeForce RTX 3090
    place: str  # "GPU 0", or its address on the bus
    capability: str
    evidence: Evidence
    gpu: Optional[Gpu] = None

    @property
    def label(self) -> str:
        return label(self.gpu) if self.gpu else f"{self.name} at {self.place}"


def folded(every: Iterable[Card]) -> str:
    """'NVIDIA GeForce RTX 5090 (compute capability 12.0: GPU 0, GPU 1)', a model once."""
    places: Dict[Tuple[str, str], List[str]] = {}
    for card in every:
        places.setdefault((card.name, card.capability), []).append(card.place)
    return ", ".join(f"{name} (compute capability {one}: {listed(at, 8)})" for (name, one), at in places.items())


def cards(facts: Facts, table: CompatTable) -> Tuple[Tuple[Card, ...], Tuple[str, ...]]:
    """The GPUs that a program would see, and the labels of those whose capability nobody knows.

    NotApplicable where there is no GPU, Missing where neither NVML nor the PCI bus could be asked.
    """
    found: List[Optional[Card]] = []
    unknown: List[str] = []
    gpus = facts.gpus.gpus
    if isinstance(gpus, Known) and gpus.value:
        for gpu in answering(visible(facts, gpus.value)):
            card = _from_nvml(gpu, table)
            found.append(card)
            unknown += [] if card else [label(gpu)]
    else:
        bus = need(facts.driver.pci_gpus, "NVIDIA devices on the PCI bus")
        if not bus:
            raise NotApplicable("no NVIDIA GPU is there")
        for device in bus:
            card = _from_bus(device, table, source_of(facts.driver.pci_gpus))
            found.append(card)
            unknown += [] if card else [f"the GPU at {device.address}"]
    return tuple(card for card in found if card), tuple(unknown)


def _from_nvml(gpu: Gpu, table: CompatTable) -> Optional[Card]:
    name, place = value_or(gpu.name, "an NVIDIA GPU"), f"GPU {gpu.index}"
    if isinstance(gpu.capability, Known):
        says = f"{label(gpu)} has compute capability {gpu.capability.value}"
        return Card(name, place, gpu.capability.value, Evidence(says, gpu.capability.source), gpu)
    try:
        row = table.gpu(value_or(gpu.name, ""))
    except NoRow:
        return None
    says = f"{label(gpu)} has compute capability {row.capability}"
    return Card(name, place, row.capability, Evidence(says, str(row.origin)), gpu)


def _from_bus(device: PciGpu, table: CompatTable, source: str) -> Optional[Card]:
    models = table.gpu_by_pci(device.device_id)
    if len({model.capability for model in models}) != 1:
        return None
    name, capability = models[0].name, models[0].capability
    says = f"{name} at {device.address} (PCI id 10de:{device.device_id}) has compute capability {capability}"
    return Card(name, device.address, capability, Evidence(says, f"{source}; {models[0].origin}"))
