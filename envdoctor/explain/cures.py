"""Ways out that follow from what a text shows, where neither a rule nor a clue has one.

Each reads the figures that its commands need from the text (a compiler's version, an environment's path). What the
text does not show is not guessed: then the way out is a sentence, or the command that shows what is missing.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, Optional, Tuple

from ..compat import NoRow
from ..report import Need, NeedCommand, NeedPackages, NeedRemoved, NeedTorch, NeedVariable, Remedy
from .evidence import Case

_PACKAGES = {
    "flash_attn_2_cuda": "flash-attn", "flash_attn_cuda": "flash-attn", "flash_attn": "flash-attn",
    "flash_attn_3": "flash-attn", "xformers": "xformers", "mmcv": "mmcv", "torch_scatter": "torch-scatter",
    "torch_sparse": "torch-sparse", "torch_cluster": "torch-cluster", "torch_spline_conv": "torch-spline-conv",
    "bitsandbytes": "bitsandbytes", "torchtext": "torchtext", "causal_conv1d_cuda": "causal-conv1d",
    "selective_scan_cuda": "mamba-ssm", "auto_gptq": "auto-gptq", "exllamav2_ext": "exllamav2",
    "pytorch3d": "pytorch3d", "vllm": "vllm", "onnxruntime": "onnxruntime-gpu", "torchcodec": "torchcodec",
    "spconv": "spconv", "deepspeed": "deepspeed",
}  # fmt: skip
_BINARY = re.compile(
    r"(?:site|dist)-packages[/\\]([A-Za-z]\w{1,40})(?:\.cpython|[/\\.-])|(?:^|[\s'/\\])([A-Za-z]\w{1,40})\.cpython-"
    r"|No module named '(\w{1,40})[.']|(?:^|[\s/])(\w{1,40})(?:/\w{1,40}){0,3}\.so: undefined symbol",
    re.M,
)
_MISSING = re.compile(r"No module named '?(\w{1,40})'?(?![.\w])")
_MODULES = {"cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml", "sklearn": "scikit-learn"}
_CUDA_OF_TORCH = re.compile(
    r"compiled with Cuda (\d{1,2}\.\d)|compile\s{1,12}PyTorch \((\d{1,2}\.\d)\)|torch was compiled with (\d{1,2}\.\d)"
    r"|(?:torch|PyTorch)[^\n]{0,60}\+cu(\d{2,3})\b"
)
_LATER_THAN = re.compile(r"gcc versions later than (\d{1,2})|maximum required version by CUDA[^\n(]{0,20}\D(\d{1,2})\.")
_NVCC = re.compile(r"Cuda compilation tools, release (\d{1,2}\.\d)")
_NEEDS_GCC = re.compile(
    r"We need GCC (\d{1,2})|minimum required version[^\n(]{0,40}\((\d{1,2})|\(GCC\) (\d{1,2}) or later"
)
_MIG = re.compile(r"MIG-[0-9a-fA-F][0-9a-fA-F/-]{7,80}")
_VENV = re.compile(
    r"(?:^|[\s'\"])((?:~|/|\.{0,2}\w|[A-Za-z]:\\)[^\s'\":]{1,200}?)[/\\](?:bin|Scripts)[/\\]"
    r"(?:pip|python|activate|jupyter)"
)


def remedies_for(name: str, case: Case) -> Tuple[Remedy, ...]:
    """The ways out for a problem, best first; () where this file knows none."""
    make = _WAYS.get(name)
    return tuple(make(case)) if make else ()


def _do(title: str, *commands: Tuple[str, ...], who: str = "you", safety: str = "changes-env") -> Remedy:
    return Remedy(title, (NeedCommand(commands, who, safety),))


def _set(title: str, *variables: Tuple[str, Optional[str]]) -> Remedy:
    return Remedy(title, tuple(NeedVariable(name, value) for name, value in variables))


def _say(title: str) -> Remedy:
    return Remedy(title, ())


def _first(pattern: re.Pattern[str], case: Case) -> str:
    found = case.find(pattern)
    return next((group for group in found[0].groups() if group), "") if found else ""


def _interpreter(case: Case) -> Iterator[Remedy]:
    module = _first(_MISSING, case)
    if module == "torch":
        yield Remedy("install torch for the Python that runs", (NeedTorch(),))
    elif module and module.lower() == module:
        yield Remedy(f"install {module} for the Python that runs", (NeedPackages((_MODULES.get(module, module),)),))
    if "jupyter" in case.text.lower() or "In [" in case.text or "Cell In" in case.text:
        command = ("python", "-m", "ipykernel", "install", "--user", "--name", "this-env")
        yield _do("give Jupyter a kernel of the environment that has it, typed in that environment", command)


def _shadow(case: Case) -> Iterator[Remedy]:
    if re.search(r"PYTHONPATH", case.text):
        yield _set("start without PYTHONPATH", ("PYTHONPATH", None))
    if re.search(r"[/\\]\.local[/\\]lib|AppData[/\\]Roaming[/\\]Python", case.text):
        yield _set("leave the user site out", ("PYTHONNOUSERSITE", "1"))
    yield _say("rename the file or folder that is in the way, with its __pycache__, or start from another folder")


def _mix(case: Case) -> Iterator[Remedy]:
    family = ("torch", "torchvision", "torchaudio")
    needs: Tuple[Need, ...] = (
        NeedRemoved(family, by="pip"),
        NeedCommand((("conda", "install", "--force-reinstall", "pytorch"),)),
    )
    yield Remedy("take pip's copies away and install conda's again", needs)


def _moved(case: Case) -> Iterator[Remedy]:
    folder = ""
    for exchange in case.exchanges:
        found = _VENV.search(exchange.typed.text)
        if found and found.group(1) != "/usr":
            folder = found.group(1)
    title = "make the environment anew, then install into it again"
    if folder:
        yield _do(title, ("python3", "-m", "venv", "--clear", folder), safety="removes")
    else:
        yield _say(f"{title}: an environment cannot be moved or renamed")


def _extension(case: Case) -> Iterator[Remedy]:
    for found, _ in case.all(_BINARY):
        module = next(filter(None, found.groups()), "")
        name = _PACKAGES.get(module)
        if (
            name == "mmcv"
            and re.search(r"mmcv[-_]full|mmcv/utils/ext_loader", case.text)
            and "mmengine" not in case.text
        ):
            name = "mmcv-full"
        if name:
            need = NeedPackages((name,), reinstall=True, no_deps=True, build_isolation=False)
            yield Remedy(f"install {name} again, built for this torch", (need,))
            return
    yield _say("build or install that package again for this torch, from a clean build folder")


def _nvcc(case: Case) -> Iterator[Remedy]:
    version = _first(_CUDA_OF_TORCH, case)
    if version and "." not in version:
        version = f"{version[:-1]}.{version[-1]}"
    if version:
        yield _set(
            f"build with the toolkit of CUDA {version}, where it is installed",
            ("CUDA_HOME", f"/usr/local/cuda-{version}"),
        )
        channel = f"nvidia/label/cuda-{version}.0"
        yield _do(f"bring nvcc {version} into the conda environment", ("conda", "install", "-c", channel, "cuda-nvcc"))
    elif case.hit("nvcc.no-home"):
        yield _set("name the toolkit, where there is one", ("CUDA_HOME", "/usr/local/cuda"))


def _newest_gcc(case: Case) -> str:
    """The newest gcc that the nvcc of the text takes, "" where that is not known."""
    try:
        newest = case.table.cuda(_first(_NVCC, case)).gcc_max
    except NoRow:
        return ""
    return str(newest or "")


def _gcc_new(case: Case) -> Iterator[Remedy]:
    newest = _first(_LATER_THAN, case) or _newest_gcc(case)
    if not newest:
        yield _say("build with an older compiler (CC and CXX name it), or with a newer CUDA toolkit")
        return
    packages = ("sudo", "apt-get", "install", "--yes", f"gcc-{newest}", f"g++-{newest}")
    commands = NeedCommand((packages,), who="admin")
    variables = (NeedVariable("CC", f"gcc-{newest}"), NeedVariable("CXX", f"g++-{newest}"))
    yield Remedy(
        f"build with gcc {newest}", (commands, *variables, NeedVariable("NVCC_PREPEND_FLAGS", f"-ccbin g++-{newest}"))
    )
    conda = ("conda", "install", "-c", "conda-forge", f"gxx_linux-64={newest}")
    yield _do(f"bring gcc {newest} into the conda environment, without an administrator", conda)


def _gcc_old(case: Case) -> Iterator[Remedy]:
    wanted = _first(_NEEDS_GCC, case)
    least = max(int(wanted), 9) if wanted.isdigit() else 11
    yield _do(
        "bring a newer gcc into the conda environment",
        ("conda", "install", "-c", "conda-forge", f"gxx_linux-64={least}"),
    )


def _cudnn(case: Case) -> Iterator[Remedy]:
    if case.hit("cudnn.version") or "LD_LIBRARY_PATH" in case.text or case.hit("cudnn.sublibrary"):
        yield _set("start without LD_LIBRARY_PATH, so that torch loads its own cuDNN", ("LD_LIBRARY_PATH", None))


def _libstdcxx(case: Case) -> Iterator[Remedy]:
    if case.hit("lib.glibcxx", "lib.glibcxx-symbol") and re.search(r"conda|mamba|/envs/", case.text):
        yield _do(
            "bring a newer libstdc++ into the conda environment",
            ("conda", "install", "-c", "conda-forge", "libstdcxx-ng>=12"),
        )
        yield _set("load it first", ("LD_LIBRARY_PATH", "$CONDA_PREFIX/lib:$LD_LIBRARY_PATH"))
    if case.hit("lib.glibc"):
        yield _say("glibc belongs to the system: use an older build of the package, a container, or a newer system")


def _masked(case: Case) -> Iterator[Remedy]:
    if case.hit("slurm.no-devices"):
        yield _do("ask Slurm for a GPU", ("srun", "--gres=gpu:1", "--pty", "bash"), safety="safe")
        return
    yield _set("let every GPU be seen", ("CUDA_VISIBLE_DEVICES", None))


def _compat(case: Case) -> Iterator[Remedy]:
    yield _set(
        "take the driver's own libcuda before the compatibility library",
        ("LD_LIBRARY_PATH", "/usr/lib/x86_64-linux-gnu:$LD_LIBRARY_PATH"),
    )
    yield _say("use an image whose CUDA the driver runs without it")


def _driver(case: Case) -> Iterator[Remedy]:
    if case.hit("docker.no-driver", "docker.runtime"):
        yield _do(
            "install the NVIDIA Container Toolkit and tell Docker of it",
            ("sudo", "apt-get", "install", "--yes", "nvidia-container-toolkit"),
            ("sudo", "nvidia-ctk", "runtime", "configure", "--runtime=docker"),
            ("sudo", "systemctl", "restart", "docker"),
            who="admin",
        )
        return
    inside = re.search(r"root@[0-9a-f]{4,12}:|/workspace#|docker (?:run|exec)|/\.dockerenv", case.text)
    if case.hit("smi.unknown-error") and inside:
        yield _say("start the container again: it lost its devices when systemd was reloaded")
        return
    if inside or case.hit("docker.no-driver-detected"):
        yield _say("start the container with --gpus all (and the NVIDIA Container Toolkit on the host)")
        return
    yield _do(
        "load the driver's module, and see what it says", ("sudo", "modprobe", "nvidia"), ("nvidia-smi",), who="admin"
    )


def _mig(case: Case) -> Iterator[Remedy]:
    found = case.find(_MIG)
    if found:
        yield _set("name one MIG device by its UUID", ("CUDA_VISIBLE_DEVICES", found[0].group()))
    elif "No MIG devices found" in case.text:
        yield _do("switch MIG off, or make instances", ("sudo", "nvidia-smi", "-mig", "0"), who="admin")


def _throttle(case: Case) -> Iterator[Remedy]:
    yield _do("see what holds it down", ("nvidia-smi", "-q", "-d", "PERFORMANCE,TEMPERATURE,POWER"), safety="safe")
    yield _say("an administrator looks at fans, airflow and power supply")


def _full(case: Case) -> Iterator[Remedy]:
    if re.search(r"(?:^|\s)/tmp\b|TMPDIR|pip-(?:req|unpack|build)", case.text):
        yield Remedy(
            "let pip unpack elsewhere",
            (NeedCommand((("mkdir", "-p", "$HOME/tmp"),), safety="safe"), NeedVariable("TMPDIR", "$HOME/tmp")),
        )
    if "conda" in case.text:
        yield _do("empty conda's cache of packages", ("conda", "clean", "--all", "--yes"), safety="removes")
    yield _do("empty pip's cache", ("python", "-m", "pip", "cache", "purge"), safety="removes")


def _shm(case: Case) -> Iterator[Remedy]:
    yield _say("start the container with --ipc=host, or with --shm-size=8g")
    yield _do("enlarge it where it is", ("sudo", "mount", "-o", "remount,size=8G", "/dev/shm"), who="admin")


def _wsl(case: Case) -> Iterator[Remedy]:
    if case.hit("wsl.one"):
        yield _do("turn the distribution into WSL 2", ("wsl", "--set-default-version", "2"))
    elif case.hit("win.paging-file"):
        yield _say("enlarge the page file of Windows, or set the number of loader workers to 0")
    elif case.hit("torch.win-dll"):
        command = ("winget", "install", "--id", "Microsoft.VCRedist.2015+.x64")
        yield _do("install the Visual C++ runtime that torch's libraries need", command)
    elif case.hit("win.no-nccl"):
        yield _say("use the gloo backend on Windows, or run it in WSL 2")


def _nccl(case: Case) -> Iterator[Remedy]:
    if re.search(r"Using (?:\[\d\])?(?:docker|virbr|br-|veth)\w*:", case.text):
        yield _set("talk over a real interface", ("NCCL_SOCKET_IFNAME", "^docker,virbr,lo"))
    elif case.hit("nccl.interface"):
        yield _set("name the interface that the nodes share", ("NCCL_SOCKET_IFNAME", "eth0"))


def _pull(case: Case) -> Iterator[Remedy]:
    found = re.search(
        r"Uninstalling torch-(\d\.\d{1,2}\.\d)(?:\+(cu\d{2,3}))?|- torch==(\d\.\d{1,2}\.\d)(?:\+(cu\d{2,3}))?",
        case.text,
    )
    if found:
        version, build = found.group(1) or found.group(3), found.group(2) or found.group(4)
        yield Remedy(f"put torch {version} back", (NeedTorch(version=version, accelerator=build, reinstall=True),))


def _init(case: Case) -> Iterator[Remedy]:
    shell = (
        "powershell"
        if re.search(r"^(?:\([\w.-]+\) )?PS ", case.text, re.M)
        else "cmd.exe"
        if "C:\\" in case.text
        else "bash"
    )
    yield _do("set the shell up, then open a new one", ("conda", "init", shell))
    if shell == "bash" and re.search(r"SBATCH|\.sh\b", case.text):
        yield _say('in a script: source "$(conda info --base)/etc/profile.d/conda.sh" before conda activate')


def _proxy(case: Case) -> Iterator[Remedy]:
    yield _do(
        "see which proxy is set, and whether the index answers",
        ("env",),
        ("curl", "-sSI", "https://pypi.org/simple/torch/"),
        safety="safe",
    )


def _killed(case: Case) -> Iterator[Remedy]:
    yield _say("fewer loader workers, a smaller prefetch_factor, or more memory for the job")


def _sentence(words: str) -> Callable[[Case], Iterator[Remedy]]:
    def say(case: Case) -> Iterator[Remedy]:
        yield _say(words)

    return say


_WAYS: Dict[str, Callable[[Case], Iterator[Remedy]]] = {
    "interpreter-mismatch": _interpreter,
    "shadowed-module": _shadow,
    "pip-conda-mix": _mix,
    "moved-venv": _moved,
    "extension-abi-mismatch": _extension,
    "nvcc-torch-cuda-mismatch": _nvcc,
    "gcc-too-new": _gcc_new,
    "gcc-too-old": _gcc_old,
    "cudnn-conflict": _cudnn,
    "libstdcxx-or-glibc-too-old": _libstdcxx,
    "cuda-visible-devices-masked": _masked,
    "forward-compat-unsupported": _compat,
    "driver-missing-or-not-loaded": _driver,
    "mig-misuse": _mig,
    "thermal-or-power-throttle": _throttle,
    "disk-full-or-quota": _full,
    "shm-too-small": _shm,
    "windows-wsl": _wsl,
    "nccl-hang-or-p2p": _nccl,
    "requirements-pull-wrong-torch": _pull,
    "conda-not-initialised": _init,
    "dataloader-worker-killed": _killed,
    "cudatoolkit-not-on-channel": _sentence("leave build strings out, or take pip's wheels, which bring their CUDA"),
    "input-bound-cpu-decode": _sentence("more loader workers, smaller images on disk, or decoding on the GPU"),
    "input-bound-slow-disk": _sentence("copy the data to a local SSD, or pack it into few large files"),
    "ram-cache-too-large": _sentence("do without the cache (cache=False), or cache on a local SSD (cache=disk)"),
    "disk-cache-advice": _sentence("do without the cache on this disk (cache=False), and delete the .npy files"),
    "pcie-link-degraded": _sentence("an administrator looks at card, riser and the slot's lanes"),
    "too-many-workers": _sentence("no more loader workers than CPUs of the job, and one thread in each"),
    "cpu-device-used-silently": _sentence("tell the program which device to use, and see that torch sees it"),
}
