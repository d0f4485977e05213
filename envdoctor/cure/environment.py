"""A new environment beside one that cannot be mended: where it goes, who makes it, with which Python."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import Iterator, List, Tuple

from ..facts import Facts
from ..reading import Absent, Known, value_or
from ..report import NeedEnvironment, NeedTorch
from . import pip
from .parts import Argv, Case, NoWay, Part
from .spot import CONDA_TOOLS
from .torch import install_torch

#: Tried in this order where the present one has no builds: what most wheels are made for comes first.
MINORS = ("3.11", "3.12", "3.10", "3.13", "3.9", "3.8")


def environment_parts(need: NeedEnvironment, case: Case) -> Tuple[Part, ...]:
    """Commands that make an environment and install into it. NoWay where torch has no build for any Python."""
    tool = _tool(case)
    folder = free_folder(case.facts, tool)
    minor, install, note = _installs(need, case, tool, folder)
    made, made_note = _creation(case, tool, folder, minor)
    activate = f"conda activate {folder}" if tool in CONDA_TOOLS else f". {folder}/bin/activate"
    notes = (made_note, note, f"To work in it: {activate}")
    python = f"{folder}/bin/python"
    note = " ".join(one for one in notes if one)
    return (Part("environment", (made, *install), note=note, python=python, torch=need.with_torch),)


def _tool(case: Case) -> str:
    """uv or conda where they manage what is there or were asked for, else whoever can bring a Python along."""
    if case.wish in CONDA_TOOLS or case.wish in ("uv", "pip"):
        return "venv" if case.wish == "pip" else str(case.wish)
    managed_by = value_or(case.facts.python.manager, "pip")
    if managed_by == "conda" and case.spot.conda_tool in case.spot.programs:
        return case.spot.conda_tool
    if "uv" in case.spot.programs:
        return "uv"
    # A system Python may lack ensurepip (Debian splits it off); conda's never does.
    return next((tool for tool in CONDA_TOOLS if tool in case.spot.programs), "venv")


def _installs(need: NeedEnvironment, case: Case, tool: str, folder: str) -> Tuple[str, Tuple[Argv, ...], str]:
    """The minor version to make it with, the install commands, and what to say about them."""
    reasons: List[str] = []
    for minor in _minors(need, case):
        spot = dataclasses.replace(
            case.spot,
            python=f"{folder}/bin/python",
            version=minor,
            prefix=folder,
            manager="uv" if tool == "uv" else "pip",
            has_pip=tool != "uv",
            conda_words=(),
            conda_packages=(),
            project=None,
        )
        commands: Tuple[Argv, ...] = ()
        note = ""
        if need.with_torch:
            try:
                fresh = facts_of_new(case.facts, minor)
                commands, note = install_torch(NeedTorch(need.torch), fresh, case.table, spot, case.places)
            except NoWay as reason:
                reasons.append(str(reason))
                continue
        if need.requirements:
            commands += pip.install(spot, need.requirements)
        return minor, commands, note
    raise NoWay(reasons[0] if reasons else "No Python version is known to make an environment with.")


def _minors(need: NeedEnvironment, case: Case) -> Iterator[str]:
    if need.python:
        yield need.python
        return
    venv = case.facts.python.venv
    seen = str(value_or(venv.value.version, "")) if isinstance(venv, Known) else ""
    present = case.spot.version or ".".join(seen.split(".")[:2])
    if present and not present.startswith("2."):  # Python 2 has no venv module
        yield present
    yield from (minor for minor in MINORS if minor != present)


def _creation(case: Case, tool: str, folder: str, minor: str) -> Tuple[Argv, str]:
    if tool in CONDA_TOOLS:
        return (case.spot.program(tool), "create", "-p", folder, "-y", f"python={minor}", "pip"), ""
    if tool == "uv":
        return (case.spot.program("uv"), "venv", "--python", minor, folder), ""
    base = value_or(case.facts.python.base_prefix, None)
    if base and case.spot.version == minor and isinstance(case.facts.python.executable, Known):
        # Debian and Ubuntu split venv's ensurepip off; nothing that was looked at tells whether it is there.
        note = "Where this says that ensurepip is missing, the package python3-venv is." if base == "/usr" else ""
        return (f"{base}/bin/python{minor}", "-m", "venv", folder), note
    note = f"This needs a Python {minor} on PATH, and none was seen; uv and micromamba bring one along without root."
    return (f"python{minor}", "-m", "venv", folder), note


def free_folder(facts: Facts, tool: str) -> str:
    """A folder of the user's own that no known environment has: the old one's name with a number, or `torch`."""
    own = value_or(facts.python.prefix, "")
    if isinstance(facts.python.venv, Known):  # the one in question, also where another Python runs in its place
        own = facts.python.venv.value.path
    in_environment = isinstance(facts.python.venv, Known) or value_or(facts.python.kind, "") == "conda"
    name = posixpath.basename(own) if in_environment and own else "torch"
    parent = _parent(facts, tool)
    taken = {own} | {found.prefix for found in value_or(facts.installs.elsewhere, ())}
    for number in range(1, 100):
        folder = posixpath.join(parent, name if number == 1 else f"{name}-{number}")
        if folder not in taken and posixpath.basename(folder) != posixpath.basename(own):
            return folder
    raise NoWay(f"No free name for a new environment was found in {parent}.")


def _parent(facts: Facts, tool: str) -> str:
    home = next((place.path for place in value_or(facts.storage.places, ()) if place.role == "home"), None)
    if home is None:
        return posixpath.join(str(value_or(facts.session.cwd, "/tmp")), "envs")
    if tool not in CONDA_TOOLS:
        return posixpath.join(home, "envs")
    for found in value_or(facts.indexes.managers, ()):
        root = posixpath.dirname(posixpath.dirname(found.path))
        if found.name == tool and tool != "micromamba" and root.startswith(home + "/"):
            return posixpath.join(root, "envs")  # one's own conda
    # Where conda puts environments, and finds them by name, when its own folder is not the user's to write.
    return posixpath.join(home, "micromamba" if tool == "micromamba" else ".conda", "envs")


def facts_of_new(facts: Facts, minor: str) -> Facts:
    """The same machine with a fresh Python of that minor version in question: for planning what goes into it."""
    none = Absent(("a new environment",))
    python = dataclasses.replace(
        facts.python,
        version=Known(f"{minor}.0", "a new environment"),
        externally_managed=none,
        site_packages_writable=Known(True, "a new environment"),
        free_threaded=Known(False, "a new environment"),
    )
    installs = dataclasses.replace(
        facts.installs, distributions=Known((), "a new environment"), conda=none, conda_pins=none
    )
    return dataclasses.replace(facts, python=python, installs=installs)
