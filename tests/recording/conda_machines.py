"""Machines with conda: real prefixes, solved and installed by py-rattler from a stand-in of the pytorch channel."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

from tests.envs import wheels
from tests.envs.conda import pytorch_channel

from .parts import A100, CENTOS_7, ROCKY_8, RTX_3090, UBUNTU_2004, glibc
from .stage import Shell, Stage, server

P100 = "[default]\nname = Tesla P100-PCIE-16GB\ntotal = 16384\ncc = 6.0\n"
ROOT = "~/miniconda3"
INITIALISED = """\
# >>> conda initialize >>>
__conda_setup="$('/home/{user}/miniconda3/bin/conda' 'shell.bash' 'hook' 2> /dev/null)"
eval "$__conda_setup"
# <<< conda initialize <<<
export HF_TOKEN=hf_CanaryCanaryCanaryCanary00
"""


def _active(stage: Stage, name: str, version: str, python: str) -> Shell:
    """A shell in which that environment is active; conda itself is but its record and its script."""
    minor = python.replace(".", "")
    record = f'{{"name": "conda", "version": "{version}", "build": "py{minor}_0", "channel": "defaults", "files": []}}'
    stage.write(f"{ROOT}/conda-meta/conda-{version}-py{minor}_0.json", record)
    stage.write(f"{ROOT}/conda-meta/history", "")
    root = ROOT.replace("~", stage.user_home)
    for script in ("bin/conda", "condabin/conda"):
        stage.write(f"{ROOT}/{script}", f"#!{root}/bin/python\nfrom conda.cli import main\n")
        stage.at(f"{ROOT}/{script}").chmod(0o755)
    stage.write("~/.bashrc", INITIALISED.replace("/home/{user}", stage.user_home))
    stage.write("~/.conda/environments.txt", f"{root}\n{root}/envs/{name}\n")
    stage.own("~/.conda/environments.txt", ROOT, f"{ROOT}/envs")
    variables = {
        "CONDA_PREFIX": f"{ROOT}/envs/{name}",
        "CONDA_DEFAULT_ENV": name,
        "CONDA_EXE": f"{ROOT}/bin/conda",
        "CONDA_PYTHON_EXE": f"{ROOT}/bin/python",
        "CONDA_SHLVL": "2",
    }
    return Shell([f"{ROOT}/envs/{name}/bin", f"{ROOT}/condabin"], variables, "work")


def _prefix(stage: Stage, name: str, *specs: str, cuda: str = "") -> str:
    channel = pytorch_channel(stage.work / "channel")
    stage.conda(ROOT, channel, ["pip"])
    return stage.conda(f"{ROOT}/envs/{name}", channel, ["pip", *specs], cuda or None)


def ubuntu2004_lab8_conda_cpu(stage: Stage) -> Shell:
    """A lab's server with eight A100, home on NFS; the environment was solved on a login node without a driver."""
    stage.write("/etc/os-release", UBUNTU_2004)
    _prefix(stage, "lab", "pytorch 2.1.0.*", "mkl <2024.1")
    stage.write("~/.condarc", "channels:\n  - https://conda.example.org/t/ca-canary-1234/pytorch\n  - defaults\n")
    stage.driver("525.147.05", "12.0")
    stage.cards("20b2", count=8)
    held = [stage.process() for _ in range(3)]
    used = [(held[0], 71000), (held[0], 70500), (held[1], 30200), (held[2], 78000)]
    stage.nvml += A100 + "".join(f"[gpu]\nproc = C {pid} {memory} 97\n" for pid, memory in used) + "[gpu x4]\n"
    shell = _active(stage, "lab", "23.3.1", "3.11")
    shell.changes = {**server(1007, 256, kernel="5.4.0-216-generic", home="nas1"), **glibc("2.31")}
    return shell


CONDARC = """\
channels:
  - pytorch
  - nvidia
  - conda-forge
  - defaults
show_channel_urls: true
default_channels:
  - https://mirrors.tuna.tsinghua.edu.cn/anaconda/pkgs/main
  - https://mirrors.tuna.tsinghua.edu.cn/anaconda/pkgs/free
custom_channels:
  conda-forge: https://mirrors.tuna.tsinghua.edu.cn/anaconda/cloud
  pytorch: https://mirrors.tuna.tsinghua.edu.cn/anaconda/cloud
  nvidia: https://mirrors.tuna.tsinghua.edu.cn/anaconda/cloud
proxy_servers:
  http: http://ksorensen:canary-pr0xy@proxy.example.org:3128
"""


def centos7_old_conda(stage: Stage) -> Shell:
    """glibc 2.17, an old conda, mirrors of mirrors, and a driver of CUDA 11.0 under a torch for CUDA 12.1."""
    stage.write("/etc/os-release", CENTOS_7)
    stage.write("/etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n")
    _prefix(stage, "det", "pytorch 2.1.0.* *cuda*", "mkl <2024.1", cuda="12.4")
    stage.write("~/.condarc", CONDARC)
    stage.driver("450.80.02", "11.0")
    stage.cards("15f8", count=4)
    stage.nvml += P100 + "[gpu x4]\n"
    shell = _active(stage, "det", "4.10.3", "3.11")
    shell.changes = {**server(251, 40, kernel="3.10.0-1160.el7.x86_64"), **glibc("2.17")}
    return shell


def rocky8_pip_over_conda(stage: Stage) -> Shell:
    """pip's torch 2.3.0 laid over conda's 2.1.0: conda list, pip list and import name two versions."""
    stage.write("/etc/os-release", ROCKY_8)
    python = _prefix(stage, "lab", "pytorch 2.1.0.* *cuda*", "mkl <2024.1", cuda="12.4")
    torch = wheels.torch_wheel(stage.work / "input", "2.3.0+cu121", "12.1")
    stage.install(python, torch, options=["--ignore-installed"])
    stage.driver("535.247.01", "12.2")
    stage.cards("2204", count=4)
    stage.nvml += RTX_3090 + "[gpu x4]\n"
    shell = _active(stage, "lab", "24.1.2", "3.11")
    shell.changes = {**server(252, 64, kernel="4.18.0-553.el8_10.x86_64"), **glibc("2.28")}
    return shell


MACHINES: Dict[str, Tuple[Callable[[Stage], Shell], str]] = {
    "ubuntu2004-lab8-conda-cpu": (ubuntu2004_lab8_conda_cpu, ""),
    "centos7-old-conda": (centos7_old_conda, ""),
    "rocky8-pip-over-conda": (rocky8_pip_over_conda, ""),
}
