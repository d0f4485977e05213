"""The machine below: uname, os-release, limits, df, memory, WSL."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, Optional, Sequence

from ..facts import Limit
from . import _system
from ._gpu import whole_number
from ._said import LISTED, Said, said
from .lines import Line
from .sessions import exchanges

_UNAME = re.compile(r"\s{0,8}Linux \S{1,80} (\d{1,2}\.\d{1,3}\S{0,80}) .{0,200}?(x86_64|aarch64|ppc64le)(?: |$)")
_KERNEL = re.compile(r"\s{0,8}(\d{1,2}\.\d{1,3}\.\d{1,5}\S{0,80})\s*$")
_RELEASE = re.compile(r"\s{0,8}(NAME|VERSION_ID|PRETTY_NAME|DISTRIB_DESCRIPTION)=\"?([^\"\n]{1,120})\"?\s*$")
_DESCRIPTION = re.compile(r"\s{0,8}Description:\s{1,8}(\S.{1,120})$")
_REDHAT = re.compile(
    r"\s{0,8}((?:CentOS|Red Hat|Fedora|Rocky|AlmaLinux|Scientific|Oracle)[\w ]{0,60} release \d[\d.]{0,12}.{0,40})$"
)
_DF = re.compile(
    r"\s{0,8}\S{1,200}\s{1,80}(?:\w{1,20}\s{1,20})?(\d[\d.]{0,12}[KMGTP]?i?B?)\s{1,20}(\d[\d.]{0,12}[KMGTP]?i?B?)\s{1,20}"
    r"(\d[\d.]{0,12}[KMGTP]?i?B?)\s{1,20}\d{1,3}%\s{1,20}(/\S{0,300})\s*$"
)
_OPEN_FILES = re.compile(r"\s{0,8}open files\s{1,60}\(-n\) (\d{1,9}|unlimited)\s*$")
_FREE = re.compile(r"\s{0,8}Mem:\s{1,20}(\d[\d.]{0,12}[KMGTP]?i?B?)((?:\s{1,20}\d[\d.]{0,12}[KMGTP]?i?B?){2,6})\s*$")
_WSL = re.compile(r"[\s*]{0,8}\S{1,60}\s{1,40}(?:Running|Stopped)\s{1,40}([12])\s*$")
_FABRIC = re.compile(r"\s{0,8}Active: (\w{2,20}) \((\w{2,20})\)")
_SCALES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50}


def read(lines: Sequence[Line]) -> Iterator[Said]:
    fabric = False
    name = ""
    for line in lines:
        text, number = line.text, line.number
        fabric = (fabric and bool(text.strip())) or "nvidia-fabricmanager" in text
        uname = _UNAME.match(text) if "Linux " in text else None
        if uname:
            yield said("session", "os", "linux", number)
            yield said("session", "machine", uname.group(2), number)
            yield from _system.kernel(uname.group(1), number)
        release = _RELEASE.match(text) if "=" in text else None
        if release:
            key, value = release.groups()
            if key == "NAME":
                name = value
            else:
                full = f"{name} {value}" if key == "VERSION_ID" and name else value
                yield from _system.operating_system(full, number) if key != "VERSION_ID" or name else ()
        described = _DESCRIPTION.match(text) or _REDHAT.match(text)
        if described:
            yield from _system.operating_system(described.group(1).strip().replace("release ", ""), number)
        if "%" in text:
            yield from _disk(text, number)
        files = _OPEN_FILES.match(text)
        if files:
            yield from _limit(files.group(1), number)
        free = _FREE.match(text)
        if free:
            yield from _memory(free.group(1), free.group(2).split(), number)
        active = _FABRIC.match(text) if fabric else None
        if active:
            yield said("driver", "fabric_manager", "running" if active.group(2) == "running" else "not-running", number)
    for exchange in exchanges(lines):
        for words in exchange.typed.commands:
            reader = _COMMANDS.get(words[0]) if words else None
            if reader and exchange.output:
                yield from reader(words, exchange.output)


def size(text: str) -> Optional[int]:
    """df's and free's sizes: 64M, 1.0G, 3.6T; a bare number is of kibibytes."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,4})?)([KMGTP]?)(?:iB?|B)?", text)
    return round(float(found.group(1)) * _SCALES[found.group(2) or "K"]) if found else None


def _disk(text: str, number: int) -> Iterator[Said]:
    found = _DF.match(text)
    if found and found.group(4) == "/dev/shm":
        total, free = size(found.group(1)), size(found.group(3))
        if total is not None and free is not None:
            yield said("session", "shm_total", total, number)
            yield said("session", "shm_free", free, number)


def _limit(text: str, number: int) -> Iterator[Said]:
    soft = whole_number(text)
    yield said("session", "limits", (Limit("open-files", -1 if soft is None else soft, -1),), number)


def _memory(total: str, rest: Sequence[str], number: int) -> Iterator[Said]:
    bytes_ = size(total)
    if bytes_:
        yield said("session", "memory_total", bytes_, number)
    available = size(rest[-1]) if len(rest) == 5 else None  # used, free, shared, buff/cache, available
    if available is not None:
        yield said("session", "memory_available", available, number)


def _uname(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    found = _KERNEL.match(output[0].text) if "-r" in words else None
    if found:
        yield from _system.kernel(found.group(1), output[0].number)


def _ulimit(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    text = output[0].text.strip()
    if "-n" in words and (text.isdigit() or text == "unlimited"):
        yield from _limit(text, output[0].number)


def _nproc(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    count = whole_number(output[0].text)
    if count:
        yield said("session", "cpus", count, output[0].number)


def _wsl(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    """wsl -l -v: the default distribution has a star."""
    for line in sorted(output[:20], key=lambda line: "*" in line.text):
        found = _WSL.match(line.text)
        if found:
            yield said("session", "wsl", found.group(1), line.number, weight=LISTED)


def _whoami(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    user = output[0].text.strip()
    if re.fullmatch(r"[a-z_][\w.-]{0,31}", user):
        yield said("session", "user", user, output[0].number)
        yield said("session", "is_root", user == "root", output[0].number)


_COMMANDS: Dict[str, Callable[[Sequence[str], Sequence[Line]], Iterator[Said]]] = {
    "uname": _uname,
    "ulimit": _ulimit,
    "nproc": _nproc,
    "wsl": _wsl,
    "whoami": _whoami,
}
