"""Where a line takes its packages from: the official places, or the mirror that is asked for or configured here.

A plan is made for the official places. Where a mirror stands in for them the same plan is written for it; where the
mirror would give another build, the official place stays and a note says so.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Dict, List, Optional, Tuple

from ..compat import CompatTable, Mirror
from ..facts import Facts, Setting
from ..frozen import frozen
from ..reading import Known, value_or
from ..urls import strip_credentials
from .channels import channels_at
from .planner import TorchPlan

OFFICIAL = "https://download.pytorch.org/whl"
_KINDS = ("pytorch-wheels", "pypi", "conda")


class NoMirror(ValueError):
    """The mirror that is asked for is none that can be used; the message is a sentence."""


@frozen
class Place:
    """A mirror of one kind of thing."""

    kind: str  # pytorch-wheels | pypi | conda
    url: str  # without the last slash; of wheels and conda what a build's or a channel's name is added to
    name: str  # TUNA; its URL where the table does not know it
    flat: bool = False  # a folder of files without index pages
    source: str = ""  # the file or variable that names it; "": the command line does


def asked_for(said: str, table: CompatTable) -> Tuple[Place, ...]:
    """A name (SJTU, tuna) or an address, as the places that it means: one of each kind that the mirror has."""
    text = said.strip()
    if "://" in text:
        return (_by_address(text.rstrip("/"), table),)
    wanted = text.lower()
    rows = [(kind, row) for kind in _KINDS for row in table.mirrors(kind) if row.status != "official"]
    mine = [(kind, row) for kind, row in rows if wanted and row.name.lower().split(" ")[0] == wanted]
    if not mine:
        names = ", ".join(dict.fromkeys(row.name.split(" ")[0] for _, row in rows))
        raise NoMirror(f"'{said}' is no mirror that the table knows: {names}, or an address")
    found: Dict[str, Place] = {}
    for kind, row in mine:
        if row.status == "mirror":
            url = row.url.rsplit("/", 1)[0] if kind == "conda" else row.url
            if kind != "conda" or "/cloud/" in row.url:
                found.setdefault(kind, Place(kind, url, row.name.split(" ")[0], _is_flat(row)))
    return tuple(found.values())


def _by_address(url: str, table: CompatTable) -> Place:
    name = strip_credentials(url)
    if not re.match(r"https?://[^/\s]|file:///", url, re.IGNORECASE):
        raise NoMirror(f"'{name}' is no address that packages come from: https://, http:// and file:/// are")
    for kind in _KINDS:
        for row in table.mirrors(kind):
            if _same(url, row.url):
                if row.status == "retired":
                    raise NoMirror(
                        f"{row.name} does not have it: {', '.join(row.lacks) or 'it has ended'} ({row.origin})"
                    )
                base = row.url.rsplit("/", 1)[0] if kind == "conda" else row.url
                return Place(kind, base, row.name, _is_flat(row))
    if url.endswith("/simple"):
        return Place("pypi", url, name)
    if "anaconda" in url or "conda" in url.rsplit("/", 2)[-1]:
        return Place("conda", url, name)
    head, _, last = url.rpartition("/")
    return Place("pytorch-wheels", head if _is_variant(last) or last == "{variant}" else url, name)


def _is_variant(word: str) -> bool:
    return word == "cpu" or word.startswith(("cu1", "cu9", "rocm"))


def _is_flat(row: Mirror) -> bool:
    return any(lack.startswith("index pages") for lack in row.lacks)


def _same(url: str, known: str) -> bool:
    left, right = (one.partition("://")[2].rstrip("/").lower() for one in (url, known))
    return left == right or left.startswith(right + "/")


def configured(facts: Facts, table: CompatTable, uv: bool = False) -> Tuple[Place, ...]:
    """The mirrors that pip's (or uv's) configuration here names: one of wheels first, then the one of PyPI."""
    settings = value_or(facts.indexes.uv if uv else facts.indexes.pip, ())
    found: List[Place] = []
    for setting in settings:
        if not setting.effective or setting.key not in _INDEX_KEYS:
            continue
        for url in map(_address, setting.values):
            place = _place_of(url, setting, table)
            if place is not None:
                found.append(place)
    return tuple(sorted(found, key=lambda place: _KINDS.index(place.kind)))


_INDEX_KEYS = ("index-url", "extra-index-url", "find-links", "default-index", "index", "explicit-index")
_MAIN = ("index-url", "default-index")


def _address(text: str) -> str:
    """uv writes a named index as NAME=URL."""
    name, mark, rest = text.partition("=")
    return (rest if mark and "://" not in name else text).rstrip("/")


def _place_of(url: str, setting: Setting, table: CompatTable) -> Optional[Place]:
    for row in table.mirrors("pytorch-wheels"):
        if _same(url, row.url):
            return None if row.status != "mirror" else Place(row.kind, row.url, row.name, _is_flat(row), setting.source)
    if setting.key not in _MAIN or "://" not in url:
        return None
    for row in table.mirrors("pypi"):
        if _same(url, row.url):
            return None if row.status != "mirror" else Place(row.kind, row.url, row.name, False, setting.source)
    return Place("pypi", url, "", False, setting.source)  # a company's own, of which nothing is known


def placed(
    plan: TorchPlan, facts: Facts, table: CompatTable, places: Tuple[Place, ...] = (), uv: bool = False
) -> TorchPlan:
    """The plan, taken from these mirrors (`asked_for`), or from those that are configured where none is asked for."""
    if plan.recipe is not None:
        channels, notes = channels_at(plan.recipe.channels, facts, table, conda_base(places))
        if channels == plan.recipe.channels:
            return plan
        recipe = dataclasses.replace(plan.recipe, channels=channels)
        return dataclasses.replace(plan, recipe=recipe, notes=(*plan.notes, *notes))
    if not plan.url.startswith(OFFICIAL):
        return _like_pypi(plan, places)
    choice = places or configured(facts, table, uv)
    for place in choice:
        if place.kind == "pytorch-wheels":
            return _from_wheels(plan, place)
    for place in choice:
        if place.kind == "pypi":
            return _beside_pypi(plan, place, table, facts)
    if places:
        note = f"{places[0].name} has no mirror of PyTorch's wheels that is known: they come from {OFFICIAL}."
        return dataclasses.replace(plan, notes=(*plan.notes, note))
    return plan


def _like_pypi(plan: TorchPlan, places: Tuple[Place, ...]) -> TorchPlan:
    """What PyPI itself has, every mirror of PyPI has too, and a configured one is asked without being named."""
    place = next((place for place in places if place.kind == "pypi"), None)
    return plan if plan.flag or place is None else dataclasses.replace(plan, flag="--index-url", url=place.url)


def conda_base(places: Tuple[Place, ...]) -> Optional[str]:
    """The address that channels' names are added to, where the mirror has channels."""
    return next((place.url for place in places if place.kind == "conda"), None)


