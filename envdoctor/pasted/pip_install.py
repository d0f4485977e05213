"""pip install: what it was told, where it looked, what it found, put there and took away."""

from __future__ import annotations

import re
from typing import Iterator, List, Sequence, Tuple

from ..facts import Setting
from ..reading import Absent
from ..urls import strip_credentials
from ._packages import NAME, VERSION, canonical, distribution
from ._prefixes import prefix_of_site
from ._said import GUESSED, LISTED, Said, said, where
from .lines import Line
from .sessions import Typed, typed

_SATISFIED = re.compile(
    rf"\s{{0,8}}Requirement already (?:satisfied|up-to-date): ({NAME})\S{{0,200}}.{{0,200}}? in (\S.{{0,400}}?)"
    rf"(?: \(from .{{1,400}}?\))? \(({VERSION})\)"
)
_INSTALLED = re.compile(r"\s{0,8}Successfully installed (\S.{0,20000})$")
_PAIR = re.compile(rf"({NAME})-({VERSION})")
_REMOVED = re.compile(rf"\s{{0,8}}Successfully uninstalled ({NAME})-({VERSION})")
_EXISTING = re.compile(rf"\s{{0,8}}Found existing installation: ({NAME}) ({VERSION})")
_INDEXES = re.compile(r"\s{0,8}Looking in indexes: (\S.{0,4000})$")
_LINKS = re.compile(r"\s{0,8}Looking in links: (\S.{0,4000})$")
_NO_VERSION = re.compile(r"Could not find a version that satisfies the requirement (\S{1,200}(?: [<>=!~]\S{1,100})?)")
_LEFTOVER = re.compile(
    r"WARNING: Ignoring (?:invalid|incompletely removed) distribution ([-~]\S{1,120}) \((\S.{0,400}?)\)"
)
_OLD_PIP = re.compile(r"You are using pip version (\d[\w.]{0,20})[,;]|new release of pip available: (\d[\w.]{0,20}) ->"
                      r"|new release of pip is available: (\d[\w.]{0,20}) ->")  # fmt: skip
_CONFIG = re.compile(
    r"\s{0,8}(?:(?:global|install|user|site)\.)?(index-url|extra-index-url|find-links|trusted-host|no-index|proxy|cert)"
    r"\s{0,4}=\s{0,4}(\S.{0,1000})$"
)
_FLAGS = {
    "-i": "index-url", "--index-url": "index-url", "--pypi-url": "index-url", "--extra-index-url": "extra-index-url",
    "-f": "find-links", "--find-links": "find-links", "--no-index": "no-index", "--trusted-host": "trusted-host",
}  # fmt: skip
_WITH_VALUE = (
    "-r", "--requirement", "-c", "--constraint", "-t", "--target", "--prefix", "--root", "--platform", "-d", "--dest",
    "--python-version", "--implementation", "--abi", "--cache-dir", "--timeout", "--proxy", "--cert", "--only-binary",
    "--no-binary", "-e", "--editable", "--python", "-p",
)  # fmt: skip


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for one in typed(lines):
        yield from _told(one)
    for line in lines:
        yield from _line(line.text, line.number)


def _told(one: Typed) -> Iterator[Said]:
    """Indexes and requirements that a pip install was given."""
    for words in one.commands:
        names = [word.replace("\\", "/").rsplit("/", 1)[-1] for word in words]
        pip = next((place for place, name in enumerate(names[:5]) if re.fullmatch(r"pip[\d.]*(?:\.exe)?", name)), None)
        if pip is None or not {"install", "download"} & set(words[pip + 1 : pip + 4]):
            continue
        wanted, settings = _arguments(words[pip + 1 :])
        requested = tuple(word for word in wanted if word not in ("install", "download"))
        if requested:
            yield said("installs", "requested", requested, one.number)
        for key, value in settings:
            yield _setting(key, (value,), one.number)


def _arguments(words: Sequence[str]) -> Tuple[List[str], List[Tuple[str, str]]]:
    wanted: List[str] = []
    settings: List[Tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        flag, equals, value = word.partition("=")
        if flag in _FLAGS:
            given = value if equals else "true" if flag == "--no-index" else next(rest, "")
            if given:
                settings.append((_FLAGS[flag], given))
        elif flag in _WITH_VALUE:
            if not equals:
                next(rest, None)
        elif not word.startswith("-") and re.match(rf"{NAME}(?:[<>=!~\[ @]|$)", word) and "/" not in word:
            wanted.append(word)
    return wanted, settings


def _setting(key: str, values: Tuple[str, ...], number: int) -> Said:
    one = Setting(key, tuple(strip_credentials(value.strip("'\"")) for value in values), where(number), True)
    return said("indexes", "pip", (one,), number)


def _line(text: str, number: int) -> Iterator[Said]:
    if "Requirement already" in text:
        yield from _satisfied(text, number)
    elif "Successfully " in text or "Found existing installation" in text:
        yield from _changed(text, number)
    elif "Looking in " in text:
        yield from _looked(text, number)
    elif "Could not find a version" in text:
        found = _NO_VERSION.search(text)
        if found:
            yield said("installs", "requested", (found.group(1).rstrip(","),), number)
    elif " distribution " in text and "Ignoring " in text:
        leftover = _LEFTOVER.search(text)
        if leftover:
            name = "~" + leftover.group(1)[1:]
            path = f"{leftover.group(2).rstrip('/')}/{name}"
            yield said("installs", "leftovers", (path,), number)
    elif "externally-managed-environment" in text:
        yield said("python", "externally_managed", "EXTERNALLY-MANAGED", number)
    elif "normal site-packages is not writeable" in text:
        yield said("python", "site_packages_writable", False, number)
    elif "pip" in text and ("version" in text or "release" in text):
        pip = _OLD_PIP.search(text)
        if pip:
            yield said("python", "pip_version", next(filter(None, pip.groups())), number, weight=LISTED)
    else:
        setting = _CONFIG.match(text)
        if setting:
            yield _setting(setting.group(1), tuple(setting.group(2).split()), number)


def _satisfied(text: str, number: int) -> Iterator[Said]:
    found = _SATISFIED.match(text)
    if found:
        name, folder, version = found.groups()
        one = distribution(name, version, where(number), location=folder)
        yield said("installs", "distributions", (one,), number, weight=LISTED, owner=prefix_of_site(folder + "/"))
        if prefix_of_site(folder + "/"):
            yield said("python", "site_packages", folder, number, weight=GUESSED)


def _changed(text: str, number: int) -> Iterator[Said]:
    installed = _INSTALLED.match(text)
    if installed:
        pairs = (_PAIR.fullmatch(word) for word in installed.group(1).split())
        every = tuple(distribution(one.group(1), one.group(2), where(number), installer="pip") for one in pairs if one)
        yield said("installs", "distributions", every, number, weight=LISTED)
        return
    removed = _REMOVED.match(text)
    if removed:
        yield Said("installs", "distributions", Absent((canonical(removed.group(1)),)), number, LISTED)
        return
    existing = _EXISTING.match(text)
    if existing:
        one = distribution(existing.group(1), existing.group(2), where(number))
        yield said("installs", "distributions", (one,), number, weight=LISTED)


def _looked(text: str, number: int) -> Iterator[Said]:
    indexes = _INDEXES.match(text)
    if indexes:
        first, *more = [url.strip() for url in indexes.group(1).split(",")]
        yield _setting("index-url", (first,), number)
        if more:
            yield _setting("extra-index-url", tuple(more), number)
    links = _LINKS.match(text)
    if links:
        yield _setting("find-links", tuple(url.strip() for url in links.group(1).split(",")), number)
