"""nvidia-smi -q, whole or what grep left of it: indented "Key : Value" lines, one section a GPU."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..facts import Gpu, Holder
from ..reading import Absent, Known, Reading
from ._gpu import COMPUTE_MODES, THROTTLE, gpu, holder, milliwatts, size, whole_number
from ._said import NOT_SAID, STATED, WHOLE, Said, said, where
from .lines import Line

_GPU = re.compile(r"\s{0,4}GPU ((?:[0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s*$")
_PAIR = re.compile(r"(\s{0,40})([A-Z][\w /.()-]{0,60}?)\s{1,60}: (\S.{0,200})$")
_HEAD = re.compile(r"(\s{0,40})([A-Z][\w /.()-]{0,60})$")
_VERSIONS = {
    "driver version": "nvml_driver_version", "kmd version": "nvml_driver_version", "cuda version": "cuda",
    "cuda umd version": "cuda",
}  # fmt: skip
_MOST_GPUS, _MOST_HOLDERS = 256, 2000


def _on(text: str) -> Optional[bool]:
    return {"enabled": True, "disabled": False, "yes": True, "no": False}.get(text.lower())


def _number(text: str) -> Optional[int]:
    return whole_number(text.split(" ")[0].rstrip("xC%"))


def _text(text: str) -> Optional[str]:
    return text


def _mode(text: str) -> Optional[str]:
    return COMPUTE_MODES.get(text.lower())


#: (section, key) -> field of Gpu. "" is any section; where lines are what grep left, the section is not known.
_FIELDS: Mapping[Tuple[str, str], Tuple[str, Callable[[str], Optional[Any]]]] = {
    ("", "product name"): ("name", _text),
    ("", "gpu uuid"): ("uuid", _text),
    ("", "compute mode"): ("compute_mode", _mode),
    ("", "persistence mode"): ("persistence", _on),
    ("", "gpu current temp"): ("temperature", _number),
    ("", "power draw"): ("power", milliwatts),
    ("", "average power draw"): ("power", milliwatts),
    ("", "instantaneous power draw"): ("power", milliwatts),
    ("", "enforced power limit"): ("power_limit", milliwatts),
    ("mig mode", "current"): ("mig_mode", _on),
    ("fb memory usage", "total"): ("memory_total", size),
    ("fb memory usage", "used"): ("memory_used", size),
    ("fb memory usage", "free"): ("memory_free", size),
    ("utilization", "gpu"): ("utilisation", _number),
    ("pcie generation", "current"): ("pcie_generation", _number),
    ("pcie generation", "max"): ("pcie_generation_max", _number),
    ("link width", "current"): ("pcie_width", _number),
    ("link width", "max"): ("pcie_width_max", _number),
    ("remapped rows", "pending"): ("remap_pending", _on),
    ("remapped rows", "remapping failure occurred"): ("remap_failed", _on),
}
_UNCORRECTED = ("dram uncorrectable", "sram uncorrectable", "sram uncorrectable parity", "sram uncorrectable sec-ded")


class _Section:
    """One GPU while it is read."""

    def __init__(self, bus: str, number: int) -> None:
        self.values: Dict[str, Reading[Any]] = {}
        self.first = self.last = number
        self.headed = bool(bus)
        self.errors: List[int] = []
        self.reasons: List[str] = []
        self.clocks = False
        self.holders: Optional[List[Dict[str, str]]] = None
        if bus:
            self.values["pci_bus_id"] = Known(bus, where(number))


def read(lines: Sequence[Line]) -> Iterator[Said]:
    sections: List[_Section] = []
    path: List[Tuple[int, str]] = []  # indents and names of the headings above
    for line in lines:
        header = _GPU.match(line.text)
        if header and len(sections) < _MOST_GPUS:
            sections.append(_Section(header.group(1), line.number))
            path = []
            continue
        pair = _PAIR.match(line.text)
        heading = None if pair else _HEAD.match(line.text)
        if heading:
            indent = len(heading.group(1))
            path = [one for one in path if one[0] < indent] + [(indent, heading.group(2).strip().lower())]
        if pair is None:
            continue
        indent, key, value = len(pair.group(1)), pair.group(2).strip().lower(), pair.group(3).strip()
        path = [one for one in path if one[0] < indent]
        if key in _VERSIONS and re.match(r"\d+\.\d+", value):
            yield said("driver", _VERSIONS[key], value.split(" ")[0], line.number)
            continue
        if not _belongs(path, key, sections):
            continue
        if not sections or (not sections[-1].headed and _repeats(sections[-1], path, key)):
            if len(sections) >= _MOST_GPUS:
                continue
            sections.append(_Section("", line.number))
        _take(sections[-1], [name for _, name in path], key, value, line.number)
    if sections:
        gpus = tuple(_gpu(index, section) for index, section in enumerate(sections))
        first, last = sections[0].first, sections[-1].last
        whole = all(section.headed for section in sections)
        yield said("gpus", "gpus", gpus, first, last, WHOLE if whole else STATED)
        if whole:
            yield said("driver", "nvml_status", "SUCCESS", first, last)


def _field(path: Sequence[Tuple[int, str]], key: str) -> Optional[Tuple[str, Callable[[str], Optional[Any]]]]:
    return _FIELDS.get((path[-1][1] if path else "", key)) or _FIELDS.get(("", key))


def _belongs(path: Sequence[Tuple[int, str]], key: str, sections: Sequence[_Section]) -> bool:
    """Within a GPU's section everything may count; outside only lines that are nvidia-smi's without doubt."""
    return bool(sections and sections[-1].headed) or _field(path, key) is not None or key in THROTTLE


def _repeats(section: _Section, path: Sequence[Tuple[int, str]], key: str) -> bool:
    """Whether a line without a GPU's heading must be another GPU's: the last one has this key already."""
    field = _field(path, key)
    return field is not None and field[0] in section.values


def _take(section: _Section, path: Sequence[str], key: str, value: str, number: int) -> None:
    section.last = number
    if "processes" in path:
        section.holders = section.holders or []
        if key == "process id" and len(section.holders) < _MOST_HOLDERS:
            section.holders.append({})
        if section.holders:
            section.holders[-1][key] = value
        return
    if key == "processes" and value == "None":
        section.holders = []
        return
    if key in THROTTLE and (not path or "reasons" in path[-1] or "slowdown" in path[-1]):
        section.clocks = True
        if value == "Active":
            section.reasons.append(THROTTLE[key])
        return
    if "volatile" in path and key in _UNCORRECTED:
        errors = whole_number(value)
        section.errors += [] if errors is None else [errors]
        return
    field = _field([(0, name) for name in path], key)
    if field is None:
        return
    name, read_text = field
    source = where(number)
    if value.strip("[]").lower() in ("n/a", "not supported"):
        section.values.setdefault(name, Absent((source,)))
        return
    got = read_text(value)
    if got is not None and not isinstance(section.values.get(name), Known):
        section.values[name] = Known(got, source)


def _gpu(index: int, section: _Section) -> Gpu:
    source = where(section.first, section.last)
    values = dict(section.values)
    if section.errors:
        values["ecc_uncorrected"] = Known(sum(section.errors), source)
    if section.clocks:
        values["throttle_reasons"] = Known(tuple(dict.fromkeys(section.reasons)), source)
    if section.holders is not None:
        values["holders"] = Known(tuple(_holders(section.holders, source)), source)
    return gpu(index, "ok", **values)


def _holders(found: Sequence[Mapping[str, str]], source: str) -> Iterator[Holder]:
    for one in found:
        pid, used = whole_number(one.get("process id", "")), size(one.get("used gpu memory", ""))
        if pid is not None:
            name = one.get("name", "")
            memory: Reading[int] = NOT_SAID if used is None else Known(used, source)
            yield holder(pid, one.get("type", "C"), memory, Known(name, source) if name else NOT_SAID)
