"""The NVIDIA driver: the loaded kernel module, the user-space libraries, the CUDA they support, device files.

Files are asked first: they answer also where the driver hangs. NVML and libcuda are asked in a worker process, and
nvidia-smi only where NVML gave no answer for a reason of its own (no library, a crash, no binding). After a timeout it
is not: it would wait in the same place.
"""

from __future__ import annotations

import posixpath
from typing import Any, Mapping, Tuple, TypeVar

from ..facts import DriverFacts
from ..host import Host, NvmlAnswer
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from ..target import Target
from ..versions import from_nvml
from . import _driver_files, _nvidia_smi, _nvml, _pci
from ._fabric import fabric_manager

T = TypeVar("T")

#: nvmlInit results that say nothing about the driver: the library or the binding is at fault.
_NOT_THE_DRIVER = ("LIBRARY_NOT_FOUND", "BINDING_NOT_FOUND")


def look(host: Host, target: Target) -> DriverFacts:
    bus = _pci.look(host)
    devices = _driver_files.device_files(host)
    folders = _driver_files.loader_folders(host)
    nodes = value_or(devices, ())
    switches = bus.value.switches if isinstance(bus, Known) else ()
    fabric = fabric_manager(host, nodes, switches)
    module = _driver_files.module_version(host)
    nouveau = _driver_files.nouveau_loaded(host)
    library_by_name = _driver_files.library_version(host, folders)
    compat_by_name = _driver_files.compat_library(host, folders)

    answer = target.nvml(host)
    system: Mapping[str, object] = answer.value.system if isinstance(answer, Known) else {}
    compat = _compat(system, compat_by_name)
    return DriverFacts(
        module_version=module,
        library_version=_library_version(system, library_by_name),
        nvml_status=_status(host, target, answer),
        nvml_driver_version=_driver_version(host, target, answer),
        cuda=_cuda(host, target, answer, compat),
        pci_gpus=mapped(bus, lambda found: found.gpus),
        device_files=devices,
        compat_library=compat,
        fabric_manager=fabric,
        nouveau_loaded=nouveau,
    )


def smi_may_know(answer: Reading[NvmlAnswer]) -> bool:
    """Whether nvidia-smi may know what NVML did not say."""
    if not isinstance(answer, Known):
        return not (isinstance(answer, Unknown) and answer.reason == "timeout")
    status = _nvml.status(answer.value.system)
    return answer.value.ended != "timeout" if status is None else status in _NOT_THE_DRIVER


def either(by_smi: Reading[T], by_nvml: Reading[T]) -> Reading[T]:
    """nvidia-smi's answer where it has one. Its trouble too, where NVML's library is not even there: then there is
    a driver after all, and what keeps it from answering is the news."""
    if isinstance(by_smi, Known):
        return by_smi
    return by_smi if isinstance(by_nvml, Absent) and isinstance(by_smi, Unknown) else by_nvml


def _status(host: Host, target: Target, answer: Reading[NvmlAnswer]) -> Reading[str]:
    """SUCCESS or the name of NVML's error. Absent: no NVML library, nor an nvidia-smi that has one."""
    by_nvml = _status_by_nvml(answer)
    return either(_nvidia_smi.status(host, target), by_nvml) if smi_may_know(answer) else by_nvml


def _status_by_nvml(answer: Reading[NvmlAnswer]) -> Reading[str]:
    if not isinstance(answer, Known):
        return answer
    status = _nvml.status(answer.value.system)
    if status is None:
        reason = "timeout" if answer.value.ended == "timeout" else "failed"
        return Unknown(reason, answer.value.detail, _nvml.SOURCE)
    if status == "LIBRARY_NOT_FOUND":
        return Absent(("libnvidia-ml.so.1",))
    if status == "BINDING_NOT_FOUND":
        return Unknown("not-looked", "nvidia-ml-py is not installed beside envdoctor", _nvml.SOURCE)
    sentence = answer.value.system.get("load_error")
    return Known(status, f"{_nvml.SOURCE}: {sentence}" if sentence else _nvml.SOURCE)


def _driver_version(host: Host, target: Target, answer: Reading[NvmlAnswer]) -> Reading[str]:
    status = _status_by_nvml(answer)
    by_nvml = status
    if isinstance(status, Known) and isinstance(answer, Known):
        told = status.value == "SUCCESS"
        by_nvml = _nvml.field(answer.value.system, "driver_version") if told else _nvml.error(status.value)
    if not smi_may_know(answer):
        return by_nvml
    return either(mapped(_nvidia_smi.rows(host, target), _first_driver), by_nvml)


def _first_driver(rows: Tuple[Mapping[str, str], ...]) -> str:
    if not rows:
        raise ValueError("no GPU, and it tells the driver's version only with one")
    return rows[0]["driver_version"]


def _cuda(host: Host, target: Target, answer: Reading[NvmlAnswer], compat: Reading[str]) -> Reading[str]:
    """The newest CUDA of the driver itself. A compatibility libcuda answers for itself, and NVML repeats it."""
    system = answer.value.system if isinstance(answer, Known) else {}
    libcuda = _nvml.field(system, "libcuda", "libcuda")
    told = mapped(_nvml.part(libcuda, "version"), from_nvml)
    if not isinstance(told, Known):
        told = mapped(_nvml.field(system, "cuda_driver_version"), from_nvml)
    if isinstance(told, Known) and isinstance(compat, Known):
        return Unknown("failed", f"the compatibility library answered for itself: CUDA {told.value}", compat.value)
    if isinstance(told, Known):
        return told
    if isinstance(libcuda, Absent):
        told = Absent(("libcuda.so.1",))
    elif not isinstance(answer, Known):
        told = answer
    return either(_nvidia_smi.cuda(host, target), told) if smi_may_know(answer) else told


def _library_version(system: Mapping[str, object], by_name: Reading[str]) -> Reading[str]:
    """By the file that the loader really took, libcuda's first: it is what CUDA programs get."""
    for path in (_loaded_libcuda(system), value_or(_nvml.field(system, "library"), "")):
        if isinstance(path, str) and not _driver_files.is_compat(path):
            version = _driver_files.version_of_file(path)
            if version:
                return Known(version, path)
    told = mapped(_nvml.field(system, "nvml_version"), _library_of_nvml)
    return told if isinstance(told, Known) and not isinstance(by_name, Known) else by_name


def _library_of_nvml(version: str) -> str:
    """NVML's own version is its interface's major number and the library's: 12.550.54.15."""
    _, dot, library = version.partition(".")
    if not dot or not library[:3].isdigit():
        raise ValueError(f"no library in {version[:40]!r}")
    return library


def _compat(system: Mapping[str, object], by_name: Reading[str]) -> Reading[str]:
    """The compatibility library that the worker got, spelled as the folder is on the way there where that is known."""
    loaded = _loaded_libcuda(system)
    if not isinstance(loaded, str) or not loaded:
        return by_name
    if not _driver_files.is_compat(loaded):
        return Absent((loaded,))
    same = isinstance(by_name, Known) and posixpath.basename(by_name.value) == posixpath.basename(loaded)
    return by_name if same else Known(loaded, loaded)


def _loaded_libcuda(system: Mapping[str, object]) -> Any:
    return value_or(_nvml.part(_nvml.field(system, "libcuda", "libcuda"), "path"), None)
