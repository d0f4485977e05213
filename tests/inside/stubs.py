"""Environments with stand-in packages, written file by file: no pip, so that they are made in milliseconds."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence

import pytest

from tests.envs.build import interpreter

SOURCE = (Path(__file__).resolve().parents[2] / "envdoctor" / "inside" / "ask.py").read_text(encoding="ascii")
TOKEN = "0123abcd"
MINORS = ("2.7", "3.6", "3.8", "3.9", "3.11", "3.13")


def python_of(minor: str) -> str:
    """A real CPython; the test is skipped where the machine has none."""
    found = interpreter(minor)
    if found is None:
        pytest.skip(f"no CPython {minor} here")
    return found


def venv(folder: Path, minor: str = "3.11") -> Path:
    """A real virtual environment without pip; returns its interpreter."""
    made = subprocess.run([python_of(minor), "-m", "venv", "--without-pip", str(folder)], stderr=subprocess.PIPE)
    assert made.returncode == 0, made.stderr
    return folder / "bin" / "python"


def site_of(prefix: Path) -> Path:
    return next((prefix / "lib").glob("python*/site-packages"))


def package(site: Path, name: str, version: str, requires: Sequence[str] = (), installer: str = "pip") -> Path:
    """A package that states its version, and its dist-info; returns the dist-info."""
    folder = site / name.replace("-", "_")
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('nobody may import this')\n")
    (folder / "version.py").write_text(f"__version__ = '{version}'\n")
    (folder / "core.py").write_text("")
    info = site / f"{folder.name}-{version}.dist-info"
    info.mkdir()
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in requires)]
    (info / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *lines, "", "# A README", "Name: not me", ""]))
    (info / "INSTALLER").write_text(f"{installer}\n")
    files = [f"{folder.name}/__init__.py", f"{folder.name}/version.py", f"{folder.name}/core.py"]
    own = [f"{info.name}/{part}" for part in ("METADATA", "INSTALLER", "RECORD")]
    (info / "RECORD").write_text("".join(f"{file},sha256=abc,1\n" for file in [*files, *own]))
    return info


def run(python: object, cwd: Path, env: Optional[Mapping[str, str]] = None) -> str:
    """Everything that asking printed to stdout. It must end well."""
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    done = subprocess.run([str(python), "-c", SOURCE, TOKEN], cwd=cwd, env=clean, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("ascii")


def ask(python: object, cwd: Path, env: Optional[Mapping[str, str]] = None) -> Dict[str, Any]:
    """The answer, without an error in any part of it."""
    lines = run(python, cwd, env).split("\n")
    start = lines.index(TOKEN)
    assert lines[start + 2] == TOKEN
    answer: Dict[str, Any] = json.loads(lines[start + 1])
    failed = {name: part for name, part in answer.items() if isinstance(part, dict) and "error" in part}
    assert not failed
    return answer


def copies(answer: Mapping[str, Any], name: str = "torch") -> Any:
    """(origin, kind, version) of every copy of a module, the winner first."""
    return [(one["origin"], one["kind"], one["version"]) for one in answer["modules"][name]]


def named(answer: Mapping[str, Any], name: str) -> Any:
    return [one for one in answer["distributions"] if one["name"] == name]


def home_python(folder: Path, minor: str) -> Dict[str, str]:
    """PYTHONHOME of a copy of a Python's library made of links, so that its files can be added to."""
    library = Path(python_of(minor)).resolve().parents[1] / "lib" / f"python{minor}"
    copy = folder / "lib" / f"python{minor}"
    copy.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name != "site-packages":
            os.symlink(entry, copy / entry.name)
    (copy / "site-packages").mkdir()
    return {"PYTHONHOME": str(folder)}
