"""torch in the build that fits, by the manager that owns it."""

from __future__ import annotations

import dataclasses
import re
from typing import Dict, Iterator, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import CondaRecipe
from ..facts import Facts
from ..reading import Absent, Known, Reading, value_or
from ..report import NeedTorch
from ..versions import cuda_tag
from . import conda, pip, project
from ._builds import takes_numpy_two
from ._pins import FAMILY
from .channels import channels_at
from .mirrors import Place, conda_base, placed
from .parts import Argv, Case, NoWay, Part
from .planner import NoPlan, Terms, TorchPlan, pip_words, plan_torch
from .spot import CONDA_TOOLS, PROJECT_TOOLS, Spot, canonical


def torch_parts(need: NeedTorch, case: Case) -> Tuple[Part, ...]:
    """Commands that put the fitting torch into the environment. NoWay where no build fits."""
    return put_in(planned(need, case.facts, case.table), need, case)


def put_in(plan: TorchPlan, need: NeedTorch, case: Case) -> Tuple[Part, ...]:
    """Commands that put the build of a plan into the environment."""
    spot = case.spot
    recipe = plan.recipe or (_recipe(plan, case) if spot.manager in CONDA_TOOLS else None)
    if recipe is not None:
        return _by_recipe(plan, recipe, need, case)
    plan = placed(plan, case.facts, case.table, case.places, spot.manager == "uv" or pip.uses_uv(spot))
    if spot.manager in CONDA_TOOLS:
        parts = _in_conda(plan, need, case)
    elif spot.manager in PROJECT_TOOLS and spot.project is not None:
        parts = _in_project(plan, need, case)
    else:
        parts = (Part("torch", _pip_commands(plan, need, spot, case)),)
    return _noted(parts, plan.notes)


def _noted(parts: Tuple[Part, ...], notes: Tuple[str, ...]) -> Tuple[Part, ...]:
    """The notes of the plan before those of the last part, which installs."""
    said = " ".join(note for note in (*notes, parts[-1].note) if note)
    return (*parts[:-1], dataclasses.replace(parts[-1], note=said))


def install_torch(
    need: NeedTorch, facts: Facts, table: CompatTable, spot: Spot, places: Tuple[Place, ...] = ()
) -> Tuple[Tuple[Argv, ...], str]:
    """The same into an environment that is new: nothing is there to keep or to replace."""
    plan = placed(planned(need, facts, table), facts, table, places, pip.uses_uv(spot))
    commands, notes = pip.install(spot, pip_words(plan)), plan.notes
    if not takes_numpy_two(table.torch(plan.torch), str(value_or(facts.session.os, "linux"))):
        # torchvision brings the newest NumPy along.
        commands += pip.install(spot, ("numpy<2",))
        notes += (f"torch {plan.torch} was built for NumPy 1.",)
    return commands, " ".join(notes)


def planned(need: NeedTorch, facts: Facts, table: CompatTable) -> TorchPlan:
    try:
        return plan_torch(facts, table, need)
    except (NoPlan, NoRow) as reason:
        raise NoWay(str(reason)) from None


def _pip_commands(plan: TorchPlan, need: NeedTorch, spot: Spot, case: Case) -> Tuple[Argv, ...]:
    if spot.python is None:
        raise NoWay("There is no interpreter to install into.")
    again = [name for name, _ in plan.packages] if need.reinstall else list(_stale(plan, case.facts))
    # What is not there is not in the way: a plain install puts it in place.
    return pip.install(spot, pip_words(plan), reinstall=[name for name in again if name not in case.gone])


def _stale(plan: TorchPlan, facts: Facts) -> Iterator[str]:
    """Packages of the right version and the wrong build: pip takes 2.5.1+cu118 for `torch==2.5.1` and does nothing.

    Only these are forced, because each is a large download.
    """
    have = {one.name: (one.version, one.cuda) for one in value_or(facts.torch.companions, ())}
    if isinstance(facts.torch.version, Known):
        have["torch"] = (facts.torch.version.value, facts.torch.cuda)
    for name, wanted in plan.packages:
        version, cuda = have.get(name, ("", Absent()))
        public, _, tag = version.partition("+")
        if "+" in wanted or public != wanted:
            continue  # pip itself sees that this is another version
        if (tag or variant_of(cuda)) not in ("", plan.variant):
            yield name


def variant_of(cuda: Reading[str]) -> str:
    """The name of a build on the wheel indexes: cu121, cpu; "" where it is not known."""
    if isinstance(cuda, Known):
        return cuda_tag(cuda.value)
    return "cpu" if isinstance(cuda, Absent) else ""


def _recipe(plan: TorchPlan, case: Case) -> Optional[CondaRecipe]:
    """conda's recipe where conda alone owns torch or the user asked for conda; None: pip inside the environment."""
    if case.wish in CONDA_TOOLS or (case.spot.conda_owns_torch and not _pip_has_it(case)):
        try:
            return case.table.conda_recipe(plan.torch, plan.variant)
        except NoRow:
            return None
    return None


def _by_recipe(plan: TorchPlan, recipe: CondaRecipe, need: NeedTorch, case: Case) -> Tuple[Part, ...]:
    spot = case.spot
    channels, notes = channels_at(recipe.channels, case.facts, case.table, conda_base(case.places))
    words = dataclasses.replace(recipe, channels=channels).words
    command = conda.install(spot, words, need.reinstall and spot.conda_owns_torch)
    return _noted(
        (*_without_pips(case), *_without_cpuonly(plan, spot), Part("torch", (command,), note=" ".join(notes))),
        plan.notes,
    )


