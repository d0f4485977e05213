"""pip and uv pip: installs and removals that name their interpreter."""

from __future__ import annotations

from typing import Sequence, Tuple

from ..report import NeedPackages
from .spot import Spot, canonical

Argv = Tuple[str, ...]

#: Options that take a value; the planner and the table write no others.
_WITH_VALUE = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f")


def install(spot: Spot, words: Sequence[str], no_deps: bool = False, reinstall: Sequence[str] = ()) -> Tuple[Argv, ...]:
    """Commands that install `words` (requirements and options of pip) into the spot's interpreter.

    `reinstall` names packages to put in place again even where their version is right. pip's --force-reinstall would
    take every dependency along and renew what nothing pins, NumPy first; so these packages alone are forced, and a
    second plain install completes what they need.
    """
    if spot.python is None:
        raise ValueError("no interpreter to install into")
    alone = ("--no-deps",) if no_deps else ()
    if uses_uv(spot):
        again = tuple(word for name in reinstall for word in ("--reinstall-package", name))
        return ((spot.program("uv"), "pip", "install", "--python", spot.python, *alone, *again, *words),)
    pip = (spot.python, "-m", "pip", "install")
    commands = list(_ensured(spot))
    forced = requirements_of(words, reinstall) if reinstall else ()
    if forced:
        commands.append((*pip, "--force-reinstall", "--no-deps", *forced, *options_of(words)))
    if not (no_deps and forced == requirements_of(words)):
        commands.append((*pip, *alone, *words))
    return tuple(commands)


def requirements_of(words: Sequence[str], names: Sequence[str] = ()) -> Tuple[str, ...]:
    """The requirements among pip's words, options and their values left out; of these packages only, where named."""
    found = tuple(word for before, word in zip(("", *words), words) if not _is_option(before, word))
    return tuple(word for word in found if not names or canonical(word) in names)


def options_of(words: Sequence[str]) -> Tuple[str, ...]:
    """The options among pip's words, with their values."""
    return tuple(word for before, word in zip(("", *words), words) if _is_option(before, word))


def _is_option(before: str, word: str) -> bool:
    return word.startswith("-") or before in _WITH_VALUE


def install_packages(spot: Spot, need: NeedPackages) -> Tuple[Argv, ...]:
    words = (
        *(("--upgrade",) if need.upgrade else ()),
        *(() if need.build_isolation else ("--no-build-isolation",)),
        *(("--find-links", need.find_links) if need.find_links else ()),
        *need.requirements,
    )
    names = tuple(canonical(requirement) for requirement in need.requirements) if need.reinstall else ()
    return install(spot, words, need.no_deps, names)


def uninstall(spot: Spot, names: Sequence[str], times: int = 1, break_system: bool = False) -> Tuple[Argv, ...]:
    """`times`: pip removes one copy a run, and two dist-infos are two copies."""
    if spot.python is None:
        raise ValueError("no interpreter to remove from")
    if uses_uv(spot):
        extra = ("--break-system-packages",) if break_system else ()
        return ((spot.program("uv"), "pip", "uninstall", "--python", spot.python, *extra, *names),) * times
    extra = ("--break-system-packages",) if break_system else ()
    return (*_ensured(spot), *((spot.python, "-m", "pip", "uninstall", "-y", *extra, *names),) * times)


def uses_uv(spot: Spot) -> bool:
    """uv where it manages the environment, or where pip is missing and uv is there to stand in for it."""
    return spot.manager == "uv" or (not spot.has_pip and "uv" in spot.programs)


def _ensured(spot: Spot) -> Tuple[Argv, ...]:
    return () if spot.has_pip or spot.python is None else ((spot.python, "-m", "ensurepip", "--upgrade"),)
