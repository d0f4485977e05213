"""Real environments, broken on purpose: virtual environments with real pip, conda prefixes with py-rattler.

Each builder takes an empty folder and returns a Situation: the environment variables and folder of the user's shell
in which the fault shows. Nothing outside the folder is touched, and nothing is fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from . import wheels


@dataclass(frozen=True)
class Situation:
    home: Path
    cwd: Path
    path: Sequence[Path]  # of PATH, before /usr/bin:/bin
    variables: Dict[str, str] = field(default_factory=dict)
    nvml: str = ""  # state of the stand-in NVML; "": this machine has no NVIDIA library
    module: str = "550.54.15"  # version of the loaded kernel module beside that NVML; "": not loaded
    cards: int = 2  # GPUs on the PCI bus beside that NVML

    def environ(self) -> Dict[str, str]:
        path = ":".join([*map(str, self.path), "/usr/bin", "/bin"])
        return {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8", **self.variables}


def interpreter(minor: str) -> Optional[str]:
    """A real CPython of that minor version on this machine, or None."""
    if minor == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return str(Path(sys.base_prefix) / "bin" / f"python{minor}")
    root = Path(os.environ.get("PYENV_ROOT", str(Path("~/.pyenv").expanduser()))) / "versions"
    kept = sorted(root.glob(f"{minor}.*/bin/python{minor}"))
    return str(kept[-1]) if kept else shutil.which(f"python{minor}")


def venv(folder: Path, python: Optional[str] = None, pip: bool = True, system_site: bool = False) -> Path:
    """A real virtual environment; returns its interpreter."""
    base = python or interpreter(f"{sys.version_info[0]}.{sys.version_info[1]}")
    command = [str(base), "-m", "venv", str(folder)]
    command += [] if pip else ["--without-pip"]
    command += ["--system-site-packages"] if system_site else []
    run(command)
    return folder / "bin" / "python"


def install(python: Path, *found: Path, options: Sequence[str] = ()) -> None:
    """Install wheels with pip, from these files alone."""
    command = [str(python), "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--disable-pip-version-check"]
    run([*command, *options, *map(str, found)])


def run(command: List[str], environ: Optional[Dict[str, str]] = None) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON", "CONDA_"))}
    done = subprocess.run(command, env=environ or clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout.decode('utf-8', 'replace')}")


def site_packages(prefix: Path) -> Path:
    return next((prefix / "lib").glob("python*/site-packages"))


def torch_set(folder: Path, version: str = "2.1.0", cuda: Optional[str] = "12.1", vision: str = "0.16.0") -> List[Path]:
    """Wheels of a torch, its torchvision and a NumPy."""
    local = f"+cu{cuda.replace('.', '')}" if cuda else "+cpu"
    return [
        wheels.torch_wheel(folder, f"{version}{local}", cuda),
        wheels.torchvision_wheel(folder, f"{vision}{local}", version),
        wheels.numpy_wheel(folder, "1.26.4"),
    ]


def shell(folder: Path, *path: Path, **more: str) -> Situation:
    """A user's shell: a home of its own, a work folder, and these folders first on PATH."""
    home, work = folder / "home", folder / "home" / "work"
    work.mkdir(parents=True, exist_ok=True)
    return Situation(home, work, path, dict(more))
