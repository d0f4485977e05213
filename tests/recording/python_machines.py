"""Machines whose state lies in the interpreter and in what is installed for it."""

from __future__ import annotations

import os
import zipfile
from typing import Callable, Dict, Tuple

from tests.envs import wheels

from .parts import RTX_3090, RTX_4090, UBUNTU_1804, UBUNTU_2004, glibc, real_wheel, stand_ins
from .stage import USER, Shell, Stage, server

GTX_1080 = "[default]\nname = NVIDIA GeForce GTX 1080 Ti\ntotal = 11178\ncc = 6.1\necc = -1\n"


def debian11_moved_venv(stage: Stage) -> Shell:
    """A real Debian 11: the project's folder was renamed, and its bin/activate leads to where it was."""
    python = stage.venv("~/projects/yolo/env", "/usr/bin/python3")
    stand_ins(stage, python, "2.0.1+cu118", "0.15.2+cu118", "11.8")
    found = [wheels.numpy_wheel(stage.work / "input", "1.24.4"), wheels.ultralytics_wheel(stage.work / "input")]
    stage.install(python, *found)
    stage.at("~/projects/yolo").rename(stage.at("~/projects/yolo-v8"))
    stage.driver("535.247.01", "12.2")
    stage.cards("2204")
    stage.nvml += RTX_3090 + "[gpu]\n"
    old = "~/projects/yolo/env"
    changes = server(62, 16, kernel="5.10.0-33-amd64")
    return Shell([f"{old}/bin"], {"VIRTUAL_ENV": old}, "projects/yolo-v8", changes=changes)


def debian13_system_python(stage: Stage) -> Shell:
    """A real Debian 13 and its own Python, which takes no pip installs; no environment yet."""
    stage.write("~/detect/requirements.txt", "torch>=2.6\ntorchvision\nultralytics\n")
    stage.driver("550.163.01", "12.4")
    stage.cards("2684")
    stage.nvml += RTX_4090 + "[gpu]\n"
    return Shell([], {}, "detect", changes=server(62, 16, kernel="6.12.48+deb13-amd64"))


PROJECT = """\
[project]
name = "detect"
version = "0.1.0"
requires-python = ">=3.11,<3.12"
dependencies = ["torch==2.1.2", "torchvision==0.16.2", "numpy"]
"""


def debian12_uv_project_numpy2(stage: Stage) -> Shell:
    """A real uv project: `uv add numpy` took NumPy 2, and its torch was built before there was one."""
    uv = stage.at("~/.local/bin/uv")
    uv.parent.mkdir(parents=True)
    with zipfile.ZipFile(real_wheel(stage, "uv-")) as archive:
        program = next(name for name in archive.namelist() if name.endswith("scripts/uv"))
        uv.write_bytes(archive.read(program))
    uv.chmod(0o755)
    store = stage.root / "tmp" / "store"
    store.mkdir()
    # As on PyPI: the file name and the metadata do not tell the CUDA, version.py does.
    wheels.wheel(store, "torch", "2.1.2", wheels.torch_files("2.1.2+cu121", "12.1"))
    vision = {
        "torchvision/__init__.py": b"from .version import __version__\n",
        "torchvision/version.py": b"__version__ = '0.16.2+cu121'\ngit_version = 'Unknown'\ncuda = '12.1'\n",
    }
    wheels.wheel(store, "torchvision", "0.16.2", vision, requires=["torch==2.1.2", "numpy"])
    numpy = real_wheel(stage, "numpy-2")
    (store / numpy.name).write_bytes(numpy.read_bytes())
    stage.write("~/detect/pyproject.toml", PROJECT)
    stage.own("~/.local", "~/.local/bin", "~/detect", "~/detect/pyproject.toml")
    environ = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": "/tmp/store", "UV_PYTHON_DOWNLOADS": "never"}
    home = f"/home/{USER}"
    base = stage.pyenv("3.11.7")
    stage.run(f"{home}/.local/bin/uv", "sync", "-q", "--python", base, "--directory", f"{home}/detect", environ=environ)
    stage.driver("550.163.01", "12.4")
    stage.cards("2684")
    stage.nvml += RTX_4090 + "[gpu]\n"
    venv = "~/detect/.venv"
    path = [f"{venv}/bin", "~/.local/bin"]
    return Shell(path, {"VIRTUAL_ENV": venv}, "detect", changes=server(62, 16))


def ubuntu1804_python36_pip18(stage: Stage) -> Shell:
    """Python 3.6 and the pip it came with, 18.1, before anything could be installed."""
    stage.write("/etc/os-release", UBUNTU_1804)
    stage.venv("~/envs/old", stage.pyenv("3.6.15"))
    stage.write("~/old/requirements.txt", "torch==1.10.1\ntorchvision==0.11.2\nopencv-python==4.5.5.64\n")
    stage.driver("470.256.02", "11.4")
    stage.cards("1b06", count=2)
    stage.nvml += GTX_1080 + "[gpu x2]\n"
    changes = {**server(62, 12, kernel="4.15.0-213-generic"), **glibc("2.27")}
    return Shell(["~/envs/old/bin"], {"VIRTUAL_ENV": "~/envs/old"}, "old", changes=changes)


def ubuntu2004_python27(stage: Stage) -> Shell:
    """pyenv's Python 2.7 in front of everything, and a project that wants a torch of today."""
    stage.write("/etc/os-release", UBUNTU_2004)
    program = stage.pyenv("2.7.18")
    stage.write("~/seg/requirements.txt", "torch>=2.0\ntorchvision\n")
    stage.driver("535.247.01", "12.2")
    stage.cards("2204")
    stage.nvml += RTX_3090 + "[gpu]\n"
    changes = {**server(62, 16, kernel="5.4.0-216-generic"), **glibc("2.31")}
    return Shell([os.path.dirname(program)], {"PYENV_ROOT": "~/.pyenv"}, "seg", changes=changes)


def debian12_pip_of_another_python(stage: Stage) -> Shell:
    """`pip list` shows torch and `import torch` fails: a new environment without pip before an older one on PATH."""
    stage.venv("~/envs/new", "/usr/bin/python3", "--without-pip")
    old = stage.venv("~/envs/old", "/usr/bin/python3")
    stand_ins(stage, old, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(old, real_wheel(stage, "numpy-2"), wheels.ultralytics_wheel(stage.work / "input"))
    stage.driver("550.163.01", "12.4")
    stage.cards("2204")
    stage.nvml += RTX_3090 + "[gpu]\n"
    path = ["~/envs/new/bin", "~/envs/old/bin"]
    return Shell(path, {"VIRTUAL_ENV": "~/envs/new"}, "yolo", changes=server(126, 32))


MACHINES: Dict[str, Tuple[Callable[[Stage], Shell], str]] = {
    "debian11-moved-venv": (debian11_moved_venv, "bullseye"),
    "debian13-system-python": (debian13_system_python, "trixie"),
    "debian12-uv-project-numpy2": (debian12_uv_project_numpy2, ""),
    "ubuntu1804-python36-pip18": (ubuntu1804_python36_pip18, ""),
    "ubuntu2004-python27": (ubuntu2004_python27, ""),
    "debian12-pip-of-another-python": (debian12_pip_of_another_python, ""),
}
