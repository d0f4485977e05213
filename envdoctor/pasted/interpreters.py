"""Which Python a text is about: its banner, `python -V`, which, type and whereis, shebangs, files that lie about."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Sequence

from ..facts import Command, VenvFacts
from ..reading import Known
from ._gpu import gpu, whole_number
from ._prefixes import interpreter, minor_of_site, prefix_of_command
from ._said import GUESSED, LISTED, NOT_SAID, WHOLE, Said, said, where
from .lines import Line
from .sessions import exchanges

_BANNER = re.compile(r"\s{0,8}Python (\d\.\d{1,2}\.\d{1,3}\S{0,8}) (?:\||\()")
_VERSION = re.compile(r"\s{0,8}Python (\d\.\d{1,2}\.\d{1,3}\S{0,24})(?: :: .{0,60})?\s*$")
_ON = re.compile(r"\s{0,8}\[(?:GCC|Clang|MSC)[^\]]{0,80}\](?: ::? [^\n]{0,60}?)? on (linux|win32|darwin)")
_TYPE = re.compile(r"(\S{1,60}) is (?:hashed \()?(/[^\s()]{1,400})\)?$")
_SHEBANG = re.compile(r"\s{0,8}#!\s?(\S{1,400})(?: .{0,100})?$")
_FRAME = re.compile(r'\s{0,40}File "(\S[^"\n]{0,1000})"')
_CFG = re.compile(r"\s{0,8}(home|version|version_info|include-system-site-packages|command) = (\S.{0,400})$")
_NUMBERED = re.compile(r"python\d\.\d{1,2}")
#: Commands that start a Python: what the commands probe would list.
_SCRIPTS = re.compile(
    r"pip[\d.]{0,5}|yolo|torchrun|jupyter(?:-\w+)?|ipython3?|accelerate|deepspeed|transformers-cli|mim|tensorboard|pytest"
)
_PYTHONS = re.compile(r"python(?:\d(?:\.\d{1,2})?)?")
_SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "darwin"}


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for line in lines:
        text = line.text
        if "Python " in text:
            found = _BANNER.match(text) or _VERSION.match(text)
            if found:
                yield said("python", "version", found.group(1), line.number)
        if "[" in text and " on " in text:
            on = _ON.match(text)
            if on:
                yield said("session", "os", _SYSTEMS[on.group(1)], line.number)
        if 'File "' in text:
            yield from _frame(text, line.number)
    for exchange in exchanges(lines):
        for words in exchange.typed.commands:
            if words[:1] and words[0] in ("which", "type", "whereis", "where", "command"):
                yield from _which(words, exchange.output)
            elif words[:1] == ("head",) and exchange.output:
                yield from _shebang(words, exchange.output[0])
            elif words[:1] == ("ls",):
                yield from _leftovers(words, exchange.output)
        if exchange.typed.text.startswith("nvidia-smi -L | wc -l") and exchange.output:
            yield from _counted(exchange.output[0])
        first = next(iter(exchange.typed.commands), ())
        if first and "/bin/python" in first[0]:
            yield from interpreter(first[0], exchange.typed.number, GUESSED, "--python")
        elif first and _NUMBERED.fullmatch(first[0]):
            yield said("python", "version", first[0][len("python") :], exchange.typed.number, weight=-1)
    yield from _pyvenv(lines)


def _frame(text: str, number: int) -> Iterator[Said]:
    """A traceback's path below site-packages shows the minor version of the Python that ran."""
    found = _FRAME.match(text)
    minor = minor_of_site(found.group(1)) if found else None
    if minor:
        yield said("python", "version", minor, number, weight=-1)
    torch = re.match(r"(.{1,800}[/\\](?:site|dist)-packages[/\\]torch)[/\\]", found.group(1)) if found else None
    if torch:
        yield said("torch", "path", torch.group(1), number, weight=GUESSED)


def _which(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    asked = [word for word in words[1:] if not word.startswith("-")]
    for line in output[:40]:
        text = line.text.strip()
        typed = _TYPE.match(text)
        path = typed.group(2) if typed else text
        name = path.replace("\\", "/").rsplit("/", 1)[-1].replace(".exe", "")
        if not path.startswith(("/", "~")) and path[1:3] != ":\\":
            break
        if " " in path or name not in asked:
            continue
        if name == "nvcc":
            yield said("toolkit", "nvcc_on_path", path, line.number)
        elif _PYTHONS.fullmatch(name):
            if name == "python" or "python" not in asked:
                yield from interpreter(path, line.number)
        elif _SCRIPTS.fullmatch(name):
            yield said("python", "commands", (_command(name, path, where(line.number)),), line.number, weight=LISTED)


def _command(name: str, path: str, source: str) -> Command:
    prefix = prefix_of_command(path)
    return Command(name, path, "", NOT_SAID, NOT_SAID, Known(prefix, source) if prefix else NOT_SAID, NOT_SAID)


def _shebang(words: Sequence[str], line: Line) -> Iterator[Said]:
    """head -1 of a script: the Python it starts."""
    found = _SHEBANG.match(line.text)
    if found:
        source = where(line.number)
        path = words[-1]
        program = found.group(1)
        prefix = prefix_of_command(program)
        one = Command(
            path.rsplit("/", 1)[-1], path, "shebang", Known(program, source), NOT_SAID,
            Known(prefix, source) if prefix else NOT_SAID, NOT_SAID,
        )  # fmt: skip
        yield said("python", "commands", (one,), line.number)


def _leftovers(words: Sequence[str], output: Sequence[Line]) -> Iterator[Said]:
    """ls of a site-packages folder: what pip left behind begins with a tilde."""
    folder = next((word for word in words[1:] if "-packages" in word), "")
    if not folder:
        return
    names = [name for line in output[:4000] for name in line.text.split()[-1:] if name.startswith("~")]
    if output and any(line.text.strip() for line in output):
        paths: List[str] = [f"{folder.rstrip('/')}/{name}" for name in names]
        yield said("installs", "leftovers", tuple(paths), output[0].number, output[-1].number)


def _counted(line: Line) -> Iterator[Said]:
    count = whole_number(line.text)
    if count is not None and count <= 64:
        yield said("gpus", "gpus", tuple(gpu(index) for index in range(count)), line.number, weight=WHOLE)


def _pyvenv(lines: Sequence[Line]) -> Iterator[Said]:
    """pyvenv.cfg, where its lines are there."""
    found: Dict[str, Known[str]] = {}
    first = last = 0
    for line in lines:
        pair = _CFG.match(line.text)
        if pair and (found or pair.group(1) == "home"):
            first, last = first or line.number, line.number
            found[pair.group(1)] = Known(pair.group(2).strip(), where(line.number))
        elif found:
            break
    if "home" not in found or len(found) < 2:
        return
    system = found.get("include-system-site-packages")
    made = found.get("command")
    venv = VenvFacts(
        path="",
        home=found["home"],
        home_exists=NOT_SAID,
        version=found.get("version") or found.get("version_info") or NOT_SAID,
        created_as=Known(made.value.split(" ")[-1], made.source) if made else NOT_SAID,
        activate_says=NOT_SAID,
        system_site_packages=Known(system.value == "true", system.source) if system else NOT_SAID,
        executable_resolves=NOT_SAID,
        created_by=NOT_SAID,
    )
    yield said("python", "venv", venv, first, last)
