"""Machines whose state lies in GPUs, driver and torch's build."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from typing import Callable, Dict, Tuple

from tests.envs import wheels

from .parts import A100, H100, RTX_3090, RTX_4090, RTX_5090, UBUNTU_2204, V100, glibc, real_torch, real_wheel, stand_ins
from .stage import INDEX, PROXY, UID, Shell, Stage, server


def debian12_healthy_3090(stage: Stage) -> Shell:
    """Everything fits: torch for CUDA 12.4 beside driver 550, NumPy 2, a lab's package index with a password."""
    python = stage.venv("~/envs/yolo", "/usr/bin/python3")
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"), wheels.ultralytics_wheel(stage.work / "input"))
    stage.write("~/.config/pip/pip.conf", f"[global]\nextra-index-url = {INDEX}\n")
    stage.driver("550.163.01", "12.4")
    stage.cards("2204", count=2)
    stage.nvml += RTX_3090 + "[gpu x2]\n"
    return Shell(["~/envs/yolo/bin"], {"VIRTUAL_ENV": "~/envs/yolo"}, "yolo", changes=server(126, 32))


def debian12_healthy_h100(stage: Stage) -> Shell:
    """A real torch 2.14.1 for CUDA 13.0 with all its libraries, as pip installs it, beside driver 580."""
    python = stage.venv("~/.venvs/llm", stage.pyenv("3.11.7"), "--without-pip")
    site = real_torch(stage, "2.14.1", "~/.venvs/llm", python)
    _without(site, "filler[-_]*", "torchvision*", "torchaudio*", "torio*")
    stage.driver("580.95.05", "13.0")
    stage.cards("2330", count=8)
    stage.nvml += H100 + "[gpu x8]\n"
    return Shell(["~/.venvs/llm/bin"], {"VIRTUAL_ENV": "~/.venvs/llm"}, "llm", changes=server(2015, 192))


def debian12_v100_cu130(stage: Stage) -> Shell:
    """Cards that CUDA 13 dropped, though their last driver (580) is new enough for it."""
    python = stage.venv("~/.venvs/llm", stage.pyenv("3.12.1"))
    stand_ins(stage, python, "2.9.1+cu130", "0.24.1+cu130", "13.0", "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 compute_120")
    stage.install(python, wheels.numpy_wheel(stage.work / "input", "2.2.6"))
    stage.driver("580.95.05", "13.0")
    stage.cards("1db5", count=4)
    stage.nvml += V100 + "[gpu x4]\n"
    return Shell(["~/.venvs/llm/bin"], {"VIRTUAL_ENV": "~/.venvs/llm"}, "llm", changes=server(755, 80))


def _without(site: Path, *patterns: str) -> None:
    """Leave out what makes a recording long and shows nothing."""
    for pattern in patterns:
        for path in site.glob(pattern):
            rmtree(path) if path.is_dir() else path.unlink()


def debian11_driver470_cu121(stage: Stage) -> Shell:
    """A real Debian 11 whose driver is of CUDA 11.4, under a torch for CUDA 12.1."""
    python = stage.venv("~/envs/seg", "/usr/bin/python3")
    stand_ins(stage, python, "2.1.2+cu121", "0.16.2+cu121", "12.1")
    stage.install(python, wheels.numpy_wheel(stage.work / "input", "1.26.4"))
    stage.driver("470.256.02", "11.4")
    stage.cards("2204", count=4)
    stage.nvml += RTX_3090 + "[gpu x4]\n"
    stage.write("~/seg/requirements.txt", f"torch==2.1.2\ntorchvision\n--extra-index-url {INDEX}\n")
    changes = server(252, 48, kernel="5.10.0-33-amd64")
    return Shell(["~/envs/seg/bin"], {"VIRTUAL_ENV": "~/envs/seg", "https_proxy": PROXY}, "seg", changes=changes)


def ubuntu2204_rtx5090_cu121(stage: Stage) -> Shell:
    """A Blackwell card under a torch whose code ends at Hopper."""
    stage.write("/etc/os-release", UBUNTU_2204)
    python = stage.venv("~/work/detect/.venv", stage.pyenv("3.10.13"))
    stand_ins(stage, python, "2.1.2+cu121", "0.16.2+cu121", "12.1")
    stage.install(python, wheels.numpy_wheel(stage.work / "input", "1.26.4"))
    stage.driver("570.172.08", "12.8")
    stage.cards("2b85")
    stage.nvml += RTX_5090 + "[gpu]\n"
    changes = {**server(126, 24, kernel="6.8.0-60-generic"), **glibc("2.35")}
    venv = "~/work/detect/.venv"
    return Shell([f"{venv}/bin"], {"VIRTUAL_ENV": venv}, "work/detect", changes=changes)


