"""torch.utils.collect_env from 1.0 to today, and vLLM's."""

from __future__ import annotations

import pytest

from envdoctor.reading import Absent, Known, Unknown

from .reading import available, conda, facts, names, packages, value

OF_2019 = """\
    Collecting environment information...
    PyTorch version: 1.2.0
    Is debug build: No
    CUDA used to build PyTorch: 10.0.130

    OS: CentOS Linux 7 (Core)
    GCC version: (GCC) 4.8.5 20150623 (Red Hat 4.8.5-39)
    CMake version: version 2.8.12.2

    Python version: 3.6
    Is CUDA available: Yes
    CUDA runtime version: 9.0.176
    GPU models and configuration:
    GPU 0: Tesla P40
    GPU 1: Tesla P40

    Nvidia driver version: 418.67
    cuDNN version: /usr/local/cuda/lib64/libcudnn.so.7.0.5

    Versions of relevant libraries:
    [pip] numpy (1.16.4)
    [pip] torch (1.2.0)
    [conda] blas                      1.0                         mkl
    [conda] pytorch                   1.2.0           py3.6_cuda10.0.130_cudnn7.6.2_0    pytorch
    [conda] torchvision               0.4.0                py36_cu100    pytorch
    [conda] torchsummary              1.5.1                    pypi_0    pypi
"""

OF_2025 = """\
    Collecting environment information...
    PyTorch version: 2.8.0+cu128
    Is debug build: False
    CUDA used to build PyTorch: 12.8
    ROCM used to build PyTorch: N/A

    OS: Ubuntu 24.04.2 LTS (x86_64)
    GCC version: (conda-forge gcc 13.3.0-2) 13.3.0
    Clang version: 18.1.3 (1ubuntu1)
    CMake version: version 3.28.3
    Libc version: glibc-2.39

    Python version: 3.12.3 (main, Jun 18 2025, 17:59:45) [GCC 13.3.0] (64-bit runtime)
    Python platform: Linux-6.6.87.2-microsoft-standard-WSL2-x86_64-with-glibc2.39
    Is CUDA available: True
    CUDA runtime version: 12.8.93
    CUDA_MODULE_LOADING set to: LAZY
    GPU models and configuration:
    GPU 0: NVIDIA A100-SXM4-40GB
      MIG 3g.20gb     Device  0:
      MIG 3g.20gb     Device  1:

    Nvidia driver version: 576.52
    cuDNN version: Probably one of the following:
    /usr/lib/x86_64-linux-gnu/libcudnn.so.9.8.0
    /usr/lib/x86_64-linux-gnu/libcudnn_adv.so.9.8.0
    Is XPU available: False
    HIP runtime version: N/A
    MIOpen runtime version: N/A
    Is XNNPACK available: True
    Caching allocator config: expandable_segments:True

    CPU:
    Architecture:                         x86_64
    Model name:                           AMD EPYC 7742

    Versions of relevant libraries:
    [pip3] flash_attn==2.8.3+cu12torch2.8cxx11abiTRUE
    [pip3] nvidia-cublas-cu12==12.8.4.1
    [pip3] torch==2.8.0+cu128
    [pip3] torchvision==0.23.0+cu128
    [conda] Could not collect
"""

ROCM = """\
    PyTorch version: 2.7.0.dev20250123+rocm6.3
    Is debug build: False
    CUDA used to build PyTorch: N/A
    ROCM used to build PyTorch: 6.3.42131-fa1d09cbd

    OS: Gentoo Linux (x86_64)
    GCC version: (Gentoo 13.2.1_p20240210 p14) 13.2.1 20240210
    Python platform: Linux-6.7.7-gentoo-dist-x86_64-AMD_Ryzen_9_5950X_16-Core_Processor-with-glibc2.40
    Is CUDA available: True
    GPU models and configuration: AMD Radeon RX 5700 XT (gfx1010:xnack-)
    Nvidia driver version: Could not collect
"""


