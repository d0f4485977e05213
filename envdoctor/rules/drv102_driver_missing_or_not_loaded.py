"""An NVIDIA GPU is there, but no driver serves it.

It finds GPUs on the PCI bus whose kernel module is not installed, not loaded, or has not taken them; a machine whose
user-space libraries are missing; and a container that was started without its GPUs or without the driver's libraries.
A machine without NVIDIA GPU (a login node, a laptop) is no fault, and neither is a Slurm job that asked for no GPU or
a GPU handed on to a virtual machine.

It matters because nvidia-smi cannot communicate with the driver and torch says "Found no NVIDIA driver on your system".

It is mended by an administrator: load the module, install the driver branch that knows the GPU, take nouveau away;
for a container by starting it with its GPUs (`docker run --gpus all`, `podman run --device nvidia.com/gpu=all`,
`apptainer exec --nv`).

Example: an RTX 3090 at 0000:3b:00.0, no driver bound, after a kernel update without a rebuilt module.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts, PciGpu
from ..reading import Known, given, need, source_of, value_or
from ..report import Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ..versions import numbers
from ._admin import branch_for, install_driver, reboot, start_with_gpus
from ._common import finding, seen
from ._gpus import variable

ID = "DRV102"
NAME = "driver-missing-or-not-loaded"
SEVERITY = "error"
TAGS = ("driver", "gpu", "container")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if value_or(facts.session.wsl, None):
        raise NotApplicable("below WSL the driver is Windows': see windows-wsl")
    gpus = facts.gpus.gpus
    if value_or(facts.driver.nvml_status, "") == "SUCCESS" and isinstance(gpus, Known) and gpus.value:
        return
    bus = _ours(need(facts.driver.pci_gpus, "NVIDIA devices on the PCI bus"))
    module = given(facts.driver.module_version, "kernel module")
    container = value_or(facts.session.container, None)
    if module is None:
        yield _no_module(facts, table, bus, container)
    elif container and not _device_files(facts):
        if variable(facts, "NVIDIA_VISIBLE_DEVICES") in ("void", "none", ""):
            raise NotApplicable("NVIDIA_VISIBLE_DEVICES keeps the GPUs out: see cuda-visible-devices-masked")
        yield _container(facts, bus, "was started without its GPUs: no /dev/nvidia* device is in it")
    elif given(facts.driver.library_version, "libcuda") is None:
        yield _no_library(facts, bus, container)
    elif value_or(facts.driver.nvml_status, "") == "SUCCESS" and need(gpus, "GPUs") == ():
        if value_or(facts.session.slurm_job, None) or container:
            raise NotApplicable("the scheduler or the container gave this session no GPU")
        yield _none_taken(facts, table, bus, module)
    else:
        need(facts.driver.nvml_status, "the driver's answer")


def _ours(bus: Tuple[PciGpu, ...]) -> Tuple[PciGpu, ...]:
    if not bus:
        raise NotApplicable("no NVIDIA GPU is on the PCI bus")
    here = tuple(gpu for gpu in bus if value_or(gpu.driver, "") != "vfio-pci")
    if not here:
        raise NotApplicable("the GPUs are handed on to virtual machines (vfio-pci)")
    return here


def _device_files(facts: Facts) -> bool:
    """Whether a device file of a GPU itself is there: /dev/nvidia0, not only /dev/nvidiactl."""
    return any(file.path[len("/dev/nvidia") :].isdigit() for file in need(facts.driver.device_files, "device files"))


def _bus_seen(facts: Facts, bus: Sequence[PciGpu]) -> Evidence:
    words = ", ".join(f"{gpu.address} (10de:{gpu.device_id})" for gpu in bus[:4])
    return Evidence(f"{len(bus)} NVIDIA GPU(s) on the PCI bus: {words}", source_of(facts.driver.pci_gpus))


def _say(facts: Facts, title: str, because: List[Evidence], remedies: Sequence[Remedy], sure: bool = True) -> Finding:
    nvml = facts.driver.nvml_status
    if isinstance(nvml, Known) and nvml.value != "SUCCESS":
        because.append(Evidence(f"NVML answers {nvml.value}", nvml.source))
    meaning = "No program can use the GPU, and torch.cuda.is_available() is False."
    return finding(ID, NAME, SEVERITY, title, meaning, because, remedies, "certain" if sure else "likely")


def _capabilities(table: CompatTable, bus: Sequence[PciGpu]) -> List[str]:
    return [model.capability for gpu in bus for model in table.gpu_by_pci(gpu.device_id)[:1]]


def _driver_for(facts: Facts, table: CompatTable, bus: Sequence[PciGpu]) -> Optional[int]:
    """The branch to install: new enough for torch's CUDA where that is known, and one that serves the GPUs."""
    cuda = value_or(facts.torch.cuda, "12.0")
    lowest = "0"
    try:
        lowest = table.cuda(cuda).minimum_driver or "0"
        for capability in _capabilities(table, bus):
            first = table.architecture(capability).first_branch or 0
            lowest = max(lowest, str(first), key=numbers)
    except NoRow:
        pass
    return branch_for(facts, table, cuda, lowest, _capabilities(table, bus))