def debian12_library_mismatch(stage: Stage) -> Shell:
    """Unattended upgrades replaced the driver's libraries; the old kernel module is still loaded."""
    python = stage.venv("~/envs/yolo", "/usr/bin/python3")
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"))
    stage.driver("550.163.01", "12.4", module="550.54.15")
    stage.cards("2204", count=2)
    stage.nvml += "fault = nvmlInit* * LIB_RM_VERSION_MISMATCH\n" + RTX_3090 + "[gpu x2]\n"
    return Shell(["~/envs/yolo/bin"], {"VIRTUAL_ENV": "~/envs/yolo"}, "yolo", changes=server(126, 32))


def debian13_module_not_loaded(stage: Stage) -> Shell:
    """A real Debian 13 after a new kernel: the driver's libraries are there, its module was not built for it."""
    python = stage.venv("~/envs/yolo", "/usr/bin/python3")
    stand_ins(stage, python, "2.8.0+cu126", "0.23.0+cu126", "12.6")
    stage.install(python, wheels.numpy_wheel(stage.work / "input", "2.2.6"))
    stage.driver("550.163.01", "12.4", module="")
    stage.cards("2684", count=2, bound=False)
    stage.nvml += "fault = nvmlInit* * DRIVER_NOT_LOADED\n" + RTX_4090 + "[gpu x2]\n"
    changes = server(126, 32, kernel="6.12.48+deb13-amd64")
    return Shell(["~/envs/yolo/bin"], {"VIRTUAL_ENV": "~/envs/yolo"}, "yolo", changes=changes)


XIDS = """\
[    0.000000] Linux version 6.1.0-37-amd64
[81231.102233] NVRM: Xid (PCI:0000:1f:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.
[81231.102240] NVRM: GPU 0000:1f:00.0: GPU has fallen off the bus.
[90312.551201] NVRM: Xid (PCI:0000:2f:00): 48, pid=24310, name=python, Double Bit ECC Error
[90312.551302] NVRM: Xid (PCI:0000:2f:00): 63, pid=24310, name=python, Row Remapper: New row marked for remapping
"""


def debian12_a100_lost_and_ecc(stage: Stage) -> Shell:
    """Of four A100 one fell off the bus, and one has uncorrectable errors and a row remap that waits for a reset."""
    python = stage.venv("~/envs/train", "/usr/bin/python3")
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"))
    stage.driver("550.163.01", "12.4")
    stage.cards("20b2", count=4)
    stage.nvml += "fault = nvmlDevice* 1 GPU_IS_LOST\n" + A100 + "[gpu x4]\n"
    stage.nvml += "[gpu 3]\necc_uncorrected = 4\nremap_uncorrectable = 1\nremap_pending = 1\n"
    changes = server(1007, 128)
    changes["reads"]["/proc/sys/kernel/dmesg_restrict"] = "0\n"
    changes["runs"] = {"dmesg": XIDS}
    return Shell(["~/envs/train/bin"], {"VIRTUAL_ENV": "~/envs/train"}, "train", changes=changes)


def debian12_all_gpus_full(stage: Stage) -> Shell:
    """Every card is held by somebody else's training, one also by one's own forgotten process."""
    python = stage.venv("~/envs/yolo", "/usr/bin/python3")
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"))
    stage.driver("560.35.05", "12.6")
    stage.cards("2684", count=4)
    held = [(stage.process(), 23200), (stage.process(), 22800), (stage.process(), 23900)]
    stage.nvml += RTX_4090 + "".join(f"[gpu]\nproc = C {pid} {memory} 98\n" for pid, memory in held)
    stage.nvml += f"[gpu]\nproc = C {stage.process()} 16000 91\nproc = C {stage.process(UID)} 7400 0\n"
    return Shell(["~/envs/yolo/bin"], {"VIRTUAL_ENV": "~/envs/yolo"}, "yolo", changes=server(252, 64))