def _in_conda(plan: TorchPlan, need: NeedTorch, case: Case) -> Tuple[Part, ...]:
    """pip inside a conda environment.

    The pytorch channel ended with 2.5: a build that has no recipe comes from pip, after conda's copy is gone, because
    two owners of one folder is a fault of its own. Where both have a copy, pip's is the one that a user laid over it.
    """
    spot = case.spot
    copies = conda.owned(spot, ("torch", "pytorch-cpu", "pytorch-gpu", "libtorch", "torchvision", "torchaudio"))
    inside = conda.for_pip(spot)
    if not copies:
        return (Part("torch", (*conda.pip_first(spot), *_pip_commands(plan, need, inside, case))),)
    # Files of conda's copy go with it, those that pip laid over them too: nothing is left that pip could count on.
    again = [name for name, _ in plan.packages if name not in case.gone and _pip_has_it(case)]
    commands = (*conda.pip_first(spot), *pip.install(inside, pip_words(plan), reinstall=again))
    note = f"conda has no build of torch {plan.torch} for {plan.variant} that is known, so it comes from pip."
    return (
        Part("remove", (conda.remove(spot, copies),), "removes"),
        Part("torch", commands, note="" if _pip_has_it(case) else note),
    )


def _pip_has_it(case: Case) -> bool:
    """Whether pip put a torch of its own into the conda environment."""
    return "torch" in _pips(case)


def _pips(case: Case) -> Tuple[str, ...]:
    """Members of torch's family that pip put into the conda environment."""
    return conda.by_pip(case.spot, case.facts, FAMILY)


def _without_pips(case: Case) -> Tuple[Part, ...]:
    """Where conda brings the whole family, pip's copies go first: conda would lay its own files over them."""
    names = tuple(name for name in _pips(case) if name not in case.gone)
    if not names:
        return ()
    return (Part("remove", pip.uninstall(conda.for_pip(case.spot), names), "removes"),)


def _without_cpuonly(plan: TorchPlan, spot: Spot) -> Tuple[Part, ...]:
    """`cpuonly` was asked for by name once and still counts: beside it, no solver takes a CUDA build."""
    if plan.variant == "cpu" or "cpuonly" not in spot.conda_packages:
        return ()
    return (Part("remove", (conda.remove(spot, ("cpuonly",)),), "removes"),)


def _in_project(plan: TorchPlan, need: NeedTorch, case: Case) -> Tuple[Part, ...]:
    words = pip_words(plan)
    requirements = pip.requirements_of(words)
    spot = case.spot
    if spot.manager == "pixi":
        return (_in_pixi(plan, need, case),)
    if plan.flag == "--find-links":
        # The oldest builds have no index that a manifest could name.
        note = f"{spot.manager} projects cannot name this source; the next sync would undo the change."
        return (Part("torch", _pip_commands(plan, need, spot, case), note=note),)
    note = ""
    if spot.manager == "uv" and plan.url:
        name, explicit, others = _uv_index(plan, case)
        commands = project.add_from(spot, requirements, plan.url, name, explicit)
        if others:
            note = f"pyproject.toml has other indexes of PyTorch's beside {name} ({', '.join(others)}); "
            note += "[tool.uv.sources] says which of them counts."
    else:
        commands = project.add(spot, requirements, plan.url, f"pytorch-{plan.variant}")
    if need.reinstall:
        commands += project.again(spot, tuple(canonical(one) for one in requirements))
    return (Part("torch", commands, note=note),)


def _uv_index(plan: TorchPlan, case: Case) -> Tuple[str, bool, Tuple[str, ...]]:
    """What the project calls its index of PyTorch's builds, whether it is explicit, and the names of its others."""
    found: Dict[str, bool] = {}
    for setting in value_or(case.facts.indexes.uv, ()):
        if setting.key in ("explicit-index", "index") and setting.source.startswith(f"{case.spot.project}/"):
            for value in setting.values:
                name, mark, url = value.partition("=")
                last = url.rstrip("/").rsplit("/", 1)[-1]
                if mark and "://" not in name and (last == "cpu" or re.fullmatch(r"cu\d+|rocm[\d.]+", last)):
                    found[name] = setting.key == "explicit-index"
    if not found:
        return f"pytorch-{plan.variant}", False, ()
    now = variant_of(case.facts.torch.cuda)
    name = next((one for one in found if now and one.endswith(now)), next(iter(found)))
    return name, found[name], tuple(one for one in found if one != name)


def _in_pixi(plan: TorchPlan, need: NeedTorch, case: Case) -> Part:
    """pixi takes torch from conda-forge, unless the project has it from PyPI."""
    spot = case.spot
    if _pip_has_it(case) and not spot.conda_owns_torch:
        url = "" if plan.flag == "--find-links" else plan.url
        commands = project.add(spot, pip.requirements_of(pip_words(plan)), url)
        note = 'An older pixi has no --index: there `index = "..."` stands with the package in pixi.toml.'
        return Part("torch", commands, note=note if url else "")
    recipe = _of_conda_forge(need, case)
    if recipe is None:
        raise NoWay("pixi takes torch from conda-forge, and no build there is known to fit here.")
    note = ""
    if recipe.variant.startswith("cu"):
        note = "pixi chooses builds for a GPU only where pixi.toml says that there is one: "
        note += "`pixi workspace system-requirements add cuda 12`."
    command = (spot.program("pixi"), "add", "--manifest-path", spot.project or ".", *recipe.packages)
    return Part("torch", (command,), note=note)


def _of_conda_forge(need: NeedTorch, case: Case) -> Optional[CondaRecipe]:
    # Each release is there for one or two CUDAs only: which of them is not the caller's to say.
    any_gpu = NeedTorch(need.version, "cpu" if need.accelerator == "cpu" else None)
    try:
        return plan_torch(case.facts, case.table, any_gpu, Terms(conda=True, channel="conda-forge")).recipe
    except (NoPlan, NoRow):
        return None
