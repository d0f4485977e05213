"""A CPU build of torch on a machine with a usable NVIDIA GPU.

It finds a torch whose version.py names no CUDA while the driver answers and counts at least one GPU.

It matters because such a build can never see a GPU: `torch.cuda.is_available()` is False, and training runs on the
CPU or stops with "Torch not compiled with CUDA enabled" or "Invalid CUDA device requested".

It is mended by installing a CUDA build that fits driver and GPU. A driver that is not loaded is the other rule's
matter and leads; a build that conda's solver chose is `conda-solved-cpu-build`; one that the project's own
requirements ask for is only noted.

Example: torch 2.1.0+cpu beside an RTX 3090 with driver 550.54.15.
"""

from __future__ import annotations

from typing import Iterator, List

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Absent, Known, need, source_of, value_or
from ..report import Evidence, Finding, NeedTorch, NotApplicable, Remedy
from ._common import conda_cpu_build, finding
from ._gpus import answering, label
from ._torch import by_conda, machine, torch_seen, torch_words

ID = "TOR101"
NAME = "cpu-only-build"
SEVERITY = "error"
TAGS = ("torch", "gpu")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    build = need(facts.torch.build, "torch")
    if build == "cuda":
        return
    if build != "cpu":
        raise NotApplicable(f"this torch is a {build} build")
    if conda_cpu_build(facts) and by_conda(facts):
        raise NotApplicable("conda's solver chose this CPU build: see conda-solved-cpu-build")
    because = [torch_seen(facts), *_where_from(facts)]
    gpus = facts.gpus.gpus
    if isinstance(gpus, Known) and gpus.value:
        usable = answering(gpus.value)
        if not usable:
            raise NotApplicable("no GPU answers")
        yield _finding(facts, f"{label(usable[0])} is here", [*because, _gpu_seen(facts, len(usable))])
        return
    bus = need(facts.driver.pci_gpus, "NVIDIA devices on the PCI bus") if isinstance(gpus, (Known, Absent)) else ()
    if not bus:
        need(gpus, "GPUs")
        raise NotApplicable("no NVIDIA GPU is there")
    because.append(Evidence(f"{len(bus)} NVIDIA GPU(s) on the PCI bus", source_of(facts.driver.pci_gpus)))
    yield _finding(facts, "a GPU is here whose driver does not answer", because, severity="note")


def _finding(facts: Facts, gpu: str, because: List[Evidence], severity: str = SEVERITY) -> Finding:
    asked = [line for line in value_or(facts.installs.requested, ()) if "+cpu" in line or "/whl/cpu" in line]
    if asked:
        because.append(Evidence(f"the project asks for it: {asked[0].strip()}", source_of(facts.installs.requested)))
        severity = "note"
    return finding(
        ID,
        NAME,
        severity,
        f"{torch_words(facts)} is a CPU build, and {gpu}",
        "It has no CUDA code: torch.cuda.is_available() is False whatever the driver, and all work is done on the CPU.",
        because,
        [Remedy("install a CUDA build of torch that fits this driver and GPU", (NeedTorch(),))],
    )


def _gpu_seen(facts: Facts, count: int) -> Evidence:
    driver = value_or(facts.driver.nvml_driver_version, "") or value_or(facts.driver.module_version, "unknown")
    return Evidence(f"driver {driver} answers and counts {count} usable GPU(s)", source_of(facts.gpus.gpus))


def _where_from(facts: Facts) -> Iterator[Evidence]:
    """Where a CPU build comes from when nobody asked for one."""
    for dist in value_or(facts.installs.distributions, ()):
        if dist.name == "torch" and dist.direct_url:
            yield Evidence(f"it was installed from {dist.direct_url}", dist.metadata)
    for setting in (*value_or(facts.indexes.pip, ()), *value_or(facts.indexes.uv, ())):
        cpu = [value for value in setting.values if value.rstrip("/").endswith("/whl/cpu")]
        if cpu and setting.effective:
            yield Evidence(f"{setting.key} is {cpu[0]}, which has CPU builds alone", setting.source)
    system = value_or(facts.session.os, "linux")
    if system == "windows":
        yield Evidence("PyPI's Windows wheels of torch are CPU builds", "torch/version.py of PyPI's Windows wheels")
    elif system == "linux" and machine(facts) == "aarch64":
        source = "torch/version.py of PyPI's aarch64 wheels"
        yield Evidence("PyPI's aarch64 wheels of torch are CPU builds up to 2.10.0", source)
