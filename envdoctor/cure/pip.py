"""pip and uv pip: installs and removals that name their interpreter."""

from __future__ import annotations

from typing import Sequence, Tuple

from ..report import NeedPackages
from .spot import Spot, canonical

Argv = Tuple[str, ...]


def install(spot: Spot, words: Sequence[str], no_deps: bool = False, reinstall: Sequence[str] = ()) -> Tuple[Argv, ...]:
    """Commands that install `words` (requirements and index options) into the spot's interpreter.

    `reinstall` names packages to put in place again even where their version is right. pip's --force-reinstall would
    take every dependency along and renew what nothing pins, NumPy first; so the packages alone are forced, and a
    second plain install completes what they need.
    """
    if spot.python is None:
        raise ValueError("no interpreter to install into")
    if _uses_uv(spot):
        again = tuple(word for name in reinstall for word in ("--reinstall-package", name))
        extra = ("--no-deps",) if no_deps else ()
        return (("uv", "pip", "install", "--python", spot.python, *extra, *again, *words),)
    pip = (spot.python, "-m", "pip", "install")
    commands = list(_ensured(spot))
    if reinstall:
        commands.append((*pip, "--force-reinstall", "--no-deps", *words))
    if no_deps and not reinstall:
        commands.append((*pip, "--no-deps", *words))
    if not no_deps:
        commands.append((*pip, *words))
    return tuple(commands)


def install_packages(spot: Spot, need: NeedPackages) -> Tuple[Argv, ...]:
    words = (
        *(("--upgrade",) if need.upgrade else ()),
        *(() if need.build_isolation else ("--no-build-isolation",)),
        *need.requirements,
    )
    names = tuple(canonical(requirement) for requirement in need.requirements) if need.reinstall else ()
    return install(spot, words, need.no_deps, names)


def uninstall(spot: Spot, names: Sequence[str], times: int = 1, break_system: bool = False) -> Tuple[Argv, ...]:
    """`times`: pip removes one copy a run, and two dist-infos are two copies."""
    if spot.python is None:
        raise ValueError("no interpreter to remove from")
    if _uses_uv(spot):
        extra = ("--break-system-packages",) if break_system else ()
        return (("uv", "pip", "uninstall", "--python", spot.python, *extra, *names),) * times
    extra = ("--break-system-packages",) if break_system else ()
    return (*_ensured(spot), *((spot.python, "-m", "pip", "uninstall", "-y", *extra, *names),) * times)


def _uses_uv(spot: Spot) -> bool:
    """uv where it manages the environment, or where pip is missing and uv is there to stand in for it."""
    return spot.manager == "uv" or (not spot.has_pip and "uv" in spot.tools)


def _ensured(spot: Spot) -> Tuple[Argv, ...]:
    return () if spot.has_pip or spot.python is None else ((spot.python, "-m", "ensurepip", "--upgrade"),)
