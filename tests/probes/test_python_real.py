"""Real virtual environments, broken as people break them, seen through the real host."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Iterator, Optional, Tuple

import pytest

from envdoctor.active import choose
from envdoctor.facts import Command, InstallsFacts, PythonFacts
from envdoctor.host import LocalHost
from envdoctor.probes import installs, python
from envdoctor.reading import Absent, Known, Unknown, value_or
from envdoctor.target import Request
from tests.inside.stubs import home_python, package, python_of, site_of, venv

pytestmark = pytest.mark.real
every_venv = pytest.mark.parametrize("minor", ["3.6", "3.8", "3.9", "3.11", "3.13"])


@pytest.fixture(autouse=True)
def work(tmp_path: Path) -> Iterator[Path]:
    """The user's current folder."""
    folder = tmp_path / "home" / "work"
    folder.mkdir(parents=True)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


def look(
    tmp_path: Path, *path: Path, request: Optional[Request] = None, **environ: str
) -> Tuple[PythonFacts, InstallsFacts]:
    """What the probes see in a shell with these folders first on PATH."""
    folders = ":".join([*map(str, path), "/usr/bin", "/bin"])
    host = LocalHost({"PATH": folders, "HOME": str(tmp_path / "home"), "PYTHONDONTWRITEBYTECODE": "1", **environ})
    target = choose(host, request or Request())
    return python.look(host, target), installs.look(host, target)


def known(reading: Any) -> Any:
    assert isinstance(reading, Known), reading
    return reading.value


def command(facts: PythonFacts, name: str) -> Command:
    assert isinstance(facts.commands, Known)
    return next(one for one in facts.commands.value if one.name == name)


def script(path: Path, interpreter: Path) -> None:
    """A console script as pip writes it."""
    long = len(str(interpreter)) > 120 or " " in str(interpreter)
    first = f"#!/bin/sh\n'''exec' \"{interpreter}\" \"$0\" \"$@\"\n' '''" if long else f"#!{interpreter}"
    path.write_text(f"{first}\nimport sys\n")
    path.chmod(0o755)


def torch_copies(facts: InstallsFacts) -> Any:
    (torch,) = [module for module in known(facts.modules) if module.name == "torch"]
    return [(copy.origin, copy.kind, copy.version) for copy in torch.copies]


@every_venv
def test_pip_of_another_python(minor: str, tmp_path: Path) -> None:
    mine, other = venv(tmp_path / "mine", minor), venv(tmp_path / "other", minor)
    package(site_of(tmp_path / "other"), "torch", "2.1.0+cu121")
    script(other.parent / "pip", other)
    facts, installed = look(tmp_path, mine.parent, other.parent, VIRTUAL_ENV=str(tmp_path / "mine"))
    assert known(facts.executable) == str(mine) and known(facts.version).startswith(minor)
    pip = command(facts, "pip")
    assert (pip.path, known(pip.interpreter), known(pip.ours)) == (str(other.parent / "pip"), str(other), False)
    assert known(command(facts, "python3").ours) is True
    assert torch_copies(installed) == [] and isinstance(facts.pip_version, Absent)
    (elsewhere,) = known(installed.elsewhere)
    assert (elsewhere.version, elsewhere.prefix, elsewhere.executable) == (
        "2.1.0+cu121", str(tmp_path / "other"), str(other),
    )  # fmt: skip


@every_venv
def test_a_foreign_console_script_in_a_folder_with_spaces(minor: str, tmp_path: Path) -> None:
    mine, other = venv(tmp_path / "mine", minor), venv(tmp_path / "the other one", minor)
    script(other.parent / "yolo", other)
    facts, _ = look(tmp_path, mine.parent, other.parent)
    yolo = command(facts, "yolo")
    assert (yolo.form, known(yolo.interpreter), known(yolo.ours)) == ("sh-exec", str(other), False)
    assert known(yolo.prefix) == str(tmp_path / "the other one")


