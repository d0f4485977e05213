"""Why a release is not the one: each of its builds, and the first row of the table that stands against it."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..frozen import frozen
from ..report import Evidence, NeedTorch
from ..versions import cuda_of_tag, numbers, serves
from ._builds import (
    AS_SEEN,
    Build,
    Question,
    Terms,
    archs_of,
    builds_of,
    driver_runs,
    glibc_of,
    has_python,
    is_cuda,
    members,
    pythons_of,
    question_of,
)


@frozen
class Refused:
    """What became of one build."""

    variant: str  # cu121; "" where the release has no build that is in question
    why: Optional[Evidence]  # None: nothing is against it


def why_not(
    facts: Facts, table: CompatTable, version: str, accelerator: Optional[str] = None, terms: Terms = AS_SEEN
) -> Tuple[Refused, ...]:
    """Every build of that release that is in question. NoRow: no such release; NoPlan: the machine is not known."""
    release = table.torch(version)
    question = question_of(facts, table, NeedTorch(release.version, accelerator), terms)
    builds = builds_of(release, question, table)
    if builds:
        return tuple(Refused(build.variant, _refusal(build, question, table)) for build in builds)
    machine = question.machine
    there = release.variants_on.get(machine.platform, ())
    there = release.variants if machine.platform == "linux_x86_64" else there
    if machine.os == "darwin" and release.pypi and machine.platform in release.pythons:
        there = ("cpu",)
    if terms.conda:
        there = table.conda_variants(release.version, machine.os)
    what = accelerator or ("CUDA" if question.accelerated else "CPU")
    where = "conda" if terms.conda else machine.platform
    has = ", ".join(there) or "none that is known"
    says = f"torch {release.version} has no {what} build for {where} (it has {has})"
    return (Refused("", Evidence(says, f"row torch {release.version}: {release.origin}")),)


def _refusal(build: Build, question: Question, table: CompatTable) -> Optional[Evidence]:
    release, variant, recipe = build
    machine, driver = question.machine, question.driver
    if driver is not None and not driver_runs(build, driver, table):
        row = table.cuda(cuda_of_tag(variant))
        lowest = row.minimum_driver_windows if driver.windows else row.minimum_driver
        says = f"CUDA {row.version} needs driver {lowest} or newer, and this is {driver.evidence.says}"
        return Evidence(says, f"row cuda {row.version}: {row.origin}")
    if question.devices and is_cuda(variant):
        unserved = _unserved(build, question, table)
        if unserved is not None:
            return unserved
    named = f"torch {release.version}" if recipe is None else f"conda {release.version} {variant}"
    source = f"row {named}: {release.origin if recipe is None else recipe.origin}"
    if machine.os == "linux" and machine.glibc is not None and numbers(glibc_of(build)) > numbers(machine.glibc):
        return Evidence(f"it needs glibc {glibc_of(build)}, and this system has {machine.glibc}", source)
    if machine.python and not has_python(build, question):
        pythons = ", ".join(pythons_of(build, question)) or "none that is known"
        whose = "it was" if recipe is not None else f"{_listed(members(release, question))} were"
        return Evidence(f"{whose} built for Python {pythons}, and this is {machine.python_full}", source)
    return next((pin.evidence for pin in question.pins if not pin.fits(release, variant)), None)


def _listed(names: Sequence[str]) -> str:
    """torch, torchvision and torchaudio."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _unserved(build: Build, question: Question, table: CompatTable) -> Optional[Evidence]:
    """The first GPU that this build has no binary code for."""
    release, variant, _ = build
    archs = archs_of(build, question, table)
    if archs is None:
        return Evidence("what it has code for is not known", "no row in arch.json")
    binary: List[str] = [arch for arch in archs.archs if not arch.startswith("compute_")]
    for device in question.devices:
        if not serves(binary, device.capability):
            says = f"it has code for {' '.join(binary)}, and {device.label} has compute capability {device.capability}"
            return Evidence(says, f"row arch {release.version} {variant}: {archs.origin}")
    return None
