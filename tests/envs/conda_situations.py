"""Broken conda environments, each a real prefix; `channel` is the URL of the stand-in channel."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Callable, Dict, Tuple

from . import wheels
from .build import Situation, install, shell, venv
from .conda import MINOR, prefix
from .gpu_situations import AMPERE


def _active(folder: Path, python: Path, **more: str) -> Situation:
    root = python.parent.parent
    return shell(folder, python.parent, CONDA_PREFIX=str(root), CONDA_DEFAULT_ENV=root.name, CONDA_SHLVL="1", **more)


def healthy_conda(folder: Path, channel: str) -> Situation:
    python = prefix(folder / "envs" / "lab", channel, ["pip", "pytorch 2.1.0.* *cuda*", "mkl <2024.1"], "12.4")
    return dataclasses.replace(_active(folder, python), nvml=AMPERE)


def solved_cpu_build(folder: Path, channel: str) -> Situation:
    """Solved on a login node without a driver; run beside a GPU."""
    python = prefix(folder / "envs" / "lab", channel, ["pip", "pytorch 2.1.0.*", "mkl <2024.1"])
    return dataclasses.replace(_active(folder, python), nvml=AMPERE)


def pip_over_conda(folder: Path, channel: str) -> Situation:
    """pip's torch 2.3.0 laid over conda's 2.1.0 without removing it."""
    python = prefix(folder / "envs" / "lab", channel, ["pip", "pytorch 2.1.0.* *cuda*", "mkl <2024.1"], "12.4")
    install(python, wheels.torch_wheel(folder, "2.3.0+cu121", "12.1"), options=["--ignore-installed"])
    return dataclasses.replace(_active(folder, python), nvml=AMPERE)


def new_mkl(folder: Path, channel: str) -> Situation:
    """MKL 2024.2 under a torch of the pytorch channel: undefined symbol iJIT_NotifyEvent."""
    python = prefix(folder / "envs" / "lab", channel, ["pip", "pytorch 2.1.0.* *cuda*", "mkl 2024.2.*"], "12.4")
    return dataclasses.replace(_active(folder, python), nvml=AMPERE)


def user_site_shadow(folder: Path, channel: str) -> Situation:
    """~/.local comes before a conda environment's own site-packages."""
    situation = healthy_conda(folder, channel)
    user_site = situation.home / ".local" / "lib" / f"python{MINOR}" / "site-packages"
    python = situation.path[0] / "python"
    install(python, wheels.torch_wheel(folder, "1.13.0+cu117", "11.7"), options=["--target", str(user_site)])
    return situation


def conda_list_shows_it(folder: Path, channel: str) -> Situation:
    """The conda environment has torch; the shell's python is another, where import fails."""
    inside = healthy_conda(folder, channel)
    registry = inside.home / ".conda" / "environments.txt"
    registry.parent.mkdir(parents=True)
    registry.write_text(f"{folder / 'envs' / 'lab'}\n")
    bare = venv(folder / "bare")
    return dataclasses.replace(inside, path=(bare.parent, *inside.path))


SITUATIONS: Dict[str, Tuple[Callable[[Path, str], Situation], Tuple[str, ...]]] = {
    "healthy-conda": (healthy_conda, ()),
    "solved-cpu-build": (solved_cpu_build, ("conda-solved-cpu-build",)),
    "pip-over-conda": (pip_over_conda, ("pip-conda-mix",)),
    "new-mkl": (new_mkl, ("mkl-ijit",)),
    "user-site-shadow": (user_site_shadow, ("shadowed-module",)),
    "conda-list-shows-it": (conda_list_shows_it, ("interpreter-mismatch",)),
}
