"""The problems that a text may name: id, severity, sentences, and the command that decides where the text does not.

Ids of problems that a rule finds are the rule's. The others are given here, because only a text or a running job shows
them.
"""

from __future__ import annotations

from typing import Dict, Tuple

from ..frozen import frozen
from ..report import Need, NeedCommand, NeedPackages, NeedTorch, Remedy

#: Titles of what only looks: where the text leaves the cause open, and where nothing can be typed that mends it.
DECIDES = "this command decides it"
SHOWS = "this command shows more"

SMI = ("nvidia-smi",)
CHECK = ("envdoctor", "check")


@frozen
class Problem:
    id: str
    severity: str
    title: str
    meaning: str
    decides: Tuple[Remedy, ...]
    remedies: Tuple[Remedy, ...] = ()


def _decide(*argv: str) -> Tuple[Remedy, ...]:
    return (Remedy(DECIDES, (NeedCommand((argv,), safety="safe"),)),)


def _do(title: str, *commands: Tuple[str, ...], who: str = "you", safety: str = "changes-env") -> Tuple[Remedy, ...]:
    return (Remedy(title, (NeedCommand(commands, who, safety),)),)


def _by(title: str, *needs: Need) -> Tuple[Remedy, ...]:
    return (Remedy(title, needs),)


_NEW_TORCH = _by("install a build of torch that fits this machine", NeedTorch())
_TORCH_AGAIN = _by("install torch and what belongs to it again, as one set", NeedTorch(reinstall=True))


def _python(code: str) -> Tuple[Remedy, ...]:
    return _decide("python", "-c", code)


_TORCH = "import torch; print(torch.__version__, torch.version.cuda, torch.__file__)"
_DEVICES = "import torch; print(torch.version.cuda, torch.cuda.is_available(), torch.cuda.device_count())"
_ARCH = "import torch; print(torch.cuda.get_arch_list(), torch.cuda.get_device_capability())"
_WHO = "import sys; print(sys.executable, sys.path)"
_HOLDERS = ("nvidia-smi", "--query-compute-apps=gpu_bus_id,pid,used_memory,process_name", "--format=csv")

