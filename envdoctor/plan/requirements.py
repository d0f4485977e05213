"""A requirements file, as what it asks of torch: each line that matters becomes a distribution that requires it."""

from __future__ import annotations

import codecs
import posixpath
import re
from typing import Iterator, List, Mapping, Optional, Sequence, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Distribution
from ..host import Host
from ..reading import Known
from ..render.words import shown
from ..voice import Unusable

FAMILY = ("torch", "torchvision", "torchaudio")
_LIMIT = 1 << 20  # bytes; no requirements file is longer
_NESTED = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s+|=|(?=[^\s-]))(.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)\b")


def asked(host: Host, path: str, markers: Mapping[str, str], table: CompatTable) -> Tuple[Distribution, ...]:
    """What the file, and those that it includes, ask for. `markers` describe the machine; one that it leaves out is
    "". Unusable, with the line, where a line cannot be read or hides what it asks for."""
    return tuple(_of_file(host, path, markers, table, ()))


def _of_file(
    host: Host, path: str, markers: Mapping[str, str], table: CompatTable, within: Tuple[str, ...]
) -> Iterator[Distribution]:
    if path in within:
        raise Unusable(f"{path} includes itself")
    read = host.read(path, _LIMIT)
    if not isinstance(read, Known):
        why = getattr(read, "detail", "") or "it is not there"
        raise Unusable(f"-r {path} cannot be read: {why}")
    text = _decoded(read.value)
    if len(read.value) >= _LIMIT or "\0" in text:
        raise Unusable(f"-r {path} is no requirements file")
    for number, line in _lines(text):
        place = f"line {number} of {path}"
        nested = _NESTED.fullmatch(line)
        if nested:
            other = posixpath.join(posixpath.dirname(path), nested.group(1).strip().strip("\"'"))
            yield from _of_file(host, other, markers, table, (*within, path))
        elif _EDITABLE.match(line):
            raise Unusable(f"{place} names a project to edit, and what that asks for is not known here: {_cut(line)}")
        elif not line.startswith("-"):
            yield from _of_line(line, place, markers, table)


def _decoded(text: str) -> str:
    """As pip reads it: a mark at the beginning says the encoding. Windows' editors and shells write one."""
    content = text.encode("utf-8", "surrogateescape")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return text[1:] if text.startswith("\ufeff") else text


def _lines(text: str) -> Iterator[Tuple[int, str]]:
    """Logical lines without comments, each with the number of its first line."""
    held: List[str] = []
    first = 0
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        first = first if held else number
        part = re.sub(r"(^|\s)#.*", "", raw)
        if part.endswith("\\"):
            held.append(part[:-1])
            continue
        whole = "".join([*held, part]).strip()
        held = []
        if whole:
            yield first, whole


def _of_line(line: str, place: str, markers: Mapping[str, str], table: CompatTable) -> Iterator[Distribution]:
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.version import InvalidVersion

    if "--hash" in line:
        raise Unusable(f"{place} allows only files of given hashes, so no other build can be chosen: {_cut(line)}")
    if re.match(r"[\w.+-]+://|[./~]", line) or line.endswith((".whl", ".tar.gz", ".zip")):
        raise Unusable(f"{place} names a file, and what that asks for is not known here: {_cut(line)}")
    try:
        requirement = Requirement(re.sub(r"\s--?[a-z][\w-]*[= ].*", "", line))
    except InvalidRequirement:
        raise Unusable(f"{place} is no requirement that pip would take: {_cut(line)}") from None
    if requirement.url is not None:
        raise Unusable(f"{place} names a file, and what that asks for is not known here: {_cut(line)}")
    if requirement.marker is not None:
        if not markers.get("python_version") and "python" in str(requirement.marker).replace("platform_python", ""):
            raise Unusable(f"{place} depends on the Python, and none was given (--python): {_cut(line)}")
        try:
            if not requirement.marker.evaluate({name: value or "0" for name, value in markers.items()}):
                return
        except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
            raise Unusable(f"{place} has a marker that cannot be told: {_cut(line)}") from None
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    specifier = str(requirement.specifier)
    if name in FAMILY:
        yield distribution(place, "", (f"{name}{specifier}",))
        return
    pinned = re.fullmatch(r"={2,3}([^*,]+)", specifier)
    version = pinned.group(1) if pinned else ""
    yield distribution(name, version, _tied(name, version, table), place)


def tagged(found: Sequence[Distribution]) -> Optional[str]:
    """The build that a requirement names by its local tag: cu118 of torch==2.4.1+cu118. None: none does."""
    tags = (re.search(r"\+(cu\d+|cpu|rocm[\d.]+)$", line) for one in found for line in one.requires)
    return next((tag.group(1) for tag in tags if tag), None)


def _tied(name: str, version: str, table: CompatTable) -> Tuple[str, ...]:
    """What the table knows that version to ask of torch."""
    try:
        specifier = table.downstream(name).requires_torch.get(version, "")
    except NoRow:
        return ()
    return (f"torch{specifier}",) if specifier else ()


def distribution(name: str, version: str, requires: Tuple[str, ...], place: str = "") -> Distribution:
    return Distribution(
        name=name,
        version=version,
        location="",
        metadata=place or name,
        installer="",
        editable=False,
        direct_url="",
        requires=requires,
        requires_python="",
        metadata_readable=True,
        record_entries=0,
        sampled=0,
        missing=(),
    )


def _cut(line: str) -> str:
    return shown(line if len(line) <= 80 else line[:77] + "...")
