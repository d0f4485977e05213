"""nvidia-smi, the fallback where NVML itself could not be asked. Query fields first, the banner only for CUDA."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Optional, Tuple

from ..host import Host, Output
from ..reading import Absent, Known, Reading, Unknown, mapped
from ..target import Target

#: gpus probe's names for them are in gpus.py; each is asked of every GPU, those of old drivers first.
FIELDS = (
    "index", "name", "uuid", "pci.bus_id", "driver_version", "memory.total", "memory.used", "memory.free",
    "utilization.gpu", "temperature.gpu", "power.draw", "power.limit", "compute_mode", "persistence_mode",
    "ecc.errors.uncorrected.volatile.total", "pcie.link.gen.current", "pcie.link.gen.max", "pcie.link.width.current",
    "pcie.link.width.max", "mig.mode.current", "compute_cap", "clocks_throttle_reasons.active",
)  # fmt: skip
_FORMAT = "--format=csv,noheader,nounits"
_PLACES = ("/usr/lib/wsl/lib/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi")

#: nvidia-smi ends with NVML's own error numbers (nvml.h); 999 comes out as 231.
_STATUS = {
    3: "NOT_SUPPORTED", 4: "NO_PERMISSION", 6: "NOT_FOUND", 8: "INSUFFICIENT_POWER", 9: "DRIVER_NOT_LOADED",
    10: "TIMEOUT", 11: "IRQ_ISSUE", 12: "LIBRARY_NOT_FOUND", 13: "FUNCTION_NOT_FOUND", 14: "CORRUPTED_INFOROM",
    15: "GPU_IS_LOST", 16: "RESET_REQUIRED", 17: "OPERATING_SYSTEM", 18: "LIB_RM_VERSION_MISMATCH", 231: "UNKNOWN",
    255: "UNKNOWN",
}  # fmt: skip
_MOST_REFUSED = 6
_NONE = "No devices were found"

Row = Mapping[str, str]


def program(host: Host) -> Optional[str]:
    found = host.which("nvidia-smi")
    if found:
        return found[0]
    return next((path for path in _PLACES if host.access(path, "x") == Known(True, path)), None)


def status(host: Host, target: Target) -> Reading[str]:
    """NVML's state as nvidia-smi's exit code tells it: SUCCESS or the error's name. Absent: no nvidia-smi, or one
    that finds no NVML library either."""
    said = _query(host, target)
    if isinstance(said, Known) and _code(said.value[1]) in _STATUS:
        name = _STATUS[_code(said.value[1])]
        return Absent((said.source,)) if name == "LIBRARY_NOT_FOUND" else Known(name, said.source)
    return mapped(rows(host, target), lambda _: "SUCCESS")


def rows(host: Host, target: Target) -> Reading[Tuple[Row, ...]]:
    """One mapping of query field to text for each GPU; none where nvidia-smi finds no device."""
    said = _query(host, target)
    if not isinstance(said, Known):
        return said
    fields, output = said.value
    if _STATUS.get(_code(output)) == "LIBRARY_NOT_FOUND":
        return Absent((said.source,))
    if _code(output) != 0:
        return Unknown("failed", _first_line(output), said.source)
    return mapped(Known(output.out, said.source), lambda text: _rows(fields, text))


def _code(output: Output) -> int:
    return 0 if _NONE in output.out else output.code


def cuda(host: Host, target: Target) -> Reading[str]:
    """The banner's CUDA version: no query field tells it."""
    asked = rows(host, target)
    if not isinstance(asked, Known):
        return asked  # what hung or failed once is not tried again
    return mapped(target.nvidia_smi(host, [asked.source]), lambda output: banner(output.out)["cuda"])


def banner(text: str) -> Dict[str, str]:
    """{"driver": ..., "cuda": ...} of the table's head; ValueError where one is not there or is N/A.

    Until 595: "Driver Version: 550.54.15  CUDA Version: 12.4". From 610: "KMD Version: ...  CUDA UMD Version: ...".
    """
    driver = re.search(r"\b(?:Driver|KMD) Version\s*:\s*(\d[\d.]*)", text)
    cuda_version = re.search(r"\bCUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)", text)
    if not driver or not cuda_version:
        raise ValueError(f"no {'CUDA' if driver else 'driver'} version in the banner")
    return {"driver": driver.group(1), "cuda": cuda_version.group(1)}


def processes(host: Host, target: Target) -> Reading[Tuple[Tuple[str, int, str], ...]]:
    """(UUID of the GPU, pid, MiB as text) of each compute process."""
    asked = rows(host, target)
    if not isinstance(asked, Known):
        return asked
    said = target.nvidia_smi(host, [asked.source, "--query-compute-apps=gpu_uuid,pid,used_memory", _FORMAT])
    if isinstance(said, Known) and said.value.code != 0:
        return Unknown("failed", _first_line(said.value), said.source)
    return mapped(said, lambda output: _processes(output.out))


def _processes(text: str) -> Tuple[Tuple[str, int, str], ...]:
    found = []
    for line in _lines(text):
        uuid, pid, memory = _cells(line, 3)
        found.append((uuid, int(pid), memory))
    return tuple(found)


def value(row: Row, name: str, source: str = "nvidia-smi") -> Reading[str]:
    """One field's text. [N/A] and [Not Supported] are Absent, [Unknown Error] and the like Unknown."""
    text = row.get(name)
    if text is None:
        return Unknown("failed", f"this nvidia-smi knows no {name}", source)
    word = text.strip("[] ")
    if word.lower() in ("n/a", "not supported", "not available"):
        return Absent((f"{source}: {name}",))
    if text.startswith("[") or not word:
        return Unknown("denied" if "ermission" in word else "failed", word or "empty", source)
    return Known(text, source)


def _query(host: Host, target: Target) -> Reading[Tuple[Tuple[str, ...], Output]]:
    """The query with every field that this nvidia-smi knows: it names one that it does not know, and prints nothing."""
    path = program(host)
    if path is None:
        return Absent(("nvidia-smi on PATH",))
    fields: List[str] = list(FIELDS)
    refused: List[str] = []
    while len(refused) < _MOST_REFUSED:
        said = target.nvidia_smi(host, [path, f"--query-gpu={','.join(fields)}", _FORMAT])
        if isinstance(said, Unknown):
            return Unknown(said.reason, said.detail, path)
        if isinstance(said, Absent):
            return said
        unknown = re.search(r'Field "([^"]+)" is not a valid field', said.value.out + said.value.err)
        if not unknown or unknown.group(1) not in fields:
            return Known((tuple(fields), said.value), path)
        fields.remove(unknown.group(1))
        refused.append(unknown.group(1))
    return Unknown("unparsable", f"it does not know {', '.join(refused)}", path)


def _rows(fields: Tuple[str, ...], text: str) -> Tuple[Row, ...]:
    if not text.strip():
        raise ValueError("it printed nothing")
    return tuple(dict(zip(fields, _cells(line, len(fields)))) for line in _lines(text))


def _lines(text: str) -> List[str]:
    return [line for line in text.splitlines() if line.strip() and line.strip() != _NONE]


def _cells(line: str, count: int) -> List[str]:
    cells = [cell.strip() for cell in line.split(", ")]
    if len(cells) != count:
        raise ValueError(f"{len(cells)} values where {count} were asked: {line[:60]!r}")
    return cells


def _first_line(output: Output) -> str:
    lines = [line.strip() for line in (output.out + "\n" + output.err).splitlines() if line.strip()]
    return f"{lines[0][:200]} (exit {output.code})" if lines else f"no output (exit {output.code})"
