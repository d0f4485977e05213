"""Installing another package replaces torch with another build.

It finds an installed package that does not accept the torch that is there, so that its next install or upgrade brings
another; and a requirements.txt whose torch, or whose packages' torch, is another than the installed one and would
come from PyPI with PyPI's CUDA.

It matters because torch was chosen for this driver; pip replaces it with the build that PyPI happens to have, 2 GB at
a time.

It is mended by installing the torch that is asked for first, in a build that this machine runs: the rest then finds
it in place.

It leaves torchvision and torchaudio to torch-torchvision-mismatch and packages compiled for one torch to
extension-abi-mismatch, and alone what a requirements file with an index of its own would bring.

Example: torch 2.5.1+cu121 on driver 535; requirements.txt asks for torch==2.11.0, which PyPI has for CUDA 13.0.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ..compat import CompatTable, NoRow, TorchRelease
from ..facts import Distribution, Facts
from ..reading import Known, given, need, value_or
from ..report import Evidence, Finding, NeedTorch, NotApplicable, Remedy
from ..versions import at_least
from ._common import TORCH_FAMILY, canonical, finding, seen
from ._indexes import places
from ._platform import minor_of, platform_of
from ._requirements import Requirement, admits, applies, marker_environment, parse, pinned, requested
from ._wanted import PRESENT, torch_state

ID = "PKG104"
NAME = "requirements-pull-wrong-torch"
SEVERITY = "warning"
TAGS = ("install", "torch")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if torch_state(facts) != PRESENT:
        raise NotApplicable("there is no torch to be replaced")
    version = need(facts.torch.version, "torch's version")
    for dist, requirement in _refusing(facts, version):
        if not _compiled(table, dist.name):
            yield _refused(facts, version, dist, requirement)
    if given(facts.installs.requested, "requirements.txt") is None or places(facts):
        return
    for asked in requested(facts).requirements:
        specifier = _torch_of(table, asked)
        if specifier and admits(specifier, version) is False:
            target = _what_pip_takes(facts, table, specifier)
            if target:
                yield _would_replace(facts, table, version, asked, specifier, target)
                return  # one is enough: the first replaces it


def _refusing(facts: Facts, version: str) -> Iterator[Tuple[Distribution, Requirement]]:
    """Installed packages outside torch's family that do not accept the torch that is there."""
    for dist in need(facts.installs.distributions, "installed packages"):
        if canonical(dist.name) in TORCH_FAMILY:
            continue
        for line in dist.requires:
            if line[:5].lower() != "torch" or "extra" in line:
                continue
            requirement = parse(line)
            if requirement is None or requirement.name != "torch":
                continue
            refused = admits(requirement.specifier, version) is False
            if refused and applies(requirement.marker, marker_environment(facts)):
                yield dist, requirement


def _compiled(table: CompatTable, name: str) -> bool:
    try:
        return table.downstream(name).compiled
    except NoRow:
        return False


def _refused(facts: Facts, version: str, dist: Distribution, requirement: Requirement) -> Finding:
    wanted = pinned(requirement.specifier)
    return finding(
        ID,
        NAME,
        "warning",
        f"{dist.name} {dist.version} asks for torch{requirement.specifier}, and torch is {version}",
        "It may fail with this torch; installing or upgrading it with pip replaces torch by PyPI's build.",
        (
            Evidence(f"requires {requirement.line}", dist.metadata),
            seen(f"torch is {version}", facts.torch.version),
        ),
        # Of a range the cure takes the newest that fits: it reads what the packages ask for itself.
        (Remedy("install the torch that it asks for, in a build for this machine", (NeedTorch(version=wanted),)),),
    )


def _torch_of(table: CompatTable, asked: Requirement) -> str:
    """The specifier on torch that a requirement means, "" for none."""
    if asked.name == "torch":
        return "" if "+" in asked.specifier else asked.specifier
    version = pinned(asked.specifier)
    if version is None or asked.name not in (canonical(name) for name in table.downstream_names()):
        return ""
    return table.downstream(asked.name).requires_torch.get(version, "")


def _what_pip_takes(facts: Facts, table: CompatTable, specifier: str) -> Optional[TorchRelease]:
    """The newest release on PyPI that satisfies the specifier and has a wheel for this Python."""
    platform, minor = platform_of(facts), minor_of(facts)
    for row in table.torch_releases():
        if admits(specifier, row.version) and minor in row.pythons.get(platform, ()) and row.pypi and not row.yanked:
            return row
    return None


def _would_replace(
    facts: Facts, table: CompatTable, version: str, asked: Requirement, specifier: str, target: TorchRelease
) -> Finding:
    cuda = target.default_cuda or ""
    too_new = bool(cuda) and _driver_cannot(facts, table, cuda)
    because = [
        seen(asked.line, facts.installs.requested),
        seen(f"torch is {version}", facts.torch.version),
        Evidence(f"PyPI has torch {target.version} for CUDA {cuda or 'none'}", str(target.origin)),
    ]
    if asked.name != "torch":
        because.append(Evidence(f"{asked.line} requires torch{specifier}", "the table"))
    if too_new:
        because.append(seen(f"the driver is {_driver(facts)}", facts.driver.module_version))
    return finding(
        ID,
        NAME,
        "warning" if too_new else "note",
        f"requirements.txt would replace torch {version} with {target.version} for CUDA {cuda or 'none'}"
        + (", which this driver cannot run" if too_new else ""),
        "pip takes PyPI's build, whatever the driver is.",
        because,
        (
            Remedy(
                f"install torch {target.version} first, in a build for this machine",
                (NeedTorch(version=target.version),),
            ),
        ),
    )


def _driver(facts: Facts) -> str:
    for reading in (facts.driver.module_version, facts.driver.nvml_driver_version, facts.driver.library_version):
        if isinstance(reading, Known):
            return reading.value
    return ""


def _driver_cannot(facts: Facts, table: CompatTable, cuda: str) -> bool:
    """Whether the driver is known to be below what that CUDA needs, minor-version compatibility counted."""
    driver = _driver(facts)
    if not driver or not value_or(facts.driver.pci_gpus, ()):
        return False
    try:
        floor = table.cuda(cuda).minimum_driver
    except NoRow:
        return False
    return floor is not None and not at_least(driver, floor)
