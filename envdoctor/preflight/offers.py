"""Which GPUs this session may use: what a scheduler, a variable, a control group or a device's mode left. Never more.

NVML does not hide what CUDA_VISIBLE_DEVICES hides, and in a Slurm job without ConstrainDevices it counts every card.
"""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Optional, Set, Tuple

from ..host import Host
from ..reading import Known, value_or
from .choice import Choice

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_SLURM = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS")
_NVIDIA = "195"  # the major number of /dev/nvidia0, /dev/nvidia1, ...

#: Position of a choice -> (answer, why): "no" where it was not given, "unknown" where that cannot be told.
Refusals = Dict[int, Tuple[str, str]]


def refusals(host: Host, found: Tuple[Choice, ...]) -> Refusals:
    """Which of these this session may not use."""
    environ = host.environ
    minors = {choice.gpu.index: _minor(host, choice) for choice in found}
    groups = _cgroup_minors(host) if any(minor is not None for minor in minors.values()) else None
    refused: Refusals = {}
    for place, choice in enumerate(found):
        minor = minors[choice.gpu.index]
        if minor is None:
            continue
        if groups is not None and minor not in groups:
            refused[place] = ("no", "the control group of this session does not allow it")
        elif host.access(f"/dev/nvidia{minor}", "rw") == Known(False, f"/dev/nvidia{minor}"):
            refused[place] = ("no", f"you may not open /dev/nvidia{minor}")
    for more in (by_slurm(environ, found), by_variable(environ, found)):
        refused.update({place: why for place, why in more.items() if place not in refused})
    return refused


def by_variable(environ: Mapping[str, str], found: Tuple[Choice, ...]) -> Refusals:
    """CUDA_VISIBLE_DEVICES as CUDA reads it: an entry that is no device ends the list, one named twice hides all.

    An index counts in CUDA's own order, fastest first, unless CUDA_DEVICE_ORDER or a scheduler says otherwise.
    """
    value = environ.get(_VISIBLE)
    if value is None:
        return {}
    outside = ("no", f"{_VISIBLE}={value[:80]} leaves it out")
    models = {value_or(choice.gpu.name, str(choice.gpu.index)) for choice in found}
    by_bus = environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or "SLURM_JOB_ID" in environ or len(models) < 2
    entries = [entry.strip() for entry in value.split(",")]
    if not by_bus and any(re.fullmatch(r"\+?[0-9]+", entry) for entry in entries):
        why = f"{_VISIBLE}={value[:80]} counts in CUDA's order, which is not known here (CUDA_DEVICE_ORDER=PCI_BUS_ID)"
        return dict.fromkeys(range(len(found)), ("unknown", why))
    kept = _named(entries, found)
    return {place: outside for place in range(len(found)) if place not in kept}


def _named(entries: List[str], found: Tuple[Choice, ...]) -> Set[int]:
    kept: Set[int] = set()
    for entry in entries:
        places = _places(entry, found)
        if not places:
            break
        if places & kept:
            return set()
        kept |= places
    return kept


def _places(entry: str, found: Tuple[Choice, ...]) -> Set[int]:
    """The choices that one entry names: all instances where it names their GPU, none where it is no device."""
    if re.fullmatch(r"\+?[0-9]+", entry):
        return {place for place, choice in enumerate(found) if choice.gpu.index == int(entry)}
    if entry.startswith("MIG-"):
        return {place for place, choice in enumerate(found) if choice.mig and choice.uuid == entry}
    if not entry.startswith("GPU-"):
        return set()
    fits = {choice.gpu.index for choice in found if value_or(choice.gpu.uuid, "").lower().startswith(entry.lower())}
    return {place for place, choice in enumerate(found) if fits == {choice.gpu.index}}


def by_slurm(environ: Mapping[str, str], found: Tuple[Choice, ...]) -> Refusals:
    """Slurm's own list counts the node's cards. Where the job's control group hides the others, NVML counts no more
    cards than the list names, and all of them are the job's."""
    name = next((name for name in _SLURM if environ.get(name)), None)
    if name is None:
        return {}
    given = _numbers(environ[name])
    if given is None or len({choice.gpu.index for choice in found}) <= len(given):
        return {}
    why = ("no", f"{name}={environ[name][:80]} leaves it out")
    return {place: why for place, choice in enumerate(found) if choice.gpu.index not in given}


def _numbers(text: str) -> Optional[Set[int]]:
    """ "0,2-3" -> {0, 2, 3}; None where it is written otherwise (gpu:2, UUIDs)."""
    numbers: Set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"([0-9]{1,3})(?:-([0-9]{1,3}))?", part.strip())
        if not found:
            return None
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return numbers


def _minor(host: Host, choice: Choice) -> Optional[int]:
    """The number of its device file; None where the driver's /proc does not say."""
    bus = str(value_or(choice.gpu.pci_bus_id, "")).lower()
    if not re.fullmatch(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]", bus):
        return None
    text = host.read(f"/proc/driver/nvidia/gpus/{bus[-12:]}/information", 4096)
    found = re.search(r"^Device Minor:\s*([0-9]{1,5})\s*$", str(value_or(text, "")), re.MULTILINE)
    return int(found[1]) if found else None


def _cgroup_minors(host: Host) -> Optional[Set[int]]:
    """Minor numbers that control groups (v1) allow, None where all are. v2's rules are a program in the kernel that
    nobody can read; there NVML itself leaves out what may not be opened."""
    from ..probes._cgroup import CGROUP, groups
    from ..probes._mounts import read_mounts

    table, mounts = host.read(CGROUP), read_mounts(host)
    if not isinstance(table, Known) or not isinstance(mounts, Known):
        return None
    for group in groups(table.value, mounts.value, "devices"):
        rules = host.read(f"{group.folders[0]}/devices.list") if group.version == 1 else None
        if isinstance(rules, Known):
            return _allowed(rules.value)
    return None


def _allowed(rules: str) -> Optional[Set[int]]:
    minors: Set[int] = set()
    for line in rules.splitlines():
        kind, _, rest = line.partition(" ")
        device = rest.partition(" ")[0]
        if kind == "a" or (kind == "c" and device in ("*:*", f"{_NVIDIA}:*")):
            return None
        major, _, minor = device.partition(":")
        if kind == "c" and major == _NVIDIA and minor.isdigit():
            minors.add(int(minor))
    return minors
