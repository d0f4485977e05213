"""pip list, freeze, show, check and --version, of pip and of uv."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ..facts import Command, Distribution
from ..reading import Known
from ._packages import NAME, VERSION, distribution, of_pip
from ._prefixes import interpreter, prefix_of_command, prefix_of_site, site_of
from ._said import GUESSED, LISTED, NOT_SAID, WHOLE, Said, said, where
from .lines import Line
from .sessions import Typed, exchanges

_HEADER = re.compile(r"\s{0,8}Package\s{1,80}Version(?:\s{1,80}(?:Editable project )?[Ll]ocation.{0,40})?\s*$")
_RULE = re.compile(r"\s{0,8}-{3,200} -{3,200}[ -]{0,200}$")
_ROW = re.compile(rf"\s{{0,8}}({NAME})\s{{1,120}}({VERSION})(?:\s{{1,120}}(\S.{{0,400}}?))?\s*$")
#: Without a header and a command only rows of these are believed.
_LOOSE = re.compile(
    r"\s{0,8}(torch|torchvision|torchaudio|triton|numpy|ultralytics|nvidia-[a-z0-9-]{2,40}-cu1\d|flash[-_]attn|xformers"
    rf"|bitsandbytes|transformers|pytorch-lightning|lightning|mmcv|mmcv-full)\s{{2,80}}({VERSION})\s*$"
)
_VERSION = re.compile(r"pip (\d[\w.+]{0,20}) from (\S.{0,400}?)(?:[/\\]pip)? \(python (\d\.\d{1,2})\)")
_SHOWN = re.compile(r"\s{0,8}(Name|Version|Location|Requires|Installer|Editable project location): ?(.{0,4000})$")
_MISSING = re.compile(
    rf"(?:ERROR: )?({NAME}) ({VERSION}) (?:requires|has requirement) ({NAME})([^,\n]{{0,120}}?)"
    rf"(?:, (?:but you have|but you\S{{0,3}}ll have|which is not installed)(?: ({NAME})? ?({VERSION}))?.{{0,80}})$"
)
_MOST = 5000


def read(lines: Sequence[Line]) -> Iterator[Said]:
    owners = _owners(lines)
    done: List[Tuple[int, int]] = []
    for exchange in exchanges(lines):
        owner = _owner(exchange.typed, owners)
        for words in exchange.typed.commands:
            what = _pip(words)
            if what in ("list", "freeze") and exchange.output:
                rows, whole = _rows(exchange.output, exchange.typed, what)
                yield from _listing(rows, whole, owner)
                done.append((exchange.output[0].number, exchange.output[-1].number))
                break
    yield from _tables(lines, done)
    yield from _loose(lines, done)
    yield from _shown(lines)
    yield from _versions(lines)
    yield from _unmet(lines)


Row = Tuple[Distribution, int]


def _pip(words: Sequence[str]) -> str:
    """The subcommand of a pip command: pip3 list, python -m pip list, uv pip list."""
    names = [word.replace("\\", "/").rsplit("/", 1)[-1] for word in words[:4]]
    for place, name in enumerate(names):
        if re.fullmatch(r"pip[\d.]*(?:\.exe)?", name):
            return next((word for word in words[place + 1 :] if not word.startswith("-")), "")
    return ""


def _owners(lines: Sequence[Line]) -> Dict[str, str]:
    """The environments of `pip` and of `python -m pip`, where a text shows them: command -> prefix."""
    found: Dict[str, str] = {}
    for exchange in exchanges(lines):
        for words in exchange.typed.commands:
            key = "pip" if words[:1] and words[0] in ("pip", "pip3") else "python" if "-m" in words else ""
            version = next(filter(None, (_VERSION.match(line.text.strip()) for line in exchange.output[:4])), None)
            if key and version and ("-V" in words or "--version" in words):
                found[key] = prefix_of_site(version.group(2))
            if words[:1] == ("which",):
                for line in exchange.output[:8]:
                    name = line.text.strip().rsplit("/", 1)[-1]
                    if name in ("pip", "python") and line.text.startswith("/"):
                        found.setdefault(name, prefix_of_command(line.text.strip()))
    return found


def _owner(typed: Typed, owners: Dict[str, str]) -> str:
    first = next(iter(typed.commands), ("",))
    if "/" in first[0] or "\\" in first[0]:
        return prefix_of_command(first[0])
    return owners.get("python" if first[0].startswith("python") else "pip", "")


def _rows(output: Sequence[Line], typed: Typed, what: str) -> Tuple[List[Row], bool]:
    """The packages of a listing, and whether it is whole: not through grep, head or tail."""
    piped = len(typed.commands) > 1
    found: List[Row] = []
    for line in output[:_MOST]:
        if _HEADER.match(line.text) or _RULE.match(line.text):
            continue
        row = _row(line, what)
        if row:
            found.append((row, line.number))
        elif found and not line.text.strip():
            break
    return found, bool(found) and not piped


def _row(line: Line, what: str = "list") -> Optional[Distribution]:
    one = of_pip(line.text.strip(), where(line.number))
    if one or what == "freeze":
        return one
    row = _ROW.match(line.text)
    if row is None:
        return None
    folder = row.group(3) or ""
    one = distribution(row.group(1), row.group(2), where(line.number), location=folder if folder[:1] == "/" else "")
    return replace(one, editable=folder.startswith(("/", "~")) or folder[1:3] == ":\\")


def _listing(rows: List[Row], whole: bool, owner: str) -> Iterator[Said]:
    if whole:
        every = tuple(one for one, _ in rows)
        yield said("installs", "distributions", every, rows[0][1], rows[-1][1], WHOLE, owner)
        return
    for one, number in rows:
        yield said("installs", "distributions", (one,), number, weight=LISTED, owner=owner)


def _inside(number: int, done: Sequence[Tuple[int, int]]) -> bool:
    return any(first <= number <= last for first, last in done)


def _tables(lines: Sequence[Line], done: List[Tuple[int, int]]) -> Iterator[Said]:
    """Listings without a prompt, by their header."""
    for place, line in enumerate(lines):
        if "Package" not in line.text or not _HEADER.match(line.text) or _inside(line.number, done):
            continue
        rows: List[Row] = []
        for row in lines[place + 1 : place + _MOST]:
            one = _row(row)
            if one:
                rows.append((one, row.number))
            elif not _RULE.match(row.text):
                break
        if rows:
            yield from _listing(rows, True, "")
            done.append((line.number, rows[-1][1]))


def _loose(lines: Sequence[Line], done: Sequence[Tuple[int, int]]) -> Iterator[Said]:
    """Rows that grep left, and `name==version` lines three in a row or more."""
    run: List[Row] = []
    for line in lines:
        one = None
        if not _inside(line.number, done):
            row = _LOOSE.match(line.text)
            if row:
                yield said(
                    "installs",
                    "distributions",
                    (distribution(row.group(1), row.group(2), where(line.number)),),
                    line.number,
                    weight=LISTED,
                )
            elif "==" in line.text or " @ " in line.text:
                one = of_pip(line.text.strip(), where(line.number))
        if one:
            run.append((one, line.number))
            continue
        if len(run) > 2:
            yield from _listing(run, False, "")
        run = []
    if len(run) > 2:
        yield from _listing(run, False, "")


def _shown(lines: Sequence[Line]) -> Iterator[Said]:
    """pip show: "Name:" begins a package."""
    fields: Dict[str, str] = {}
    first = 0
    for line in [*lines, Line(0, "Name: ")]:
        found = _SHOWN.match(line.text)
        if found is None:
            continue
        key, value = found.group(1), found.group(2).strip()
        if key == "Name":
            if fields.get("Version"):
                yield _described(fields, first)
            fields, first = {}, line.number
        fields[key] = value


def _described(fields: Dict[str, str], first: int) -> Said:
    folder = fields.get("Location", "")
    one = distribution(fields["Name"], fields["Version"], where(first), folder, fields.get("Installer", ""))
    requires = tuple(filter(None, (name.strip() for name in fields.get("Requires", "").split(","))))
    one = replace(one, requires=requires[:200], editable="Editable project location" in fields)
    return said("installs", "distributions", (one,), first, weight=LISTED, owner=prefix_of_site(folder + "/"))


def _versions(lines: Sequence[Line]) -> Iterator[Said]:
    """`pip --version` shows which Python this pip installs for; `python -m pip --version` that of python itself."""
    typed = {line.number: exchange.typed for exchange in exchanges(lines) for line in exchange.output[:4]}
    for line in lines:
        found = _VERSION.match(line.text.strip()) if "(python " in line.text else None
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
