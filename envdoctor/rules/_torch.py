"""What rules ask of the torch build and of the driver below it, in one place and in the same words."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import TorchRelease
from ..facts import Facts
from ..reading import Absent, Known, Missing, Reading, Unknown, need, source_of, value_or
from ..report import CannotTell, Evidence, NeedTorch, NotApplicable
from ..versions import at_least, cuda_tag, numbers, serves


def cuda_of_torch(facts: Facts) -> str:
    """The CUDA of this torch ("12.1"); NotApplicable for builds without CUDA, Missing where that is unknown."""
    build = need(facts.torch.build, "torch")
    if build != "cuda":
        raise NotApplicable(f"this torch is a {build} build")
    return need(facts.torch.cuda, "CUDA of torch")


def torch_words(facts: Facts) -> str:
    """'torch 2.5.1+cu121', for titles."""
    return f"torch {value_or(facts.torch.version, '')}".strip()


def torch_seen(facts: Facts) -> Evidence:
    """Version and CUDA of the build, with the file that says so."""
    cuda = value_or(facts.torch.cuda, "")
    kind = value_or(facts.torch.build, "unknown")
    what = f"built for CUDA {cuda}" if cuda else f"a {'CPU' if kind == 'cpu' else kind} build"
    return Evidence(f"{torch_words(facts)}, {what}", source_of(facts.torch.version))


def public(version: str) -> str:
    """'2.5.1+cu121' -> '2.5.1'."""
    return version.split("+")[0]


def is_release(version: str) -> bool:
    """Whether a version is one that PyTorch released: not a nightly, not a source or vendor build."""
    return (
        re.fullmatch(
            r"\d+\.\d+\.\d+(\.post\d+)?(\+(cu\d+|cpu|xpu|rocm[\d.]+)(\.cxx11\.abi|\.with\.pypi\.cudnn)?)?", version
        )
        is not None
    )


def release(facts: Facts, table: CompatTable) -> TorchRelease:
    """The table's row of this torch; CannotTell for a build that is no release, NoRow where the table ends."""
    version = need(facts.torch.version, "torch")
    if not is_release(version):
        raise CannotTell(f"torch {version} is not a released build, so the table does not describe it")
    return table.torch(version)


def variant(facts: Facts) -> str:
    """The wheel index's name of this build: cu121, cpu."""
    cuda = value_or(facts.torch.cuda, "")
    return cuda_tag(cuda) if cuda else "cpu"


def machine(facts: Facts) -> str:
    return value_or(facts.python.machine, None) or value_or(facts.session.machine, None) or "x86_64"


def by_conda(facts: Facts) -> bool:
    """Whether conda installed the torch that is imported: its record's version is the one of version.py."""
    version = public(value_or(facts.torch.version, ""))
    records = value_or(facts.installs.conda, ())
    return any(record.name in ("pytorch", "libtorch") and record.version == version for record in records)


def arch_list(facts: Facts, table: CompatTable) -> Tuple[Tuple[str, ...], Evidence]:
    """The architectures of the build: from an import, from the binary, or from the table where neither was read."""
    deep = facts.torch.deep
    if isinstance(deep, Known) and deep.value.arch_list:
        archs, source = deep.value.arch_list, deep.source
    elif isinstance(facts.torch.arch_list, (Known, Absent)):
        archs, source = need(facts.torch.arch_list, "architectures of the build"), source_of(facts.torch.arch_list)
    else:
        version = release(facts, table).version
        row = table.arch_list(version, variant(facts), machine(facts), value_or(facts.session.os, "linux"))
        archs, source = row.archs, str(row.origin)
    return archs, Evidence(f"{torch_words(facts)} holds code for {' '.join(archs) or 'no GPU'}", source)


def only_by_ptx(archs: Tuple[str, ...], capability: str) -> bool:
    """Whether a device of that capability runs the build only through code that the driver must compile first."""
    binary = [arch for arch in archs if not arch.startswith("compute_")]
    return serves(archs, capability) and not serves(binary, capability)


def driver_version(facts: Facts) -> Optional[Tuple[str, str]]:
    """Version and source of the driver that runs: of the kernel module, else as NVML says (WSL, Windows, pasted text).

    None where no driver is loaded; Missing where that is unknown.
    """
    readings: Tuple[Reading[str], ...] = (facts.driver.module_version, facts.driver.nvml_driver_version)
    for reading in readings:
        if isinstance(reading, Known):
            return reading.value, reading.source
    for reading in readings:
        if isinstance(reading, Unknown):
            raise Missing(reading, "driver version")
    return None


def driver_cuda(facts: Facts, table: CompatTable) -> Optional[str]:
    """The newest CUDA that the driver itself supports: as it says, else as the table does; None where neither knows."""
    if isinstance(facts.driver.cuda, Known):
        return facts.driver.cuda.value
    have = driver_version(facts)
    try:
        return table.driver_branch(have[0]).cuda if have else None
    except NoRow:
        return None


def windows_driver(facts: Facts) -> bool:
    """Whether the driver's version number is Windows' (natively or below WSL), which has its own minimums."""
    return bool(value_or(facts.session.wsl, None)) or value_or(facts.session.os, "linux") == "windows"


def library_version(path: str) -> str:
    """'/usr/lib/libcuda.so.550.54.15' -> '550.54.15'; '' where the name carries none."""
    found = re.search(r"\.so\.(\d+\.\d+(?:\.\d+)*)$", path)
    return found.group(1) if found else ""


def same_build(facts: Facts) -> NeedTorch:
    """torch and its companions in the version that is there, and in its CUDA where there is no driver to choose by."""
    version = value_or(facts.torch.version, "")
    keep = public(version) if is_release(version) else None
    driver = value_or(facts.driver.module_version, None) or value_or(facts.driver.nvml_driver_version, None)
    return NeedTorch(version=keep, accelerator=None if driver else variant(facts))


def older(left: str, right: str) -> bool:
    """Whether `left` is an older version than `right`; ValueError where either is no version."""
    return not at_least(left, right)


def series(version: str) -> Tuple[int, int]:
    """The release series of a version: '2.5.1+cu121' -> (2, 5). ValueError where there is none."""
    parts = (*numbers(public(version)), 0)
    return parts[0], parts[1]
