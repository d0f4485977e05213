"""One need as commands: what each package manager is told to meet it."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import Callable, Dict, List, Sequence, Tuple, Type, cast

from ..facts import Facts
from ..reading import Known, value_or
from ..report import (
    Need,
    NeedCommand,
    NeedDeleted,
    NeedEnvironment,
    NeedPackages,
    NeedRemoved,
    NeedToolchain,
    NeedTorch,
    NeedVariable,
)
from . import conda, pip, project, toolchain
from .environment import environment_parts
from .parts import Argv, Case, NoWay, Part
from .spot import CONDA_TOOLS, PROJECT_TOOLS, canonical
from .torch import torch_parts


def parts_of(need: Need, case: Case) -> Tuple[Part, ...]:
    """A need as parts, in the order in which they are to be run. NoWay where it cannot be done."""
    return _BY_KIND[type(need)](need, case)


def _variable(need: Need, case: Case) -> Tuple[Part, ...]:
    need = cast(NeedVariable, need)
    argv = ("unset", need.name) if need.value is None else ("export", f"{need.name}={need.value}")
    note = "This holds for the shell it is typed in; change the start-up file that sets it to make it last."
    return (Part("variable", (argv,), "safe", note=note),)


def _deleted(need: Need, case: Case) -> Tuple[Part, ...]:
    need = cast(NeedDeleted, need)
    for path in need.paths:
        if not deletable(path, case.facts):
            raise NoWay(f"{path} is not debris that can be deleted without looking.")
    return (Part("delete", (("rm", "-rf", "--", *need.paths),), "removes", _who(need.paths, case.facts)),)


def _who(paths: Sequence[str], facts: Facts) -> str:
    """Whose it is to change what lies there: in a site-packages that the user may not write, its owner's."""
    site = facts.python.site_packages
    if value_or(facts.python.site_packages_writable, True) or not isinstance(site, Known):
        return "you"
    return "admin" if any(path == site.value or path.startswith(site.value + "/") for path in paths) else "you"


def deletable(path: str, facts: Facts) -> bool:
    """Whether `rm -rf` of that path can be printed: absolute, plainly written, and no folder that people live in."""
    if not path.startswith("/") or posixpath.normpath(path) != path or path.count("/") < 3:
        return False
    homes = [place.path for place in value_or(facts.storage.places, ())]
    kept = [facts.python.prefix, facts.python.base_prefix, facts.python.site_packages, facts.python.user_site]
    kept += [facts.session.cwd, facts.python.project, facts.python.executable]
    keep = homes + [reading.value for reading in kept if isinstance(reading, Known)]
    return not any(one == path or one.startswith(path + "/") for one in keep)


def _removed(need: Need, case: Case) -> Tuple[Part, ...]:
    need = cast(NeedRemoved, need)
    commands: List[Argv] = []
    places: List[str] = []
    by_conda = conda.owned(case.spot, need.names) if need.by in ("conda", "any") else ()
    if by_conda:
        commands.append(conda.remove(case.spot, by_conda))
        places.append(str(value_or(case.facts.python.site_packages, "")))
    if need.by != "conda":
        wanted = {canonical(name) for name in need.names}
        every = [dist for dist in value_or(case.facts.installs.distributions, ()) if canonical(dist.name) in wanted]
        # conda writes a dist-info for each of its packages: pip must not be sent after those.
        mine = [dist for dist in every if dist.installer != "conda"]
        if mine or (not by_conda and not every):
            places += [dist.location for dist in mine]
            names = tuple(dict.fromkeys(canonical(dist.name) for dist in mine)) or need.names
            most = max((sum(canonical(dist.name) == name for dist in mine) for name in names), default=1)
            user_site = value_or(case.facts.python.user_site, None)
            breaks = isinstance(case.facts.python.externally_managed, Known)
            if breaks and not (mine and all(dist.location == user_site for dist in mine)):
                raise NoWay("This Python belongs to the system, whose own package manager removes its packages.")
            commands += _with_python(lambda: pip.uninstall(case.spot, names, max(1, min(most, 4)), breaks))
    if not commands:
        raise NoWay(f"No {need.by} record of {', '.join(need.names)} is there to remove.")
    note = "conda removes with them what needs them; it lists them first." if by_conda else ""
    return (Part("remove", tuple(commands), "removes", _who(places, case.facts), note),)


