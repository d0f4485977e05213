"""conda's metadata or solving may not end: an old solver and many channels.

It finds a conda that uses the classic solver (before 23.10 by default, or set so) with four or more channels and
without strict channel priority.

It matters because "Collecting package metadata" and "Solving environment" can take hours, or never end: the classic
solver weighs the packages of all channels against each other.

It is mended by the libmamba solver, or by strict channel priority.

It leaves alone mamba, micromamba and pixi, which have their own solver, and a conda whose solver is libmamba.

Example: conda 4.10.3, ~/.condarc with six mirrors of channels: conda install pytorch hangs.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable
from ..facts import Facts, Setting
from ..reading import need, value_or
from ..report import Finding, NeedCommand, NotApplicable, Remedy
from ..versions import at_least
from ._common import finding, listed, seen
from ._wanted import torch_gone

ID = "IDX105"
NAME = "conda-solver-stuck"
SEVERITY = "note"
TAGS = ("conda",)

#: libmamba is the default from 23.10 on, and can be set from 22.11 on (conda's release notes).
DEFAULT_SINCE = "23.10"
SETTABLE_SINCE = "22.11"
#: Below that the classic solver is slow, but ends.
MANY = 4


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    managers = need(facts.indexes.managers, "package managers")
    conda = next((one for one in managers if one.name == "conda"), None)
    if conda is None:
        raise NotApplicable("conda is not on PATH")
    settings = [one for one in need(facts.indexes.conda, "conda's configuration") if one.effective]
    solver = _word(settings, "solver")
    version = need(conda.version, "conda's version")
    if solver == "libmamba" or (solver is None and at_least(version, DEFAULT_SINCE)):
        return
    channels = tuple(dict.fromkeys(name for one in settings if one.key == "channels" for name in one.values))
    if len(channels) < MANY or _word(settings, "channel_priority") == "strict":
        return
    pending = torch_gone(facts) and value_or(facts.python.manager, "") == "conda"
    yield finding(
        ID,
        NAME,
        "warning" if pending else "note",
        f"conda {version} solves with the classic solver over {len(channels)} channels",
        "Collecting metadata and solving may take very long, or not end.",
        (seen(f"conda {version}", conda.version), seen(f"channels: {listed(channels, 8)}", facts.indexes.conda)),
        _remedies(conda.path, version),
    )


def _word(settings: List[Setting], key: str) -> Optional[str]:
    return next((one.values[0].lower() for one in settings if one.key == key and one.values), None)


def _remedies(conda: str, version: str) -> Tuple[Remedy, ...]:
    strict = Remedy(
        "let the first channel that has a package decide",
        (NeedCommand(((conda, "config", "--set", "channel_priority", "strict"),)),),
    )
    if not at_least(version, SETTABLE_SINCE):
        return (strict,)
    libmamba = NeedCommand(
        (
            (conda, "install", "-n", "base", "-y", "conda-libmamba-solver"),
            (conda, "config", "--set", "solver", "libmamba"),
        )
    )
    return (Remedy("use the libmamba solver", (libmamba,)), strict)
