"""nvidia-smi's tables: drivers 340 to 610, MIG devices, processes, and what it says instead of a table.

Of a GPU two rows count, told by what is in them and not by where the bars stand: forums move those.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, Iterator, List, Match, NamedTuple, Optional, Sequence, Set, Tuple

from ..facts import Gpu, Holder, MigDevice
from ..reading import Absent, Known, Reading, Unknown
from ._gpu import COMPUTE_MODES, MIB, gpu, holder, whole_number
from ._said import NOT_SAID, STATED, WHOLE, Said, said, where
from .lines import Line

_TITLE = re.compile(r"NVIDIA-SMI (\d[\d.]{1,20})\s{1,40}(?:Driver|KMD) Version: ?(\d[\d.]{1,20})")
_CUDA = re.compile(r"CUDA (?:UMD )?Version: ?(\d{1,2}\.\d{1,2})")
_GPU = re.compile(
    r"\|\s{1,12}(\d{1,3})\s{1,4}(\S.{0,60}?)\s{1,30}(On|Off|N/A|WDDM|TCC|MCDM|ERR!)\s{0,4}\|"
    r"\s{0,8}((?:[0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s{1,8}(?:On|Off|N/A|ERR!)\s{0,4}\|"
    r"\s{0,24}(\S{1,12})"
)
_USAGE = re.compile(
    r"\|\s{0,4}(?:\d{1,3}%|N/A|ERR!|\[N/A\])\s{1,8}(\d{1,3}C|N/A|ERR!|\?{3})?\s{0,8}(\S{1,4})?\s{0,16}"
    r"(\d{1,4}(?:\.\d+)?W|N/A|ERR!|Unknown Error|\?{3})\s{0,4}/\s{0,4}(\d{1,4}(?:\.\d+)?W|N/A|ERR!)\s{0,4}\|"
    r"\s{0,16}(?:(?:(\d{1,9})MiB|N/A)\s{0,2}/\s{0,16}(?:(\d{1,9})MiB|N/A)|Not Supported)\s{0,24}\|"
    r"\s{0,16}(\d{1,3}%|N/A|ERR!)\s{1,16}(\S[\w. /-]{0,20}?)\s{0,4}\|"
)
_MIG_MODE = re.compile(r"\|\s{1,60}\|\s{1,40}\|\s{0,24}(Enabled\*?|Disabled\*?|N/A)\s{0,4}\|")
_MIG = re.compile(
    r"\|\s{0,4}(\d{1,3})\s{1,6}(\d{1,3})\s{1,6}(\d{1,3})\s{1,6}(\d{1,3})\s{1,6}\|"
    r"\s{0,24}(\d{1,9})MiB\s{0,4}/\s{0,12}(\d{1,9})MiB\s{0,4}\|"
)
_PROCESSES = re.compile(r"\|\s{1,4}(?:Compute p|P)rocesses:\s")
_NONE = re.compile(r"No running (?:compute )?processes found")
_PROCESS = re.compile(
    r"\|\s{1,6}(\d{1,3})\s{1,12}(?:(?:N/A|\d{1,3})\s{1,6}(?:N/A|\d{1,3})\s{1,20})?(\d{1,10})\s{1,8}"
    r"(?:(C\+G|M\+C|C|G|M)\s{1,6})?(\S.{0,300}?)?\s{1,80}(?:(\d{1,9})\s?MiB|N/A)\s{0,12}\|"
)
_UNSUPPORTED = re.compile(r"\|\s{1,6}(\d{1,3})\s{1,40}Not Supported\s{1,80}\|")
_LOST = re.compile(
    r"Unable to determine the device handle for (?:GPU|gpu)\s?(?:(\d{1,3}): )?"
    r"((?:[0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])?:? ?(.{0,120})"
)
_SET = re.compile(r"Set compute mode to (\w{4,20}) for GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f:]{2,5}\.[0-9A-Fa-f])")
_MOST_GPUS, _MOST_PROCESSES = 256, 2000

#: nvidia-smi's and NVML's sentences, to the names of NVML's errors.
SENTENCES = (
    ("Driver/library version mismatch", "LIB_RM_VERSION_MISMATCH"),
    ("couldn't communicate with the NVIDIA driver", "DRIVER_NOT_LOADED"),
    ("Failed to initialize NVML: Driver Not Loaded", "DRIVER_NOT_LOADED"),
    ("Failed to initialize NVML: Unknown Error", "UNKNOWN"),
    ("Failed to initialize NVML: Insufficient Permissions", "NO_PERMISSION"),
    ("Failed to initialize NVML: GPU access blocked by the operating system", "OPERATING_SYSTEM"),
    ("Failed to initialize NVML: N/A", "UNKNOWN"),
    ("NVIDIA-SMI couldn't find libnvidia-ml.so", "LIBRARY_NOT_FOUND"),
)


class _Table(NamedTuple):
    """A table being read."""

    first: int
    gpus: Dict[int, Gpu]


def read(lines: Sequence[Line]) -> Iterator[Said]:
    table: Optional[_Table] = None
    last: Optional[int] = None  # the GPU whose second row is awaited
    holders: Optional[Dict[int, List[Holder]]] = None
    parts: Dict[int, List[MigDevice]] = {}
    parts_at: List[int] = []
    untold: Set[int] = set()  # GPUs whose processes this driver does not report
    count = end = 0
    for line in lines:
        text = line.text
        if "|" not in text:
            yield from _sentence(line)
            continue
        title = _TITLE.search(text)
        if title:
            yield from _done(table, holders, untold, end)
            table, holders, last, untold = _Table(line.number, {}), None, None, set()
            yield from _versions(title, text, line.number)
            continue
        row = _GPU.search(text)
        usage = _USAGE.search(text) if row is None and last is not None else None
        mode = _MIG_MODE.search(text) if row is None and usage is None and last is not None else None
        if row or usage or mode:
            if table is None:
                table = _Table(line.number, {})
            if row and len(table.gpus) < _MOST_GPUS:
                last = int(row.group(1))
                table.gpus[last] = _first_row(row, where(line.number))
            elif usage and last is not None:
                table.gpus[last] = _second_row(table.gpus[last], usage, where(line.number))
            elif mode and last is not None and last in table.gpus:
                table.gpus[last] = _mode(table.gpus[last], mode.group(1), where(line.number))
            end = line.number
        elif _PROCESSES.search(text):
            holders, end, last = {}, line.number, None
        elif holders is not None:
            process, unsupported = _PROCESS.search(text), _UNSUPPORTED.search(text)
            if unsupported:
                untold.add(int(unsupported.group(1)))
            if process and count < _MOST_PROCESSES:
                count += 1
                holders.setdefault(int(process.group(1)), []).append(_holder(process, where(line.number)))
                end = line.number
        elif "MIG devices:" in text:
            parts, parts_at = {}, [line.number]
        else:
            row = _MIG.search(text)
            if row and len(parts_at) < _MOST_GPUS:
                parts.setdefault(int(row.group(1)), []).append(_mig_device(row, where(line.number)))
                parts_at.append(line.number)
    yield from _done(table, holders, untold, end)
    if parts:
        yield said("gpus", "gpus", _with_parts(parts, where(parts_at[0], parts_at[-1])), parts_at[0], parts_at[-1])


def _versions(title: Match[str], text: str, number: int) -> Iterator[Said]:
    """The driver that runs, and the user-space libraries: below WSL, and after an update, they differ."""
    yield said("driver", "nvml_driver_version", title.group(2), number)
    yield said("driver", "library_version", title.group(1), number)
    yield said("driver", "nvml_status", "SUCCESS", number)
    cuda = _CUDA.search(text)
    if cuda:
        yield said("driver", "cuda", cuda.group(1), number)


def _done(
    table: Optional[_Table], holders: Optional[Dict[int, List[Holder]]], untold: Set[int], end: int
) -> Iterator[Said]:
    """One table with the process table below it. Without a process table nobody knows who holds what."""
    if table is None or not table.gpus:
        return
    source = where(table.first, end)
    gpus = []
    for index in sorted(table.gpus):
        one = table.gpus[index]
        if holders is not None and index not in untold:
            one = replace(one, holders=Known(tuple(holders.get(index, ())), source))
        gpus.append(one)
    yield said("gpus", "gpus", tuple(gpus), table.first, end, WHOLE)
    yield said("gpus", "asked", "nvidia-smi", table.first, end)


def _first_row(row: Match[str], source: str) -> Gpu:
    index, name, persistence, bus, ecc = row.groups()
    errors = whole_number(ecc)
    return gpu(
        int(index),
        name=Known(name.strip(), source),
        pci_bus_id=Known(bus, source),
        persistence=Known(persistence == "On", source) if persistence in ("On", "Off") else NOT_SAID,
        ecc_uncorrected=NOT_SAID if errors is None and ecc == "Off" else _figure(ecc, source),
    )


def _second_row(one: Gpu, usage: Match[str], source: str) -> Gpu:
    temperature, _, power, limit, used, total, busy, mode = usage.groups()
    memory: Dict[str, Any] = {}
    if used and total:
        memory["memory_used"] = Known(int(used) * MIB, source)
        memory["memory_total"] = Known(int(total) * MIB, source)
        memory["memory_free"] = Known(max(0, int(total) - int(used)) * MIB, source)
    word = COMPUTE_MODES.get(mode.strip().lower())
    broken = usage.group(0).count("ERR!") > 2  # one alone comes and goes
    return replace(
        one,
        status="UNKNOWN" if broken else one.status,
        temperature=_figure((temperature or "").rstrip("C"), source),
        power=_milliwatts(power, source),
        power_limit=_milliwatts(limit, source),
        utilisation=_figure(busy.rstrip("%"), source),
        compute_mode=Known(word, source) if word else NOT_SAID,
        **memory,
    )


def _mode(one: Gpu, word: str, source: str) -> Gpu:
    """The third row, which is there since driver 450. A star: the mode changes with the next reset."""
    if word == "N/A":
        return replace(one, mig_mode=Absent((source,)), mig_devices=Absent((source,)))
    return replace(one, mig_mode=Known(word.startswith("Enabled"), source))


def _figure(text: str, source: str) -> Reading[int]:
    number = whole_number(text)
    if number is not None:
        return Known(number, source)
    return Unknown("failed", text, source) if text == "ERR!" else Absent((source,))


def _milliwatts(text: str, source: str) -> Reading[int]:
    try:
        return Known(round(float(text.rstrip("W")) * 1000), source)
    except ValueError:
        return Unknown("failed", text, source) if text not in ("N/A", "[N/A]") else Absent((source,))


def _holder(process: Match[str], source: str) -> Holder:
    _, pid, kind, name, memory = process.groups()
    used: Reading[int] = Known(int(memory) * MIB, source) if memory else Unknown("not-looked", "N/A", source)
    # Drivers before 346 listed compute processes alone, without a type.
    return holder(
        int(pid), "M" if kind == "M+C" else kind or "C", used, Known(name.strip(), source) if name else NOT_SAID
    )


def _mig_device(row: Match[str], source: str) -> MigDevice:
    return MigDevice("", "", Known(int(row.group(6)) * MIB, source), Known(int(row.group(5)) * MIB, source))


def _with_parts(parts: Dict[int, List[MigDevice]], source: str) -> Tuple[Gpu, ...]:
    return tuple(
        gpu(index, mig_mode=Known(True, source), mig_devices=Known(tuple(parts[index]), source))
        for index in sorted(parts)
    )


def _sentence(line: Line) -> Iterator[Said]:
    text, number = line.text, line.number
    for words, status in SENTENCES:
        if words in text:
            yield said("driver", "nvml_status", status, number)
            return
    if "No devices were found" in text:
        yield said("gpus", "gpus", (), number, weight=STATED)
        yield said("driver", "nvml_status", "SUCCESS", number)
    mode = _SET.search(text)
    word = COMPUTE_MODES.get(mode.group(1).lower()) if mode else None
    if mode and word:
        source = where(number)
        card = gpu(-1, compute_mode=Known(word, source), pci_bus_id=Known(mode.group(2), source))
        yield said("gpus", "gpus", (card,), number)
    lost = _LOST.search(text)
    if lost:
        index, bus, why = lost.groups()
        status = "GPU_IS_LOST" if "lost" in why.lower() else "UNKNOWN"
        known: Dict[str, Reading[str]] = {"pci_bus_id": Known(bus, where(number))} if bus else {}
        one = gpu(int(index) if index else -1, status, **known)
        yield said("gpus", "gpus", (one,), number)
