"""`plan --build`: a package that is compiled against torch, by its own wheel where one fits, else from source."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Iterator, List, Mapping, Optional, Sequence, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import Building, Downstream, DownstreamWheel
from ..cure import pip, toolchain
from ..cure.parts import NoWay
from ..cure.planner import TorchPlan
from ..cure.specifiers import meets
from ..cure.spot import CONDA_TOOLS, spot_of
from ..facts import Distribution, Facts
from ..frozen import frozen
from ..reading import Known, value_or
from ..versions import capability, cuda_of_tag, minor
from ..voice import Unusable
from .official import CONDA, Argv
from .requirements import distribution


@frozen
class Extension:
    """What --build asks for."""

    name: str  # as the table writes it: flash-attn
    version: str  # "": any
    building: Optional[Building]  # None: it is never compiled on installation
    downstream: Optional[Downstream]


@frozen
class Around:
    """The plan that the extension is for, and where it goes."""

    plan: TorchPlan
    facts: Facts
    manager: str
    here: bool
    home: str  # folder in which a toolchain's environment may be made

    @property
    def cuda(self) -> str:
        return cuda_of_tag(self.plan.variant) if self.plan.variant.startswith("cu") else ""

    @property
    def python(self) -> str:
        return ".".join(str(value_or(self.facts.python.version, "")).split(".")[:2])

    @property
    def platform(self) -> Tuple[str, str]:
        machine = value_or(self.facts.python.machine, value_or(self.facts.session.machine, "x86_64"))
        return str(value_or(self.facts.session.os, "linux")), str(machine)


def extensions(said: Sequence[str], table: CompatTable) -> Tuple[Extension, ...]:
    """Unusable where one of them is none that the table knows."""
    return tuple(_extension(one, table) for one in said)


def _extension(said: str, table: CompatTable) -> Extension:
    found = re.fullmatch(r"\s*([A-Za-z0-9][\w.-]*?)\s*(?:={2,3}\s*([\w.!+]+))?\s*", said)
    if found is None:
        raise Unusable(f"--build '{said}' is no name like mmcv or mmcv==2.1.0")
    name = re.sub(r"[-_.]+", "-", found.group(1)).lower()
    building = downstream = None
    with suppress(NoRow):
        building = table.building(name)
    with suppress(NoRow):
        downstream = table.downstream(name)
    if building is None and not (downstream and downstream.cudas):
        known = ", ".join(table.building_names())
        raise Unusable(f"--build '{said}': the table does not know how it is built; it knows {known}")
    row = building or downstream
    return Extension(row.name if row else name, found.group(2) or "", building, downstream)


def asked_of_torch(found: Sequence[Extension]) -> Tuple[Distribution, ...]:
    """As packages that ask something of torch, so that a build is chosen for which they have wheels."""
    made = []
    for one in found:
        requires: Tuple[str, ...] = ()
        if one.downstream is not None and one.version in one.downstream.requires_torch:
            requires = (f"torch{one.downstream.requires_torch[one.version]}",)
        elif one.building is not None and one.building.torch:
            requires = (f"torch{one.building.torch}",)
        made.append(distribution(one.name, one.version, requires, "--build"))
    return tuple(made)


def lines(one: Extension, around: Around, table: CompatTable) -> Tuple[Tuple[Argv, ...], Tuple[str, ...]]:
    """Commands that install it beside that torch, and notes. NoWay where nothing is known to lead there."""
    _check_gpus(one, around)
    words = _wheel(one, around, table)
    if words is not None:
        return (_install(around, words),), ()
    if one.building is None:
        raise NoWay(f"No {one.name} is known that has binaries for CUDA {around.cuda or 'none'}.")
    return _from_source(one, one.building, around, table)


def _check_gpus(one: Extension, around: Around) -> None:
    lowest = one.building.min_capability if one.building is not None else None
    for gpu in value_or(around.facts.gpus.gpus, ()):
        have = value_or(gpu.capability, "")
        if lowest and have and capability(have) < capability(lowest):
            label = f"GPU {gpu.index} ({value_or(gpu.name, have)})"
            raise NoWay(f"{one.name} serves GPUs from compute capability {lowest} on, and {label} has {have}.")


def _wheel(one: Extension, around: Around, table: CompatTable) -> Optional[Tuple[str, ...]]:
    """Arguments of `pip install` for a wheel that was made for this torch; None where there is none."""
    plan, row = around.plan, one.downstream
    if row is None:
        return None
    if row.cudas:
        fits = [version for version, cudas in row.cudas.items() if around.cuda in cudas and _takes(row, version, plan)]
        version = _newest(fits, one.version)
        return (f"{row.name}=={version}",) if version else None
    if one.building is not None and one.building.wheel:
        return _by_address(one, one.building, row, around, table)
    for wheel in row.wheels:
        if wheel.torch == minor(plan.torch) and wheel.variant == plan.variant and wheel.find_links:
            version = _newest(wheel.versions, one.version)
            if version or not wheel.versions:
                name = row.name.replace("-", "_") if "pyg.org" in wheel.find_links else row.name
                pinned = version or one.version
                return (f"{name}=={pinned}" if pinned else name, "-f", wheel.find_links)
    return _pinned(one, row, plan)


def _takes(row: Downstream, version: str, plan: TorchPlan) -> bool:
    return meets(plan.torch, row.requires_torch.get(version, ""))


def _pinned(one: Extension, row: Downstream, plan: TorchPlan) -> Optional[Tuple[str, ...]]:
    """One that names its torch in its metadata, from the index that torch itself comes from (xformers)."""
    version = _newest([version for version in row.requires_torch if _takes(row, version, plan)], one.version)
    if not version or plan.flag != "--index-url":
        return None
    return (f"{row.name}=={version}", "--index-url", plan.url)


def _by_address(
    one: Extension, building: Building, row: Downstream, around: Around, table: CompatTable
) -> Optional[Tuple[str, ...]]:
    """A wheel on a page of releases, by its whole address; by its version alone where the Python is not known."""
    plan = around.plan
    if around.platform not in (("linux", "x86_64"), ("linux", "amd64")):
        return None
    made: Mapping[str, DownstreamWheel] = {
        version: wheel
        for wheel in row.wheels
        if wheel.torch == minor(plan.torch) and wheel.variant[:4] == plan.variant[:4]
        for version in wheel.versions
        if not around.python or around.python in building.wheel_pythons.get(version, ())
    }
    version = _newest(list(made), one.version)
    if not version:
        return None
    if not around.python:
        return (f"{one.name}=={version}", "--no-build-isolation")
    abis = table.torch(plan.torch).cxx11_abi
    abi = abis.get(plan.variant, abis.get("default", True))
    address = building.wheel.format(
        version=version,
        variant=made[version].variant,
        torch=minor(plan.torch),
        abi=str(abi).upper(),
        python=around.python.replace(".", ""),
    )
    return (address,)


def _newest(versions: Sequence[str], asked: str) -> str:
    from packaging.version import Version

    if asked:
        return asked if asked in versions else ""
    final = [version for version in versions if not Version(version).is_prerelease]
    return max(final, key=Version, default="")


def _install(around: Around, words: Tuple[str, ...]) -> Argv:
    if around.here and isinstance(around.facts.python.executable, Known):
        spot = spot_of(around.facts, "uv" if around.manager == "uv" else "pip")
        return pip.install(spot, words)[-1]
    return ("uv", "pip", "install", *words) if around.manager == "uv" else ("pip", "install", *words)


def _from_source(
    one: Extension, building: Building, around: Around, table: CompatTable
) -> Tuple[Tuple[Argv, ...], Tuple[str, ...]]:
    system, machine = around.platform
    if not around.cuda:
        raise NoWay(f"{one.name} is compiled for CUDA, and this is a {around.plan.variant} build of torch.")
    if system != "linux" or machine not in ("x86_64", "amd64"):
        raise NoWay(
            f"{one.name} has no wheel for this torch, and how it is compiled on {system} {machine} is not known."
        )
    want = toolchain.wanted(around.plan.torch, around.cuda, table)
    chain, notes = _toolchain(want, around, table)
    exports = [*chain.variables, *_archs(around, notes, one), *sorted(building.env.items())]
    given = f"{building.given}=={one.version}" if one.version and "://" not in building.given else building.given
    if one.version and "://" in building.given:
        given = re.sub(r"@[^@/]+$", "", building.given) + f"@v{one.version}"
    commands: List[Argv] = list(chain.commands)
    commands += [("export", f"{name}={value}") for name, value in exports]
    commands.append(_install(around, building.tools))
    commands.append(_install(around, ("--no-build-isolation", given)))
    known = _nearest(one, around.plan)
    notes.append(
        f"No wheel of {one.name} fits torch {around.plan.torch} for {around.plan.variant}{known}: "
        f"it is compiled, with nvcc of CUDA {want.cuda} and gcc from {want.gcc_min} to {want.gcc_max}."
    )
    return tuple(commands), tuple(notes)


def _toolchain(want: toolchain.Wanted, around: Around, table: CompatTable) -> Tuple[toolchain.Toolchain, List[str]]:
    notes: List[str] = []
    if around.here:
        found = toolchain.here(want, around.facts)
        if found is None and around.manager not in CONDA:
            spot = spot_of(around.facts, "uv" if around.manager == "uv" else "pip")
            found = toolchain.of_wheels(want, around.facts, table, spot)
        if found is not None:
            return found, notes
    conda, is_there = "conda", True
    if around.here:
        spot = spot_of(around.facts)
        conda = spot.program(spot.conda_tool)
        is_there = any(tool in spot.programs for tool in CONDA_TOOLS)
    if not is_there:
        notes.append("conda is not here; micromamba is one file that needs no root, and takes the same words.")
    prefix = f"{around.home}/envs/cuda-{want.cuda}"
    if not around.here:
        notes.append(f"{prefix} may be any folder that lasts.")
    return toolchain.of_conda(want, table, prefix, conda), notes


def _archs(around: Around, notes: List[str], one: Extension) -> Iterator[Tuple[str, str]]:
    """What it is compiled for: the GPUs that are there, not those that nvcc would guess."""
    found = {value_or(gpu.capability, "") for gpu in value_or(around.facts.gpus.gpus, ())} - {""}
    if found:
        yield "TORCH_CUDA_ARCH_LIST", ";".join(sorted(found, key=capability))
    else:
        notes.append(f"--gpu says for which GPUs {one.name} is compiled; without it, for those that it sees.")


def _nearest(one: Extension, plan: TorchPlan) -> str:
    """The builds of torch for which it has wheels, the newest of them."""
    from packaging.version import Version

    wheels = one.downstream.wheels if one.downstream is not None else ()
    cuda = [wheel for wheel in wheels if wheel.variant[:4] == plan.variant[:4]]
    newest = max((wheel.torch for wheel in cuda), key=Version, default="")
    return f" (the newest torch with wheels for CUDA {plan.variant[2:4]} is {newest})" if newest else ""
