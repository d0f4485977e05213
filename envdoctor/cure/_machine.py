"""What the planner must know of a machine: its platform, Python, C library, driver and every GPU's capability."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts, Gpu, PciGpu
from ..frozen import frozen
from ..reading import Absent, Known, Reading, source_of, value_or
from ..report import Evidence
from ..versions import minor, numbers


class NoPlan(Exception):
    """No build of torch fits; the reasons say why, in order."""

    def __init__(self, *reasons: Evidence) -> None:
        super().__init__("; ".join(reason.says for reason in reasons))
        self.reasons = reasons


@frozen
class Driver:
    version: Optional[str]  # None: only its CUDA is known
    cuda: Optional[str]  # the newest that it supports by itself; None: not known
    asked: bool  # the driver said so itself; else it is what its branch reports
    windows: bool  # its number is a Windows driver's (WSL has those)
    evidence: Evidence


@frozen
class Device:
    label: str
    capability: str
    evidence: Evidence


@frozen
class Machine:
    os: str  # linux | windows | darwin
    machine: str  # x86_64 | aarch64 | arm64
    platform: str  # the table's name: linux_x86_64
    python: str  # "3.11"; free-threaded "3.13t"; "": a description that names none
    python_full: str  # "3.11.7"
    glibc: Optional[str]
    evidence: Tuple[Evidence, ...]


def machine_of(facts: Facts, described: bool = False) -> Machine:
    """NoPlan where no wheel of torch can fit the interpreter, or where the interpreter is not known (a description
    may leave it out)."""
    python = facts.python
    unnamed = described and not isinstance(python.version, Known)
    version = "" if unnamed else known(python.version, "which Python this is")
    said = [] if unnamed else [Evidence(f"Python {version}", source_of(python.version))]
    if value_or(python.bits, 64) != 64:
        raise NoPlan(Evidence("torch has no builds for a 32-bit Python", source_of(python.bits)))
    implementation = value_or(python.implementation, "CPython")
    if implementation != "CPython":
        raise NoPlan(Evidence(f"torch has no builds for {implementation}", source_of(python.implementation)))
    libc = value_or(python.libc, None) or value_or(facts.session.libc, "")
    if libc.startswith("musl"):
        raise NoPlan(Evidence(f"torch has no builds for {libc}: its Linux wheels need glibc", source_of(python.libc)))
    glibc = libc[6:].strip() if libc.startswith("glibc ") else None
    if glibc:
        said.append(Evidence(libc, source_of(python.libc)))
    system = known(facts.session.os, "which operating system this is")
    processor = _processor(known(_first(python.machine, facts.session.machine), "which processor this is"), system)
    windows = "win_amd64" if processor == "x86_64" else "win_arm64"
    platform = {"windows": windows, "darwin": f"macos_{processor}"}.get(system, f"{system}_{processor}")
    free = "t" if value_or(python.free_threaded, False) else ""
    return Machine(system, processor, platform, minor(version) + free if version else "", version, glibc, tuple(said))


def known(reading: Reading[str], what: str) -> str:
    if isinstance(reading, Known):
        return reading.value
    why = "not there" if isinstance(reading, Absent) else reading.sentence()
    raise NoPlan(Evidence(f"{what} is not known ({why})", source_of(reading)))


def driver_of(facts: Facts, table: CompatTable) -> Optional[Driver]:
    """The driver that runs; None where none is loaded or nothing is known of it."""
    driver = facts.driver
    version = _first(driver.module_version, driver.nvml_driver_version)
    windows = isinstance(facts.session.wsl, Known) or value_or(facts.session.os, "") == "windows"
    if isinstance(version, Known):
        asked = isinstance(driver.cuda, Known)
        own = value_or(driver.cuda, None) or _cuda_of(version.value, table)
        return Driver(version.value, own, asked, windows, Evidence(f"driver {version.value}", version.source))
    if isinstance(driver.cuda, Known):
        said = Evidence(f"a driver that supports CUDA {driver.cuda.value}", driver.cuda.source)
        return Driver(None, driver.cuda.value, True, windows, said)
    return None


def _cuda_of(version: str, table: CompatTable) -> Optional[str]:
    try:
        return table.driver_branch(version).cuda
    except NoRow:
        return None


def devices_of(facts: Facts, table: CompatTable) -> Optional[Tuple[Device, ...]]:
    """Every GPU here, from NVML, else from the PCI bus; None where neither could be asked.

    NoPlan where a GPU is here whose capability nobody knows. One that does not answer is left out, unless its
    capability is known: a broken card must not keep the others from being used.
    """
    gpus = facts.gpus.gpus
    if isinstance(gpus, Known) and gpus.value:
        found = [_by_nvml(gpu, table) for gpu in gpus.value if gpu.status == "ok" or isinstance(gpu.capability, Known)]
        return tuple(found)
    pci = facts.driver.pci_gpus
    if isinstance(pci, Known):
        return tuple(_by_pci(gpu, pci.source, table) for gpu in pci.value)
    return () if isinstance(gpus, (Known, Absent)) else None


def _by_nvml(gpu: Gpu, table: CompatTable) -> Device:
    name = value_or(gpu.name, f"GPU {gpu.index}")
    capability: Reading[str] = gpu.capability
    if not isinstance(capability, Known):
        try:
            row = table.gpu(name)
        except NoRow as reason:
            raise NoPlan(Evidence(str(reason), source_of(gpu.name))) from None
        capability = Known(row.capability, f"{source_of(gpu.name)}; {row.origin}")
    label = f"GPU {gpu.index} ({name})"
    said = Evidence(f"{label} has compute capability {capability.value}", capability.source)
    return Device(label, capability.value, said)


def _by_pci(gpu: PciGpu, source: str, table: CompatTable) -> Device:
    models = table.gpu_by_pci(gpu.device_id)
    capabilities = {model.capability for model in models}
    if len(capabilities) != 1:
        says = f"the GPU at {gpu.address} (device id {gpu.device_id}) is not in the table, so what it runs is not known"
        raise NoPlan(Evidence(says, source))
    label = f"the GPU at {gpu.address} ({models[0].name})"
    capability = models[0].capability
    said = Evidence(f"{label} has compute capability {capability}", f"{source}; {models[0].origin}")
    return Device(label, capability, said)


def _first(*readings: Reading[str]) -> Reading[str]:
    return next((reading for reading in readings if isinstance(reading, Known)), readings[0])


def _processor(name: str, system: str) -> str:
    lower = name.lower()
    if lower in ("amd64", "x86_64", "x64"):
        return "x86_64"
    if lower in ("aarch64", "arm64"):
        return "arm64" if system == "darwin" else "aarch64"
    return lower


def native(driver: Driver, cuda: str) -> bool:
    """Whether the driver itself is as new as that CUDA, so that it can also compile what PTX a build brings."""
    return driver.cuda is not None and numbers(driver.cuda) >= numbers(cuda)


def runs(driver: Driver, cuda: str, table: CompatTable) -> bool:
    """Whether the driver runs programs built with that CUDA, minor-version compatibility counted."""
    if driver.asked and native(driver, cuda):
        return True
    row = table.cuda(cuda)
    lowest = row.minimum_driver_windows if driver.windows else row.minimum_driver
    if driver.version is not None and lowest is not None:
        return numbers(driver.version) >= numbers(lowest)
    # From CUDA 11 on a driver runs every release of its own major.
    by_major = driver.cuda is not None and numbers(driver.cuda)[0] == numbers(cuda)[0] >= 11
    return by_major or native(driver, cuda)


def list_of(devices: Tuple[Device, ...]) -> str:
    """'GPU 0 (V100), capability 7.0; GPU 1 ...', each different card once."""
    seen: List[str] = []
    for device in devices:
        words = f"{device.label}, compute capability {device.capability}"
        if words not in seen:
            seen.append(words)
    return "; ".join(seen)