def debian12_mig(stage: Stage) -> Shell:
    """An A100 cut into instances, and a script for two whole GPUs."""
    python = stage.venv("~/envs/train", "/usr/bin/python3")
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"))
    stage.driver("550.163.01", "12.4")
    stage.cards("20b2", count=2)
    stage.nvml += A100 + "mig = 7\n[gpu x2]\n"
    variables = {"VIRTUAL_ENV": "~/envs/train", "CUDA_VISIBLE_DEVICES": "0,1"}
    return Shell(["~/envs/train/bin"], variables, "train", changes=server(503, 64))


def debian12_nvml_hangs(stage: Stage) -> Shell:
    """The driver never answers for GPU 1; what the files say and GPU 0 are still told."""
    python = stage.venv("~/envs/yolo", "/usr/bin/python3")
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"))
    stage.driver("535.247.01", "12.2")
    stage.cards("2204", count=2)
    stage.nvml += "fault = nvmlDeviceGetMemoryInfo* 1 hang\n" + RTX_3090 + "[gpu x2]\n"
    return Shell(["~/envs/yolo/bin"], {"VIRTUAL_ENV": "~/envs/yolo"}, "yolo", patience=3.0, changes=server(126, 32))


def debian12_torch_without_deps(stage: Stage) -> Shell:
    """A real torch 2.1.2 (CUDA 12.1) that was installed with --no-deps: its nvidia-* wheels are missing."""
    python = stage.venv("~/envs/pose", stage.pyenv("3.11.7"), "--without-pip")
    _without(real_torch(stage, "2.1.2", "~/envs/pose", python), "torchvision*")
    stage.driver("550.163.01", "12.4")
    stage.cards("2684")
    stage.nvml += RTX_4090 + "[gpu]\n"
    return Shell(["~/envs/pose/bin"], {"VIRTUAL_ENV": "~/envs/pose"}, "pose", changes=server(62, 16))


def debian12_cpu_wheel(stage: Stage) -> Shell:
    """A real CPU build, from an index that was meant for a laptop and stayed in pip.conf."""
    python = stage.venv("~/envs/pose", stage.pyenv("3.11.7"), "--without-pip")
    real_torch(stage, "cpu-2.13.0", "~/envs/pose", python)
    needed = (
        "setuptools",
        "filelock",
        "fsspec",
        "jinja2",
        "markupsafe",
        "mpmath",
        "networkx",
        "sympy",
        "typing_ext",
        "numpy-2",
    )
    stage.install(python, *(real_wheel(stage, start) for start in needed), user=False)
    stage.write("~/.config/pip/pip.conf", "[global]\nindex-url = https://download.pytorch.org/whl/cpu\n")
    stage.driver("570.172.08", "12.8")
    stage.cards("2684")
    stage.nvml += RTX_4090 + "[gpu]\n"
    return Shell(["~/envs/pose/bin"], {"VIRTUAL_ENV": "~/envs/pose"}, "pose", changes=server(62, 16))


WSL_KERNEL = "5.15.167.4-microsoft-standard-WSL2"


def wsl2_ubuntu2204(stage: Stage) -> Shell:
    """WSL2 in order: the GPU comes through /dev/dxg and /usr/lib/wsl/lib; no bus and no module shows it."""
    stage.write("/etc/os-release", UBUNTU_2204)
    stage.write("/etc/ld.so.conf.d/ld.wsl.conf", "/usr/lib/wsl/lib\n")
    python = stage.venv("~/envs/yolo", stage.pyenv("3.10.13"))
    stand_ins(stage, python, "2.4.1+cu121", "0.19.1+cu121", "12.1")
    stage.install(python, wheels.numpy_wheel(stage.work / "input", "1.26.4"))
    stage.driver("560.94", "12.6", module="", folder="/usr/lib/wsl/lib")
    stage.device("/dev/dxg")
    stage.nvml += RTX_4090 + "[gpu]\n"
    changes = {**server(31, 16, kernel=WSL_KERNEL), **glibc("2.35")}
    changes["reads"]["/proc/version"] = f"Linux version {WSL_KERNEL} (root@builder) (gcc (GCC) 11.2.0) #1 SMP\n"
    variables = {"VIRTUAL_ENV": "~/envs/yolo", "WSL_DISTRO_NAME": "Ubuntu-22.04"}
    return Shell(["~/envs/yolo/bin", "/usr/lib/wsl/lib"], variables, "yolo", changes=changes)


