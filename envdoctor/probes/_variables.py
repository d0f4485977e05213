"""The environment variables that change what an installation, an import or a training run does."""

from __future__ import annotations

import re
from typing import Mapping, Tuple

from ..urls import HIDDEN, strip_credentials

#: Whole families. Proxies and certificates are not here: they are read with the package indexes.
PREFIXES = (
    "APPTAINER", "CONDA_", "CUBLAS_", "CUDA_", "CUDNN_", "GPU_", "KMP_", "LD_", "MAMBA_", "MKL_", "NCCL_", "NVCC_",
    "NVIDIA_", "OMP_", "OPENBLAS_", "PIP_", "PYTHON", "PYTORCH_", "SINGULARITY_", "TORCH_", "TORCHINDUCTOR_",
    "TRITON_", "UV_",
)  # fmt: skip

NAMES = (
    "BNB_CUDA_VERSION", "CC", "CMAKE_CUDA_COMPILER", "CMAKE_PREFIX_PATH", "CPATH", "CPLUS_INCLUDE_PATH", "CUDACXX",
    "CUDAHOSTCXX", "CXX", "C_INCLUDE_PATH", "DS_SKIP_CUDA_CHECK", "FORCE_CUDA", "HF_DATASETS_OFFLINE", "HF_HOME",
    "HF_HUB_OFFLINE", "HIP_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION", "JUPYTER_PATH", "LANG", "LC_ALL",
    "LIBRARY_PATH", "MAX_JOBS", "NUMEXPR_NUM_THREADS", "PATH", "PIXI_PROJECT_ROOT", "POETRY_ACTIVE", "PYENV_VERSION",
    "ROCR_VISIBLE_DEVICES", "SHELL", "SLURM_CPUS_PER_TASK", "SLURM_GPUS_ON_NODE", "SLURM_JOB_GPUS", "SLURM_JOB_ID",
    "SLURM_JOB_PARTITION", "SLURM_MEM_PER_NODE", "SLURM_STEP_GPUS", "TEMP", "TF_FORCE_GPU_ALLOW_GROWTH", "TMP",
    "TMPDIR", "TRANSFORMERS_OFFLINE", "VIRTUAL_ENV", "WANDB_MODE", "WSL_DISTRO_NAME", "WSL_INTEROP", "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME", "XLA_PYTHON_CLIENT_PREALLOCATE", "YOLO_CONFIG_DIR",
)  # fmt: skip

_SECRET = re.compile(r"TOKEN|PASSW|SECRET|CREDENTIAL|(?:^|_)(?:API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH|PWD)(?:_|$)")
_LONGEST = 16384


def matter(environ: Mapping[str, str]) -> Tuple[Tuple[str, str], ...]:
    """(name, value), sorted. Values that are secrets by their name are hidden, credentials in addresses removed."""
    wanted = sorted(name for name in environ if name in NAMES or name.startswith(PREFIXES))
    return tuple((name, _shown(name, environ[name])) for name in wanted)


def _shown(name: str, value: str) -> str:
    return HIDDEN if value and _SECRET.search(name.upper()) else strip_credentials(value)[:_LONGEST]
