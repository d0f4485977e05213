"""The broken environments, one builder each. The name says what was done; EXPECTED says what must be found."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Callable, Dict, Tuple

from . import wheels
from .build import Situation, install, run, shell, site_packages, torch_set, venv

Builder = Callable[[Path], Situation]


def healthy(folder: Path) -> Situation:
    python = venv(folder / "env")
    install(python, *torch_set(folder), wheels.ultralytics_wheel(folder))
    return shell(folder, folder / "env" / "bin", VIRTUAL_ENV=str(folder / "env"))


def pip_of_another_python(folder: Path) -> Situation:
    """`pip list` shows torch, `import torch` fails: the first pip on PATH belongs to another environment."""
    mine = venv(folder / "mine", pip=False)
    other = venv(folder / "other")
    install(other, *torch_set(folder))
    return shell(folder, mine.parent, other.parent, VIRTUAL_ENV=str(folder / "mine"))


def pythonpath_shadow(folder: Path) -> Situation:
    """PYTHONPATH leads to an older torch, which is imported instead."""
    python = venv(folder / "env")
    install(python, *torch_set(folder))
    old = folder / "old"
    install(python, wheels.torch_wheel(folder, "1.8.0", "11.1"), options=["--target", str(old)])
    return shell(folder, python.parent, VIRTUAL_ENV=str(folder / "env"), PYTHONPATH=str(old))


def local_torch_file(folder: Path) -> Situation:
    """A torch.py beside the user's script."""
    situation = healthy(folder)
    (situation.cwd / "torch.py").write_text("print('my notes on torch')\n")
    return situation


def moved_venv(folder: Path) -> Situation:
    """The folder was renamed: activate names a path that is not there, scripts an interpreter that is gone."""
    python = venv(folder / "before")
    install(python, *torch_set(folder), wheels.ultralytics_wheel(folder))
    (folder / "before").rename(folder / "after")
    return shell(folder, folder / "after" / "bin", VIRTUAL_ENV=str(folder / "before"))


def orphaned_venv(folder: Path) -> Situation:
    """The base Python is gone: nothing in the environment can run."""
    base = folder / "base"
    python = venv(base)
    inner = folder / "env"
    run([str(python), "-m", "venv", "--without-pip", str(inner)])
    for link in ("python", "python3"):
        (inner / "bin" / link).unlink()
        (inner / "bin" / link).symlink_to(base / "bin" / "gone")
    config = (inner / "pyvenv.cfg").read_text()
    kept = [line for line in config.splitlines() if not line.startswith("home")]
    (inner / "pyvenv.cfg").write_text("\n".join([f"home = {folder / 'nowhere' / 'bin'}", *kept]) + "\n")
    return shell(folder, inner / "bin", VIRTUAL_ENV=str(inner))


def interrupted_pip(folder: Path) -> Situation:
    """`~orch` folders that an interrupted pip left behind."""
    situation = healthy(folder)
    site = site_packages(folder / "env")
    shutil.copytree(site / "torch", site / "~orch")
    shutil.copytree(site / "torch-2.1.0+cu121.dist-info", site / "~orch-2.0.1.dist-info")
    return situation


def metadata_without_package(folder: Path) -> Situation:
    """pip says "already satisfied", import fails: the folder was deleted by hand."""
    situation = healthy(folder)
    shutil.rmtree(site_packages(folder / "env") / "torch")
    return situation


def package_without_metadata(folder: Path) -> Situation:
    """The dist-info is gone: pip does not know of the torch that is imported."""
    situation = healthy(folder)
    shutil.rmtree(site_packages(folder / "env") / "torch-2.1.0+cu121.dist-info")
    return situation


def two_dist_infos(folder: Path) -> Situation:
    """Two versions' metadata beside one package folder."""
    situation = healthy(folder)
    site = site_packages(folder / "env")
    shutil.copytree(site / "torch-2.1.0+cu121.dist-info", site / "torch-1.8.0.dist-info")
    metadata = site / "torch-1.8.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 2.1.0+cu121", "Version: 1.8.0"))
    return situation


