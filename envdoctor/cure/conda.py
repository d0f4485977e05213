"""conda, mamba and micromamba: the same words for all three, always naming the environment."""

from __future__ import annotations

import dataclasses
from typing import Sequence, Tuple

from ..facts import Facts
from ..reading import value_or
from .spot import CONDA_NAMES, Spot, canonical

Argv = Tuple[str, ...]

#: Who signs as the installer of what conda did not bring. Old packages of conda's have no signature.
_OTHERS = ("pip", "uv", "poetry")


def install(spot: Spot, words: Sequence[str], reinstall: bool = False, no_deps: bool = False) -> Argv:
    """`words` are match specs and channels, as `conda install` takes them."""
    extra = (*(("--force-reinstall",) if reinstall else ()), *(("--no-deps",) if no_deps else ()))
    return (spot.program(spot.conda_tool), "install", *spot.conda_words, "-y", *extra, *words)


def remove(spot: Spot, names: Sequence[str]) -> Argv:
    """Without --force: packages that need the removed ones go too, because left behind they would be broken, and the
    next solve would bring the removed ones back."""
    return (spot.program(spot.conda_tool), "remove", *spot.conda_words, "-y", *names)


def owned(spot: Spot, names: Sequence[str]) -> Tuple[str, ...]:
    """Conda's names for those of `names` (PyPI or conda names) that it has a record of."""
    wanted = [name for given in names for name in (CONDA_NAMES.get(canonical(given), canonical(given)), given)]
    return tuple(dict.fromkeys(name for name in wanted if name in spot.conda_packages))


def by_pip(spot: Spot, facts: Facts, names: Sequence[str]) -> Tuple[str, ...]:
    """Those of `names` (canonical) of which pip, not conda, has put a copy into the environment."""
    every = value_or(facts.installs.distributions, ())
    mine = {
        canonical(one.name)
        for one in every
        if one.installer.split(" ")[0].lower() in _OTHERS and one.location.startswith(spot.prefix + "/")
    }
    return tuple(name for name in names if name in mine)


def spec(requirement: str) -> str:
    """A PEP 508 requirement as conda's match spec; ValueError where conda has no words for it (extra, URL, marker)."""
    if any(mark in requirement for mark in "[;@"):
        raise ValueError(requirement)
    name = canonical(requirement)
    rest = requirement.strip()[len(name) :].replace(" ", "")
    return CONDA_NAMES.get(name, name) + rest


def pip_first(spot: Spot) -> Tuple[Argv, ...]:
    """conda's own pip where its environment has none: ensurepip's would be unknown to conda."""
    return () if spot.has_pip or "uv" in spot.programs else (install(spot, ("pip",)),)


def for_pip(spot: Spot) -> Spot:
    """The same environment for pip's eyes, once `pip_first` has run."""
    return dataclasses.replace(spot, manager="pip", has_pip=spot.has_pip or "uv" not in spot.programs)
