"""Reports of other programs: OpenMMLab, detectron2, Ultralytics, Hugging Face, Lightning, DeepSpeed, torch's own."""

from __future__ import annotations

import pytest

from envdoctor.reading import Absent, Unknown

from .reading import available, facts, names, packages, value

MIB = 1 << 20


def test_mmcv_as_lines() -> None:
    found = facts("""\
        2023-03-06 16:12:16,123 - mmseg - INFO - Environment info:
        ------------------------------------------------------------
        sys.platform: linux
        Python: 3.8.16 (default, Mar  2 2023, 03:21:46) [GCC 11.2.0]
        CUDA available: True
        GPU 0,1: NVIDIA GeForce RTX 3090
        GPU 2: NVIDIA TITAN V
        CUDA_HOME: /usr/local/cuda-11.3
        NVCC: Cuda compilation tools, release 11.3, V11.3.109
        GCC: gcc (Ubuntu 7.5.0-3ubuntu1~18.04) 7.5.0
        PyTorch: 1.11.0+cu113
        PyTorch compiling details: PyTorch built with:
          - GCC 7.3
          - CUDA Runtime 11.3
          - NVCC architecture flags: -gencode;arch=compute_37,code=sm_37;-gencode;arch=compute_86,code=sm_86;-gencode;arch=compute_86,code=compute_86
          - CuDNN 8.2
        TorchVision: 0.12.0+cu113
        OpenCV: 4.7.0
        MMCV: 1.7.1
        MMCV Compiler: GCC 7.3
        MMCV CUDA Compiler: 11.3
    """)  # noqa: E501
    assert names(found) == ["NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 3090", "NVIDIA TITAN V"]
    assert (value(found.torch.version), value(found.torch.cuda)) == ("1.11.0+cu113", "11.3")
    assert value(found.torch.arch_list) == ("sm_37", "sm_86", "compute_86")
    assert (value(found.toolkit.cuda_home), value(value(found.toolkit.toolkits)[0].version)) == (
        "/usr/local/cuda-11.3",
        "11.3",
    )
    assert value(value(found.compiler.host_compiler).version) == "7.5.0"
    assert packages(found) == [("torchvision", "0.12.0+cu113"), ("mmcv", "1.7.1")]
    assert available(found) is True


def test_mmcv_as_a_printed_dict() -> None:
    found = facts("""\
        {'CUDA available': False,
         'GPU 0': 'Tesla T4',
         'NVCC': 'Build cuda_11.1.TC455_06.29069683_0',
         'MMCV': '1.3.16',
         'PyTorch': '1.9.0',
         'Python': '3.7.11 (default, Jul 27 2021, 14:32:16) [GCC 7.5.0]',
         'sys.platform': 'win32'}
    """)
    assert (value(found.torch.version), value(found.python.version)) == ("1.9.0", "3.7.11")
    assert available(found) is False
    assert value(found.session.os) == "windows"
    assert names(found) == ["Tesla T4"]


def test_detectron2() -> None:
    found = facts("""\
        -------------------------------  ----------------------------------------------------
        sys.platform                     linux
        Python                           3.8.16 (default, Mar  2 2023, 03:21:46) [GCC 11.2.0]
        numpy                            1.23.5
        detectron2                       0.6 @/home/u/detectron2/detectron2
        detectron2._C                    not built correctly: No module named 'detectron2._C'
        Compiler ($CXX)                  c++ (Ubuntu 8.4.0-3ubuntu2) 8.4.0
        CUDA compiler                    Build cuda_11.5.r11.5/compiler.30411180_0
        DETECTRON2_ENV_MODULE            <not set>
        PyTorch                          1.9.0 @/home/u/anaconda3/envs/mask/lib/python3.8/site-packages/torch
        PyTorch debug build              False
        torch._C._GLIBCXX_USE_CXX11_ABI  False
        GPU available                    Yes
        GPU 0,1                          NVIDIA T550 Laptop GPU (arch=7.5)
        Driver version                   525.105.17
        CUDA_HOME                        None - invalid!
        torchvision                      0.10.0 @/home/u/anaconda3/envs/mask/lib/python3.8/site-packages/torchvision
        -------------------------------  ----------------------------------------------------
        PyTorch built with:
          - HIP Runtime 5.2.21153
    """)
    assert value(found.torch.path) == "/home/u/anaconda3/envs/mask/lib/python3.8/site-packages/torch"
    assert value(found.torch.cxx11_abi) is False
    assert names(found) == ["NVIDIA T550 Laptop GPU", "NVIDIA T550 Laptop GPU"]
    assert value(value(found.gpus.gpus)[1].capability) == "7.5"
    assert value(found.driver.nvml_driver_version) == "525.105.17"
    assert value(value(found.compiler.host_compiler).version) == "8.4.0"
    assert value(value(found.toolkit.toolkits)[0].version) == "11.5"
    assert ("torchvision", "0.10.0") in packages(found) and ("numpy", "1.23.5") in packages(found)
    assert value(found.torch.hip) == "5.2.21153"


