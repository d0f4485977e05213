"""The active interpreter: what it says of itself, what its files say from outside, and what else on PATH is not it."""

from __future__ import annotations

import posixpath
import re
from typing import Any, Mapping, Tuple

from ..facts import PathEntry, PythonFacts, VenvFacts
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from ..target import Answer, Target
from ._kernels import kernels
from ._manager import Management, management
from ._prefix import prefix_of
from ._said import item, part, rows
from ._scripts import commands
from ._venv import exists, renamed, venv_of


def look(host: Host, target: Target) -> PythonFacts:
    answer = target.answer()
    prefix = _prefix(host, target, answer)
    own = venv_of(host, prefix.value) if isinstance(prefix, Known) else Unknown("not-looked", "no prefix is known")
    venv = _also_dead(host, own)
    managed = _managed(host, prefix, own)
    place = prefix.value if isinstance(prefix, Known) else None
    on_path = commands(host, place)
    jupyter = next((one for one in on_path if one.name == "jupyter"), None)
    home = item(answer, "site", "purelib", str)
    return PythonFacts(
        executable=_executable(host, target, answer),
        chosen_by=target.chosen_by,
        claims=Known(target.claims, "--python, --env, PATH, VIRTUAL_ENV, CONDA_PREFIX"),
        version=item(answer, "interpreter", "version", str),
        implementation=item(answer, "interpreter", "implementation", str),
        prefix=prefix,
        base_prefix=item(answer, "interpreter", "base_prefix", str),
        kind=managed.kind,
        manager=managed.manager,
        environment_name=managed.name,
        project=managed.project,
        sys_path=mapped(rows(answer, "path", _entry), tuple),
        pythonpath=_pythonpath(host),
        user_site=item(answer, "site", "user_site", str),
        user_site_enabled=item(answer, "site", "user_site_enabled", bool),
        site_packages=home,
        site_packages_writable=_writable(host, home),
        externally_managed=_externally_managed(answer),
        bits=item(answer, "interpreter", "bits", int),
        free_threaded=item(answer, "interpreter", "free_threaded", bool),
        machine=item(answer, "interpreter", "machine", str),
        platform_tag=item(answer, "interpreter", "platform", str),
        libc=_libc(host, answer),
        pip_version=_pip(answer),
        venv=venv,
        commands=Known(on_path, "PATH"),
        kernels=Known(kernels(host, place, jupyter), "Jupyter's folders"),
    )


def _prefix(host: Host, target: Target, answer: Reading[Answer]) -> Reading[str]:
    """As the interpreter says it, else as its path shows it."""
    said = item(answer, "interpreter", "prefix", str)
    if isinstance(said, Known) or not isinstance(target.executable, Known):
        return said
    return prefix_of(host, target.executable.value)


def _executable(host: Host, target: Target, answer: Reading[Answer]) -> Reading[str]:
    """The path by which it runs: its own word where a wrapper or a shim stands before it."""
    if not isinstance(target.executable, Known):
        return target.executable
    path = target.executable.value
    if exists(host, path) == Known(False, path):
        link = host.readlink(path)
        leads = f"{path} leads to {link.value}, which is not there" if isinstance(link, Known) else f"no {path}"
        return Unknown("failed", leads, path)
    said = item(answer, "interpreter", "executable", str)
    if isinstance(said, Known) and said.value.startswith("/"):
        return Known(said.value, target.executable.source)
    return target.executable


def _also_dead(host: Host, own: Reading[VenvFacts]) -> Reading[VenvFacts]:
    """The active prefix's venv; where that is none, the one that VIRTUAL_ENV names and that was moved or is dead."""
    named = host.environ.get("VIRTUAL_ENV", "")
    if not isinstance(own, Absent) or not named:
        return own
    if exists(host, named) == Known(False, named):
        moved = renamed(host, named)
        return venv_of(host, moved) if moved else own
    other = venv_of(host, named)
    dead = isinstance(other, Known) and value_or(other.value.executable_resolves, True) is False
    return other if dead else own


def _managed(host: Host, prefix: Reading[str], venv: Reading[VenvFacts]) -> Management:
    if not isinstance(prefix, Known):
        return Management(prefix, prefix, prefix, prefix)
    if isinstance(venv, Unknown):
        return Management(venv, venv, Known(posixpath.basename(prefix.value), prefix.source), venv)
    return management(host, prefix.value, venv.value if isinstance(venv, Known) else None)


def _entry(row: Mapping[str, Any]) -> PathEntry:
    return PathEntry(str(row["path"]), str(row["origin"]), bool(row["exists"]))


def _pythonpath(host: Host) -> Reading[Tuple[str, ...]]:
    said = host.environ.get("PYTHONPATH", "")
    return Known(tuple(said.split(":")), "PYTHONPATH") if said else Absent(("PYTHONPATH",))


def _writable(host: Host, home: Reading[str]) -> Reading[bool]:
    """Of a folder that is not there yet: whether it can be made."""
    if not isinstance(home, Known):
        return home
    folder = home.value
    found = host.access(folder, "w")
    while isinstance(found, Absent) and folder not in ("", "/"):
        folder = posixpath.dirname(folder)
        found = host.access(folder, "w")
    return found


def _externally_managed(answer: Reading[Answer]) -> Reading[str]:
    """PEP 668: pip heeds the base interpreter's marker outside virtual environments only."""
    marker = item(answer, "site", "externally_managed", str)
    if isinstance(marker, Unknown):
        return marker
    prefix, base, library = (item(answer, "interpreter", key, str) for key in ("prefix", "base_prefix", "stdlib"))
    applies = isinstance(prefix, Known) and isinstance(base, Known) and prefix.value == base.value
    return marker if isinstance(marker, Known) and applies else Absent((f"{value_or(library, '')}/EXTERNALLY-MANAGED",))


def _libc(host: Host, answer: Reading[Answer]) -> Reading[str]:
    """musl's version is told by its loader alone."""
    said = item(answer, "interpreter", "libc", str)
    if not isinstance(said, Known) or said.value != "musl":
        return said
    machine = value_or(item(answer, "interpreter", "machine", str), "")
    loader = f"/lib/ld-musl-{machine}.so.1"
    told = host.run([loader], 1.0)
    found = re.search(r"^Version (\d[\d.]*)", told.value.err, re.MULTILINE) if isinstance(told, Known) else None
    return Known(f"musl {found.group(1)}", loader) if found else said


def _pip(answer: Reading[Answer]) -> Reading[str]:
    """The first pip on sys.path: what `python -m pip` runs."""
    found = part(answer, "distributions")
    if not isinstance(found, Known):
        return found
    for row in found.value if isinstance(found.value, list) else ():
        if isinstance(row, dict) and row.get("name") == "pip" and row.get("version"):
            return Known(str(row["version"]), str(row.get("metadata", found.source)))
    return Absent(("sys.path",))
