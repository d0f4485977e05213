"""The first lines of every page: which interpreter, which torch, which driver, which GPUs."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..facts import Facts, Gpu
from ..reading import Absent, Known, Reading, Unknown, value_or
from .words import counted, gib, shown


def machine_lines(facts: Facts) -> Iterator[str]:
    yield _python(facts)
    yield _torch(facts)
    yield _driver(facts)
    yield from _gpus(facts)


def _why(reading: Reading[object]) -> str:
    return shown(reading.sentence()) if isinstance(reading, Unknown) else "none"


def _python(facts: Facts) -> str:
    python = facts.python
    if not isinstance(python.executable, Known):
        return (
            f"python   {'no interpreter found' if isinstance(python.executable, Absent) else _why(python.executable)}"
        )
    path = shown(python.executable.value)
    about = [f"{value_or(python.implementation, 'Python')} {value_or(python.version, 'of unknown version')}"]
    about += [str(value_or(python.kind, ""))]
    chosen = value_or(python.chosen_by, "")
    about += [f"chosen by {chosen}"] if chosen else []
    return f"python   {path} ({', '.join(shown(word) for word in about if word)})"


def _torch(facts: Facts) -> str:
    torch = facts.torch
    if not isinstance(torch.version, Known):
        return f"torch    {'not installed' if isinstance(torch.version, Absent) else _why(torch.version)}"
    build = str(value_or(torch.build, ""))
    cuda = value_or(torch.cuda, "")
    what = f"built for CUDA {cuda}" if cuda else f"{build.upper() if build in ('cpu', 'xpu') else build} build"
    return (
        f"torch    {shown(torch.version.value)} ({shown(what)})"
        if cuda or build
        else f"torch    {shown(torch.version.value)}"
    )


def _driver(facts: Facts) -> str:
    driver = facts.driver
    version = next(
        (
            r
            for r in (driver.module_version, driver.nvml_driver_version, driver.library_version)
            if isinstance(r, Known)
        ),
        driver.module_version,
    )
    if not isinstance(version, Known):
        return f"driver   {_why(version)}"
    upto = f" (runs CUDA up to {driver.cuda.value})" if isinstance(driver.cuda, Known) else ""
    return f"driver   {shown(version.value + upto)}"


def _gpus(facts: Facts) -> Iterator[str]:
    gpus = facts.gpus.gpus
    if not isinstance(gpus, Known):
        on_bus = value_or(facts.driver.pci_gpus, ())
        if on_bus:
            yield f"gpus     {counted(len(on_bus), 'NVIDIA GPU')} on the bus, not answering: {_why(gpus)}"
        else:
            yield f"gpus     {_why(gpus)}"
        return
    if not gpus.value:
        yield "gpus     none"
    for indexes, about in _folded(gpus.value):
        yield f"gpu {indexes:<4} {about}"


def _folded(gpus: Tuple[Gpu, ...]) -> Iterator[Tuple[str, str]]:
    """Equal neighbours on one line: eight idle cards of one kind are one line."""
    runs: List[Tuple[int, int, str]] = []
    for gpu in gpus:
        about = _gpu(gpu)
        if runs and runs[-1][2] == about and runs[-1][1] == gpu.index - 1:
            runs[-1] = (runs[-1][0], gpu.index, about)
        else:
            runs.append((gpu.index, gpu.index, about))
    for first, last, about in runs:
        yield (str(first) if first == last else f"{first}-{last}"), about


def _gpu(gpu: Gpu) -> str:
    if gpu.status != "ok":
        return f"{shown(str(value_or(gpu.name, 'unknown')))}: {shown(gpu.status)}"
    parts = [shown(str(value_or(gpu.name, "unknown GPU")))]
    if isinstance(gpu.capability, Known):
        parts.append(f"compute capability {shown(gpu.capability.value)}")
    if isinstance(gpu.memory_total, Known) and isinstance(gpu.memory_free, Known):
        parts.append(f"{gib(gpu.memory_free.value)} of {gib(gpu.memory_total.value)} free")
    return ", ".join(parts)
