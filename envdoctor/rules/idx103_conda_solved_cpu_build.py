"""conda's solver chose a CPU build of PyTorch on a machine with a usable NVIDIA GPU.

It finds a record of conda's for pytorch with a CPU build string, of which the imported torch is that build, beside a
GPU with its driver. It says what points to a CPU build: the package cpuonly, or pytorch-mutex of the cpu kind.

It matters because nothing fails: torch.cuda.is_available() is False and training runs on the CPU. The solver takes a
CPU build when it sees no driver (a login node, an old conda without __cuda), when cpuonly is there, or when a newer
version exists for the CPU only.

It is mended by removing cpuonly where it is there, and installing a build that names its CUDA.

It leaves a CPU wheel that pip installed to cpu-only-build.

Example: pytorch 2.1.0 py3.11_cpu_0 with pytorch-mutex 1.0 cpu, beside an RTX 3090 and driver 550.
"""

from __future__ import annotations

from typing import Iterator, List

from ..compat import CompatTable
from ..facts import CondaRecord, Facts
from ..reading import Known, given, need, value_or
from ..report import Evidence, Finding, Need, NeedRemoved, NeedTorch, NotApplicable, Remedy
from ._common import conda_cpu_build, conda_record, finding, seen

ID = "IDX103"
NAME = "conda-solved-cpu-build"
SEVERITY = "error"
TAGS = ("conda", "torch")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.installs.conda, "conda's records")
    record = conda_cpu_build(facts)
    if record is None:
        raise NotApplicable("conda has no CPU build of pytorch here")
    if need(facts.torch.build, "torch's build") != "cpu":
        return  # another torch lies over it, and pip-conda-mix says so
    if not value_or(facts.gpus.gpus, ()):
        if not need(facts.driver.pci_gpus, "NVIDIA GPUs"):
            raise NotApplicable("there is no NVIDIA GPU")
        if given(facts.driver.library_version, "the driver's library") is None:
            raise NotApplicable("there is no NVIDIA driver")
    yield _report(facts, record)


def _report(facts: Facts, record: CondaRecord) -> Finding:
    gpus = value_or(facts.gpus.gpus, ())
    name = value_or(gpus[0].name, "an NVIDIA GPU") if gpus else "an NVIDIA GPU"
    because: List[Evidence] = [
        Evidence(f"{record.name} {record.version} {record.build} from {record.channel or 'conda'}", "conda-meta"),
        seen("torch is a CPU build", facts.torch.build),
    ]
    if isinstance(facts.driver.library_version, Known):
        because.append(seen(f"driver {facts.driver.library_version.value}", facts.driver.library_version))
    if gpus:
        because.append(seen(f"{len(gpus)} GPU{'s' if len(gpus) > 1 else ''}: {name}", facts.gpus.gpus))
    needs: List[Need] = []
    only = conda_record(facts, "cpuonly")
    if only:
        because.append(Evidence(f"cpuonly {only.version} allows no other build", "conda-meta"))
        needs.append(NeedRemoved(("cpuonly",), by="conda"))
    mutex = conda_record(facts, "pytorch-mutex")
    if mutex and "cpu" in mutex.build:
        because.append(Evidence(f"pytorch-mutex {mutex.version} is of the cpu kind", "conda-meta"))
    override = next((v for n, v in value_or(facts.session.variables, ()) if n == "CONDA_OVERRIDE_CUDA"), None)
    if override is not None:
        because.append(Evidence(f"CONDA_OVERRIDE_CUDA={override}", "environment"))
    needs.append(NeedTorch(reinstall=True))
    return finding(
        ID,
        NAME,
        "error",
        f"conda installed a CPU build of PyTorch ({record.version} {record.build}) on a machine with {name}",
        "torch does not use the GPU, and nothing says so: training runs on the CPU.",
        because,
        (Remedy("install a build for CUDA", tuple(needs)),),
        "certain" if isinstance(facts.gpus.gpus, Known) else "likely",
    )
