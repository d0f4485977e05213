"""nvidia-smi --query-gpu and --query-compute-apps, as CSV with or without the line of names."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..facts import Gpu, Holder
from ..reading import Absent, Known, Reading, Unknown
from ._gpu import COMPUTE_MODES, THROTTLE, gpu, holder, milliwatts, reasons, size, whole_number
from ._said import NOT_SAID, STATED, WHOLE, Said, said, where
from .lines import Line
from .sessions import Typed, exchanges

_NAME = re.compile(r"([a-z][a-z0-9_]{0,40}(?:\.[a-z0-9_]{1,60}){0,8})(?: \[[^\]]{0,12}\])?")
_ASKED = re.compile(r"--query-(gpu|compute-apps)[= ]([a-z0-9_.,\s]{1,1000})")
_ONE = re.compile(r"(?:-i|--id)[= ](\d{1,3})(?![\d,])")
_THROTTLE = re.compile(r"clocks_(?:throttle|event)_reasons\.(\w+)")
_MOST_ROWS, _MOST_FIELDS = 4000, 60

Row = Dict[str, str]


def _number(text: str) -> Optional[int]:
    return whole_number(text.replace("%", ""))


def _link(text: str) -> Optional[int]:
    return whole_number(text.rstrip("x"))


def _on(text: str) -> Optional[bool]:
    return {"enabled": True, "disabled": False, "yes": True, "no": False}.get(text.lower())


def _text(text: str) -> Optional[str]:
    return text


#: Query field -> field of Gpu and how its text is read.
_FIELDS: Mapping[str, Tuple[str, Callable[[str], Optional[Any]]]] = {
    "name": ("name", _text),
    "gpu_name": ("name", _text),
    "uuid": ("uuid", _text),
    "gpu_uuid": ("uuid", _text),
    "pci.bus_id": ("pci_bus_id", _text),
    "gpu_bus_id": ("pci_bus_id", _text),
    "compute_cap": ("capability", _text),
    "memory.total": ("memory_total", size),
    "memory.used": ("memory_used", size),
    "memory.free": ("memory_free", size),
    "utilization.gpu": ("utilisation", _number),
    "temperature.gpu": ("temperature", _number),
    "power.draw": ("power", milliwatts),
    "power.draw.average": ("power", milliwatts),
    "power.draw.instant": ("power", milliwatts),
    "power.limit": ("power_limit", milliwatts),
    "enforced.power.limit": ("power_limit", milliwatts),
    "compute_mode": ("compute_mode", lambda text: COMPUTE_MODES.get(text.lower())),
    "persistence_mode": ("persistence", _on),
    "mig.mode.current": ("mig_mode", _on),
    "ecc.errors.uncorrected.volatile.total": ("ecc_uncorrected", _number),
    "remapped_rows.pending": ("remap_pending", _on),
    "remapped_rows.failure": ("remap_failed", _on),
    "pcie.link.gen.current": ("pcie_generation", _link),
    "pcie.link.gen.gpucurrent": ("pcie_generation", _link),
    "pcie.link.gen.max": ("pcie_generation_max", _link),
    "pcie.link.gen.gpumax": ("pcie_generation_max", _link),
    "pcie.link.width.current": ("pcie_width", _link),
    "pcie.link.width.max": ("pcie_width_max", _link),
}
_OTHERS = ("index", "count", "driver_version", "timestamp", "pstate", "fan.speed", "clocks.sm", "clocks.current.sm")
_APPS = ("pid", "process_name", "name", "used_memory", "used_gpu_memory", "gpu_uuid", "gpu_bus_id", "gpu_name")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    done = 0  # the number of the last line that was read
    for exchange in exchanges(lines):
        asked = _ASKED.search(exchange.typed.text)
        if asked and "csv" in exchange.typed.text:
            fields = [field.strip() for field in asked.group(2).split(",") if field.strip()][:_MOST_FIELDS]
            rows, last = _rows(exchange.output, fields, "noheader" not in exchange.typed.text)
            yield from _said(asked.group(1), exchange.typed, fields, rows, exchange.typed.number + 1, last)
            done = max(done, last)
    for place, line in enumerate(lines):
        fields = _header(line.text) if line.number > done else []
        if fields:
            rows, last = _rows(lines[place + 1 : place + 1 + _MOST_ROWS], fields, False)
            yield from _said("compute-apps" if "pid" in fields else "gpu", None, fields, rows, line.number, last)
            done = max(line.number, last)


def _header(text: str) -> List[str]:
    """The field names, where a line is nothing but at least two of them."""
    if ", " not in text or len(text) > 4000:
        return []
    cells = [_NAME.fullmatch(cell.strip()) for cell in text.split(", ")]
    names = [cell.group(1) for cell in cells if cell]
    known = [name for name in names if name in _FIELDS or name in _OTHERS or name in _APPS or _THROTTLE.match(name)]
    return names if len(names) == len(cells) and len(known) >= 2 else []


def _rows(lines: Sequence[Line], fields: Sequence[str], header: bool) -> Tuple[List[Row], int]:
    """Rows of as many cells as there are fields, and the number of the last line among them."""
    rows: List[Row] = []
    last = 0
    for line in lines[:_MOST_ROWS]:
        cells = [cell.strip() for cell in line.text.split(", ")]
        if header and len(cells) == len(fields):
            header, last = False, line.number
            continue
        row = dict(zip(fields, cells))
        if len(cells) != len(fields) or not any(cells) or not row.get("index", "0").isdigit():
            break
        rows.append(row)
        last = line.number
    return rows, last


def _said(
    what: str, typed: Optional[Typed], fields: Sequence[str], rows: List[Row], first: int, last: int
) -> Iterator[Said]:
    last = max(first, last)
    source = where(first, last)
    if what == "compute-apps":
        yield from _apps(fields, rows, first, last)
        return
    one = _ONE.search(typed.text) if typed else None
    found: Dict[int, Gpu] = {}
    for place, row in enumerate(rows):
        index = whole_number(row.get("index", ""))
        if index is None:
            index = int(one.group(1)) if one else place
        found[index] = _gpu(index, row, source)  # of a query that repeats itself the last row counts
    if found:
        weight = STATED if one else WHOLE
        yield said("gpus", "gpus", tuple(found[index] for index in sorted(found)), first, last, weight)
        yield said("driver", "nvml_status", "SUCCESS", first, last)
    driver = next((row["driver_version"] for row in rows if row.get("driver_version", "")[:1].isdigit()), None)
    if driver:
        yield said("driver", "nvml_driver_version", driver, first, last)


def _gpu(index: int, row: Row, source: str) -> Gpu:
    values: Dict[str, Reading[Any]] = {}
    for field, text in row.items():
        if field in _FIELDS:
            name, read_text = _FIELDS[field]
            values[name] = _value(text, read_text, source)
    active = [(_THROTTLE.fullmatch(field), text) for field, text in row.items()]
    flags = [(found.group(1), text) for found, text in active if found]
    if flags:
        values["throttle_reasons"] = Known(_reasons(flags), source)
    words = {text.strip("[] ").lower() for text in row.values()}
    lost = "GPU_IS_LOST" if "gpu is lost" in words else "RESET_REQUIRED" if "gpu requires reset" in words else "ok"
    return gpu(index, lost, **values)


def _value(text: str, read_text: Callable[[str], Optional[Any]], source: str) -> Reading[Any]:
    word = text.strip("[] ")
    if word.lower() in ("n/a", "not supported", "not available"):
        return Absent((source,))
    value = None if text.startswith("[") or not word else read_text(text)
    return Unknown("failed", word[:80], source) if value is None else Known(value, source)


def _reasons(flags: Sequence[Tuple[str, str]]) -> Tuple[str, ...]:
    found: List[str] = []
    for name, text in flags:
        if name == "active" and re.fullmatch(r"0x[0-9a-fA-F]{1,16}", text):
            found += reasons(int(text, 16))
        elif text.lower() == "active":
            found.append(THROTTLE.get(name.replace("_", " "), name))
    return tuple(dict.fromkeys(found))


def _apps(fields: Sequence[str], rows: List[Row], first: int, last: int) -> Iterator[Said]:
    """Who holds which GPU. An empty list says that nobody holds GPU 0 (or any other)."""
    if "pid" not in fields:
        return
    source = where(first, last)
    if not rows:
        yield said("gpus", "gpus", (gpu(0, holders=Known((), source)),), first, last)
    holders: Dict[Tuple[str, str], List[Holder]] = {}
    for row in rows:
        pid = whole_number(row["pid"])
        owner = row.get("gpu_uuid", ""), row.get("gpu_bus_id", "")
        if pid is None or not any(owner):
            continue
        used = size(row.get("used_memory", row.get("used_gpu_memory", "")))
        name = row.get("process_name", row.get("name", ""))
        memory: Reading[int] = NOT_SAID if used is None else Known(used, source)
        holders.setdefault(owner, []).append(holder(pid, "C", memory, Known(name, source) if name else NOT_SAID))
    for (uuid, bus), found in holders.items():
        known: Dict[str, Reading[Any]] = {"holders": Known(tuple(found), source)}
        if uuid:
            known["uuid"] = Known(uuid, source)
        if bus:
            known["pci_bus_id"] = Known(bus, source)
        yield said("gpus", "gpus", (gpu(-1, "ok", **known),), first, last)
