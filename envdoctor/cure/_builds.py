"""Builds of torch held against a machine: which can work at all, and which of those is best."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import ArchList, CondaRecipe, TorchRelease
from ..facts import Facts
from ..reading import Absent, Known, source_of, value_or
from ..report import Evidence, NeedTorch
from ..versions import cuda_of_tag, cuda_tag, numbers, serves
from ._machine import Device, Driver, Machine, NoPlan, devices_of, driver_of, list_of, machine_of, native, runs
from ._pins import FAMILY, Compiled, Pin, compiled_of, installed, numpy_two, pins_of, torch_meant, torch_seen

#: Official commands name torchaudio from this release on; before, it had no builds with CUDA anyway.
_AUDIO_SINCE = (1, 7)


class Build(NamedTuple):
    release: TorchRelease
    variant: str  # cu121 | cpu
    recipe: Optional[CondaRecipe] = None  # where it is conda's build


class Terms(NamedTuple):
    """How a question is asked."""

    conda: bool = False  # of the builds that conda has, not of wheels
    described: bool = False  # the facts are a description: what it leaves out is no constraint
    channel: str = ""  # of conda's builds, those of this channel alone


#: Of wheels, on the machine that was looked at.
AS_SEEN = Terms()


class Question(NamedTuple):
    """Everything that is read before builds are compared."""

    machine: Machine
    driver: Optional[Driver]
    devices: Tuple[Device, ...]
    wish: Optional[str]  # the variant that the caller asks for
    accelerated: bool  # False: only CPU builds are in question
    pins: Tuple[Pin, ...]
    compiled: Tuple[Compiled, ...]
    present: Optional[Tuple[str, ...]]  # members of the family that are there; None: no torch, so the published trio
    torch: Optional[str]  # public version of the torch that is there
    variant: Optional[str]  # its variant
    numpy: Optional[str]  # NumPy 2 or later, where it is installed
    conda: bool = False  # only conda's builds are in question
    channel: str = ""  # and of these only this channel's


def question_of(facts: Facts, table: CompatTable, need: NeedTorch, terms: Terms = AS_SEEN) -> Question:
    """NoPlan where too little is known to choose."""
    machine = machine_of(facts, terms.described)
    seen = torch_seen(facts) or torch_meant(facts)
    recorded = tuple(installed(facts))
    companions = tuple(one.name for one in value_or(facts.torch.companions, ()) if one.name in FAMILY)
    present = tuple(name for name in FAMILY if name in {"torch", *recorded, *companions})
    driver, devices = _gpus(facts, table, need.accelerator, machine, terms.described)
    accelerated = bool(devices) or driver is not None if need.accelerator is None else need.accelerator != "cpu"
    return Question(
        machine=machine,
        driver=driver,
        devices=devices,
        wish=need.accelerator,
        accelerated=accelerated,
        pins=pins_of(facts, machine),
        compiled=compiled_of(facts, table),
        present=present if seen else None,
        torch=seen.split("+", 1)[0] if seen else None,
        variant=_variant(seen, facts),
        numpy=numpy_two(facts),
        conda=terms.conda,
        channel=terms.channel,
    )


def _variant(seen: Optional[str], facts: Facts) -> Optional[str]:
    """The variant of the torch that is there: its local version says it, else its CUDA."""
    if seen and "+" in seen:
        return seen.split("+", 1)[1]
    if isinstance(facts.torch.cuda, Known):
        return cuda_tag(facts.torch.cuda.value)
    return "cpu" if value_or(facts.torch.build, "") == "cpu" else None


def _gpus(
    facts: Facts, table: CompatTable, wish: Optional[str], machine: Machine, described: bool
) -> Tuple[Optional[Driver], Tuple[Device, ...]]:
    """The driver and the GPUs that the build must suit: none of either where a CPU build is wanted or all that runs."""
    if wish == "cpu" or machine.os == "darwin":
        return None, ()
    driver = driver_of(facts, table)
    if wish:
        try:
            return driver, devices_of(facts, table) or ()
        except NoPlan:
            return driver, ()  # the caller chose; a GPU that nobody knows cannot argue
    devices = devices_of(facts, table)
    if described and (devices or devices is None):
        return driver, devices or ()
    if devices is None:
        if isinstance(facts.driver.module_version, Absent) and driver is None:
            return None, ()
        raise NoPlan(Evidence("which GPUs are here is not known", source_of(facts.gpus.gpus)))
    if devices and driver is None:
        says = f"{devices[0].label} is here, and which driver runs it is not known, so no CUDA can be chosen"
        raise NoPlan(Evidence(says, source_of(facts.driver.module_version)))
    return (driver, devices) if devices else (None, ())


def builds_of(release: TorchRelease, question: Question, table: CompatTable) -> Tuple[Build, ...]:
    """The builds of a release that exist for this platform and are in question."""
    platform = question.machine.platform
    if question.conda:
        # The rows are of linux-64, win-64 and both of macOS; which of the two is not recorded.
        there: Tuple[str, ...] = table.conda_variants(release.version, question.machine.os)
        there = () if platform == "linux_aarch64" else there
    elif question.machine.os == "darwin":
        there = ("cpu",) if release.pypi and platform in release.pythons else ()
    else:
        there = release.variants if platform == "linux_x86_64" else release.variants_on.get(platform, ())
    if question.wish is not None:
        there = tuple(variant for variant in there if variant == question.wish)
    elif question.accelerated:
        there = tuple(variant for variant in there if is_cuda(variant))
    else:
        # No GPU here: a CUDA build that is installed may be meant for jobs on other machines, so it may stay.
        there = tuple(variant for variant in there if variant in ("cpu", question.variant))
    if question.conda:
        system = question.machine.os
        recipes = (table.conda_recipe(release.version, one, system) for one in there)
        return tuple(
            Build(release, recipe.variant, recipe)
            for recipe in recipes
            if question.channel in ("", *recipe.channels[:1])
        )
    return tuple(Build(release, variant) for variant in there)


def is_cuda(variant: str) -> bool:
    return variant.startswith("cu")


def narrow(builds: Sequence[Build], question: Question, table: CompatTable) -> List[Build]:
    """The builds that can work here. NoPlan names the first thing that leaves none."""
    machine, driver, devices = question.machine, question.driver, question.devices
    what = question.wish or ("CUDA" if question.accelerated else "CPU")
    left = list(builds)
    if not left:
        raise NoPlan(Evidence(f"no {what} build of torch for {machine.platform} is known", "the table"))
    if driver is not None:
        lowest = min((cuda_of_tag(build.variant) for build in left if is_cuda(build.variant)), key=numbers, default="")
        says = f"{driver.evidence.says} runs none of these builds: the oldest is for CUDA {lowest}"
        left = _only(left, lambda build: driver_runs(build, driver, table), says, driver.evidence.source)
    if devices:
        says = f"no build that this driver runs has code for every GPU here ({list_of(devices)})"
        left = _only(left, lambda build: has_code(build, question, table), says, devices[0].evidence.source)
    if machine.glibc is not None and machine.os == "linux":
        have = machine.glibc
        needed = min((glibc_of(build) for build in left), key=numbers)
        says = f"every build that would fit needs glibc {needed}, and this system has {have}"
        left = _only(left, lambda build: numbers(glibc_of(build)) <= numbers(have), says, machine.evidence[-1].source)
    if not machine.python:
        return left
    minors = sorted({one for build in left for one in pythons_of(build, question)}, key=_python_order)
    offer = f"they are for {', '.join(minors)}" if minors else f"none are known for {machine.platform}"
    says = f"no build that would fit has wheels for Python {machine.python_full}: {offer}"
    return _only(left, lambda build: has_python(build, question), says, machine.evidence[0].source)


def _only(builds: List[Build], fits: Callable[[Build], bool], says: str, source: str) -> List[Build]:
    left = [build for build in builds if fits(build)]
    if not left:
        raise NoPlan(Evidence(says, source))
    return left


def driver_runs(build: Build, driver: Driver, table: CompatTable) -> bool:
    return not is_cuda(build.variant) or runs(driver, cuda_of_tag(build.variant), table)


def has_code(build: Build, question: Question, table: CompatTable) -> bool:
    """Whether the build has binary code for every GPU. PTX is not counted: what torch brings along (cuDNN, cuBLAS)
    has none to match, and a driver older than the build's CUDA would not compile it."""
    if not is_cuda(build.variant):
        return True
    archs = archs_of(build, question, table)
    if archs is None:
        return False
    binary = tuple(arch for arch in archs.archs if not arch.startswith("compute_"))
    return all(serves(binary, device.capability) for device in question.devices)