@every_venv
def test_a_moved_venv(minor: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    inside = venv(before, minor)
    script(before / "bin" / "pip", inside)
    before.rename(after)
    facts, _ = look(tmp_path, after / "bin", VIRTUAL_ENV=str(before))
    assert known(facts.prefix) == str(after) and known(facts.kind) == "venv"
    pip = command(facts, "pip")
    assert known(pip.interpreter) == str(inside) and known(pip.interpreter_exists) is False
    moved = known(facts.venv)
    assert known(moved.activate_says) == known(moved.created_as) == str(before)
    claim = known(facts.claims)[1]
    assert (claim.by, claim.says) == ("VIRTUAL_ENV", str(before)) and isinstance(claim.executable, Absent)


def test_a_moved_venv_that_was_activated_falls_through_to_another_python(tmp_path: Path, work: Path) -> None:
    venv(tmp_path / "before")
    (tmp_path / "before").rename(work / ".venv")
    facts, _ = look(tmp_path, tmp_path / "before" / "bin", VIRTUAL_ENV=str(tmp_path / "before"))
    assert known(facts.prefix) != str(work / ".venv")
    assert known(facts.venv).path == str(work / ".venv")
    assert known(known(facts.venv).created_as) == str(tmp_path / "before")


@every_venv
def test_an_orphaned_venv(minor: str, tmp_path: Path) -> None:
    env = tmp_path / "env"
    venv(env, minor)
    package(site_of(env), "torch", "2.1.0")
    for link in (env / "bin").glob("python*"):
        link.unlink()
    (env / "bin" / "python").symlink_to(tmp_path / "gone" / "python3")
    facts, installed = look(tmp_path, env / "bin", VIRTUAL_ENV=str(env))
    assert isinstance(facts.executable, Unknown) and "gone/python3" in facts.executable.detail
    assert known(facts.prefix) == str(env) and known(facts.kind) == "venv"
    assert known(known(facts.venv).executable_resolves) is False
    assert isinstance(installed.modules, Unknown) and isinstance(facts.version, Unknown)


@every_venv
def test_dirty_installs(minor: str, tmp_path: Path) -> None:
    inside = venv(tmp_path / "env", minor)
    site = site_of(tmp_path / "env")
    torch = package(site, "torch", "2.1.0+cu121")
    vision = package(site, "torchvision", "0.16.0")
    shutil.copytree(torch, site / "torch-1.8.0.dist-info")
    metadata = site / "torch-1.8.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("2.1.0+cu121", "1.8.0"))
    shutil.rmtree(site / "torchvision")
    package(site, "ultralytics", "8.3.0")
    shutil.rmtree(site / "ultralytics-8.3.0.dist-info")
    (site / "~orch").mkdir()
    _, installed = look(tmp_path, inside.parent)
    by_path = {one.metadata: one for one in known(installed.distributions)}
    assert by_path[str(torch)].version == "2.1.0+cu121" and by_path[str(metadata.parent)].version == "1.8.0"
    assert torch_copies(installed) == [("site-packages", "package", "2.1.0+cu121")]
    assert "torchvision/__init__.py" in by_path[str(vision)].missing
    assert known(installed.unowned) == (str(site / "ultralytics"),)
    assert known(installed.leftovers) == (str(site / "~orch"),)


@every_venv
def test_shadows(minor: str, tmp_path: Path, work: Path) -> None:
    inside = venv(tmp_path / "env", minor)
    package(site_of(tmp_path / "env"), "torch", "2.1.0")
    package(tmp_path / "old", "torch", "1.8.0")
    (work / "torch.py").write_text("raise RuntimeError\n")
    facts, installed = look(tmp_path, inside.parent, PYTHONPATH=str(tmp_path / "old"))
    assert torch_copies(installed) == [
        ("cwd", "module", ""),
        ("pythonpath", "package", "1.8.0"),
        ("site-packages", "package", "2.1.0"),
    ]
    assert known(facts.pythonpath) == (str(tmp_path / "old"),)


@pytest.mark.parametrize("minor", ["2.7", "3.6", "3.8", "3.11", "3.13"])
def test_the_user_site_of_a_conda_like_prefix(minor: str, tmp_path: Path) -> None:
    home = home_python(tmp_path / "base", minor)
    (tmp_path / "base" / "conda-meta").mkdir()
    package(tmp_path / "base" / "lib" / f"python{minor}" / "site-packages", "torch", "2.1.0")
    package(tmp_path / "home" / ".local" / "lib" / f"python{minor}" / "site-packages", "torch", "1.13.0")
    facts, installed = look(tmp_path, request=Request(python=python_of(minor)), **home)
    assert known(facts.kind) == "conda" and known(facts.environment_name) == str(tmp_path / "base")
    assert known(facts.user_site_enabled) is True
    assert torch_copies(installed) == [("user-site", "package", "1.13.0"), ("site-packages", "package", "2.1.0")]


def test_a_python_that_refuses_pip(tmp_path: Path) -> None:
    home = home_python(tmp_path / "base", "3.11")
    mark = tmp_path / "base" / "lib" / "python3.11" / "EXTERNALLY-MANAGED"
    mark.write_text("[externally-managed]\nError=Use apt\n")
    facts, _ = look(tmp_path, request=Request(python=python_of("3.11")), **home)
    assert known(facts.externally_managed) == str(mark)


def test_noise_on_the_way_does_no_harm(tmp_path: Path) -> None:
    inside = venv(tmp_path / "env")
    noise = "import sys, atexit\nsys.stdout.write('{\"a\": 1}\\n' * 50)\natexit.register(print, 'bye')\n"
    (site_of(tmp_path / "env") / "sitecustomize.py").write_text(noise)
    facts, _ = look(tmp_path, inside.parent)
    assert known(facts.version).startswith("3.11")


def test_an_interpreter_that_hangs(tmp_path: Path) -> None:
    inside = venv(tmp_path / "env")
    (site_of(tmp_path / "env") / "sitecustomize.py").write_text("import time\ntime.sleep(60)\n")
    facts, installed = look(tmp_path, inside.parent, request=Request(patience=0.5))
    assert isinstance(facts.version, Unknown) and facts.version.reason == "timeout"
    assert known(facts.kind) == "venv" and known(facts.prefix) == str(tmp_path / "env")
    assert value_or(known(facts.venv).executable_resolves, None) is True
    assert isinstance(installed.modules, Unknown)
