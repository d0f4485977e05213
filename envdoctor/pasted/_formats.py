"""Which formats there are, and the words that give each away: a reader is loaded only where one of its words occurs.

A format is added by a row here and a file of its name with `read(lines) -> Iterator[Said]`. The words must be spelled
as the format spells them and be rare elsewhere: of a text too large to keep, only their surroundings are kept.
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
        "Unable to determine the device handle", "Driver/library version mismatch",
    ),
    "nvidia_smi_query": (
        "--query-gpu", "--query-compute-apps", "driver_version", "memory.total", "memory.used", "used_gpu_memory",
        "pci.bus_id", "utilization.gpu",
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
    "lightning": ("* CUDA:", "* Lightning:", "* Packages:", "pyTorch_version", "pytorch-lightning:"),
}  # fmt: skip

#: Words of other things that are kept, read by no format.
ALSO_KEPT = ("Traceback (most recent call last)",)