def _no_module(facts: Facts, table: CompatTable, bus: Sequence[PciGpu], container: Optional[str]) -> Finding:
    because = [_bus_seen(facts, bus), seen("NVIDIA's kernel module is not loaded", facts.driver.module_version)]
    nouveau = value_or(facts.driver.nouveau_loaded, False) or any(value_or(gpu.driver, "") == "nouveau" for gpu in bus)
    if nouveau:
        because.append(seen("the nouveau module holds the GPU", facts.driver.nouveau_loaded))
    library = value_or(facts.driver.library_version, "")
    where = "the host of this container" if container else "this machine"
    if library and not container:
        because.append(seen(f"the driver's libraries {library} are installed", facts.driver.library_version))
        load = NeedCommand((("sudo", "modprobe", "nvidia"), ("nvidia-smi",)), who="admin")
        title = f"the NVIDIA driver {library} is installed, but its kernel module is not loaded"
        return _say(
            facts,
            title + (": nouveau holds the GPU" if nouveau else ""),
            because,
            [reboot("reboot, so that NVIDIA's module loads first")]
            if nouveau
            else [Remedy("load the module (build it first where the kernel was updated)", (load,))],
        )
    title = f"{where} has an NVIDIA GPU and no NVIDIA driver"
    return _say(facts, title, because, install_driver(facts, None if container else _driver_for(facts, table, bus)))


def _container(facts: Facts, bus: Sequence[PciGpu], what: str) -> Finding:
    because = [
        _bus_seen(facts, bus),
        seen("the session runs in a container", facts.session.container),
        seen("the host's driver is loaded", facts.driver.module_version),
        seen("device files seen", facts.driver.device_files),
    ]
    return _say(facts, f"this container {what}", because, [start_with_gpus(facts)])


def _no_library(facts: Facts, bus: Sequence[PciGpu], container: Optional[str]) -> Finding:
    if container:
        asked = variable(facts, "NVIDIA_DRIVER_CAPABILITIES")
        why = (
            f" (NVIDIA_DRIVER_CAPABILITIES is {asked!r}, which lacks compute)"
            if asked and asked != "all" and "compute" not in asked
            else ""
        )
        return _container(facts, bus, f"has no libcuda.so.1: the driver's libraries were not mounted{why}")
    module = value_or(facts.driver.module_version, "")
    because = [
        _bus_seen(facts, bus),
        seen(f"kernel module {module} is loaded", facts.driver.module_version),
        seen("libcuda.so.1 and libnvidia-ml.so.1 are not found", facts.driver.library_version),
    ]
    commands: Tuple[Remedy, ...] = ()
    if value_or(facts.session.distro, "").startswith("Ubuntu"):
        package = f"libnvidia-compute-{numbers(module)[0]}"
        need_library = NeedCommand((("sudo", "apt-get", "install", "--yes", package),), who="admin")
        commands = (Remedy("an administrator installs the libraries of the loaded driver", (need_library,)),)
    return _say(facts, f"driver {module} is loaded, but its user-space libraries are missing", because, commands)


def _none_taken(facts: Facts, table: CompatTable, bus: Sequence[PciGpu], module: str) -> Finding:
    because = [
        _bus_seen(facts, bus),
        seen(f"kernel module {module} is loaded", facts.driver.module_version),
        seen("NVML counts no GPU", facts.gpus.gpus),
    ]
    title = f"driver {module} is loaded, but it has taken none of the {len(bus)} GPU(s)"
    for capability in _capabilities(table, bus):
        try:
            row = table.architecture(capability)
        except NoRow:
            continue
        branch = numbers(module)[0]
        if row.last_branch is not None and branch > row.last_branch:
            title += f": {row.name} GPUs are served up to branch {row.last_branch}"
        elif row.first_branch is not None and branch < row.first_branch:
            title += f": {row.name} GPUs are served from branch {row.first_branch} on"
        else:
            continue
        because.append(Evidence(title.split(": ")[-1], str(row.origin)))
        return _say(facts, title, because, install_driver(facts, _driver_for(facts, table, bus)))
    kernel_log = NeedCommand((("sudo", "dmesg", "--level=err,warn"),), who="admin", safety="safe")
    remedy = Remedy("the kernel log says why (lines that begin with NVRM)", (kernel_log,))
    return _say(facts, title, because, [remedy], sure=False)
