"""pip show, check and --version: one package's description, what does not fit, and which Python a pip serves."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Iterator, Sequence, Tuple

from ..facts import Command
from ..reading import Known
from ._packages import NAME, VERSION, distribution
from ._prefixes import interpreter, prefix_of_site, site_of
from ._said import GUESSED, LISTED, NOT_SAID, Said, said, where
from .lines import Line
from .sessions import exchanges

PIP_VERSION = re.compile(r"pip (\d[\w.+]{0,20}) from (\S.{0,400}?)(?:[/\\]pip)? \(python (\d\.\d{1,2})\)")
_SHOWN = re.compile(r"\s{0,8}(Name|Version|Location|Requires|Installer|Editable project location): ?(.{0,4000})$")
_MISSING = re.compile(
    rf"(?:ERROR: )?({NAME}) ({VERSION}) (?:requires|has requirement) ({NAME})([^,\n]{{0,120}}?)"
    rf"(?:, (?:but you have|but you\S{{0,3}}ll have|which is not installed)(?: ({NAME})? ?({VERSION}))?.{{0,80}})$"
)


def read(lines: Sequence[Line]) -> Iterator[Said]:
    yield from _shown(lines)
    yield from _versions(lines)
    yield from _unmet(lines)


def _shown(lines: Sequence[Line]) -> Iterator[Said]:
    """pip show: "Name:" begins a package."""
    fields: Dict[str, str] = {}
    first = 0
    for line in [*lines, Line(0, "Name: ")]:
        found = _SHOWN.match(line.text) if ": " in line.text or line.text.endswith(":") else None
        if found is None:
            continue
        key, value = found.group(1), found.group(2).strip()
        if key == "Name":
            if fields.get("Name") and fields.get("Version"):
                yield _described(fields, first)
            fields, first = {}, line.number
        fields[key] = value


def _described(fields: Dict[str, str], first: int) -> Said:
    folder = fields.get("Location", "")
    one = distribution(fields["Name"], fields["Version"], where(first), folder, fields.get("Installer", ""))
    # "Requires:" has no versions and no markers, and the text seldom lists what else is installed: nothing can be
    # said of them.
    one = replace(one, editable="Editable project location" in fields)
    return said("installs", "distributions", (one,), first, weight=LISTED, owner=prefix_of_site(folder + "/"))


def _versions(lines: Sequence[Line]) -> Iterator[Said]:
    """`pip --version` shows which Python this pip installs for; `python -m pip --version` that of python itself."""
    typed = {line.number: exchange.typed for exchange in exchanges(lines) for line in exchange.output[:4]}
    for line in lines:
        found = PIP_VERSION.match(line.text.strip()) if "(python " in line.text else None
        if found is None:
            continue
        version, folder, minor = found.groups()
        by = typed.get(line.number)
        words: Tuple[str, ...] = next(iter(by.commands), ()) if by else ()
        prefix = prefix_of_site(folder)
        if words and "-m" in words:
            yield from _of_python(words[0], version, folder, minor, line.number)
        else:
            path = words[0] if words else "pip"
            command = Command(
                path.replace("\\", "/").rsplit("/", 1)[-1], path, "", NOT_SAID, NOT_SAID,
                Known(prefix, where(line.number)) if prefix else NOT_SAID, NOT_SAID,
            )  # fmt: skip
            yield said("python", "commands", (command,), line.number)
            yield said("python", "pip_version", version, line.number, weight=GUESSED)


def _of_python(program: str, version: str, folder: str, minor: str, number: int) -> Iterator[Said]:
    yield said("python", "pip_version", version, number)
    yield said("python", "version", minor, number, weight=GUESSED)
    site = site_of(folder + "/")
    if "/" in program:
        yield from interpreter(program, number)
    if site and prefix_of_site(site + "/"):
        yield said("python", "site_packages", site, number)
        yield said("python", "prefix", prefix_of_site(site + "/"), number)


def _unmet(lines: Sequence[Line]) -> Iterator[Said]:
    """pip check, and the resolver's complaint after an install."""
    for line in lines:
        if "requires" not in line.text and "has requirement" not in line.text:
            continue
        found = _MISSING.match(line.text.strip())
        if found:
            name, version, needs, specifier, _, have = found.groups()
            source = where(line.number)
            one = replace(distribution(name, version, source), requires=(f"{needs}{specifier}".strip(),))
            yield said("installs", "distributions", (one,), line.number, weight=LISTED)
            if have:
                yield said(
                    "installs", "distributions", (distribution(needs, have, source),), line.number, weight=LISTED
                )
