"""What several machines are made of: cards, distributions that cannot be run here, torches."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from tests.envs import wheels

from .stage import Stage

RTX_3090 = "[default]\nname = NVIDIA GeForce RTX 3090\ntotal = 24576\ncc = 8.6\necc = -1\n"
RTX_4090 = "[default]\nname = NVIDIA GeForce RTX 4090\ntotal = 24564\ncc = 8.9\necc = -1\n"
RTX_5090 = "[default]\nname = NVIDIA GeForce RTX 5090\ntotal = 32607\ncc = 12.0\necc = -1\n"
A100 = "[default]\nname = NVIDIA A100-SXM4-80GB\ntotal = 81920\ncc = 8.0\n"
V100 = "[default]\nname = Tesla V100-SXM2-32GB\ntotal = 32768\ncc = 7.0\n"
H100 = "[default]\nname = NVIDIA H100 80GB HBM3\ntotal = 81559\ncc = 9.0\n"

UBUNTU_2204 = 'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nPRETTY_NAME="Ubuntu 22.04.5 LTS"\n'
UBUNTU_2004 = 'NAME="Ubuntu"\nVERSION_ID="20.04"\nID=ubuntu\nPRETTY_NAME="Ubuntu 20.04.6 LTS"\n'
UBUNTU_1804 = 'NAME="Ubuntu"\nVERSION_ID="18.04"\nID=ubuntu\nPRETTY_NAME="Ubuntu 18.04.6 LTS"\n'
ROCKY_8 = 'NAME="Rocky Linux"\nVERSION_ID="8.10"\nID="rocky"\nPRETTY_NAME="Rocky Linux 8.10 (Green Obsidian)"\n'
CENTOS_7 = 'NAME="CentOS Linux"\nVERSION_ID="7"\nID="centos"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n'


def glibc(version: str) -> Dict[str, Any]:
    """Changes that make the machine's C library another: what its loader and its interpreter say."""
    loader = "/lib64/ld-linux-x86-64.so.2"
    said = [["glibc 2.36", f"glibc {version}"]]
    if version < "2.34":  # until then the file's name has the number
        return {"links": {loader: f"/usr/lib64/ld-{version}.so"}, "said": said}
    sentence = f"ld.so (Ubuntu GLIBC {version}-0ubuntu3) stable release version {version}"
    return {"finds": {loader: [sentence]}, "said": said}


def real_torch(stage: Stage, version: str, environment: str, python: str) -> Path:
    """The packages of parts/torch/VERSION in this environment, which the same minor version of Python made."""
    real = stage.parts / "torch" / version
    site = next((real / "lib").glob("python*/site-packages"))
    for script in (real / "bin").iterdir():
        target = stage.at(environment) / "bin" / script.name
        if not target.exists() and not script.name.lower().startswith(("activate", "python")):
            stage.write(f"{environment}/bin/{script.name}", f"#!{python}\n{script.read_text().partition(chr(10))[2]}")
            target.chmod(0o755)
    target = stage.overlay(site, f"{environment}/lib/{site.parent.name}/site-packages")
    stage.own(f"{environment}/lib/{site.parent.name}/site-packages")
    return target


def stand_ins(
    stage: Stage, python: str, torch: str, vision: str = "", cuda: Optional[str] = None, archs: str = ""
) -> None:
    """Stand-in wheels of that torch and its torchvision, installed by the environment's own pip."""
    folder = stage.work / "input"
    archs = archs or "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90"
    if int(torch.split(".")[1]) >= 3:  # from 2.3 on its binaries know NumPy 2
        archs = f"numpy._core.multiarray\\0{archs}"
    found = [wheels.torch_wheel(folder, torch, cuda, archs=archs)]
    if vision:
        found.append(wheels.torchvision_wheel(folder, vision, torch.partition("+")[0]))
    stage.install(python, *found)


def real_wheel(stage: Stage, start: str) -> Path:
    """The wheel of parts/wheels whose file name begins so."""
    return next(path for path in sorted((stage.parts / "wheels").iterdir()) if path.name.startswith(start))