# name: id, severity, title, meaning, what decides, what mends (where the rule or the clue has nothing better)
PROBLEMS: Dict[str, Problem] = {
    "interpreter-mismatch": Problem(
        "PYT101", "error", "the package is installed for another Python than the one that runs",
        "pip, a script or a kernel belongs to another environment: what it installs is not seen here.", _python(_WHO),
    ),
    "shadowed-module": Problem(
        "PYT102", "error", "another copy or a local file of that name is imported in place of the package",
        "Python takes the first match on sys.path.", _python("import torch; print(torch.__file__, torch.__path__)"),
    ),
    "torch-missing": Problem(
        "PKG101", "error", "no torch is installed for this Python", "import torch cannot work in it.",
        _decide("python", "-m", "pip", "list"),
        _NEW_TORCH,
    ),
    "pip-conda-mix": Problem(
        "PKG103", "error", "pip and conda both manage the same package",
        "Each has overwritten files of the other, and their records no longer say what is there.",
        _decide("conda", "list"),
    ),
    "broken-install": Problem(
        "PKG102", "error", "a package is installed in part, or twice",
        "Its files and its records do not belong together.", _decide("python", "-m", "pip", "check"),
        _TORCH_AGAIN,
    ),
    "python-unsupported": Problem(
        "PYT103", "error", "there is no build of the wanted version for this Python or platform",
        "pip leaves out every file that does not fit the interpreter.",
        _decide("python", "-c", "import sys, sysconfig; print(sys.version, sysconfig.get_platform())"),
    ),
    "moved-venv": Problem(
        "PYT104", "error", "the virtual environment was moved or its Python is gone",
        "Its scripts name an interpreter that is no longer there.", _decide("head", "-1", "bin/pip"),
    ),
    "externally-managed": Problem(
        "PYT105", "error", "this Python belongs to the system and takes no pip installs",
        "PEP 668: packages go into an environment of their own.", _decide("python3", "-m", "pip", "--version"),
        _do("make an environment and install there", ("python3", "-m", "venv", ".venv")),
    ),
    "env-not-writable": Problem(
        "PYT106", "error", "this user may not write the environment",
        "It belongs to somebody else; make one of your own.", _decide("ls", "-ld", "."),
        _do("make an environment of your own", ("python3", "-m", "venv", ".venv")),
    ),
    "conda-not-initialised": Problem(
        "PYT107", "error", "conda activate has no effect in this shell",
        "The shell has no conda function, so PATH stays as it was.", _decide("conda", "info", "--envs"),
        _do("set the shell up, then open a new one", ("conda", "init", "bash")),
    ),
    "pip-too-old": Problem(
        "PYT108", "error", "this pip is too old to see the wheels",
        "It does not know their platform tag and takes something else, or nothing.", _decide("pip", "--version"),
        _do("upgrade pip first", ("python", "-m", "pip", "install", "--upgrade", "pip")),
    ),
    "requirements-pull-wrong-torch": Problem(
        "PKG104", "error", "installing another package replaced torch by another build",
        "What was compiled for the former torch no longer fits.", _python(_TORCH),
    ),
    "wheel-not-on-index": Problem(
        "IDX101", "error", "the wanted version or build is not on the index that was asked",
        "Builds such as +cu121 are on PyTorch's own index, each under its own folder.",
        _decide("python", "-m", "pip", "index", "versions", "torch"),
    ),
    "pip-mirror-missing-torch": Problem(
        "IDX102", "error", "the configured mirror lacks the package or this version of it",
        "The mirror lags behind or does not carry it.", _decide("pip", "config", "debug"),
    ),
    "conda-solved-cpu-build": Problem(
        "IDX103", "error", "conda's solver chose a CPU build of pytorch",
        "It has no CUDA code, so torch.cuda.is_available() is False.", _decide("conda", "list", "pytorch"),
        _NEW_TORCH,
    ),
    "conda-mirror-broken": Problem(
        "IDX104", "error", "a conda channel or mirror gives errors, or files that do not match",
        "What it serves is gone, stale or cut short.", _decide("conda", "config", "--show-sources"),
        _do("forget what was fetched, then try again without the mirror",
            ("conda", "clean", "--index-cache", "--tarballs", "--yes"), safety="safe"),
    ),
    "conda-solver-stuck": Problem(
        "IDX105", "error", "conda's solver does not come to an end",
        "Too many channels or an old solver: the search does not finish.", _decide("conda", "config", "--show-sources"),
        _do("use the libmamba solver", ("conda", "install", "-n", "base", "conda-libmamba-solver"),
            ("conda", "config", "--set", "solver", "libmamba")),
    ),
    "cudatoolkit-not-on-channel": Problem(
        "IDX106", "error", "that version of the CUDA toolkit is not in the channels asked",
        "The channels have other versions, or nothing for this platform.",
        _decide("conda", "search", "cudatoolkit", "-c", "conda-forge"),
    ),
    "proxy-or-ssl": Problem(
        "IDX107", "error", "a proxy, a certificate or the network is in the way",
        "The index was not reached; the message after it only says that nothing was found.",
        _decide("curl", "-sSI", "https://pypi.org/simple/torch/"),
    ),
    "disk-full-or-quota": Problem(
        "SYS101", "error", "no space is left, or no quota, where pip or conda write",
        "It may be the temporary folder, the package cache or the home, not the disk you think of.",
        _decide("df", "-h", "/tmp", "."),
    ),
    "cpu-only-build": Problem(
        "TOR101", "error", "this torch is a CPU build",
        "It has no CUDA code: torch.cuda.is_available() is False whatever the driver.", _python(_TORCH),
        _NEW_TORCH,
    ),
    "driver-too-old": Problem(
        "DRV101", "error", "the NVIDIA driver is too old for the CUDA of this build",
        "CUDA does not start under this driver.", _decide(*SMI),
        _NEW_TORCH,
    ),
    "driver-missing-or-not-loaded": Problem(
        "DRV102", "error", "no NVIDIA driver answers here",
        "It is not installed, not loaded, or not passed into the container.", _decide(*SMI),
    ),
    "driver-library-mismatch": Problem(
        "DRV103", "error", "the kernel module and the user-space libraries of the driver differ in version",
        "The driver was upgraded while its old module stayed loaded, or only half of it was installed.",
        _decide("cat", "/proc/driver/nvidia/version"),
        _do("load the new module: restart the machine", ("sudo", "reboot"), who="admin"),
    ),
    "gpu-arch-not-in-build": Problem(
        "TOR102", "error", "this build has no code for this GPU",
        "Kernels cannot start: the GPU is newer or older than what the build was compiled for.", _python(_ARCH),
        _NEW_TORCH,
    ),
    "torch-torchvision-mismatch": Problem(
        "TOR103", "error", "torch, torchvision and torchaudio are not of one release or one CUDA",
        "torchvision's compiled operators do not load into this torch.", _decide("python", "-m", "pip", "list"),
        _TORCH_AGAIN,
    ),
    "extension-abi-mismatch": Problem(
        "TOR104", "error", "a compiled package was built for another torch",
        "Its binary asks for symbols or libraries that this torch does not have.", _python(_TORCH),
    ),
    "nvcc-torch-cuda-mismatch": Problem(
        "CUD101", "error", "the CUDA toolkit that builds extensions is not the CUDA of torch",
        "It matters for building alone; torch itself runs on its own CUDA.", _decide("nvcc", "--version"),
    ),
    "gcc-too-new": Problem(
        "GCC101", "error", "the host compiler is newer than this CUDA toolkit accepts",
        "nvcc refuses it or stumbles over its headers.", _decide("gcc", "--version"),
    ),
    "gcc-too-old": Problem(
        "GCC102", "error", "the host compiler is older than torch's headers need",
        "It does not know the C++ standard that they are written in.", _decide("gcc", "--version"),
    ),
    "cudnn-conflict": Problem(
        "LIB101", "error", "another cuDNN than torch's own is loaded, or a part of it is missing",
        "cuDNN's parts must be of one version, the one that torch was built with.",
        _python("import torch; print(torch.backends.cudnn.version())"),
    ),
    "ld-library-path-conflict": Problem(
        "LIB102", "error", "a library from LD_LIBRARY_PATH or the system is loaded in place of torch's own",
        "It is of another version and lacks what torch's libraries ask for.",
        _decide("sh", "-c", "echo $LD_LIBRARY_PATH"),
        _do("start without LD_LIBRARY_PATH", ("unset", "LD_LIBRARY_PATH"), safety="safe"),
    ),
    "nvidia-pip-libs-missing": Problem(
        "LIB103", "error", "nvidia-* wheels that torch needs are missing or of another version",
        "torch's Linux wheels load CUDA's libraries from them.", _decide("python", "-m", "pip", "list"),
        _TORCH_AGAIN,
    ),
    "numpy-abi": Problem(
        "LIB104", "error", "NumPy and what was compiled against it do not fit",
        "Binaries built against NumPy 1 do not run with NumPy 2, nor new ones with an old NumPy.",
        _python("import numpy; print(numpy.__version__)"),
        _by("install a NumPy that older binaries take", NeedPackages(("numpy<2",))),
    ),
    "mkl-ijit": Problem(
        "LIB105", "error", "MKL is newer than this build of torch accepts",
        "MKL 2024.1 and later no longer have the symbol that it asks for.", _decide("conda", "list", "mkl"),
        _do("install an MKL that has it", ("conda", "install", "mkl<2024.1")),
    ),
    "libstdcxx-or-glibc-too-old": Problem(
        "GCC103", "error", "libstdc++ or glibc is older than a binary needs",
        "The library that is loaded lacks the version of a symbol that was compiled in.", _decide("ldd", "--version"),
    ),
    "cuda-visible-devices-masked": Problem(
        "ENV101", "error", "CUDA_VISIBLE_DEVICES hides the GPUs or names ones that do not exist",
        "CUDA sees the devices that it lists, up to the first that is not there.",
        _decide("sh", "-c", "echo $CUDA_VISIBLE_DEVICES; nvidia-smi -L"),
    ),
    "cuda-unknown-error": Problem(
        "DRV104", "error", "CUDA does not start although the driver is there",
        "Mostly the module nvidia_uvm or its device file is missing or stale, as after suspend and resume.",
        _decide("ls", "-l", "/dev/nvidia-uvm"),
        _do("load it again", ("sudo", "rmmod", "nvidia_uvm"), ("sudo", "modprobe", "nvidia_uvm"), who="admin"),
    ),
    "forward-compat-unsupported": Problem(
        "DRV105", "error", "a CUDA compatibility library is used on a GPU or driver that does not take it",
        "Forward compatibility works on data-centre GPUs and certain drivers alone.",
        _decide("sh", "-c", "ldconfig -p | grep libcuda.so"),
    ),
    "fabric-manager": Problem(
        "DRV106", "error", "the NVSwitch fabric is not ready: Fabric Manager is not running or not of this driver",
        "CUDA does not start on such a machine before its fabric does.",
        _decide("systemctl", "status", "nvidia-fabricmanager"),
        _do("start it, in the version of the driver", ("sudo", "systemctl", "enable", "--now", "nvidia-fabricmanager"),
            who="admin"),
    ),
    "windows-wsl": Problem(
        "ENV102", "warning", "WSL or Windows changes the answer here",
        "The GPU is reached through the Windows driver, with limits of its own.", _decide("wsl", "--list", "--verbose"),
    ),
    "gpu-occupied-by-others": Problem(
        "GPU101", "error", "other processes hold the memory of the GPU",
        "What this process needs is small; what is free is smaller.", _decide(*_HOLDERS),
    ),
    "zombie-process-holds-memory": Problem(
        "GPU105", "error", "memory of the GPU is held by a process that is not listed",
        "It is dead, orphaned, or in another container.", _decide("sh", "-c", "fuser -v /dev/nvidia*"),
    ),
    "exclusive-compute-mode": Problem(
        "GPU102", "error", "the GPU takes one process at a time and is taken",
        "Its compute mode is exclusive.", _decide("nvidia-smi", "--query-gpu=index,compute_mode", "--format=csv"),
        _do("set it to the default mode", ("sudo", "nvidia-smi", "-c", "0"), who="admin"),
    ),
    "mig-misuse": Problem(
        "GPU103", "error", "a MIG device is addressed as a whole GPU, or the reverse",
        "A process sees one MIG device, the one that CUDA_VISIBLE_DEVICES names by UUID.",
        _decide("nvidia-smi", "-L"),
    ),
    "wrong-device-index": Problem(
        "GPU106", "error", "the device index is not the GPU that was meant, or does not exist",
        "CUDA counts the visible devices from 0, fastest first; nvidia-smi counts by bus.", _python(_DEVICES),
        _do("count as nvidia-smi does", ("export", "CUDA_DEVICE_ORDER=PCI_BUS_ID"), safety="safe"),
    ),
    "gpu-lost-or-xid": Problem(
        "GPU104", "error", "the driver reports a fault of the GPU",
        "It has fallen off the bus, has memory errors or needs a reset.",
        _decide("sh", "-c", "dmesg | grep -i xid"),
        _do("reset the GPU, or restart the machine", ("sudo", "nvidia-smi", "--gpu-reset"), who="admin"),
    ),
    "thermal-or-power-throttle": Problem(
        "GPU107", "warning", "heat or power holds the GPU's clocks down",
        "It works, and slower than it could.", _decide("nvidia-smi", "-q", "-d", "PERFORMANCE"),
    ),
    "pcie-link-degraded": Problem(
        "GPU108", "warning", "the PCIe link runs below what the GPU and its slot can do",
        "Copies to and from the GPU are slower than they could be.",
        _decide("nvidia-smi", "--query-gpu=pcie.link.gen.current,pcie.link.gen.max,pcie.link.width.current,"
                "pcie.link.width.max", "--format=csv"),
    ),
    "oom-too-large": Problem(
        "MEM101", "error", "the process itself needs more memory than the GPU has",
        "A smaller batch, a smaller input or a lower precision helps; an allocator option does not.",
        _decide(*_HOLDERS),
    ),
    "oom-fragmentation": Problem(
        "MEM102", "error", "memory is reserved in pieces too small for what is asked",
        "The allocator holds more than is in use.", _python("import torch; print(torch.cuda.memory_summary())"),
        _do("let segments grow", ("export", "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"), safety="safe"),
    ),
    "oom-leak": Problem(
        "MEM103", "error", "memory grows with every step",
        "Something keeps what each step made: often a loss that is summed without .item().",
        _python("import torch; print(torch.cuda.memory_summary())"),
    ),
    "cpu-device-used-silently": Problem(
        "TOR105", "warning", "the work is done on the CPU",
        "The program fell back to it without an error.", _python(_DEVICES),
    ),
    "nccl-hang-or-p2p": Problem(
        "GPU109", "error", "NCCL hangs or fails between the GPUs",
        "Peer-to-peer access, shared memory or the network interface is at fault.",
        _decide("nvidia-smi", "topo", "-m"),
        _do("do without peer-to-peer access", ("export", "NCCL_P2P_DISABLE=1"), safety="safe"),
    ),
    "input-bound-cpu-decode": Problem(
        "DAT101", "warning", "the GPU waits for the CPUs to decode and augment",
        "The input pipeline is the slower side.", _decide("nvidia-smi", "dmon", "-s", "u", "-c", "10"),
    ),
    "input-bound-slow-disk": Problem(
        "DAT102", "warning", "the GPU waits for the disk",
        "Reading is the slower side.", _decide("iostat", "-x", "1", "5"),
    ),
    "ram-cache-too-large": Problem(
        "DAT103", "error", "the decoded data set does not fit into memory",
        "Images are far larger decoded than as files.", _decide("free", "-g"),
    ),
    "disk-cache-advice": Problem(
        "DAT104", "warning", "a cache of decoded arrays does not pay on this disk",
        "Each array is many times the size of its image.", _decide("df", "-h", "."),
    ),
    "too-many-workers": Problem(
        "DAT105", "warning", "more workers and threads than CPUs",
        "They take the CPUs from each other.", _decide("nproc"),
        _do("give each worker one thread", ("export", "OMP_NUM_THREADS=1"), safety="safe"),
    ),
    "dataloader-worker-killed": Problem(
        "SYS102", "error", "a data loader worker was killed: host memory ran out",
        "The kernel or the job's memory limit ended it.", _decide("sh", "-c", "dmesg | grep -i 'killed process'"),
    ),
    "shm-too-small": Problem(
        "ENV103", "error", "/dev/shm is too small for what the workers share",
        "A container has 64 MB of it unless it is given more.", _decide("df", "-h", "/dev/shm"),
    ),
    "too-many-open-files": Problem(
        "ENV104", "error", "the limit on open files is reached",
        "Each shared tensor takes a descriptor.", _decide("sh", "-c", "ulimit -n"),
        _do("raise the limit", ("ulimit", "-n", "65535"), safety="safe"),
    ),
    "allocator-option-unknown": Problem(
        "ENV105", "error", "the allocator's variable holds an option that this torch does not know",
        "torch stops at the first allocation on a GPU.",
        _decide("sh", "-c", "env | grep ALLOC_CONF"),
        _do("start without it", ("unset", "PYTORCH_CUDA_ALLOC_CONF"), safety="safe"),
    ),
    "torch-refuses-compiler": Problem(
        "GCC104", "note", "torch's own check refuses the host compiler",
        "nvcc may take it all the same.", _decide("gcc", "--version"),
    ),
    "no-prebuilt-wheel": Problem(
        "PKG105", "note", "a compiled package has no prebuilt wheel for this torch",
        "It is built from source, with a toolkit and a compiler that fit.", _python(_TORCH),
    ),
    "driver-does-not-answer": Problem(
        "DRV107", "error", "the NVIDIA driver does not answer", "A call into it does not return.", _decide(*SMI),
    ),
}  # fmt: skip
