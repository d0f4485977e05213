"""What the other packages of an environment ask of torch: by their metadata, and by the wheels they have."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import TorchRelease
from ..facts import Distribution, Facts
from ..frozen import frozen
from ..reading import Known, value_or
from ..report import Evidence
from ..versions import minor
from ._machine import Machine
from .specifiers import as_asked, is_specifier, meets

FAMILY = ("torch", "torchvision", "torchaudio")
_CONDA_NAMES = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch"}


@frozen
class Pin:
    """A requirement on torch or a companion, by another package's metadata."""

    by: str  # "xformers 0.0.23"
    name: str  # torch | torchvision | torchaudio
    specifier: str  # "==2.1.1"
    source: str

    def fits(self, release: TorchRelease, variant: str) -> bool:
        have = {"torch": release.version, "torchvision": release.torchvision, "torchaudio": release.torchaudio}[
            self.name
        ]
        return have is None or meets(as_asked(have, variant, self.specifier), self.specifier)

    @property
    def evidence(self) -> Evidence:
        return Evidence(f"{self.by} asks for {self.name}{self.specifier}", self.source)


@frozen
class Compiled:
    """An installed package whose binary is made for one torch, and the builds of torch that it has wheels for."""

    by: str
    pairs: FrozenSet[Tuple[str, str]]  # (cu121, 2.1); (cu12, 2.1) is any CUDA 12; empty: not known

    def has_wheel(self, torch: str, variant: str) -> bool:
        series = minor(torch)
        return (variant, series) in self.pairs or (variant[:4], series) in self.pairs


def installed(facts: Facts) -> Mapping[str, str]:
    """torch, torchvision and torchaudio that an installer has recorded, with their versions."""
    found: Dict[str, str] = {}
    for record in value_or(facts.installs.conda, ()):
        name = _CONDA_NAMES.get(record.name, record.name)
        if name in FAMILY:
            found[name] = record.version
    for one in value_or(facts.installs.distributions, ()):
        if canonical(one.name) in FAMILY:
            found[canonical(one.name)] = one.version
    return found


def canonical(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


def others(facts: Facts) -> Iterator[Distribution]:
    """Installed distributions besides torch's own."""
    for one in value_or(facts.installs.distributions, ()):
        name = canonical(one.name)
        if name not in FAMILY and name != "triton" and not name.startswith("nvidia-"):
            yield one


def pins_of(facts: Facts, machine: Machine) -> Tuple[Pin, ...]:
    """Every requirement on torch's family that applies to this interpreter. What cannot be parsed is passed over."""
    found: List[Pin] = []
    for one in others(facts):
        for line in one.requires:
            # Nearly every line names something else, and packaging costs more to load than all of them to skip.
            if line.lstrip()[:5].lower() == "torch":
                found += _pin(line, one, machine)
    return tuple(found)


def _pin(line: str, one: Distribution, machine: Machine) -> Iterator[Pin]:
    usual = re.fullmatch(r"(torch|torchvision|torchaudio)\s*([=<>!~][^;@()]*)", line.strip())
    if usual:
        # Without extras, URL and marker no parser of requirements is needed: it costs more to load than a plan takes.
        specifier = re.sub(r"\s+", "", usual.group(2))
        if is_specifier(specifier):
            yield Pin(f"{one.name} {one.version}".strip(), usual.group(1), specifier, one.metadata)
        return
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate(_markers(machine)):
            return
    except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
        return
    name = canonical(requirement.name)
    if name in FAMILY and str(requirement.specifier):
        yield Pin(f"{one.name} {one.version}".strip(), name, str(requirement.specifier), one.metadata)


def _markers(machine: Machine) -> Dict[str, str]:
    """The interpreter in question, not the one that runs envdoctor."""
    systems = {"linux": ("posix", "linux", "Linux"), "windows": ("nt", "win32", "Windows")}
    os_name, sys_platform, system = systems.get(machine.os, ("posix", "darwin", "Darwin"))
    return {
        "python_version": machine.python.rstrip("t"),
        "python_full_version": machine.python_full,
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": machine.machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def compiled_of(facts: Facts, table: CompatTable) -> Tuple[Compiled, ...]:
    """Installed packages that are compiled against torch."""
    found = []
    for one in others(facts):
        try:
            row = table.downstream(one.name)
        except NoRow:
            continue
        if row.compiled:
            pairs = {(wheel.variant, wheel.torch) for wheel in row.wheels if _within(one.version, wheel.versions)}
            found.append(Compiled(f"{one.name} {one.version}".strip(), frozenset(pairs)))
    return tuple(found)


def _within(version: str, listed: Tuple[str, ...]) -> bool:
    """Whether a version ("": any) lies between the oldest and the newest of a list; an empty list is all versions."""
    if not version:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        have, known = Version(version).public, [Version(one) for one in listed]
    except InvalidVersion:
        return False
    return not known or min(known) <= Version(have) <= max(known)


def numpy_two(facts: Facts) -> Optional[str]:
    """The installed NumPy where it is NumPy 2 or later."""
    for one in value_or(facts.installs.distributions, ()):
        if canonical(one.name) == "numpy" and one.version[:1].isdigit() and not one.version.startswith(("0.", "1.")):
            return one.version
    return None


def torch_seen(facts: Facts) -> Optional[str]:
    """The torch that is there, as its own file says, else as an installer recorded it: 2.5.1+cu121."""
    if isinstance(facts.torch.version, Known):
        return facts.torch.version.value
    return installed(facts).get("torch")


def torch_meant(facts: Facts) -> Optional[str]:
    """Where torch itself is gone, the one that a companion still there was released for: 2.1.0+cu121."""
    for one in value_or(facts.installs.distributions, ()):
        if canonical(one.name) not in FAMILY[1:]:
            continue
        for line in one.requires:
            exact = re.fullmatch(r"torch\s*\(?\s*==\s*(\d+\.\d+\.\d+)\s*\)?", line.strip())
            if exact:
                return exact.group(1) + "".join(one.version.partition("+")[1:])
    return None