def without(removed: Sequence[NeedRemoved], case: Case) -> Case:
    """The case as it is once these are removed."""
    by_conda = {name for need in removed if need.by != "pip" for name in conda.owned(case.spot, need.names)}
    by_pip = {canonical(name) for need in removed if need.by != "conda" for name in need.names}
    packages = tuple(name for name in case.spot.conda_packages if name not in by_conda)
    spot = dataclasses.replace(case.spot, conda_packages=packages)
    return dataclasses.replace(case, spot=spot, gone=(*case.gone, *sorted(by_pip)))


def _packages(need: Need, case: Case) -> Tuple[Part, ...]:
    need = cast(NeedPackages, need)
    spot = case.spot
    # What installs and builds comes first: what follows may need it.
    step = "tool" if {canonical(requirement) for requirement in need.requirements} <= _INSTALLERS else "packages"
    if spot.manager in PROJECT_TOOLS and spot.project and step == "packages" and need.build_isolation:
        names = tuple(canonical(requirement) for requirement in need.requirements)
        if need.reinstall:
            return (Part(step, project.again(spot, names)),)
        return (Part(step, project.add(spot, need.requirements)),)
    if spot.manager in CONDA_TOOLS:
        return _conda_packages(need, case, step)
    return (Part(step, _with_python(lambda: pip.install_packages(spot, need))),)


def _conda_packages(need: NeedPackages, case: Case, step: str) -> Tuple[Part, ...]:
    """What conda has a record of is conda's to change; everything else in its environment is pip's."""
    specs: List[str] = []
    others: List[str] = []
    for requirement in need.requirements:
        try:
            spec = conda.spec(requirement)
        except ValueError:
            spec = ""
        if spec and conda.owned(case.spot, (canonical(requirement),)):
            specs.append(spec)
        else:
            others.append(requirement)
    parts: List[Part] = []
    if specs:
        # Where pip's copy took the place of conda's, conda's record still reads as if all were well.
        names = tuple(canonical(requirement) for requirement in need.requirements if requirement not in others)
        over = tuple(name for name in conda.by_pip(case.spot, case.facts, names) if name not in case.gone)
        over = over if step == "packages" else ()  # without pip no other command of pip's would run
        if over:
            parts.append(Part("remove", pip.uninstall(conda.for_pip(case.spot), over), "removes"))
        again = need.reinstall or bool(over)
        parts.append(Part(step, (conda.install(case.spot, specs, again, need.no_deps),)))
    if others:
        rest = dataclasses.replace(need, requirements=tuple(others))
        commands = _with_python(lambda: pip.install_packages(conda.for_pip(case.spot), rest))
        parts.append(Part(step, (*conda.pip_first(case.spot), *commands)))
    return tuple(parts)


def _command(need: Need, case: Case) -> Tuple[Part, ...]:
    need = cast(NeedCommand, need)
    return (Part("before", need.commands, need.safety, need.who),)


def _torch(need: Need, case: Case) -> Tuple[Part, ...]:
    return torch_parts(cast(NeedTorch, need), case)


def _environment(need: Need, case: Case) -> Tuple[Part, ...]:
    return environment_parts(cast(NeedEnvironment, need), case)


def _toolchain(need: Need, case: Case) -> Tuple[Part, ...]:
    need = cast(NeedToolchain, need)
    chain = toolchain.brought(need.gcc, need.cuda, case)
    exports = tuple(("export", f"{name}={value}") for name, value in chain.variables)
    note = "The variables hold for the shell they are typed in: compile there."
    return (Part("variable", exports, "safe", note=note), Part("tool", chain.commands, note=" ".join(chain.notes)))


def _with_python(make: Callable[[], Tuple[Argv, ...]]) -> Tuple[Argv, ...]:
    try:
        return make()
    except ValueError as error:
        raise NoWay(f"There is {error}.") from None


_INSTALLERS = {"pip", "setuptools", "wheel", "packaging", "uv", "conda"}
_BY_KIND: Dict[Type[object], Callable[[Need, Case], Tuple[Part, ...]]] = {
    NeedVariable: _variable,
    NeedDeleted: _deleted,
    NeedRemoved: _removed,
    NeedPackages: _packages,
    NeedCommand: _command,
    NeedTorch: _torch,
    NeedEnvironment: _environment,
    NeedToolchain: _toolchain,
}