def _from_wheels(plan: TorchPlan, place: Place) -> TorchPlan:
    rest = plan.url[len(OFFICIAL) :]
    whose = f"{place.name}, as {place.source} says" if place.source else place.name
    note = f"torch comes from the mirror {whose}, not from {OFFICIAL}."
    if not place.flat:
        return dataclasses.replace(plan, url=place.url + rest, notes=(*plan.notes, note))
    # A folder beside PyPI, which has the same version for its own CUDA: only the tag tells them apart.
    packages = tuple((name, _tagged(name, version, plan)) for name, version in plan.packages)
    note += " It is a folder without index pages, so it is given with -f and the versions with their tags."
    url = f"{place.url}/{plan.variant}/"
    return dataclasses.replace(plan, flag="--find-links", url=url, packages=packages, notes=(*plan.notes, note))


def _tagged(name: str, version: str, plan: TorchPlan) -> str:
    """torchaudio had no builds by CUDA before torch 2.0."""
    plain = "+" in version or (name == "torchaudio" and plan.torch.startswith(("0.", "1.")))
    return version if plain else f"{version}+{plan.variant}"


def _beside_pypi(plan: TorchPlan, place: Place, table: CompatTable, facts: Facts) -> TorchPlan:
    """A mirror of PyPI has the one build that PyPI has. It stands in where that is the build which fits."""
    there = table.torch(plan.torch).pypi_on.get(_platform(facts))
    whose = place.name or place.url
    says = f", as {place.source} says," if place.source else ""
    if there == plan.variant and place.name:
        note = f"The mirror {whose}{says} has torch {plan.torch} in this very build, for {there}."
        packages = tuple((name, version.split("+")[0]) for name, version in plan.packages)
        # What is configured is asked anyway, and its address may need a password that was not kept.
        flag, url = ("", "") if place.source else ("--index-url", place.url)
        return dataclasses.replace(plan, flag=flag, url=url, packages=packages, notes=(*plan.notes, note))
    has = f"only the build of torch {plan.torch} for {there}" if there else f"no build of torch {plan.torch}"
    note = (
        f"{whose}{says} is a mirror of PyPI and has {has}, not for {plan.variant}: the line goes to {OFFICIAL} for it."
        " Where that cannot be reached, --mirror names another place."
    )
    return dataclasses.replace(plan, notes=(*plan.notes, note))


def _platform(facts: Facts) -> str:
    system = value_or(facts.session.os, "linux")
    first, second = facts.python.machine, facts.session.machine
    machine = str(value_or(first if isinstance(first, Known) else second, "x86_64")).lower()
    machine = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if system == "windows":
        return "win_amd64"
    return f"macos_{'arm64' if machine == 'aarch64' else machine}" if system == "darwin" else f"{system}_{machine}"
