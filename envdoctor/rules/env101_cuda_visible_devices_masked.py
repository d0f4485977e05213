"""An environment variable hides the GPUs, or names ones that do not exist.

It reads CUDA_VISIBLE_DEVICES as CUDA does: the list ends at the first entry that is no device, a device named twice
hides all, and an empty value or -1 hides every GPU. In a container it also finds NVIDIA_VISIBLE_DEVICES=void or none
where no GPU came in. Entries that name MIG devices belong to `mig-misuse`. In a Slurm job the scheduler sets the
variable: there the way out is to ask for a GPU, never to unset it.

It matters because torch then sees fewer GPUs than the machine has, or none: "No CUDA GPUs are available", "Invalid CUDA
device requested", "invalid device ordinal".

It is mended by unsetting the variable, or by naming devices that exist; UUIDs stay right whatever the order.

Example: CUDA_VISIBLE_DEVICES=1 on a machine with one GPU.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Facts, Gpu
from ..reading import Absent, Known, need, source_of, value_or
from ..report import Evidence, Finding, NeedVariable, NotApplicable, Remedy
from ._admin import start_with_gpus
from ._common import finding, listed
from ._gpus import answering, handle, label, mask, nvml_gpus, roomiest, variable

ID = "ENV101"
NAME = "cuda-visible-devices-masked"
SEVERITY = "error"
TAGS = ("environment", "gpu")

_NAME = "CUDA_VISIBLE_DEVICES"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if value_or(facts.torch.build, "cuda") not in ("cuda", ""):
        raise NotApplicable("this torch is not a CUDA build")
    if _kept_out(facts):
        yield _container(facts)
        return
    if variable(facts, _NAME) is None:
        return
    gpus = nvml_gpus(facts)
    found = mask(facts, gpus)
    if found.mig:
        raise NotApplicable("CUDA_VISIBLE_DEVICES names MIG devices: see mig-misuse")
    if not found.problem:
        return
    left = f"only {listed(label(gpu) for gpu in found.seen)} is left" if found.seen else "no GPU is left"
    because = [
        Evidence(f"{_NAME}={found.value}", source_of(facts.session.variables)),
        Evidence(f"the driver counts {len(gpus)} GPU(s)", source_of(facts.gpus.gpus)),
    ]
    job = value_or(facts.session.slurm_job, None)
    if job:
        because.append(Evidence(f"this is Slurm job {job}", source_of(facts.session.slurm_job)))
    yield finding(
        ID,
        NAME,
        SEVERITY if not found.seen else "warning",
        f"{_NAME}={found.value!r}: {found.problem}; {left}",
        "torch sees the GPUs that this variable leaves, and counts them from 0.",
        because,
        _remedies(facts, gpus, found.seen, bool(job)),
        "likely" if job else "certain",
    )


def _remedies(facts: Facts, gpus: Tuple[Gpu, ...], seen: Tuple[Gpu, ...], job: bool) -> Iterator[Remedy]:
    if job:
        yield Remedy("ask Slurm for a GPU (--gres=gpu:1); it sets the variable to what the job was given", ())
        return
    yield Remedy(f"unset {_NAME}, so that every GPU is seen", (NeedVariable(_NAME, None),))
    best = roomiest(seen or answering(gpus))
    if best and len(gpus) > 1:
        yield Remedy(f"keep to {label(best)}", (NeedVariable(_NAME, handle(best)),))


def _kept_out(facts: Facts) -> bool:
    """Whether NVIDIA_VISIBLE_DEVICES says "none" and none is there. Alone it says nothing: engines that hand devices
    in by CDI set it to void as well."""
    if not value_or(facts.session.container, None):
        return False
    if variable(facts, "NVIDIA_VISIBLE_DEVICES") not in ("void", "none", ""):
        return False
    gpus = facts.gpus.gpus
    inside = value_or(facts.driver.device_files, ())
    none = isinstance(gpus, Absent) or (isinstance(gpus, Known) and not gpus.value)
    return none and not any(file.path[len("/dev/nvidia") :].isdigit() for file in inside)


def _container(facts: Facts) -> Finding:
    if not need(facts.driver.pci_gpus, "NVIDIA devices on the PCI bus"):
        raise NotApplicable("no NVIDIA GPU is there")
    value = variable(facts, "NVIDIA_VISIBLE_DEVICES")
    because: List[Evidence] = [
        Evidence(f"NVIDIA_VISIBLE_DEVICES={value}", source_of(facts.session.variables)),
        Evidence("no /dev/nvidia* device is in this container", source_of(facts.driver.device_files)),
        Evidence("the machine has an NVIDIA GPU", source_of(facts.driver.pci_gpus)),
    ]
    return finding(
        ID,
        NAME,
        SEVERITY,
        f"NVIDIA_VISIBLE_DEVICES={value!r} kept the GPUs out of this container",
        "The container runtime reads the variable when the container starts; changing it inside does nothing.",
        because,
        [start_with_gpus(facts)],
    )
