"""Paths in a text: which environment an interpreter, a command or a site-packages folder belongs to."""

from __future__ import annotations

import re
from typing import Iterator, Optional

from ._said import GUESSED, STATED, Said, said

_SITE = re.compile(
    r"(?P<prefix>(?:/|[A-Za-z]:\\)[^\n'\"]{0,400}?)[/\\](?:(?:local[/\\])?lib(?:64)?[/\\]python(?P<minor>\d\.\d{1,2})t?|[Ll]ib)"
    r"[/\\](?:site|dist)-packages(?![\w.-])"
)
_BIN = re.compile(r"(?P<prefix>(?:/|~|[A-Za-z]:\\)[^\n'\"]{0,400}?)[/\\](?:bin|Scripts)[/\\](?P<name>[\w.+-]{1,60})$")
_EXE = re.compile(r"(?P<prefix>[A-Za-z]:\\[^\n'\"]{0,400}?)\\(?P<name>python[\w.]{0,8})(?:\.exe)?$")
_PYENV = re.compile(r"/versions/(\d\.\d{1,2}\.\d{1,3})/bin/python")
_NUMBERED = re.compile(r"(?:^|[/\\])python(\d\.\d{1,2})$")
_CONDA = re.compile(r"(?:[Aa]na|[Mm]ini)conda\d?|[Mm]ini(?:forge|mamba)\d?|[Mm]amba(?:forge)?|conda")


def prefix_of_command(path: str) -> str:
    """'/home/u/venv/bin/pip' -> '/home/u/venv', 'C:\\\\Anaconda3\\\\python.exe' -> 'C:\\\\Anaconda3', 'pip' -> ''."""
    found = _BIN.match(path) or _EXE.match(path)
    return found.group("prefix") if found else ""


def prefix_of_site(path: str) -> str:
    """'/home/u/venv/lib/python3.8/site-packages/pip' -> '/home/u/venv'; "" for a user's site, which is of no
    environment, and where there is none."""
    found = _SITE.search(path)
    if found is None or found.group("prefix").endswith(("/.local", "\\Roaming\\Python")):
        return ""
    return found.group("prefix")


def site_of(path: str) -> str:
    """The site-packages folder that a path lies in, "" for none."""
    found = _SITE.search(path)
    return found.group() if found else ""


def minor_of_site(path: str) -> Optional[str]:
    found = _SITE.search(path)
    return found.group("minor") if found else None


def interpreter(path: str, number: int, weight: int = STATED, by: str = "PATH") -> Iterator[Said]:
    """The Python that runs. `by` is as in the facts: "--python" where it was named by its path."""
    yield said("python", "executable", path, number, weight=weight)
    yield said("python", "chosen_by", by, number, weight=weight)
    version = _PYENV.search(path) or _NUMBERED.search(path)
    if version:
        yield said("python", "version", version.group(1), number, weight=-1)
    prefix = prefix_of_command(path)
    if prefix:
        yield said("python", "prefix", prefix, number, weight=weight)
        yield from kind(prefix, number)


def kind(prefix: str, number: int) -> Iterator[Said]:
    """Conda environments show in their path."""
    parts = prefix.replace("\\", "/").split("/")
    name = next(
        (part for part in parts if re.fullmatch(r"(?:ana|mini)conda\d?|mini(?:forge|mamba)\d?|conda", part)), ""
    )
    if len(parts) > 2 and parts[-2] == "envs" and "/.pyenv/" not in prefix:
        yield said("python", "kind", "conda", number, weight=GUESSED)
        yield said("python", "manager", "conda", number, weight=GUESSED)
        yield said("python", "environment_name", parts[-1], number, weight=GUESSED)
    elif name and parts[-1] == name:
        yield said("python", "kind", "conda-base", number, weight=GUESSED)
        yield said("python", "manager", "conda", number, weight=GUESSED)
        yield said("python", "environment_name", "base", number, weight=GUESSED)
    elif re.search(r"/\.pyenv/versions/\d[\d.]{0,12}$", prefix):
        yield said("python", "kind", "pyenv", number, weight=GUESSED)
    elif prefix in ("/usr", "/usr/local"):
        yield said("python", "kind", "system", number, weight=GUESSED)
    elif parts[-1] in ("venv", ".venv", "env"):
        yield said("python", "kind", "venv", number, weight=GUESSED)