def archs_of(build: Build, question: Question, table: CompatTable) -> Optional[ArchList]:
    machine = question.machine
    # Few Windows builds have a row of their own; they are made from the list of the Linux build.
    systems = ("windows", "linux") if machine.os == "windows" else (machine.os,)
    for system in systems:
        try:
            return table.arch_list(build.release.version, build.variant, machine.machine, system)
        except NoRow:
            continue
    return None


def glibc_of(build: Build) -> str:
    if build.recipe is not None and build.recipe.glibc is not None:
        return build.recipe.glibc
    floors = build.release.glibc
    return floors.get(build.variant, floors["default"])


def members(release: TorchRelease, question: Question) -> Tuple[str, ...]:
    """Which of the family are installed with that release."""
    there = {"torch": True, "torchvision": release.torchvision is not None, "torchaudio": has_audio(release)}
    wanted = FAMILY if question.present is None else question.present
    return tuple(name for name in FAMILY if name in wanted and there[name])


def has_audio(release: TorchRelease) -> bool:
    """Whether a torchaudio was made for it: 2.11.0 was the last, and installs beside any later torch by chance only."""
    if release.torchaudio is None or numbers(release.version) < _AUDIO_SINCE:
        return False
    return numbers(release.version)[0] < 2 or numbers(release.torchaudio)[:2] == numbers(release.version)[:2]


