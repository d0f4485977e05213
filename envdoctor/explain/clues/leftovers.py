"""Leftovers and double records of an install that was broken off."""

from __future__ import annotations

import re
from typing import Dict, Iterator, Tuple

from ..evidence import Case, Clue, out

_TILDE = re.compile(r"(?:^|[\s/\\])(~[a-z]\w{1,40}(?:-[\d.]{1,20}\.dist-info)?)(?=$|[\s/\\])", re.M)
_INFO = re.compile(r"\b(torch|torchvision|numpy|ultralytics)-(\d[\w.]{0,20}?)(?:\+\w{1,12})?\.dist-info\b")
_VERSIONS = re.compile(r"\[('[\d.]{3,20}[\w+.]{0,12}'(?:, '[\d.]{3,20}[\w+.]{0,12}'){1,4})\]")
_SHOWN = re.compile(r"^torch {1,40}(\d+\.\d+[\w.]{0,20}?)(?:\+\w{1,12})?\s{0,4}$", re.M)
_OWN = re.compile(r"^(\d\.\d{1,2}\.\d{1,2})(?:\+\w{1,12})?(?: (?:\d\d\.\d|None)| |$)", re.M)
_CONDA_BOTH = re.compile(r"^pytorch {1,40}(\d[\w.]{1,20}) {1,40}(\S{1,60})(?: {1,40}\S{1,80})?$", re.M)
_CONDA_PIP = re.compile(r"^torch {1,40}(\d[\w.+]{1,20}) {1,40}pypi_0", re.M)


def read(case: Case) -> Iterator[Clue]:
    tilde = case.find(_TILDE) if "site-packages" in case.text else None
    if tilde:
        yield Clue("broken-install", 85, f"{tilde[0].group(1)} is what an upgrade left", f"line {tilde[1]}")
    infos: Dict[str, Dict[str, int]] = {}
    for found, line in case.all(_INFO):
        infos.setdefault(found.group(1), {})[found.group(2)] = line
    for name, versions in infos.items():
        # An uninstall beside an install names two as well: a listing has them on lines of their own.
        if len(versions) > 1 and re.search(rf"^{name}-[\d.]+\S*\.dist-info$", case.text, re.M):
            yield Clue(
                "broken-install",
                80,
                f"{name} has {len(versions)} dist-infos: {', '.join(versions)}",
                f"line {max(versions.values())}",
            )
    several = case.find(_VERSIONS)
    if several and "distributions()" in case.text:
        yield Clue("broken-install", 85, f"several records of one package: {several[0].group(1)}", f"line {several[1]}")
    yield from _emptied(case)
    yield from _conda_owns(case)
    yield from _hollow(case)
    yield from _two_tools(case)


_CONDA_ROW = re.compile(
    r"^(?:\[conda\] )?([a-z][\w.-]{1,60}) {1,40}(\d[\w.+!]{0,30}) {1,40}(\w\S{0,60})(?: {1,40}(\S{1,100}))?\s{0,4}$",
    re.M,
)


_UNINSTALLED = re.compile(r"Successfully uninstalled (torch|numpy|torchvision)-")
_ALREADY = re.compile(r"All requested packages already installed")


_KEPT = re.compile(r"Cannot uninstall '?([A-Za-z][\w.-]{0,40}?)'?(?: \S{1,30}, RECORD|\. It is a distutils)")


def _conda_owns(case: Case) -> Iterator[Clue]:
    """pip may not remove what has no list of files, and conda lists it as its own."""
    kept = case.find(_KEPT)
    if not kept:
        return
    names = {kept[0].group(1).lower(), "pytorch" if kept[0].group(1) == "torch" else ""}
    for found, line in case.all(_CONDA_ROW):
        if found.group(1).lower() in names and "_" in found.group(3) and found.group(3) != "pypi_0":
            says = f"pip was to remove {kept[0].group(1)}, which conda installed"
            yield Clue("pip-conda-mix", 82, says, f"line {line}", says)
            return


def _emptied(case: Case) -> Iterator[Clue]:
    """pip has removed the files of what conda still has a record of."""
    gone, already = case.find(_UNINSTALLED), case.find(_ALREADY)
    if gone and already and gone[1] < already[1]:
        says = f"pip uninstalled {gone[0].group(1)}, and conda still counts it as installed"
        yield Clue("pip-conda-mix", 82, says, f"line {already[1]}", says)
        for name in ("torch-missing", "interpreter-mismatch"):
            yield Clue(name, -50, says, f"line {already[1]}")


def _twice(case: Case) -> Iterator[Clue]:
    """A name that conda lists twice, once as pip's."""
    seen: Dict[str, Tuple[str, bool]] = {}
    for found, line in case.all(_CONDA_ROW, most=2000):
        name, pip = found.group(1), found.group(3).startswith("pypi")
        if name in seen and seen[name][1] != pip and not found.group(0).startswith("[conda]"):
            says = f"{name} is there of conda ({seen[name][0]}) and of pip ({found.group(2)})"
            yield Clue("pip-conda-mix", 78, says, f"line {line}", says)
            return
        seen[name] = (found.group(2), pip)


def _two_tools(case: Case) -> Iterator[Clue]:
    yield from _twice(case)
    conda, pip = case.find(_CONDA_BOTH), case.find(_CONDA_PIP)
    shown, own = case.find(_SHOWN), case.find(_OWN)
    if conda and pip:
        says = f"conda lists pytorch {conda[0].group(1)} of its own and torch {pip[0].group(1)} of pip"
        yield Clue("pip-conda-mix", 88, says, f"line {pip[1]}", says)
        if conda[0].group(1) != pip[0].group(1).split("+")[0]:
            yield Clue("torch-torchvision-mismatch", -35, says, f"line {pip[1]}")
    if shown and own and shown[0].group(1) != own[0].group(1) and "torch.__version__" in case.text:
        says = f"the list of packages says torch {shown[0].group(1)}, the import {own[0].group(1)}"
        name = "pip-conda-mix" if conda or "conda" in case.text else "broken-install"
        yield Clue(name, 60, says, f"line {shown[1]}")


def _hollow(case: Case) -> Iterator[Clue]:
    """A listing of torch's own folder that has no __init__.py: its files are gone."""
    for words, exchange in case.commands("ls", "dir", "find"):
        folder = next((word for word in words[1:] if re.search(r"-packages[/\\]torch[/\\]?$", word)), "")
        entries = out(exchange).split()
        if folder and 0 < len(entries) < 12 and "__init__.py" not in entries and "No such file" not in out(exchange):
            says = f"{folder} has lost its files"
            yield Clue("broken-install", 78, says, f"line {exchange.typed.number}", says)
            yield Clue("shadowed-module", -40, says, f"line {exchange.typed.number}")
            return
