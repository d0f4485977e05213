"""A virtual environment seen from outside: what its own files say, whether or not anything in it runs."""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Optional, Tuple

from ..facts import VenvFacts
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from ._prefix import NAMES, same, there

#: Names that people give to a project's venv: looked at where VIRTUAL_ENV names a folder that is gone.
_USUAL = ("", ".venv", "venv", "env", ".env")


def venv_of(host: Host, prefix: str) -> Reading[VenvFacts]:
    """Absent: no pyvenv.cfg and no activate_this.py, so it is none."""
    config = posixpath.join(prefix, "pyvenv.cfg")
    text = host.read(config, 1 << 16)
    if isinstance(text, Unknown):
        return text
    values = _settings(text.value) if isinstance(text, Known) else {}
    if isinstance(text, Absent):
        old = posixpath.join(prefix, "bin", "activate_this.py")
        if not there(host, old):
            return Absent((config, old))
        config = old
    return Known(_described(host, prefix, config, values), config)


def _described(host: Host, prefix: str, config: str, values: Dict[str, str]) -> VenvFacts:
    def said(*keys: str) -> Reading[str]:
        found = [values[key] for key in keys if values.get(key)]
        return Known(found[0], config) if found else Absent((config,))

    home = said("home")

    def here(reading: Reading[str]) -> Reading[str]:
        """The same place under another name (a linked home) is this place: nothing moved. A line ends a name there."""
        first = prefix.split("\n")[0]
        return mapped(reading, lambda folder: prefix if folder == first or same(host, folder, prefix) else folder)

    activate = here(_activate(host, prefix))
    command = here(mapped(said("command"), _target))
    return VenvFacts(
        path=prefix,
        home=home,
        home_exists=exists(host, home.value) if isinstance(home, Known) else Unknown("not-looked", "no home", config),
        version=said("version", "version_info"),
        created_as=command if isinstance(command, Known) else activate,
        activate_says=activate,
        system_site_packages=mapped(said("include-system-site-packages"), lambda word: word.lower() == "true"),
        executable_resolves=_runs(host, prefix),
        created_by=Known(_maker(values, config), config),
    )


def _settings(text: str) -> Dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _maker(values: Dict[str, str], config: str) -> str:
    if "uv" in values:
        return "uv"
    return "virtualenv" if "virtualenv" in values or config.endswith("activate_this.py") else "venv"


def _target(command: str) -> str:
    """The folder in `command = /usr/bin/python3 -m venv --options /home/ana/env`: it comes last and may hold spaces."""
    after = re.sub(r'--prompt="[^"]*" ', "", command.partition(" -m venv ")[2])
    start = after.find("/") if not after.startswith("-") else after.find(" /") + 1
    if start < 0 or not after[start:].startswith("/"):
        raise ValueError(f"no folder in {command[:80]!r}")
    return after[start:].rstrip("/")


def _activate(host: Host, prefix: str) -> Reading[str]:
    """VIRTUAL_ENV as bin/activate sets it. Unknown(unparsable): it works it out (a relocatable venv of uv)."""
    path = posixpath.join(prefix, "bin", "activate")
    text = host.read(path, 1 << 16)
    if not isinstance(text, Known):
        return text
    for line in text.value.splitlines():
        name, equals, value = line.strip().partition("=")
        folder = _unquoted(value) if name in ("VIRTUAL_ENV", "export VIRTUAL_ENV") and equals else ""
        if folder.startswith("/"):
            return Known(folder, path)
    return Unknown("unparsable", "no VIRTUAL_ENV is set there to a plain path", path)


def _unquoted(value: str) -> str:
    """One shell word without its quotes; "" where it is none, or holds more than text."""
    plain = value[1:-1] if value[:1] in ("'", '"') and value[-1:] == value[:1] else value
    if not any(letter in plain for letter in "'\"\\$`; "):
        return plain
    if "$" in value or "`" in value:
        return ""
    import shlex

    try:
        words = shlex.split(value)
    except ValueError:
        return ""
    return words[0] if len(words) == 1 else ""


def _runs(host: Host, prefix: str) -> Reading[bool]:
    """Whether bin/python leads to a file. Absent: there is no such name at all."""
    paths: Tuple[str, ...] = tuple(posixpath.join(prefix, name) for name in NAMES)
    for path in paths:
        found = exists(host, path)
        if found == Known(False, path) and not isinstance(host.readlink(path), Known):
            continue
        return found
    return Absent(paths)


def exists(host: Host, path: str) -> Reading[bool]:
    found = host.stat(path)
    return found if isinstance(found, Unknown) else Known(isinstance(found, Known), path)


def renamed(host: Host, gone: str) -> Optional[str]:
    """Where a venv that VIRTUAL_ENV still names by its old path lies now, if it is near the current folder."""
    names = dict.fromkeys((*_USUAL, posixpath.basename(gone)))
    for name in names:
        prefix = posixpath.normpath(posixpath.join(host.cwd, name))
        says = _activate(host, prefix)
        if says == Known(gone, posixpath.join(prefix, "bin", "activate")):
            return prefix
    return None
