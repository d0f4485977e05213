"""What WSL changes."""

from __future__ import annotations

import re
from typing import Iterator

from ..evidence import Case, Clue

_ONE = re.compile(r"\b4\.4\.0-\d{4,6}-Microsoft\b")
_TWO = re.compile(r"microsoft-standard|WSL2|/mnt/wslg|/usr/lib/wsl")
_FAILS = re.compile(r"\bFalse\b|No CUDA GPUs|Found no NVIDIA driver|cannot open shared object|couldn't communicate")
_MANY = re.compile(r"Error 2: out of memory")
_LINUX_DRIVER = re.compile(
    r"apt(?:-get)? install[^\n]{0,80}(?:nvidia-driver|nvidia-utils|cuda-drivers|libcuda1)"
    r"|NVIDIA-Linux-x86_64-[\d.]{3,12}\.run"
)


def read(case: Case) -> Iterator[Clue]:
    one, two = case.find(_ONE), case.find(_TWO)
    if one and case.find(_FAILS):
        yield Clue("windows-wsl", 88, "the kernel is that of WSL 1, which has no GPU", f"line {one[1]}")
    many = case.find(_MANY)
    if two and many and "cudaGetDeviceCount" in case.text:
        says = "CUDA does not start under WSL 2 with all of these GPUs at once"
        yield Clue("windows-wsl", 85, says, f"line {many[1]}", says)
        for name in (
            "oom-too-large",
            "gpu-occupied-by-others",
            "zombie-process-holds-memory",
            "cuda-visible-devices-masked",
        ):
            yield Clue(name, -80, says, f"line {many[1]}")
    driver = case.find(_LINUX_DRIVER)
    if two and driver:
        yield Clue(
            "windows-wsl",
            75,
            "a Linux driver is installed inside WSL, where the Windows driver serves",
            f"line {driver[1]}",
        )
    lost = case.hit("lib.libcuda-missing", "cudnn.libcuda", "driver.tf-not-running")
    if two and (lost or case.hit("smi.not-found", "cuda.no-driver")):
        says = "this is WSL: the driver's libraries are in /usr/lib/wsl/lib"
        yield Clue("windows-wsl", 75 if lost else 45, says, f"line {two[1]}")
        if lost:
            yield Clue("driver-missing-or-not-loaded", -55, says, f"line {two[1]}")
