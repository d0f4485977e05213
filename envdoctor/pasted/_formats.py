"""Which formats there are, and the words that give each away: a reader is loaded only where one of its words occurs.

A format is added by a row here and a file of its name with `read(lines) -> Iterator[Said]`.
"""

from __future__ import annotations

from typing import Dict, Tuple

FORMATS: Dict[str, Tuple[str, ...]] = {
    "collect_env": (
        "PyTorch version", "CUDA used to build", "Nvidia driver version", "GPU models and config", "[pip3] ", "[pip] ",
        "[conda] ",
    ),
    "nvidia_smi": (
        "NVIDIA-SMI", "MIG devices:", "Failed to initialize NVML", "No devices were found",
        "Unable to determine the device handle", "Driver/library version mismatch", "Set compute mode", "MiB / ",
    ),
    "nvidia_smi_query": (
        "--query-gpu", "--query-compute-apps", "driver_version", "memory.total", "memory.used", "used_gpu_memory",
        "pci.bus_id", "utilization.gpu", "temperature.gpu", "clocks_throttle", "clocks_event", "pcie.link",
    ),
    "nvidia_smi_full": (
        "NVSMI LOG", "Attached GPUs", "Compute Mode  ", "Product Name  ", "HW Slowdown  ", "FB Memory Usage",
    ),
    "nvidia_smi_list": ("(UUID: ",),
    "gpustat": (" MB |", "gpustat"),
    "openmmlab": ("sys.platform", "CUDA available", "GPU available", "MMCV", "DETECTRON2_ENV_MODULE"),
    "torch_config": ("PyTorch built with", "NVCC architecture flags", "- CUDA Runtime"),
    "ultralytics": ("YOLOv", "Ultralytics ", "Using torch ", "_CudaDeviceProperties", "✅ "),
    "hub_env": ("PyTorch version (", "Huggingface_hub version", "GPU type", "` version"),
    "deepspeed": ("torch install path ...", "torch cuda version ..."),
    "xformers_info": ("pytorch.version:", "gpu.compute_capability:"),
    "diffusion_ui": ("Total VRAM ", "pytorch version: ", "** Python ", "• torch: ", "•  torch: "),
    "lightning": ("* CUDA:", "* Lightning:", "* Packages:", "pyTorch_version", "pytorch-lightning:"),
    "pip_list": (
        "Package ", "pip list", "pip freeze", "pip3 list", "==", "torch  ", "nvidia-", "flash_attn", "flash-attn",
        "xformers", "ultralytics  ", "numpy  ",
    ),
    "pip_show": ("(python 3.", "(python 2.", "Name: ", " requires ", " has requirement "),
    "pip_install": (
        "pip install", "pip3 install", "-m pip ", "Requirement already", "Successfully ", "Looking in ",
        "Could not find a version", "Ignoring in", "externally-managed-environment", "not writeable",
        "using pip version", "new release of pip", "index-url",
    ),
    "conda_list": (
        "# packages in environment", "conda list", "mamba list", "Build  Channel", "pytorch  ", "cpuonly", "::",
        "will be downloaded",
    ),
    "conda_info": (
        "active environment", "active env location", "conda version", "channels:", "Current channels", "__cuda=",
        "__glibc=", "channel_alias", "ssl_verify",
    ),
    "python_values": ("__version__", "torch.", "sys.executable", "sys.path", "__file__"),
    "interpreters": (
        "Python 3.", "Python 2.", "which ", "type ", "site-packages", "#!/", "home = ", "nvidia-smi -L", "bin/python",
        "python3.",
    ),
    "variables": (
        "CUDA_", "LD_", "PYTHON", "PIP_", "CONDA_", "NCCL_", "TORCH_", "OMP_", "XDG_", "TMPDIR", "proxy", "PROXY",
        "NVIDIA_VISIBLE", "MKL_", "VIRTUAL_ENV", "_CERT", "CA_BUNDLE", "TRITON_", "UV_",
    ),
    "compilers": ("Cuda compilation tools", "CUDA Version", "gcc ", "g++ ", "clang version", "ldd (", "dumpversion"),
    "system": (
        "Linux ", "VERSION_ID", "PRETTY_NAME", "Description:", " release ", "/dev/shm", "open files", "Mem:", "uname",
        "ulimit", "nproc", "wsl -l", "whoami", "nvidia-fabricmanager",
    ),
    "driver_log": (
        "NVRM", "Kernel Module", "nvidia.ko", "nouveau", "libnvidia-compute", "libcuda1", "NVIDIA Corporation",
        "/dev/nvidia", "/dev/dxg", "nvidia-smi  ",
    ),
    "torch_messages": (
        "is too old", "CUDA capability", "cuda capability", "CUDA capabilities", "compute capability", "mismatches",
        "CUDA Version=", "not compiled with CUDA", "cannot open shared object", "undefined symbol", "' not found",
    ),
    "shared_libraries": (" => ", " -> ", "GLIBCXX_3"),
    "own_gpus": ("cuda:", "CUDA's number for it", "compute mode "),
    "own_page": ("runs CUDA up to", "built for CUDA", "chosen by", "compute capability "),
}  # fmt: skip

#: Of a text too large to keep, what lies around these is kept: few and rare, because every block is searched for each.
RARE = (
    "PyTorch version", "CUDA used to build", "[pip3] ", "NVIDIA-SMI", "Failed to initialize NVML", "(UUID: ",
    "NVSMI LOG", "sys.platform", "PyTorch built with", "Ultralytics ", "YOLOv5 ", "# packages in environment",
    "Successfully installed", "Looking in indexes", "Could not find a version", "Cuda compilation tools", "NVRM: ",
    "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "Traceback (most recent call last)", '"format": "json-v1"',
)  # fmt: skip