def test_a_report_of_2019() -> None:
    found = facts(OF_2019)
    assert value(found.torch.version) == "1.2.0"
    assert (value(found.torch.build), value(found.torch.cuda)) == ("cuda", "10.0.130")
    assert available(found) is True
    assert value(found.python.version) == "3.6"
    assert value(found.session.distro) == "CentOS Linux 7 (Core)"
    assert value(value(found.compiler.host_compiler).version) == "4.8.5"
    assert value(value(found.toolkit.toolkits)[0].version) == "9.0"
    assert names(found) == ["Tesla P40", "Tesla P40"]
    assert value(found.driver.nvml_driver_version) == "418.67"
    assert packages(found) == [("numpy", "1.16.4"), ("torch", "1.2.0"), ("torchsummary", "1.5.1")]
    assert ("pytorch", "1.2.0", "py3.6_cuda10.0.130_cudnn7.6.2_0") in conda(found)
    (cudnn,) = value(found.libraries.libraries)
    assert (cudnn.soname, value(cudnn.version)) == ("libcudnn.so.7", "7.0.5")


def test_a_report_of_2025() -> None:
    found = facts(OF_2025)
    assert found.torch.version == Known("2.8.0+cu128", "line 2")
    assert (value(found.python.version), value(found.python.bits)) == ("3.12.3", 64)
    assert (value(found.session.wsl), value(found.session.machine)) == ("2", "x86_64")
    assert value(found.session.kernel) == "6.6.87.2-microsoft-standard-WSL2"
    assert value(found.session.libc) == "glibc 2.39"
    assert value(value(found.compiler.host_compiler).version) == "13.3.0"
    (card,) = value(found.gpus.gpus)
    assert [one.profile for one in value(card.mig_devices)] == ["3g.20gb", "3g.20gb"]
    assert [one.soname for one in value(found.libraries.libraries)] == ["libcudnn.so.9", "libcudnn_adv.so.9"]
    assert dict(value(found.session.variables)) == {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}
    built = {
        one.name: (one.version, value(one.cuda), value(one.built_for_torch)) for one in value(found.torch.companions)
    }
    assert built == {
        "torchvision": ("0.23.0+cu128", "12.8", None),
        "flash-attn": ("2.8.3+cu12torch2.8cxx11abiTRUE", "12", "2.8"),
    }


def test_rocm() -> None:
    found = facts(ROCM)
    assert (value(found.torch.build), value(found.torch.hip)) == ("rocm", "6.3.42131-fa1d09cbd")
    assert value(found.torch.cuda) is None
    assert names(found) == ["AMD Radeon RX 5700 XT (gfx1010:xnack-)"]
    assert value(found.session.kernel) == "6.7.7-gentoo-dist"
    assert value(found.driver.nvml_driver_version) is None


@pytest.mark.parametrize("words", ["None", "Could not collect"])
def test_a_build_without_cuda(words: str) -> None:
    found = facts(f"PyTorch version: 1.13.0\nCUDA used to build PyTorch: {words}\nIs CUDA available: False\n")
    assert value(found.torch.build) == "cpu"
    assert isinstance(found.torch.cuda, Absent)
    assert available(found) is False


def test_a_torch_that_does_not_import() -> None:
    found = facts("PyTorch version: N/A\nCUDA used to build PyTorch: N/A\nIs CUDA available: N/A\n")
    assert isinstance(found.torch.deep, Unknown) and found.torch.deep.reason == "failed"
    assert isinstance(found.torch.version, Unknown) and isinstance(found.torch.build, Unknown)


def test_the_conda_build_that_fits_tells_the_build() -> None:
    found = facts("""\
        [pip3] torch==1.13.0
        [conda] pytorch                   1.13.0              py3.9_cpu_0    pytorch
        [conda] torchvision               0.14.0                 py39_cpu    pytorch
    """)
    assert (value(found.torch.version), value(found.torch.build)) == ("1.13.0", "cpu")
    (vision,) = value(found.torch.companions)
    assert isinstance(vision.cuda, Absent)