def pythons_of(build: Build, question: Question) -> Tuple[str, ...]:
    """Minor versions for which every member has a build on this platform; of conda's, empty where not known."""
    release = build.release
    if build.recipe is not None:
        return build.recipe.pythons
    platform = question.machine.platform
    wheels = {"torch": release.pythons, "torchvision": release.vision_pythons, "torchaudio": release.audio_pythons}
    lists = [wheels[name].get(platform, ()) for name in members(release, question)]
    return tuple(one for one in lists[0] if all(one in others for others in lists))


def has_python(build: Build, question: Question) -> bool:
    release, pythons = build.release, pythons_of(build, question)
    if build.recipe is not None:
        return not pythons or question.machine.python in pythons
    refused = "torchvision" in members(release, question) and question.machine.python_full in release.pythons_refused
    return question.machine.python in pythons and not refused


def best(pool: Sequence[Build], question: Question) -> Build:
    """Of builds that all work: what changes least and is surest, then the newest."""
    left = _prefer(pool, lambda build: not unadvertised(build))
    if question.present and "torchaudio" in question.present:
        left = _prefer(left, lambda build: has_audio(build.release))
    for package in question.compiled:
        left = [build for build in left if package.has_wheel(build.release.version, build.variant)] or left
    if question.numpy:
        left = _prefer(left, lambda build: takes_numpy_two(build.release, question.machine.os))
    newest = max(numbers(build.release.version) for build in left)
    left = [build for build in left if numbers(build.release.version) == newest]
    if left[0].release.version == question.torch:
        left = _prefer(left, lambda build: build.variant == question.variant)
    driver = question.driver
    if driver is None and question.accelerated:
        # Which CUDA the driver would run is not known: what PyPI gives has been tried by most.
        left = _prefer(left, lambda build: build.release.pypi_on.get("linux_x86_64") == build.variant)
    if driver is None or not is_cuda(left[0].variant):
        return left[0]
    own = [build for build in left if native(driver, cuda_of_tag(build.variant))]
    # The newest CUDA that the driver has itself; where it has none, the one that asks least of compatibility.
    pick = max if own else min
    return pick(own or left, key=lambda build: numbers(cuda_of_tag(build.variant)))


def unadvertised(build: Build) -> bool:
    """Whether no official command names these wheels; of conda's builds nothing is said by that."""
    return build.recipe is None and build.variant in build.release.unadvertised


def _prefer(builds: Sequence[Build], better: Callable[[Build], bool]) -> List[Build]:
    return [build for build in builds if better(build)] or list(builds)


def takes_numpy_two(release: TorchRelease, os: str) -> bool:
    return release.numpy2.get("windows" if os == "windows" else "linux_macos", True)


def _python_order(name: str) -> Tuple[Tuple[int, ...], bool]:
    return numbers(name), name.endswith("t")
