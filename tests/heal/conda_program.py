"""A stand-in for `conda create | install | remove`: it reads conda's command line, and py-rattler solves and installs.

    conda_program.py SETTINGS.json install -n lab -y [--force-reinstall] [--no-deps] SPEC... [-c CHANNEL]...

As conda does, it keeps what was asked for by name before, prefers what is installed, falls back to bare names where
old wishes stand in the way, and removes with a package what needs it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Sequence, Set

import rattler
from rattler.exceptions import SolverError


def main() -> int:
    settings = json.loads(Path(sys.argv[1]).read_text())
    parser = argparse.ArgumentParser(prog="conda")
    parser.add_argument("command", choices=("create", "install", "remove"))
    parser.add_argument("-n", dest="name")
    parser.add_argument("-p", dest="prefix", type=Path)
    parser.add_argument("-y", dest="yes", action="store_true")
    parser.add_argument("-c", dest="channels", action="append", default=[])
    parser.add_argument("--force-reinstall", action="store_true")
    parser.add_argument("--no-deps", action="store_true")
    parser.add_argument("specs", nargs="+")
    options = parser.parse_args(sys.argv[2:])
    if not options.yes:
        parser.error("nobody is here to answer: -y")
    root = Path(settings["root"])
    prefix = options.prefix or (root if options.name == "base" else root / "envs" / str(options.name))
    if options.command != "create" and not (prefix / "conda-meta").is_dir():
        print(f"EnvironmentLocationNotFound: Not a conda environment: {prefix}", file=sys.stderr)
        return 1
    try:
        asyncio.run(
            _remove(prefix, options.specs, root) if options.command == "remove" else _install(prefix, options, settings)
        )
    except (SolverError, LookupError, OSError) as error:
        print(f"conda: {error}", file=sys.stderr)
        return 1
    return 0


def _installed(prefix: Path) -> List[Any]:
    return [rattler.PrefixRecord.from_path(path) for path in sorted((prefix / "conda-meta").glob("*.json"))]


def _name(spec: str) -> str:
    return str(rattler.MatchSpec(spec).name.normalized)


async def _install(prefix: Path, options: argparse.Namespace, settings: Dict[str, Any]) -> None:
    urls: Dict[str, str] = settings["channels"]
    unknown = [name for name in options.channels if name not in urls]
    if unknown:
        raise LookupError(f"UnavailableInvalidChannel: {unknown[0]}")
    sources = [urls[name] for name in dict.fromkeys([*options.channels, "defaults"])]
    asked = {_name(spec): spec for spec in options.specs}
    wishes = _wishes(prefix)
    before = {name: spec for name, spec in wishes.items() if name not in asked}
    locked = [record for record in _installed(prefix) if record.name.normalized not in asked]
    machine = [package.into_generic() for package in rattler.VirtualPackage.detect()]
    machine = [package for package in machine if package.name.source != "__cuda"]
    if settings["cuda"]:
        version = rattler.Version(settings["cuda"])
        machine.append(rattler.GenericVirtualPackage(rattler.PackageName("__cuda"), version, rattler.BuildString("0")))

    async def solved(specs: Sequence[str], keep: Sequence[Any]) -> List[Any]:
        return await rattler.solve(
            sources, list(specs), platforms=["linux-64", "noarch"], virtual_packages=machine, locked_packages=list(keep)
        )

    try:
        records = await solved([*before.values(), *asked.values()], locked)
    except SolverError:
        records = await solved([*before, *asked.values()], locked)
    if options.no_deps:
        chosen = [record for record in records if record.name.normalized in asked]
        records = [*locked, *chosen]
    await _carry_out(prefix, Path(settings["root"]), records, set(asked) if options.force_reinstall else set())
    _wish(prefix, {**wishes, **asked})


async def _remove(prefix: Path, names: Sequence[str], root: Path) -> None:
    installed = {record.name.normalized: record for record in _installed(prefix)}
    missing = [name for name in names if _name(name) not in installed]
    if missing:
        raise LookupError(f"PackagesNotFoundError: {', '.join(missing)}")
    gone: Set[str] = {_name(name) for name in names}
    grown = True
    while grown:
        more = {name for name, record in installed.items() if {_name(one) for one in record.depends} & gone}
        grown = not more <= gone
        gone |= more
    await _carry_out(prefix, root, [record for name, record in installed.items() if name not in gone], set())
    _wish(prefix, {name: spec for name, spec in _wishes(prefix).items() if name not in gone})


async def _carry_out(prefix: Path, root: Path, records: Sequence[Any], again: Set[str]) -> None:
    await rattler.install(
        list(records), str(prefix), cache_dir=root.parent / "pkgs", reinstall_packages=again, show_progress=False
    )


def _wishes(prefix: Path) -> Dict[str, str]:
    """What was asked for by name, as conda's history has it."""
    kept = _history(prefix)
    return dict(json.loads(kept.read_text())) if kept.exists() else {}


def _wish(prefix: Path, wishes: Dict[str, str]) -> None:
    _history(prefix).write_text(json.dumps(wishes))


def _history(prefix: Path) -> Path:
    return prefix / "conda-meta" / "history"


if __name__ == "__main__":
    # rattler's threads now and then crash an interpreter that shuts down beside them; the work is done by then.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
