"""pip of one environment beside Python of another; the same import that works here and fails there."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

from ...pasted.sessions import Exchange
from ..evidence import Case, Clue, out
from ._pythons import executables, minor, pips, prefix_of, same, typed_pythons, which

_MISSING = re.compile(
    r"(?:ModuleNotFoundError|ImportError|for custom nodes|/python[\d.]{0,5}): "
    r"No module named '?([A-Za-z_]\w{0,60})'?(?![.\w])"
)
_SATISFIED = re.compile(r"Requirement already satisfied: ([\w.-]{1,60})\S{0,30} in (\S.{0,200}?(?:site|dist)-packages)")
_LISTED = re.compile(r"^ {0,4}([A-Za-z][\w.-]{1,60}) {1,60}(\d+\.\d[\w.+]{0,30})\b", re.M)
_SHEBANG = re.compile(r"^#! ?(\S{1,200}python[\d.]{0,5})", re.M)
_MODULES = {"pytorch": "torch", "opencv-python": "cv2", "torch": "torch", "pytorch-cpu": "torch"}
_CRON = re.compile(
    r"^(?:[\d*/,-]{1,20} ){5}[^\n]{0,200}\bpython|crontab -l|ExecStart=[^\n]{0,80}python"
    r"|^[^\n]{0,60}systemd\[\d{1,7}\]: |\.service: Main process exited|Loaded: loaded \(/\S{1,120}\.service",
    re.M,
)
_VERSION = re.compile(r"^ {0,4}Python (\d\.\d{1,2})\.\d{1,2}\b", re.M)
_INSTALLED = re.compile(r"Successfully installed ([^\n]{1,4000})")


def read(case: Case) -> Iterator[Clue]:
    yield from _other_version(case)
    missing = {found.group(1): line for found, line in case.all(_MISSING)}
    if not missing:
        return
    if case.hit("pip.build-isolation"):
        return
    own = _python_prefix(case)
    yield from _by_version(case)
    yield from _by_pip(case, own, missing)
    yield from _satisfied(case, own, missing)
    yield from _works_elsewhere(case, missing)
    yield from _installed(case, own, missing)
    yield from _two_executables(case)
    yield from _listed(case, own, missing)


def _other_version(case: Case) -> Iterator[Clue]:
    """pip says that it has installed one torch, and the next import shows another."""
    for found, line in case.all(_INSTALLED):
        installed = re.search(r"\btorch-(\d[\d.]{1,12})", found.group(1))
        for exchange in case.exchanges:
            if not installed or exchange.typed.number < line or "torch.__version__" not in exchange.typed.text:
                continue
            shown = re.match(r"\W{0,4}(\d{1,2}\.\d{1,2}\.\d{1,2})", out(exchange).strip())
            if shown and shown.group(1) != installed.group(1).rstrip("."):
                says = f"pip has installed torch {installed.group(1)}, and {shown.group(1)} is imported"
                yield Clue("interpreter-mismatch", 62, says, f"line {exchange.typed.number}", says)
                yield Clue("shadowed-module", 48, says, f"line {exchange.typed.number}")
                return


def _python_prefix(case: Case) -> Tuple[str, int]:
    """The environment of the Python that failed."""
    for path, line in (*which(case, "python"), *typed_pythons(case)):
        if prefix_of(path):
            return prefix_of(path), line
    for exchange in case.exchanges:
        if "sys.executable" in exchange.typed.text:
            for path, line in executables(case):
                if prefix_of(path):
                    return prefix_of(path), line
    return "", 0


def _by_version(case: Case) -> Iterator[Clue]:
    """pip says that it serves one Python, and `python --version` says another."""
    own = {found.group(1) for found, _ in case.all(_VERSION)}
    for pip in pips(case)[:1]:
        if own and pip.python not in own:
            says = f"pip serves Python {pip.python}, and Python {', '.join(sorted(own))} runs"
            yield Clue("interpreter-mismatch", 80, says, f"line {pip.line}", says)
            yield Clue("torch-missing", -60, says, f"line {pip.line}")


def _by_pip(case: Case, own: Tuple[str, int], missing: Dict[str, int]) -> Iterator[Clue]:
    prefix, _ = own
    if not prefix:
        return
    for pip in pips(case)[:1]:
        if pip.prefix and not same(pip.prefix, prefix):
            says = f"pip belongs to {pip.prefix}, python to {prefix}"
            yield Clue("interpreter-mismatch", 90, says, f"line {pip.line}", says)
            yield Clue("torch-missing", -70, says, f"line {pip.line}")
            yield Clue("broken-install", -60, says, f"line {pip.line}")
    for path, number in which(case, "pip")[:1]:
        other = prefix_of(path)
        if other and not same(other, prefix):
            says = f"pip on PATH is {path}, python is of {prefix}"
            yield Clue("interpreter-mismatch", 80, says, f"line {number}", says)
            yield Clue("torch-missing", -60, says, f"line {number}")


def _satisfied(case: Case, own: Tuple[str, int], missing: Dict[str, int]) -> Iterator[Clue]:
    for found, line in case.all(_SATISFIED):
        name = _module(found.group(1))
        if name not in missing:
            continue
        prefix, theirs = prefix_of(found.group(2) + "/x"), re.search(r"python(\d\.\d{1,2})", found.group(2))
        ours = minor(case)
        other = bool(own[0] and prefix and not same(own[0], prefix))
        if other or (theirs and ours and theirs.group(1) != ours and _stated(case, ours)):
            says = f"pip has {found.group(1)} in {found.group(2)}, which is not where this Python looks"
            yield Clue("interpreter-mismatch", 88, says, f"line {line}", says)
            yield Clue("torch-missing", -75, says, f"line {line}")
        elif own[0] and prefix:
            yield Clue(
                "broken-install",
                75,
                f"pip counts {found.group(1)} as installed for the Python that fails",
                f"line {line}",
            )
        else:
            yield Clue("interpreter-mismatch", 65, f"pip has {found.group(1)} in {found.group(2)}", f"line {line}")
        return


def _stated(case: Case, version: str) -> bool:
    return re.search(rf"Python {re.escape(version)}", case.text) is not None


def _works_elsewhere(case: Case, missing: Dict[str, int]) -> Iterator[Clue]:
    for exchange in case.exchanges:
        printed = out(exchange)
        sudo = re.match(r"(?:sudo|docker exec|crontab|srun)\b", exchange.typed.text)
        if sudo and any(
            f"No module named '{name}'" in printed or f"No module named {name}" in printed for name in missing
        ):
            yield Clue(
                "interpreter-mismatch",
                55,
                f"{sudo.group()} starts another Python than the shell",
                f"line {exchange.typed.number}",
            )
        for name in missing:
            imports = re.search(rf"import [\w, ]{{0,60}}\b{name}\b", exchange.typed.text)
            if imports and "Error" not in printed and "No module named" not in printed and exchange.output is not None:
                says = f"{name} can be imported by another Python in the same text"
                yield Clue(
                    "interpreter-mismatch",
                    80,
                    says,
                    f"line {exchange.typed.number}",
                    f"{name} is installed, but not for the Python that failed",
                )
                yield Clue("torch-missing", -70, says, f"line {exchange.typed.number}")
                return
    cron = case.find(_CRON)
    if cron:
        yield Clue(
            "interpreter-mismatch", 55, "cron and services start another Python than the shell", f"line {cron[1]}"
        )
    for found, line in case.all(_SHEBANG):
        yield Clue("interpreter-mismatch", 60, f"the script is run by {found.group(1)}", f"line {line}")


def _installed(case: Case, own: Tuple[str, int], missing: Dict[str, int]) -> Iterator[Clue]:
    """pip says that it has installed what cannot be imported afterwards."""
    for found, line in case.all(_INSTALLED):
        for word in found.group(1).split():
            name = _module(word.rpartition("-")[0])
            if missing.get(name, 0) > line:
                yield Clue(
                    "interpreter-mismatch",
                    55,
                    f"pip has installed {word}, and {name} cannot be imported",
                    f"line {line}",
                )
                yield Clue("torch-missing", -50, f"pip has installed {word}", f"line {line}")
                return
    programs = which(case, "torchrun", "jupyter", "yolo", "accelerate", "deepspeed")
    for path, line in programs:
        if own[0] and prefix_of(path) and not same(prefix_of(path), own[0]):
            yield Clue(
                "interpreter-mismatch", 70, f"{path} belongs to another environment than {own[0]}", f"line {line}"
            )


def _two_executables(case: Case) -> Iterator[Clue]:
    asked = sum("sys.executable" in exchange.typed.text for exchange in case.exchanges)
    if asked < 2:
        return
    found: List[Tuple[str, int]] = []
    for path, line in executables(case):
        if not any(same(prefix_of(path), prefix_of(other)) for other, _ in found):
            found.append((path, line))
    if len(found) > 1:
        says = f"two interpreters answer: {found[0][0]} and {found[1][0]}"
        yield Clue("interpreter-mismatch", 85, says, f"line {found[1][1]}", says)


def _listed(case: Case, own: Tuple[str, int], missing: Dict[str, int]) -> Iterator[Clue]:
    """A list of packages that has the one that cannot be imported, or has it not."""
    for words, exchange in (*case.commands("pip", "pip3", "conda", "mamba", "micromamba"), *_module_pip(case)):
        if "list" not in words and "freeze" not in words and "show" not in words:
            continue
        names = {_module(found.group(1)) for found in _LISTED.finditer(out(exchange))}
        names |= {_module(found) for found in re.findall(r"^Name: (\S{1,60})", out(exchange), re.M)}
        whole = not any(word in exchange.typed.text for word in ("grep", "|", "show"))
        for name in missing:
            source = f"line {exchange.typed.number}"
            if name in names:
                yield from _there(case, own, words, name, source)
            elif names and whole and name == "torch":
                yield Clue("torch-missing", 75, f"the list of packages has no {name}", source)
                yield Clue("interpreter-mismatch", -50, f"the list of packages has no {name}", source)


def _there(case: Case, own: Tuple[str, int], words: Tuple[str, ...], name: str, source: str) -> Iterator[Clue]:
    yield Clue("torch-missing", -75, f"{name} is in the list of packages", source)
    lister = (
        prefix_of(words[0]) if "/" in words[0] or "\\" in words[0] else next((pip.prefix for pip in pips(case)), "")
    )
    by_module = len(words) > 2 and words[1] == "-m"
    if (by_module and not own[0]) or by_module or (own[0] and lister and same(own[0], lister)):
        yield Clue("broken-install", 80, f"the Python that fails counts {name} as installed", source)
        yield Clue("interpreter-mismatch", -45, f"the same Python counts {name} as installed", source)
    elif own[0] and lister:
        yield Clue("interpreter-mismatch", 80, f"{name} is installed in {lister}, and {own[0]} runs", source)
    else:
        yield Clue("interpreter-mismatch", 60, f"{name} is in the list, and cannot be imported", source)
        yield Clue("broken-install", 35, f"{name} is in the list, and cannot be imported", source)


def _module_pip(case: Case) -> Iterator[Tuple[Tuple[str, ...], Exchange]]:
    for words, exchange in case.typed:
        if "-m" in words and "pip" in words:
            yield words, exchange


def _module(name: str) -> str:
    plain = name.lower()
    return _MODULES.get(plain, plain.replace("-", "_"))
