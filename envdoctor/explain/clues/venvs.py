"""An environment that was moved: the paths in it name another place than the one that it is in."""

from __future__ import annotations

import re
from typing import Iterator, Tuple

from ...reading import value_or
from ..evidence import Case, Clue, base_name, out
from ._pythons import executables, prefix_of, same, which

_SCRIPTED = re.compile(r"^[ \t+]{0,8}(?:conda|mamba|micromamba|source) activate ([A-Za-z][\w.-]{0,60})[ \t]*$", re.M)
_VIRTUAL_ENV = re.compile(r"VIRTUAL_ENV[=:] ?['\"]?((?:/|[A-Za-z]:\\)[^\s'\"]{1,300})")


def read(case: Case) -> Iterator[Clue]:
    yield from _shebang(case)
    yield from _activated(case)
    yield from _prompt(case)
    yield from _not_activated(case)
    yield from _in_script(case)
    yield from _renamed(case)


def _folder(case: Case) -> str:
    """Where the user works, "" where the text does not say."""
    said = next((out(exchange).strip() for _, exchange in case.commands("pwd")), "")
    return said or str(value_or(case.facts.session.cwd, ""))


def _shebang(case: Case) -> Iterator[Clue]:
    """`head -1 /new/bin/pip` that prints `#!/old/bin/python`."""
    for words, exchange in case.commands("head", "cat", "sed"):
        script = next((word for word in words[1:] if re.search(r"[/\\](?:bin|Scripts)[/\\]", word)), "")
        found = re.match(r"#! ?(/\S{1,300}/bin/python[\d.]{0,5})", out(exchange).strip())
        here = _folder(case)
        script = script if script.startswith("/") else f"{here}/{script[2:] if script[:2] == './' else script}"
        if not script.startswith("/") or ".." in script or not found:
            continue
        inside, named = prefix_of(script), prefix_of(found.group(1))
        # What is in an environment is started by that environment's Python.
        if inside and named not in ("", "/usr") and not same(inside, named) and not inside.startswith("/usr"):
            says = f"{script} names {found.group(1)}"
            yield Clue("moved-venv", 70, says, f"line {exchange.typed.number}", says)


def _virtual_env(case: Case) -> Tuple[str, int]:
    """What VIRTUAL_ENV says, "" where the text does not tell, and the line."""
    said = case.find(_VIRTUAL_ENV)
    path, line = (said[0].group(1), said[1]) if said else ("", 0)
    for exchange in case.exchanges:
        if re.search(r"echo \"?\$\{?VIRTUAL_ENV", exchange.typed.text) and exchange.output:
            path, line = exchange.output[0].text.strip(), exchange.output[0].number
    return path, line


def _activated(case: Case) -> Iterator[Clue]:
    """VIRTUAL_ENV names a folder that is neither that of `python` nor the one in which the user works."""
    path, line = _virtual_env(case)
    pythons = which(case, "python")
    here = _folder(case)
    if path.startswith("/") and pythons and not same(prefix_of(pythons[-1][0]), path):
        moved = here and not path.startswith(here)
        says = f"VIRTUAL_ENV is {path}, and python is {pythons[-1][0]}"
        yield Clue("moved-venv", 80 if moved else 55, says, f"line {line}", says)


def _prompt(case: Case) -> Iterator[Clue]:
    """A prompt that names an environment, and a python that is of another."""
    found = which(case, "python")
    for words, exchange in case.commands("which", "type", "where"):
        named = exchange.typed.environment
        first, last = (exchange.output[0].number, exchange.output[-1].number) if exchange.output else (0, 0)
        pythons = [path for path, number in found[:50] if first <= number <= last]
        if not named or named in ("base", "venv", ".venv", "env") or not pythons or "python" not in words:
            continue
        prefix = prefix_of(pythons[0])
        if prefix and base_name(prefix) != named and "envs" not in prefix and case.text.count("conda"):
            says = f"the prompt says ({named}), and python is {pythons[0]}"
            yield Clue("conda-not-initialised", 55, says, f"line {exchange.typed.number}", says)
            yield Clue("interpreter-mismatch", 45, says, f"line {exchange.typed.number}")
            return


def _not_activated(case: Case) -> Iterator[Clue]:
    """`conda activate torch`, and then a Python that is not of that environment."""
    for words, exchange in case.commands("conda"):
        if words[1:2] != ("activate",) or len(words) < 3 or words[2] in ("base", "root"):
            continue
        name = base_name(words[2])
        later = [(path, line) for path, line in executables(case) if line > exchange.typed.number]
        if "error" in out(exchange).lower() or not later:
            continue
        prefix = prefix_of(later[0][0])
        prompted = any(
            name in one.typed.environment for one in case.exchanges if one.typed.number > exchange.typed.number
        )
        if prefix and base_name(prefix) != name and not prompted:
            says = f"conda activate {name} was typed, and python is {later[0][0]}"
            yield Clue("conda-not-initialised", 76, says, f"line {later[0][1]}", says)
            return


def _in_script(case: Case) -> Iterator[Clue]:
    """A script that activates an environment, and a Python of another one in what it printed."""
    found = case.find(_SCRIPTED)
    if not found or found[0].group(1) in ("base", "root"):
        return
    later = [(path, line) for path, line in executables(case) if line > found[1]]
    prefix = prefix_of(later[0][0]) if later else ""
    typed = any(exchange.typed.number == found[1] for exchange in case.exchanges)
    if prefix and not typed and base_name(prefix) != found[0].group(1):
        says = f"the script activates {found[0].group(1)}, and python is {later[0][0]}"
        yield Clue("conda-not-initialised", 76, says, f"line {later[0][1]}", says)


def _renamed(case: Case) -> Iterator[Clue]:
    """VIRTUAL_ENV lies in a folder that was renamed, or elsewhere than the folder in which it was activated."""
    path, line = _virtual_env(case)
    if not path.startswith("/"):
        return
    for words, _ in case.commands("mv"):
        if len(words) == 3 and f"/{base_name(words[1].rstrip('/'))}/" in f"{path}/":
            says = f"{words[1]} was renamed, and VIRTUAL_ENV is still {path}"
            yield Clue("moved-venv", 80, says, f"line {line}", says)
            return
    here = _folder(case)
    relative = any(
        re.match(r"(?!/|~)\S{0,100}bin/activate$", word)
        for name in ("source", ".", "grep", "cat", "head")
        for words, _ in case.commands(name)
        for word in words[1:]
    )
    if relative and here.startswith("/") and not path.startswith(here.rstrip("/") + "/"):
        says = f"the environment lies in {here}, and its activate says {path}"
        yield Clue("moved-venv", 78, says, f"line {line}", says)