def foreign_console_script(folder: Path) -> Situation:
    """`yolo` starts the Python of another environment, where torch is missing."""
    python = venv(folder / "env")
    install(python, *torch_set(folder))
    other = venv(folder / "other")
    install(other, wheels.ultralytics_wheel(folder))
    return shell(folder, python.parent, other.parent, VIRTUAL_ENV=str(folder / "env"))


def wrong_pair(folder: Path) -> Situation:
    """torchvision of another torch."""
    python = venv(folder / "env")
    install(python, *torch_set(folder), wheels.ultralytics_wheel(folder))
    install(python, wheels.torchvision_wheel(folder, "0.15.2+cu118", "2.0.1"))
    return shell(folder, python.parent, VIRTUAL_ENV=str(folder / "env"))


def numpy_two(folder: Path) -> Situation:
    """NumPy 2 under a torch that was compiled against NumPy 1."""
    situation = healthy(folder)
    install(folder / "env" / "bin" / "python", wheels.numpy_wheel(folder, "2.1.0"))
    return situation


def unmet_requirement(folder: Path) -> Situation:
    """A package asks for one that is not there."""
    situation = healthy(folder)
    files = {"needy/__init__.py": b""}
    install(folder / "env" / "bin" / "python", wheels.wheel(folder, "needy", "1.0", files, requires=["absent-one>=2"]))
    return situation


def system_python(folder: Path) -> Situation:
    """Debian's own Python, which takes no pip installs (PEP 668)."""
    situation = shell(folder)
    (situation.cwd / "requirements.txt").write_text("torch>=2.0\n")
    return situation


def hostile_names(folder: Path) -> Situation:
    """Folders, distributions and files whose names hold quotes, newlines, escapes and markup."""
    odd = folder / "it's [red]a\nnew \x1b[31mline$(touch pwned)"
    python = venv(odd / "env")
    install(python, *torch_set(folder))
    site = site_packages(odd / "env")
    (site / "~orch [bold]\x1b]0;title\x07 'quoted'").mkdir()
    os.mkdir(os.fsencode(site) + b"/~\xff\xfe-not-utf8")
    (site / "broken-1.0.dist-info").mkdir()
    (site / "broken-1.0.dist-info" / "METADATA").write_bytes(b"\x00\xff\xfeName\n" * 1000)
    return shell(folder, python.parent)


#: name -> builder and the names that must be among the findings at warning or error (none: nothing may be).
SITUATIONS: Dict[str, Tuple[Builder, Tuple[str, ...]]] = {
    "healthy": (healthy, ()),
    "pip-of-another-python": (pip_of_another_python, ("interpreter-mismatch",)),
    "pythonpath-shadow": (pythonpath_shadow, ("shadowed-module",)),
    "local-torch-file": (local_torch_file, ("shadowed-module",)),
    "moved-venv": (moved_venv, ("moved-venv",)),
    "orphaned-venv": (orphaned_venv, ("moved-venv",)),
    "interrupted-pip": (interrupted_pip, ("broken-install",)),
    "metadata-without-package": (metadata_without_package, ("broken-install",)),
    "package-without-metadata": (package_without_metadata, ("broken-install",)),
    "two-dist-infos": (two_dist_infos, ("broken-install",)),
    "foreign-console-script": (foreign_console_script, ("interpreter-mismatch",)),
    "wrong-pair": (wrong_pair, ("torch-torchvision-mismatch",)),
    "numpy-two": (numpy_two, ("numpy-abi",)),
    "unmet-requirement": (unmet_requirement, ("broken-install",)),
    "system-python": (system_python, ("torch-missing",)),
    "hostile-names": (hostile_names, ("broken-install",)),
}
