"""Which interpreters a text names, and what it says about each."""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ...reading import value_or
from ..evidence import Case, base_name, out

_SITE = re.compile(
    r"^(.{1,400}?)[/\\]+(?:local[/\\]+)?lib(?:64)?[/\\]+(?:python\d(?:\.\d{1,2})?[/\\]+)?(?:site|dist)-packages", re.I
)
_BIN = re.compile(r"^(.{0,400}?)[/\\]+(?:bin|Scripts)[/\\]+[^/\\]{1,60}$", re.I)
_EXE = re.compile(r"^(.{1,400}?)[/\\]+python[\d.]{0,5}(?:\.exe)?$", re.I)
PIP_FROM = re.compile(
    r"pip (\d[\w.]{0,20}) from (\S.{0,300}?)(?:[/\\]+pip(?:[/\\]\S{0,40})?)? ?\(python (\d\.\d{1,2})\)"
)
_PYTHON_PATH = re.compile(
    r"(?:^|['\" ])((?:/|[A-Za-z]:\\)[^'\" \n:]{0,300}[/\\]python[\d.]{0,5}(?:\.exe)?)(?=$|['\" ])", re.M
)
_VERSION = re.compile(r"^ {0,4}(?:Python (\d\.\d{1,2})\.\d{1,2}|Python version: (\d\.\d{1,2}))", re.M)
_ANY_MINOR = re.compile(r"python(\d\.\d{1,2})\b", re.I)


class Pip(NamedTuple):
    version: str
    prefix: str
    python: str  # "3.10"
    line: int


def prefix_of(path: str) -> str:
    """The environment that a path lies in: '/x/lib/python3.8/site-packages/torch' and '/x/bin/python' -> '/x'.

    The user site and the system's two folders count as what they are: '/home/u/.local', '/usr'.
    """
    path = path.replace("\\\\", "\\")
    for pattern in (_SITE, _BIN, _EXE):
        found = pattern.match(path)
        if found:
            prefix = found.group(1) or "/"
            return "/usr" if prefix in ("/usr/local", "/") else prefix
    return ""


def same(one: str, other: str) -> bool:
    """Whether two prefixes are one: Windows does not mind case, and drops none of the rest."""
    return _plain(one) == _plain(other)


def _plain(prefix: str) -> str:
    plain = prefix.replace("\\", "/").rstrip("/")
    return plain.lower() if ":" in plain[:3] else plain


def pips(case: Case) -> List[Pip]:
    """Every `pip -V` in the text."""
    return [
        Pip(found.group(1), prefix_of(found.group(2) + "/pip"), found.group(3), line)
        for found, line in case.all(PIP_FROM)
    ]


def which(case: Case, *programs: str) -> List[Tuple[str, int]]:
    """Paths that `which`, `where` or `type -a` printed for these programs, first ones first."""
    found: List[Tuple[str, int]] = []
    for words, exchange in case.commands("which", "where", "type", "command", "readlink"):
        wanted = [word for word in words[1:] if not word.startswith("-")]
        for line in exchange.output:
            path = line.text.strip().rpartition(" ")[2] if " is /" in line.text else line.text.strip()
            name = re.sub(r"[\d.]+$", "", base_name(path))
            asked = any(re.sub(r"[\d.]+$", "", word) == name for word in wanted)
            if (path[:1] in "/~" or path[1:2] == ":") and name in programs and asked:
                found.append((path, line.number))
    return found


def executables(case: Case) -> List[Tuple[str, int]]:
    """Interpreters that sys.executable or a like question printed, or that were typed with their whole path."""
    found = [(match.group(1), line) for match, line in case.all(_PYTHON_PATH)]
    return [(path, line) for path, line in found if not path.endswith(("/env/python", "/bin/env"))]


def typed_pythons(case: Case) -> Iterator[Tuple[str, int]]:
    """Paths of interpreters that commands start."""
    for words, exchange in case.typed:
        if re.match(r"python[\d.]*$", base_name(words[0])) and ("/" in words[0] or "\\" in words[0]):
            yield words[0], exchange.typed.number


def minor(case: Case) -> Optional[str]:
    """The minor version of the Python in question, as far as the text names one: "3.10"."""
    known = value_or(case.facts.python.version, "")
    if known:
        return ".".join(known.split(".")[:2])
    said = case.find(_VERSION)
    if said:
        return str(said[0].group(1) or said[0].group(2))
    pip = pips(case)
    if pip:
        return pip[-1].python
    for words, _ in case.typed:
        if re.match(r"(?:python|pip)3\.\d{1,2}$", base_name(words[0])):
            return base_name(words[0]).lstrip("pythoni")
        found = re.search(r"[/\\](?:python)?(3\.\d{1,2})(?:\.\d{1,2})?[/\\]", words[0])
        if found:
            return found.group(1)
    any_minor = case.find(_ANY_MINOR)
    return any_minor[0].group(1) if any_minor else None


def printed(case: Case, code: str) -> Iterator[Tuple[str, int]]:
    """What a typed line that contains `code` printed."""
    for exchange in case.exchanges:
        if code in exchange.typed.text:
            yield out(exchange), exchange.typed.number