def test_the_companions_are_those_of_the_torch_that_runs() -> None:
    found = facts("""\
        PyTorch version: 1.3.0
        [pip3] torch==1.2.0
        [pip3] torchvision==0.4.0
        [conda] pytorch                   1.3.0           py3.7_cuda10.1.243_cudnn7.6.3_0    pytorch
        [conda] torchvision               0.4.1                py37_cu101    pytorch
    """)
    (vision,) = value(found.torch.companions)
    assert (vision.version, value(vision.cuda)) == ("0.4.1", "10.1")


@pytest.mark.parametrize(
    "text",
    [
        "> > PyTorch version: 2.1.0+cu118\n> > CUDA used to build PyTorch: 11.8\n",
        "| PyTorch version: 2.1.0+cu118\n| CUDA used to build PyTorch: 11.8\n",
        "        PyTorch version: 2.1.0+cu118\r\n        CUDA used to build PyTorch: 11.8\r\n",
        "- PyTorch version: 2.1.0+cu118\n- CUDA used to build PyTorch: 11.8\n",
        "PyTorch version               : 2.1.0+cu118\nCUDA used to build PyTorch    : 11.8\n",
        "Collecting environment information..." + " " * 80 + "PyTorch version: 2.1.0+cu118" + " " * 60
        + "CUDA used to build PyTorch: 11.8\n",
        "PyTorch version\uff1a 2.1.0+cu118\nCUDA used to build PyTorch\uff1a11.8\n",
        "\x1b[32mPyTorch version: 2.1.0+cu118\x1b[0m\n\x1b[32mCUDA used to build PyTorch: 11.8\x1b[0m\n",
    ],
)  # fmt: skip
def test_however_it_was_pasted(text: str) -> None:
    found = facts(text)
    assert value(found.torch.version) == "2.1.0+cu118"
    assert value(found.torch.cuda) == "11.8"


def test_the_later_of_two_reports_counts_whole() -> None:
    found = facts(OF_2019 + "\nafter the update:\nPyTorch version: 2.8.0+cpu\nIs CUDA available: False\n")
    assert (value(found.torch.version), value(found.torch.build)) == ("2.8.0+cpu", "cpu")
    assert isinstance(found.torch.cuda, Absent)
    assert available(found) is False


def test_operating_systems() -> None:
    for words, system in (
        ("Microsoft Windows 10 Pro", "windows"),
        ("macOS 13.7.4 (arm64)", "darwin"),
        ("Mac OSX 10.15.7 (x86_64)", "darwin"),
        ("Red Hat Enterprise Linux release 8.7 (Ootpa) (x86_64)", "linux"),
    ):
        found = facts(f"PyTorch version: 2.1.0\nOS: {words}\n")
        assert value(found.session.os) == system


def test_vllm_adds_banners_and_its_own_lines() -> None:
    found = facts("""\
        ==============================
               PyTorch Info
        ==============================
        PyTorch version              : 2.7.1+cu126
        CUDA used to build PyTorch   : 12.6
        GPU models and configuration :
        GPU 0: NVIDIA H100 80GB HBM3
        GPU 1: NVIDIA H100 80GB HBM3

        Nvidia driver version        : 550.54.15
        ==============================
             Environment Variables
        ==============================
        LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64
        CUDA_VISIBLE_DEVICES=0,1
        OPENAI_API_KEY=x
    """)
    assert len(names(found)) == 2
    assert dict(value(found.session.variables)) == {
        "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
        "CUDA_VISIBLE_DEVICES": "0,1",
    }
    assert [entry.path for entry in value(found.libraries.ld_library_path)] == [
        "/usr/local/nvidia/lib",
        "/usr/local/nvidia/lib64",
    ]