def slurm_container_without_gpu(stage: Stage) -> Shell:
    """A Slurm job inside an Apptainer image that was started without --nv: cards on the bus, no device files."""
    stage.write("/etc/os-release", UBUNTU_2204)
    python = stage.venv("~/envs/llm", stage.pyenv("3.11.7"))
    stand_ins(stage, python, "2.5.1+cu124", "0.20.1+cu124", "12.4")
    stage.install(python, real_wheel(stage, "numpy-2"))
    stage.write("/sys/module/nvidia/version", "550.163.01\n")
    stage.cards("20b2", count=4, bound=False)
    for address in range(4):
        folder = f"/sys/bus/pci/devices/0000:{0x17 + 8 * address:02x}:00.0"
        stage.write(f"{folder}/uevent", "DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:20B2\n")
    changes = {**server(1007, 16, kernel="4.18.0-553.el8_10.x86_64", home="nas2"), **glibc("2.35")}
    job = "/slurm/uid_1003/job_812345/step_0"
    changes["reads"]["/proc/self/cgroup"] = f"9:memory:{job}\n4:cpu,cpuacct:{job}\n0::/\n"
    changes["reads"]["/proc/self/mountinfo"] = CONTAINER_MOUNTS
    changes["points"] = {}
    for name, value in (("cpu/cpu.cfs_quota_us", "-1"), ("memory/memory.limit_in_bytes", str(64 << 30))):
        stage.write(f"/sys/fs/cgroup/{name.partition('/')[0]}{job}/{name.partition('/')[2]}", value + "\n")
    variables = {
        "VIRTUAL_ENV": "~/envs/llm",
        "APPTAINER_NAME": "pytorch.sif",
        "APPTAINER_CONTAINER": "~/images/pytorch.sif",
        "SLURM_JOB_ID": "812345",
        "SLURM_CPUS_PER_TASK": "16",
        "SLURM_JOB_GPUS": "0,1",
        "CUDA_VISIBLE_DEVICES": "0,1",
    }
    return Shell(["~/envs/llm/bin"], variables, "llm", changes=changes)


CONTAINER_MOUNTS = """\
812 701 0:93 / / ro,nosuid,nodev,relatime - overlay overlay ro,lowerdir=/var/lib/apptainer
813 812 0:5 / /dev rw,nosuid - devtmpfs devtmpfs rw
814 813 0:25 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw
815 812 0:22 / /proc rw,nosuid,nodev - proc proc rw
816 812 0:21 / /sys rw,nosuid,nodev - sysfs sysfs rw
817 816 0:28 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
818 816 0:29 / /sys/fs/cgroup/cpu rw,nosuid - cgroup cgroup rw,cpu,cpuacct
819 812 0:51 / /home rw,relatime - nfs4 nas2:/export/home rw,vers=4.2,hard
820 812 8:2 /tmp /tmp rw,nosuid,nodev - xfs /dev/sda2 rw
"""

MACHINES: Dict[str, Tuple[Callable[[Stage], Shell], str]] = {
    "debian12-healthy-3090": (debian12_healthy_3090, ""),
    "debian12-healthy-h100": (debian12_healthy_h100, ""),
    "debian12-v100-cu130": (debian12_v100_cu130, ""),
    "debian11-driver470-cu121": (debian11_driver470_cu121, "bullseye"),
    "ubuntu2204-rtx5090-cu121": (ubuntu2204_rtx5090_cu121, ""),
    "debian12-library-mismatch": (debian12_library_mismatch, ""),
    "debian13-module-not-loaded": (debian13_module_not_loaded, "trixie"),
    "debian12-a100-lost-and-ecc": (debian12_a100_lost_and_ecc, ""),
    "debian12-all-gpus-full": (debian12_all_gpus_full, ""),
    "debian12-mig": (debian12_mig, ""),
    "debian12-nvml-hangs": (debian12_nvml_hangs, ""),
    "debian12-torch-without-deps": (debian12_torch_without_deps, ""),
    "debian12-cpu-wheel": (debian12_cpu_wheel, ""),
    "wsl2-ubuntu2204": (wsl2_ubuntu2204, ""),
    "slurm-container-without-gpu": (slurm_container_without_gpu, ""),
}
