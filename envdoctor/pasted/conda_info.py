"""conda info, conda config --show and .condarc: the environment, the channels and how they are reached."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Sequence, Tuple

from ..facts import Manager, Setting
from ..reading import Known
from ..urls import strip_credentials
from ._pairs import pairs, says_nothing
from ._prefixes import kind
from ._said import GUESSED, LISTED, STATED, Said, said, where
from .lines import Line

_LISTS = ("channels", "default_channels", "create_default_packages", "pinned_packages", "envs_dirs", "pkgs_dirs")
_SCALARS = ("channel_alias", "channel_priority", "solver", "ssl_verify", "offline", "override_channels_enabled")
_MAPS = ("custom_channels", "proxy_servers")
_KEY = re.compile(r"([a-z_]{4,40}):\s{0,4}(.{0,400})$")
_ITEM = re.compile(r"\s{0,8}-\s{1,4}(\S.{0,400})$")
_ENTRY = re.compile(r"\s{1,8}([\w.*/-]{1,80}):\s{1,4}(\S.{0,400})$")
_CURRENT = re.compile(r"\s{0,8}Current channels:\s*$")
_VIRTUAL = re.compile(r"\s{0,40}(?:virtual packages : )?(__cuda|__glibc|__linux)=(\d[\d.]{0,20})")
_PLATFORMS = {
    "linux-64": ("linux", "x86_64"), "linux-aarch64": ("linux", "aarch64"), "linux-ppc64le": ("linux", "ppc64le"),
    "win-64": ("windows", "x86_64"), "osx-64": ("darwin", "x86_64"), "osx-arm64": ("darwin", "arm64"),
}  # fmt: skip


def read(lines: Sequence[Line]) -> Iterator[Said]:
    yield from _info(lines)
    yield from _config(lines)
    for place, line in enumerate(lines):
        if _CURRENT.match(line.text):
            found, last = _items(lines, place + 1)
            yield from _channels(found, line.number, last)
        virtual = _VIRTUAL.match(line.text)
        if virtual:
            name, version = virtual.groups()
            if name == "__cuda":
                yield said("driver", "cuda", version, line.number, weight=LISTED)
            elif name == "__glibc":
                yield said("session", "libc", f"glibc {version}", line.number)


def _info(lines: Sequence[Line]) -> Iterator[Said]:
    for pair in pairs(lines):
        key, value, number = pair.key, pair.value, pair.number
        if says_nothing(value):
            continue
        if key == "active environment":
            yield said("python", "environment_name", value, number)
        elif key == "active env location":
            yield said("python", "prefix", value, number, weight=STATED)
            yield from kind(value, number)
            yield said("python", "manager", "conda", number, weight=GUESSED)
        elif key == "conda version" and value[:1].isdigit():
            one = Manager("conda", "conda", Known(value, where(number)))
            yield said("indexes", "managers", (one,), number)
        elif key == "platform" and value in _PLATFORMS:
            system, machine = _PLATFORMS[value]
            yield said("session", "os", system, number)
            yield said("session", "machine", machine, number)


def _config(lines: Sequence[Line]) -> Iterator[Said]:
    for place, line in enumerate(lines):
        key = _KEY.match(line.text)
        if key is None:
            continue
        name, value = key.group(1), key.group(2).strip()
        if name in _SCALARS and value:
            yield _setting(name, (value.strip("'\""),), line.number)
        elif name in _LISTS and not value:
            found, last = _items(lines, place + 1)
            if found:
                yield _setting(name, tuple(found), line.number, last)
        elif name in _MAPS and not value:
            for entry, number in _entries(lines, place + 1).items():
                yield _setting(f"{name}.{entry[0]}", (entry[1],), number)


def _items(lines: Sequence[Line], place: int) -> Tuple[List[str], int]:
    """The items of a list that begins here, after blank lines, and the number of its last line."""
    found: List[str] = []
    last = lines[place - 1].number
    for line in lines[place : place + 200]:
        item = _ITEM.match(line.text)
        if item:
            found.append(item.group(1).strip().strip("'\""))
            last = line.number
        elif found or line.text.strip():
            break
    return found, last


def _entries(lines: Sequence[Line], place: int) -> Dict[Tuple[str, str], int]:
    found: Dict[Tuple[str, str], int] = {}
    for line in lines[place : place + 100]:
        entry = _ENTRY.match(line.text)
        if entry is None:
            break
        found[entry.group(1), entry.group(2).strip("'\"")] = line.number
    return found


def _channels(urls: Sequence[str], first: int, last: int) -> Iterator[Said]:
    """Channels as conda's errors list them: each with its platform."""
    bare = tuple(dict.fromkeys(re.sub(r"/(?:noarch|(?:linux|win|osx)-\w{1,10})/?$", "", url) for url in urls))
    if bare:
        yield _setting("channels", bare, first, last)
    system = next((part for url in urls for part in _PLATFORMS if url.rstrip("/").endswith("/" + part)), None)
    if system:
        yield said("session", "os", _PLATFORMS[system][0], first, weight=GUESSED)
        yield said("session", "machine", _PLATFORMS[system][1], first, weight=GUESSED)


def _setting(key: str, values: Tuple[str, ...], first: int, last: int = 0) -> Said:
    one = Setting(key, tuple(map(strip_credentials, values)), where(first, last), True)
    return said("indexes", "conda", (one,), first, last)