def test_detectron2_without_a_gpu() -> None:
    found = facts("""\
        sys.platform           linux
        GPU available          No: torch.cuda.is_available() == False
        DETECTRON2_ENV_MODULE  <not set>
    """)
    assert available(found) is False


@pytest.mark.parametrize(
    ("banner", "torch", "python", "cards"),
    [
        ("YOLOv5 🚀 v7.0-72-g064365d Python-3.8.10 torch-1.9.0+cu111 CUDA:0 (NVIDIA GeForce RTX 3090, 24268MiB)",
         "1.9.0+cu111", "3.8.10", [("NVIDIA GeForce RTX 3090", 24268)]),
        ("Ultralytics YOLOv8.0.221 🚀 Python-3.11.6 torch-2.1.1+cu121 CUDA:0 (NVIDIA GeForce GTX 1650 SUPER, 4096MiB)",
         "2.1.1+cu121", "3.11.6", [("NVIDIA GeForce GTX 1650 SUPER", 4096)]),
        ("Ultralytics 8.3.40 🚀 Python-3.10.12 torch-2.4.1+cu121 CUDA:0 (Tesla T4, 15102MiB)\n"
         "                                                       CUDA:1 (Tesla T4, 15102MiB)",
         "2.4.1+cu121", "3.10.12", [("Tesla T4", 15102), ("Tesla T4", 15102)]),
        ("YOLOv5 v4.0-2-gabcdef torch 1.7.0 CUDA:0 (GeForce RTX 2080, 8192MB)", "1.7.0", None,
         [("GeForce RTX 2080", 8192)]),
        ("Using torch 1.7.0+cu101 CUDA:0 (Tesla T4, 15109.75MB)", "1.7.0+cu101", None, [("Tesla T4", 15109)]),
        ("Using CUDA device0 _CudaDeviceProperties(name='GeForce RTX 2080 Ti', total_memory=11019MB)", None, None,
         [("GeForce RTX 2080 Ti", 11019)]),
    ],
)  # fmt: skip
def test_the_first_line_of_a_yolo(banner: str, torch: str, python: str, cards: list) -> None:  # type: ignore[type-arg]
    found = facts(banner)
    assert (value(found.torch.version), value(found.python.version)) == (torch, python)
    assert [(value(one.name), value(one.memory_total) // MIB) for one in value(found.gpus.gpus)] == cards
    assert available(found) is True


def test_a_yolo_on_the_cpu() -> None:
    found = facts("Ultralytics YOLOv8.2.0 🚀 Python-3.9.18 torch-2.2.0+cu118 CPU (Intel Xeon Gold 6226R 2.90GHz)")
    assert (value(found.torch.build), value(found.torch.cuda), available(found)) == ("cuda", "11.8", False)
    assert packages(found) == [("ultralytics", "8.2.0")]


def test_yolo_checks() -> None:
    found = facts("""\
        OS                  Linux-5.15.0-91-generic-x86_64-with-glibc2.35
        Environment         Linux
        Python              3.11.6
        Install             pip
        Path                /home/u/venv/lib/python3.11/site-packages/ultralytics
        RAM                 15.93 GB
        GPU                 NVIDIA GeForce RTX 4080 SUPER, 16376MiB
        GPU count           1
        CUDA                None

        numpy               ✅ 2.1.1<=2.1.1,>=1.23.0
        opencv-python       ✅ 4.8.1.78>=4.6.0
        torch               ✅ 2.1.1+cpu>=1.8.0
        torchvision         ❌ (not installed)
    """)
    assert value(found.session.kernel) == "5.15.0-91-generic"
    assert value(found.python.site_packages) == "/home/u/venv/lib/python3.11/site-packages"
    assert value(found.torch.build) == "cpu"
    assert packages(found) == [("numpy", "2.1.1"), ("opencv-python", "4.8.1.78"), ("torch", "2.1.1+cpu")]
    assert names(found) == ["NVIDIA GeForce RTX 4080 SUPER"]


def test_transformers_and_accelerate() -> None:
    found = facts("""\
        - `transformers` version: 4.22.2
        - Platform: Linux-4.4.0-19041-Microsoft-x86_64-with-glibc2.31
        - Python version: 3.9.13
        - Huggingface_hub version: 0.10.0
        - PyTorch version (GPU?): 1.12.1+cu116 (False)
        - Tensorflow version (GPU?): not installed (NA)
        - Using GPU in script?: <fill in>
        - GPU type: NVIDIA RTX A6000
    """)
    assert (value(found.torch.version), value(found.torch.cuda)) == ("1.12.1+cu116", "11.6")
    assert available(found) is False
    assert value(found.session.wsl) == "1"
    assert packages(found) == [("transformers", "4.22.2"), ("huggingface_hub", "0.10.0")]
    assert names(found) == ["NVIDIA RTX A6000"]


def test_diffusers_lists_the_cards_below_each_other() -> None:
    found = facts("""\
        - 🤗 Diffusers version: 0.32.0
        - PyTorch version (GPU?): 2.5.1+cu124 (True)
        - Accelerator: NVIDIA A100-SXM4-80GB, 81920 MiB
        NVIDIA DGX Display, 4096 MiB
    """)
    assert names(found) == ["NVIDIA A100-SXM4-80GB", "NVIDIA DGX Display"]


def test_the_accelerator_of_newer_transformers() -> None:
    assert available(facts("- PyTorch version (accelerator?): 2.9.1+cu128 (CUDA)")) is True
    assert isinstance(facts("- PyTorch version (accelerator?): not installed (NA)").torch.version, Unknown)


def test_lightning() -> None:
    found = facts("""\
        * CUDA:
        \t- GPU:
        \t\t- Tesla K80
        \t\t- Tesla K80
        \t- available:         True
        \t- version:           11.3
        * Lightning:
        \t- lightning:         2022.8.18
        \t- torch:             1.11.0
        * Packages:
        \t- absl-py:           1.2.0
        * System:
        \t- OS:                Linux
        \t- architecture:
        \t\t- 64bit
        \t- processor:         x86_64
        \t- python:            3.9.13
        \t- release:           5.15.0-1014-azure
        \t- version:           #17~20.04.1-Ubuntu SMP
    """)
    assert names(found) == ["Tesla K80", "Tesla K80"]
    assert (value(found.torch.version), value(found.torch.cuda), available(found)) == ("1.11.0", "11.3", True)
    assert packages(found) == [("lightning", "2022.8.18"), ("torch", "1.11.0"), ("absl-py", "1.2.0")]
    assert (value(found.session.os), value(found.python.version)) == ("linux", "3.9.13")


def test_lightning_of_2020() -> None:
    found = facts("""\
        cuda:
        \tGPU:
        \t\tGeForce GTX 1050
        \tavailable:           False
        \tversion:             None
        packages:
        \tnumpy:               1.18.1
        \tpyTorch_debug:       False
        \tpyTorch_version:     1.4.0
        \tpytorch-lightning:   0.7.2-dev
    """)
    assert names(found) == ["GeForce GTX 1050"]
    assert (value(found.torch.version), value(found.torch.build), available(found)) == ("1.4.0", "cpu", False)


def test_torch_config_alone() -> None:
    found = facts("""\
        PyTorch built with:
          - CUDA Runtime 12.1
          - NVCC architecture flags: -gencode;arch=compute_90,code=sm_90
          - Build settings: BLAS_INFO=mkl, CUDA_VERSION=12.1, CXX_FLAGS= -D_GLIBCXX_USE_CXX11_ABI=0 -O2, TORCH_VERSION=2.3.0, USE_CUDA=ON
    """)  # noqa: E501
    assert (value(found.torch.version), value(found.torch.cuda)) == ("2.3.0", "12.1")
    assert value(found.torch.arch_list) == ("sm_90",)
    assert value(found.torch.cxx11_abi) is False


def test_words_that_only_look_like_a_report() -> None:
    found = facts("Our README says: PyTorch version should be recent. GPU available soon.\nPython is nice\n")
    assert isinstance(found.torch.version, Unknown)
    assert not isinstance(found.torch.version, Absent)
    assert available(found) is None


def test_llamafactory() -> None:
    found = facts("""\
        - `llamafactory` version: 0.9.2.dev0
        - Platform: Linux-5.10.0-198.0.0.111.oe2203sp3.x86_64-x86_64-with-glibc2.34
        - Python version: 3.10.14
        - PyTorch version: 2.5.1+cu124 (GPU)
        - GPU type: NVIDIA A100-SXM4-80GB
    """)
    assert (value(found.torch.version), value(found.torch.cuda), available(found)) == ("2.5.1+cu124", "12.4", True)
    assert ("llamafactory", "0.9.2.dev0") in packages(found)


def test_ds_report() -> None:
    found = facts("""\
        DeepSpeed general environment info:
        torch install path ............... ['/home/li/venv/lib/python3.12/site-packages/torch']
        torch version .................... 2.3.0+cu121
        deepspeed install path ........... ['/home/li/venv/lib/python3.12/site-packages/deepspeed']
        deepspeed info ................... 0.15.5+46d7d0d1, 46d7d0d1, patch-1
        torch cuda version ............... 12.1
        torch hip version ................ None
        nvcc version ..................... 12.0
        deepspeed wheel compiled w. ...... torch 0.0, cuda 0.0
    """)
    assert value(found.torch.path) == "/home/li/venv/lib/python3.12/site-packages/torch"
    assert (value(found.torch.version), value(found.torch.build), value(found.torch.cuda)) == (
        "2.3.0+cu121",
        "cuda",
        "12.1",
    )
    assert [value(one.version) for one in value(found.toolkit.toolkits)] == ["12.0"]
    assert packages(found) == [("deepspeed", "0.15.5+46d7d0d1")]


def test_ds_report_of_a_cpu_build_without_nvcc() -> None:
    found = facts("""\
        torch install path ............... ['/home/li/venv/lib/python3.9/site-packages/torch']
        torch version .................... 1.12.1
        torch cuda version ............... None
        nvcc version .....................  [FAIL] cannot find CUDA_HOME via torch.utils.cpp_extension.CUDA_HOME=None
        deepspeed info ................... unknown, unknown, unknown
    """)
    assert (value(found.torch.version), value(found.torch.build)) == ("1.12.1", "cpu")
    assert value(found.toolkit.toolkits) is None and value(found.installs.distributions) is None


def test_xformers_info() -> None:
    found = facts("""\
        xFormers 0.0.16
        memory_efficient_attention.cutlassF:               available
        is_triton_available:                               True
        pytorch.version:                                   1.13.1+cu117
        pytorch.cuda:                                      not available
        gpu.compute_capability:                            8.6
        gpu.name:                                          NVIDIA GeForce RTX 3090
        build.cuda_version:                                1107
        build.torch_version:                               1.12.0
    """)
    assert (value(found.torch.version), value(found.torch.cuda), available(found)) == ("1.13.1+cu117", "11.7", False)
    assert packages(found) == [("xformers", "0.0.16")]
    (gpu,) = value(found.gpus.gpus)
    assert (value(gpu.name), value(gpu.capability)) == ("NVIDIA GeForce RTX 3090", "8.6")


def test_comfyui() -> None:
    found = facts("""\
        ** Python version: 3.12.7 (tags/v3.12.7:0b05ead, Oct  1 2024, 03:06:41) [MSC v.1941 64 bit (AMD64)]
        ** Python executable: C:\\ComfyUI\\python_embeded\\python.exe
        Total VRAM 16303 MB, total RAM 65461 MB
        pytorch version: 2.6.0+cu124
        Set vram state to: NORMAL_VRAM
        Device: cuda:0 NVIDIA GeForce RTX 5080 : cudaMallocAsync
    """)
    assert value(found.python.version) == "3.12.7"
    assert value(found.python.executable) == "C:\\ComfyUI\\python_embeded\\python.exe"
    assert (value(found.torch.version), value(found.torch.cuda), available(found)) == ("2.6.0+cu124", "12.4", True)
    (gpu,) = value(found.gpus.gpus)
    assert (value(gpu.name), value(gpu.memory_total)) == ("NVIDIA GeForce RTX 5080", 16303 * MIB)


def test_stable_diffusion_web_ui() -> None:
    found = facts("""\
        version: v1.10.1  •  python: 3.10.6  •  torch: 2.1.2+cu121  •  xformers: 0.0.23.post1  •  gradio: 3.41.2
    """)
    assert value(found.python.version) == "3.10.6"
    assert (value(found.torch.version), value(found.torch.cuda)) == ("2.1.2+cu121", "12.1")
    assert packages(found) == [("xformers", "0.0.23.post1")]


def test_nvcc_of_cuda_11_1_in_a_table_of_detectron2() -> None:
    found = facts("""\
        sys.platform            linux
        CUDA compiler           Build cuda_11.1.TC455_06.29069683_0
        CUDA_HOME               /usr/local/cuda-11.1
    """)
    assert [value(one.version) for one in value(found.toolkit.toolkits)] == ["11.1"]
