"""conda list, whole or what grep left of it, and the tables of what conda is going to install."""

from __future__ import annotations

import re
from typing import Generator, Iterator, List, Optional, Sequence, Tuple

from ..facts import CondaRecord
from ..urls import strip_credentials
from ._packages import Package, listed, of_conda, split_by_kind
from ._prefixes import kind
from ._said import GUESSED, LISTED, WHOLE, Said, said, where
from ._spans import Spans
from .lines import Line
from .sessions import exchanges, prompt

_HEADER = re.compile(r"\s{0,8}# packages in environment at (\S.{0,400}?):?\s*$")
_NAMES = re.compile(r"\s{0,8}#?\s{0,4}Name\s{1,60}Version\s{1,60}Build(?:\s{1,60}Channel)?\s*$")
#: Without a header and a command only rows of these are believed.
_LOOSE = re.compile(
    r"\s{0,8}(?:pytorch|pytorch-cuda|pytorch-mutex|pytorch-gpu|pytorch-cpu|cpuonly|torchvision|torchaudio|cudatoolkit"
    r"|cuda-[a-z-]{2,40}|cudnn|numpy|mkl|libtorch)\s{2,60}\d"
)
_DOWNLOAD = re.compile(
    r"\s{0,8}([a-z0-9][\w.-]{0,100})-(\d[\w.!+]{0,60})\s{0,60}\|\s{1,60}(\S{1,100})\s{1,40}[\d.]{1,12} [KMG]?i?B"
    r"(?:\s{1,60}(\S{1,200}))?\s*$"
)
_PLANNED = re.compile(
    r"\s{0,8}([a-z0-9][\w.-]{0,100})\s{1,60}(?:\S{1,400} --> )?(\S{1,200})::([a-z0-9][\w.-]{0,100})-(\d[\w.!+]{0,60})"
    r"-(\S{1,100})\s*$"
)
_CONDA = ("conda", "mamba", "micromamba")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    done = Spans()
    for exchange in exchanges(lines):
        commands = exchange.typed.commands
        if exchange.output and any(map(_is_conda_list, commands)):
            yield from _listing(exchange.output, len(commands) == 1 and _is_whole(commands[0]))
            done.add(exchange.output[0].number, exchange.output[-1].number)
    for place, line in enumerate(lines):
        header = _HEADER.match(line.text) if "packages in environment" in line.text else None
        if header:
            prefix = header.group(1)
            yield said("python", "prefix", prefix, line.number, weight=GUESSED)
            yield from kind(prefix, line.number)
        if line.number in done:
            continue
        if header or _NAMES.match(line.text):
            last = yield from _table(lines, place)
            done.add(line.number, last)
        elif _LOOSE.match(line.text):
            one = of_conda(line.text.strip(), where(line.number))
            if isinstance(one, CondaRecord):
                yield listed(one, line.number)
        elif "|" in line.text or "::" in line.text:
            planned = _planned(line.text)
            if planned:
                yield said("installs", "conda", (planned,), line.number, weight=LISTED)


def _is_conda_list(words: Sequence[str]) -> bool:
    return bool(words) and _name(words[0]) in _CONDA and "list" in words[1:4]


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _is_whole(words: Sequence[str]) -> bool:
    """Whether `conda list` was asked for everything: a name or a pattern narrows it."""
    rest = iter(words[words.index("list") + 1 :])
    for word in rest:
        if word in ("-n", "--name", "-p", "--prefix"):
            next(rest, None)
        elif not word.startswith("-"):
            return False
    return True


def _listing(output: Sequence[Line], whole: bool) -> Iterator[Said]:
    rows: List[Tuple[Package, int]] = []
    for line in output:
        one = None if line.text.lstrip().startswith("#") else of_conda(line.text.strip(), where(line.number))
        if one:
            rows.append((one, line.number))
        elif rows and not line.text.strip():
            break
    yield from _rows(rows, whole)


def _table(lines: Sequence[Line], place: int) -> Generator[Said, None, int]:
    """A listing below its header; returns the number of its last line."""
    rows: List[Tuple[Package, int]] = []
    last = lines[place].number
    for line in lines[place + 1 :]:
        one: Optional[Package] = of_conda(line.text.strip(), where(line.number))
        if one:
            rows.append((one, line.number))
        elif not line.text.strip() or prompt(line):
            break
        last = line.number
    yield from _rows(rows, True)
    return last


def _rows(rows: List[Tuple[Package, int]], whole: bool) -> Iterator[Said]:
    if not whole:
        for one, number in rows:
            yield listed(one, number)
        return
    if rows:
        first, last = rows[0][1], rows[-1][1]
        by_pip, by_conda = split_by_kind(tuple(one for one, _ in rows))
        yield said("installs", "conda", by_conda, first, last, WHOLE)
        if by_pip:  # not everything that pip would list: conda's packages are not among these
            yield said("installs", "distributions", by_pip, first, last, LISTED)


def _planned(text: str) -> Optional[CondaRecord]:
    """A row of "will be downloaded" or "will be INSTALLED": what the solver chose."""
    found = _DOWNLOAD.match(text)
    if found:
        name, version, build, channel = found.groups()
        return CondaRecord(name, version, build, strip_credentials(channel or ""), "", False)
    planned = _PLANNED.match(text)
    if planned and planned.group(1) == planned.group(3):
        channel = planned.group(2).rpartition("/")[0] or planned.group(2)
        return CondaRecord(planned.group(1), planned.group(4), planned.group(5), strip_credentials(channel), "", False)
    return None
