"""Which build of torch this machine should have: driver, every GPU, Python, C library and other packages together.

A pure function of facts and table. What is installed is kept where any of its builds can work here (change least);
else the newest release that fits. Which packages: where torch is missing the published trio, else those of torch,
torchvision and torchaudio that are there.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ..compat import CompatTable
from ..compat.rows import CondaRecipe
from ..facts import Facts
from ..frozen import frozen
from ..report import Evidence, NeedTorch
from ..versions import cuda_of_tag, minor
from ._builds import (
    AS_SEEN,
    Build,
    Question,
    Terms,
    archs_of,
    best,
    builds_of,
    glibc_of,
    is_cuda,
    members,
    narrow,
    pythons_of,
    question_of,
    takes_numpy_two,
    unadvertised,
)
from ._machine import NoPlan, driver_of, native
from ._refused import Refused, why_not

__all__ = ["NoPlan", "Refused", "Terms", "TorchPlan", "driver_of", "pip_words", "plan_torch", "why_not"]


@frozen
class TorchPlan:
    torch: str  # public version: 2.5.1
    torchvision: Optional[str]  # None: not part of the plan
    torchaudio: Optional[str]
    variant: str  # cu121 | cpu
    packages: Tuple[Tuple[str, str], ...]  # (name, version), the version as pip is to be asked for it: 1.9.0+cu111
    flag: str  # --find-links | --extra-index-url | --index-url; "": the index that pip has anyway
    url: str
    pythons: Tuple[str, ...]  # minor versions for which all of the packages have wheels on this platform
    reasons: Tuple[Evidence, ...]
    notes: Tuple[str, ...]  # sentences
    recipe: Optional[CondaRecipe] = None  # where conda's builds were asked for


def plan_torch(facts: Facts, table: CompatTable, need: NeedTorch, terms: Terms = AS_SEEN) -> TorchPlan:
    """The build for this machine. NoPlan, with its reasons, where none fits or too little is known to choose."""
    question = question_of(facts, table, need, terms)
    every = [
        build
        for release in table.torch_releases()
        # A release that PyPI lacks (1.8.2 LTS) is for those who have it or ask for it.
        if not release.yanked and (release.pypi or release.version in (need.version, question.torch))
        for build in builds_of(release, question, table)
    ]
    fitting = narrow(every, question, table)
    notes: List[str] = []
    kept = _kept(fitting, every, need.version, question, table, notes)
    build = best(kept or _allowed(fitting, question, notes), question)
    return _plan(build, question, notes, table)


def pip_words(plan: TorchPlan) -> Tuple[str, ...]:
    """Arguments of `pip install`, as PyTorch publishes them for that release."""
    flag = "-f" if plan.flag == "--find-links" else plan.flag
    requirements = tuple(f"{name}=={version}" for name, version in plan.packages)
    return (*requirements, flag, plan.url) if flag else requirements


def _kept(
    fitting: Sequence[Build],
    every: Sequence[Build],
    asked: Optional[str],
    question: Question,
    table: CompatTable,
    notes: List[str],
) -> List[Build]:
    """The builds of the release that is asked for, else of the one that is there; empty where neither can be kept."""
    pinned = any(_fits_pins(build, question) for build in fitting)
    for version, whose in ((asked, "asked for"), (question.torch, "installed")):
        if version is None:
            continue
        same = [build for build in fitting if build.release.version == version]
        if same and (whose == "asked for" or not pinned or _fits_pins(same[0], question)):
            return same
        if same:
            notes.append(f"torch {version} is not kept: another package asks for another version.")
            continue
        there = [build for build in every if build.release.version == version]
        if not there:
            notes.append(f"torch {version}, {whose}, has no build in the table that is in question here.")
            continue
        try:
            narrow(there, question, table)
        except NoPlan as reason:
            notes.append(f"torch {version}, {whose}, has no build that works here: {reason}.")
    return []


def _fits_pins(build: Build, question: Question) -> bool:
    return all(pin.fits(build.release, build.variant) for pin in question.pins)


def _allowed(fitting: Sequence[Build], question: Question, notes: List[str]) -> List[Build]:
    """The builds that the other packages accept. A wish that no build here can meet is passed over, with a note."""
    left = list(fitting)
    for pin in question.pins:
        met = [build for build in left if pin.fits(build.release, build.variant)]
        if met:
            left = met
        else:
            notes.append(f"{pin.evidence.says}, which cannot be met here: it needs another version itself.")
    return left


def _plan(build: Build, question: Question, notes: Sequence[str], table: CompatTable) -> TorchPlan:
    release, variant, recipe = build
    era = table.wheel_index(release.version, variant)
    machine = question.machine
    # Where a requirement names the build by its local tag, PyPI's wheel, which has none, does not meet it.
    tagged = is_cuda(variant) and not era.local_tag and any("+" in pin.specifier for pin in question.pins)
    bare = machine.os == "darwin" or (machine.os == "linux" and variant in era.bare and not tagged)
    # PyPI's own aarch64 wheels are CPU builds up to 2.10, and the old find-links pages have none.
    bare = bare or (machine.platform == "linux_aarch64" and release.pypi_on.get(machine.platform) == variant == "cpu")
    versions = {"torch": release.version, "torchvision": release.torchvision, "torchaudio": release.torchaudio}
    names = members(release, question)
    # torchaudio had no builds by CUDA when versions carried tags, and is published without one.
    tag = f"+{variant}" if era.local_tag and not bare else ""
    return TorchPlan(
        torch=release.version,
        torchvision=release.torchvision if "torchvision" in names else None,
        torchaudio=release.torchaudio if "torchaudio" in names else None,
        variant=variant,
        packages=tuple((name, f"{versions[name]}{tag if name != 'torchaudio' else ''}") for name in names),
        flag="" if bare else era.flag,
        url="" if bare else era.url.format(variant=variant),
        pythons=pythons_of(build, question),
        reasons=_reasons(build, question, table),
        notes=(*notes, *_notes(build, question)),
        recipe=recipe,
    )


def _reasons(build: Build, question: Question, table: CompatTable) -> Tuple[Evidence, ...]:
    release, variant, _ = build
    reasons = list(question.machine.evidence)
    reasons += [device.evidence for device in question.devices]
    if question.driver is not None:
        reasons.append(question.driver.evidence)
    if is_cuda(variant):
        row = table.cuda(cuda_of_tag(variant))
        windows = question.machine.os == "windows" or (question.driver is not None and question.driver.windows)
        lowest = row.minimum_driver_windows if windows else row.minimum_driver
        if lowest:
            older = question.driver is not None and not native(question.driver, row.version)
            how = ", by minor-version compatibility" if older else ""
            says = f"CUDA {row.version} runs on driver {lowest} and newer{how}"
            reasons.append(Evidence(says, str(row.origin)))
        archs = archs_of(build, question, table)
        if archs is not None:
            says = f"torch {release.version}+{variant} has code for {' '.join(archs.archs)}"
            reasons.append(Evidence(says, str(archs.origin)))
    what, origin = ("wheels", release.origin) if build.recipe is None else ("conda builds", build.recipe.origin)
    pythons = ", ".join(pythons_of(build, question)) or "versions that are not recorded"
    floor = f" and needs glibc {glibc_of(build)}" if question.machine.os == "linux" else ""
    reasons.append(Evidence(f"torch {release.version} has {what} for Python {pythons}{floor}", str(origin)))
    reasons += [pin.evidence for pin in question.pins if pin.fits(release, variant)]
    return tuple(reasons)


def _notes(build: Build, question: Question) -> List[str]:
    release, variant, _ = build
    notes = []
    if unadvertised(build):
        notes.append(f"The {variant} builds of torch {release.version} stand in no official command.")
    if question.present and "torchaudio" in question.present and "torchaudio" not in members(release, question):
        notes.append(f"No torchaudio was made for torch {release.version}: the one that is there may not work with it.")
    if question.numpy and not takes_numpy_two(release, question.machine.os):
        notes.append(f'torch {release.version} was built for NumPy 1, and NumPy {question.numpy} is here: "numpy<2".')
    changes = question.torch is not None and minor(question.torch) != minor(release.version)
    if changes or (question.variant is not None and question.variant != variant):
        stale = ", ".join(one.by for one in question.compiled)
        if stale:
            notes.append(f"Compiled for the torch that is there, and to be installed again for this one: {stale}.")
    return notes
