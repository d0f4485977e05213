"""Environments whose fault shows only beside a GPU: a real environment, and the stand-in NVML for the machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Callable, Dict, Tuple

from . import wheels
from .build import Situation, install, shell, torch_set, venv

AMPERE = (
    "driver = 550.54.15\ncuda = 12.4\n[default]\nname = NVIDIA GeForce RTX 3090\ntotal = 24576\ncc = 8.6\n[gpu x2]\n"
)


def _with_torch(folder: Path, nvml: str, cuda: str = "12.1") -> Situation:
    """torch 2.1.0 in a virtual environment, beside the GPUs of that NVML state."""
    python = venv(folder / "env")
    install(python, *torch_set(folder, cuda=cuda or None))
    situation = shell(folder, python.parent, VIRTUAL_ENV=str(folder / "env"))
    driver = nvml.split("\n")[0].split("= ")[1]
    return dataclasses.replace(situation, nvml=nvml, module=driver, cards=nvml.count("[gpu]") or 2)


def healthy_gpu(folder: Path) -> Situation:
    return _with_torch(folder, AMPERE)


def cpu_build(folder: Path) -> Situation:
    return _with_torch(folder, AMPERE, cuda="")


def old_driver(folder: Path) -> Situation:
    return _with_torch(folder, AMPERE.replace("550.54.15", "470.223.02").replace("12.4", "11.4"))


def minor_version_compatibility(folder: Path) -> Situation:
    """CUDA 12.1 in the wheel, driver 525 (CUDA 12.0): this works, and must be left alone."""
    return _with_torch(folder, AMPERE.replace("550.54.15", "525.147.05").replace("12.4", "12.0"))


def blackwell(folder: Path) -> Situation:
    return _with_torch(folder, AMPERE.replace("cc = 8.6", "cc = 12.0").replace("RTX 3090", "RTX 5090"))


def ada_on_ampere_code(folder: Path) -> Situation:
    """Compute capability 8.9 runs code for sm_86: no finding."""
    return _with_torch(folder, AMPERE.replace("cc = 8.6", "cc = 8.9").replace("RTX 3090", "RTX 4090"))


def no_driver(folder: Path) -> Situation:
    situation = _with_torch(folder, AMPERE + "fault = nvmlInit* * DRIVER_NOT_LOADED\n")
    return dataclasses.replace(situation, module="")


def library_mismatch(folder: Path) -> Situation:
    situation = _with_torch(folder, AMPERE + "fault = nvmlInit* * LIB_RM_VERSION_MISMATCH\n")
    return dataclasses.replace(situation, module="545.23.08")


def lost_gpu(folder: Path) -> Situation:
    return _with_torch(folder, AMPERE + "fault = nvmlDevice* 1 GPU_IS_LOST\n")


def all_full(folder: Path) -> Situation:
    full = AMPERE.replace("[gpu x2]", "[gpu]\nproc = C 4194300 24000 99\n[gpu]\nproc = C 4194301 24100 98")
    return _with_torch(folder, full)


def exclusive_and_taken(folder: Path) -> Situation:
    taken = AMPERE.replace("[gpu x2]", "[gpu]\ncompute_mode = 3\nproc = C 4194300 500 10")
    return _with_torch(folder, taken)


def masked(folder: Path) -> Situation:
    situation = _with_torch(folder, AMPERE)
    return dataclasses.replace(situation, variables={**situation.variables, "CUDA_VISIBLE_DEVICES": ""})


def mmcv_for_another_torch(folder: Path) -> Situation:
    situation = _with_torch(folder, AMPERE)
    files = {"mmcv/__init__.py": b"", "mmcv/version.py": b"__version__ = '2.0.1'\n"}
    install(folder / "env" / "bin" / "python", wheels.wheel(folder, "mmcv", "2.0.1+pt1.13cu117", files))
    return situation


SITUATIONS: Dict[str, Tuple[Callable[[Path], Situation], Tuple[str, ...]]] = {
    "healthy-gpu": (healthy_gpu, ()),
    "cpu-build": (cpu_build, ("cpu-only-build",)),
    "old-driver": (old_driver, ("driver-too-old",)),
    "minor-version-compatibility": (minor_version_compatibility, ()),
    "blackwell": (blackwell, ("gpu-arch-not-in-build",)),
    "ada-on-ampere-code": (ada_on_ampere_code, ()),
    "no-driver": (no_driver, ("driver-missing-or-not-loaded",)),
    "library-mismatch": (library_mismatch, ("driver-library-mismatch",)),
    "lost-gpu": (lost_gpu, ("gpu-lost-or-xid",)),
    "all-full": (all_full, ("gpu-occupied-by-others",)),
    "exclusive-and-taken": (exclusive_and_taken, ("exclusive-compute-mode",)),
    "masked": (masked, ("cuda-visible-devices-masked",)),
}
