"""pip list and pip freeze, of pip and of uv."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ..facts import Distribution
from ._packages import NAME, VERSION, distribution, of_pip
from ._prefixes import prefix_of_command, prefix_of_site
from ._said import LISTED, WHOLE, Said, said, where
from ._spans import Spans
from .lines import Line
from .pip_show import PIP_VERSION
from .sessions import Typed, exchanges

_HEADER = re.compile(r"\s{0,8}Package\s{1,80}Version(?:\s{1,80}(?:Editable project )?[Ll]ocation.{0,40})?\s*$")
_RULE = re.compile(r"\s{0,8}-{3,200} -{3,200}[ -]{0,200}$")
_ROW = re.compile(rf"\s{{0,8}}({NAME})\s{{1,120}}({VERSION})(?:\s{{1,120}}(\S.{{0,400}}?))?\s*$")
#: Without a header and a command only rows of these are believed.
_LOOSE = re.compile(
    r"\s{0,8}(torch|torchvision|torchaudio|triton|numpy|ultralytics|nvidia-[a-z0-9-]{2,40}-cu1\d|flash[-_]attn|xformers"
    rf"|bitsandbytes|transformers|pytorch-lightning|lightning|mmcv|mmcv-full)\s{{2,80}}({VERSION})\s*$"
)
_MOST = 5000


def read(lines: Sequence[Line]) -> Iterator[Said]:
    owners = _owners(lines)
    done = Spans()
    for exchange in exchanges(lines):
        owner = _owner(exchange.typed, owners)
        for words in exchange.typed.commands:
            what = _pip(words)
            if what in ("list", "freeze") and exchange.output:
                rows, whole = _rows(exchange.output, exchange.typed, what)
                if rows:
                    yield from _listing(rows, whole, owner)
                    done.add(exchange.output[0].number, rows[-1][1])
                break
    yield from _tables(lines, done)
    yield from _loose(lines, done)


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
            version = next(filter(None, (PIP_VERSION.match(line.text.strip()) for line in exchange.output[:4])), None)
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


def _tables(lines: Sequence[Line], done: Spans) -> Iterator[Said]:
    """Listings without a prompt, by their header."""
    for place, line in enumerate(lines):
        if "Package" not in line.text or not _HEADER.match(line.text) or line.number in done:
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
            done.add(line.number, rows[-1][1])


def _loose(lines: Sequence[Line], done: Spans) -> Iterator[Said]:
    """Rows that grep left, and `name==version` lines three in a row or more.

    Below a line that names a requirements file they are what is asked for, not what is installed.
    """
    run: List[Row] = []
    wanted = False
    before = ""
    for line in [*lines, Line(0, "")]:
        one = None
        if ("==" in line.text or " @ " in line.text) and line.number not in done:
            one = of_pip(line.text.strip(), where(line.number))
        elif "  " in line.text:
            row = _LOOSE.match(line.text)
            if row and line.number not in done:
                loose = distribution(row.group(1), row.group(2), where(line.number))
                yield said("installs", "distributions", (loose,), line.number, weight=LISTED)
        if one:
            wanted = wanted if run else "requirements" in before
            run.append((one, line.number))
            continue
        if run and wanted:
            asked = tuple(f"{dist.name}=={dist.version}" for dist, _ in run)
            yield said("installs", "requested", asked, run[0][1], run[-1][1])
        elif len(run) > 2:
            yield from _listing(run, False, "")
        run = []
        before = line.text or before
