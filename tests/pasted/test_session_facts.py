"""What commands print: Python's values, which, variables, compilers, the system, the driver's log, libraries."""

from __future__ import annotations

import pytest

from envdoctor.reading import Absent, Known, Unknown

from .reading import available, facts, names, packages, value, variables

GIB = 1 << 30


def test_values_of_a_python_command() -> None:
    found = facts("""\
        $ python -c "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available(), torch.cuda.get_device_capability(), torch._C._GLIBCXX_USE_CXX11_ABI)"
        2.8.0+cu128 12.8 True (6, 1) False
    """)  # noqa: E501
    assert (value(found.torch.version), value(found.torch.cuda), available(found)) == ("2.8.0+cu128", "12.8", True)
    assert value(value(found.gpus.gpus)[0].capability) == "6.1"
    assert value(found.torch.cxx11_abi) is False


def test_values_that_cannot_be_told_apart_say_nothing() -> None:
    found = facts(
        '$ python -c "import torch; print(torch.__version__, torch.version.cuda)"\nsome warning of four words\n'
    )
    assert isinstance(found.torch.version, Unknown)


def test_values_at_prompts() -> None:
    found = facts("""\
        >>> import torch, sys
        >>> torch.__version__
        '1.8.0'
        >>> print(torch.version.cuda)
        None
        >>> torch.cuda.get_arch_list()
        ['sm_37', 'sm_50', 'sm_70']
        >>> torch.cuda.get_device_name(1)
        'GeForce GTX 1060'
        In [2]: torch.__file__
        Out[2]: '/home/u/.local/lib/python3.8/site-packages/torch/__init__.py'
        In [3]: sys.executable
        Out[3]: 'C:\\\\Users\\\\u\\\\anaconda3\\\\python.exe'
    """)
    assert (value(found.torch.version), value(found.torch.build)) == ("1.8.0", "cpu")
    assert value(found.torch.arch_list) == ("sm_37", "sm_50", "sm_70")
    assert [(one.index, value(one.name)) for one in value(found.gpus.gpus)] == [(1, "GeForce GTX 1060")]
    assert value(found.torch.path) == "/home/u/.local/lib/python3.8/site-packages/torch"
    (torch,) = value(found.installs.modules)
    assert [(copy.origin, copy.kind) for copy in torch.copies] == [("user-site", "package")]
    assert value(found.python.executable) == "C:\\Users\\u\\anaconda3\\python.exe"
    assert (value(found.python.prefix), value(found.python.kind)) == ("C:\\Users\\u\\anaconda3", "conda-base")


def test_sys_path() -> None:
    found = facts("""\
        $ python -c "import sys; print(sys.path)"
        ['', '/usr/lib/python38.zip', '/usr/lib/python3.8', '/home/u/.local/lib/python3.8/site-packages', '/srv/env/lib/python3.8/site-packages']
    """)  # noqa: E501
    assert [entry.origin for entry in value(found.python.sys_path)] == [
        "cwd", "stdlib", "stdlib", "user-site", "site-packages",
    ]  # fmt: skip
    assert value(found.python.user_site_enabled) is True
    assert value(found.python.version) == "3.8"


def test_several_prints_take_a_line_each() -> None:
    found = facts("$ python -c 'import torch; print(torch.__version__); print(torch.version.cuda)'\n2.1.0\n12.1\n")
    assert (value(found.torch.version), value(found.torch.cuda)) == ("2.1.0", "12.1")


def test_which_python() -> None:
    asked = "(yolo) $ which -a python yolo nvcc gcc\n"
    found = facts(asked + "/srv/envs/yolo/bin/python\n/usr/bin/yolo\n/opt/cuda/bin/nvcc\n/usr/bin/gcc\n")
    assert (value(found.python.executable), value(found.python.chosen_by)) == ("/srv/envs/yolo/bin/python", "PATH")
    assert (value(found.python.kind), value(found.python.environment_name)) == ("conda", "yolo")
    (yolo,) = value(found.python.commands)
    assert (yolo.name, value(yolo.prefix), value(yolo.ours)) == ("yolo", "/usr", False)
    assert value(found.toolkit.nvcc_on_path) == "/opt/cuda/bin/nvcc"


def test_type_and_an_interpreter_named_by_its_path() -> None:
    assert value(facts("$ type python\npython is /usr/bin/python\n").python.executable) == "/usr/bin/python"
    found = facts("$ /home/u/.pyenv/versions/3.13.0/bin/python -m pip install torch==2.0.1\n")
    assert (value(found.python.chosen_by), value(found.python.version), value(found.python.kind)) == (
        "--python", "3.13.0", "pyenv",
    )  # fmt: skip
    assert value(facts("$ python3.9 -m pip install x\n").python.version) == "3.9"


@pytest.mark.parametrize(
    ("text", "version", "system"),
    [
        ("Python 3.8.10\n", "3.8.10", None),
        ("Python 3.7.3 (default, Mar 27 2019, 22:11:17)\n[GCC 7.3.0] :: Anaconda, Inc. on linux\n", "3.7.3", "linux"),
        ("Python 3.8.12 | packaged by conda-forge | (default, Jan 30 2022)\n[GCC 9.4.0] on linux\n", "3.8.12", "linux"),
        ("Python 3.11.4 (tags/v3.11.4, Jun 7 2023) [MSC v.1934 64 bit (AMD64)] on win32\n", "3.11.4", None),
        ('  File "/x/lib/python3.6/site-packages/torch/a.py", line 3, in f\n', "3.6", None),
        ("we need Python 3.8.10 or later\n", None, None),
    ],
)
def test_versions_of_python(text: str, version: str, system: str) -> None:
    found = facts(text)
    assert (value(found.python.version), value(found.session.os)) == (version, system)


def test_shebangs_leftovers_and_the_number_of_gpus() -> None:
    found = facts("""\
        $ head -1 test/bin/pip
        #!/Users/u/.pyenv/versions/3.10.9/envs/test/bin/python3.10
        $ ls -1 /srv/env/lib/python3.11/site-packages
        torch
        ~orch
        ~orch-2.0.1.dist-info
        $ nvidia-smi -L | wc -l
        2
    """)
    (pip,) = value(found.python.commands)
    assert (pip.form, value(pip.interpreter)) == ("shebang", "/Users/u/.pyenv/versions/3.10.9/envs/test/bin/python3.10")
    assert [path.rsplit("/", 1)[-1] for path in value(found.installs.leftovers)] == ["~orch", "~orch-2.0.1.dist-info"]
    assert [one.index for one in value(found.gpus.gpus)] == [0, 1]


def test_pyvenv_cfg() -> None:
    found = facts("""\
        $ cat venv/pyvenv.cfg
        home = /usr/bin
        include-system-site-packages = false
        version = 3.10.12
        command = /usr/bin/python3 -m venv /home/u/old/venv
    """)
    venv = value(found.python.venv)
    assert (value(venv.home), value(venv.version), value(venv.created_as)) == (
        "/usr/bin", "3.10.12", "/home/u/old/venv",
    )  # fmt: skip
    assert value(venv.system_site_packages) is False


def test_variables() -> None:
    found = facts("""\
        $ export CUDA_VISIBLE_DEVICES=1 EDITOR=vim
        $ echo $LD_LIBRARY_PATH
        /usr/local/cuda-12.1/lib64:$HOME/lib
        $ env | grep -i -E "nccl|token"
        NCCL_P2P_DISABLE=1
        TORCH_HUB_TOKEN=abcdef
        $ printenv OMP_NUM_THREADS
        8
        $ NCCL_DEBUG=INFO python train.py
        $ export https_proxy=http://me:secret@proxy.example:3128
        $ export PIP_INDEX_URL=https://u:p@mirror.example/simple
        $ unset NCCL_P2P_DISABLE
        14:os.environ["CUDA_DEVICE_ORDER"]='PCI_BUS_ID'
        os.environ['CUDA_LAUNCH_BLOCKING']: None
    """)
    assert variables(found) == {
        "CUDA_VISIBLE_DEVICES": "1",
        "LD_LIBRARY_PATH": "/usr/local/cuda-12.1/lib64:$HOME/lib",
        "TORCH_HUB_TOKEN": "***",
        "OMP_NUM_THREADS": "8",
        "NCCL_DEBUG": "INFO",
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }
    assert [entry.path for entry in value(found.libraries.ld_library_path)] == ["/usr/local/cuda-12.1/lib64"]
    assert [(one.key, one.values) for one in value(found.indexes.proxies)] == [
        ("https_proxy", ("http://proxy.example:3128",))
    ]
    assert [(one.key, one.values) for one in value(found.indexes.pip)] == [
        ("index-url", ("https://mirror.example/simple",))
    ]


def test_an_echo_that_was_not_expanded_and_words_with_a_sign() -> None:
    assert variables(facts("C:\\> echo $CUDA_VISIBLE_DEVICES\n$CUDA_VISIBLE_DEVICES\n")) == {}
    assert variables(facts("set CUDA_HOME = somewhere, CUDA_VISIBLE_DEVICES=0 helps a lot here\n")) == {}
    assert variables(facts("PS C:\\> $env:CUDA_VISIBLE_DEVICES = '0'\n")) == {"CUDA_VISIBLE_DEVICES": "0"}


def test_compilers() -> None:
    found = facts("""\
        $ which nvcc
        /usr/local/cuda-11.8/bin/nvcc
        $ nvcc --version
        nvcc: NVIDIA (R) Cuda compiler driver
        Cuda compilation tools, release 11.8, V11.8.89
        $ g++ --version
        g++ (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0
        $ ldd --version
        ldd (Ubuntu GLIBC 2.35-0ubuntu3.4) 2.35
    """)
    (toolkit,) = value(found.toolkit.toolkits)
    assert (toolkit.root, value(toolkit.version), value(toolkit.nvcc)) == (
        "/usr/local/cuda-11.8", "11.8", "/usr/local/cuda-11.8/bin/nvcc",
    )  # fmt: skip
    assert value(found.toolkit.cuda_home) == "/usr/local/cuda-11.8"
    compiler = value(found.compiler.host_compiler)
    assert (compiler.name, value(compiler.version)) == ("g++", "11.4.0")
    assert value(found.session.libc) == "glibc 2.35"
    assert value(facts("ldd (GNU libc) 2.17\n").session.libc) == "glibc 2.17"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("gcc (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44)\n", "4.8.5"),
        ("x86_64-conda-linux-gnu-gcc (conda-forge gcc 12.4.0-0) 12.4.0\n", "12.4.0"),
        ("gcc version 9.4.0 (Ubuntu 9.4.0-1ubuntu1~20.04.1) \n", "9.4.0"),
        ("$ gcc -dumpfullversion -dumpversion\n7.4.0\n", "7.4.0"),
        ("Ubuntu clang version 14.0.0-1ubuntu1.1\n", "14.0.0"),
    ],
)
def test_versions_of_compilers(text: str, version: str) -> None:
    assert value(value(facts(text).compiler.host_compiler).version) == version


def test_the_system() -> None:
    found = facts("""\
        $ uname -a
        Linux host 5.15.0-91-generic #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023 x86_64 x86_64 x86_64 GNU/Linux
        $ cat /etc/os-release
        NAME="Ubuntu"
        VERSION_ID="22.04"
        $ df -h /dev/shm
        Filesystem      Size  Used Avail Use% Mounted on
        shm              64M   60M  4.0M  94% /dev/shm
        $ ulimit -n
        1024
        $ nproc
        16
        $ free -h
                       total        used        free      shared  buff/cache   available
        Mem:           125Gi        20Gi       1.0Gi       1.0Gi       104Gi       100Gi
        $ whoami
        root
    """)
    session = found.session
    assert (value(session.os), value(session.kernel), value(session.machine)) == (
        "linux", "5.15.0-91-generic", "x86_64",
    )  # fmt: skip
    assert value(session.distro) == "Ubuntu 22.04"
    assert (value(session.shm_total), value(session.shm_free)) == (64 << 20, 4 << 20)
    assert [(one.name, one.soft) for one in value(session.limits)] == [("open-files", 1024)]
    assert value(session.cpus) == 16
    assert (value(session.memory_total), value(session.memory_available)) == (125 * GIB, 100 * GIB)
    assert value(session.is_root) is True


def test_distributions_by_other_files_and_wsl() -> None:
    assert value(facts("Fedora release 37 (Thirty Seven)\n").session.distro) == "Fedora 37 (Thirty Seven)"
    assert (
        value(facts("Description:    Debian GNU/Linux 12 (bookworm)\n").session.distro)
        == "Debian GNU/Linux 12 (bookworm)"
    )
    found = facts(
        "PS C:\\> wsl -l -v\n  NAME            STATE           VERSION\n* Ubuntu-18.04    Running         1\n"
    )
    assert value(found.session.wsl) == "1"
    assert value(facts("$ uname -r\n5.15.90.1-microsoft-standard-WSL2\n").session.wsl) == "2"


def test_the_driver_as_the_kernel_tells_it() -> None:
    found = facts("""\
        $ cat /proc/driver/nvidia/version
        NVRM version: NVIDIA UNIX x86_64 Kernel Module  520.56.06  Thu Oct  6 21:38:55 UTC 2022
        $ dpkg -l | grep nvidia
        ii  libnvidia-compute-525:amd64   525.85.12-0ubuntu1   amd64   NVIDIA libcompute package
        $ dmesg | tail
        [12345.6] NVRM: Xid (PCI:0000:01:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.
        $ lsmod | grep nouveau
        nouveau              2306048  1
        $ ls -l /dev/nvidia*
        crw-rw-rw- 1 root root 195,   0 Nov 24 12:00 /dev/nvidia0
        crw-rw-rw- 1 root root 195, 255 Nov 24 12:00 /dev/nvidiactl
    """)
    driver = found.driver
    assert (value(driver.module_version), value(driver.library_version)) == ("520.56.06", "525.85.12")
    assert value(driver.nouveau_loaded) is True
    assert [one.path for one in value(driver.device_files)] == ["/dev/nvidia0", "/dev/nvidiactl"]
    assert len(value(found.gpus.xids)) == 1


@pytest.mark.parametrize(
    ("text", "library", "module"),
    [
        ("NVRM: API mismatch: the client has the version 535.161.08, but\nNVRM: this kernel module has the version "
         "535.129.03.  Please make sure", "535.161.08", "535.129.03"),
        ("NVRM: API mismatch: the client 'nvidia-smi' (pid 12) has the version 550.54.15, but this kernel module has "
         "the version 545.23.08.", "550.54.15", "545.23.08"),
        ("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  530.41.03  Release Build", None, "530.41.03"),
        ("filename:       /lib/modules/5.15/updates/dkms/nvidia.ko\nversion:        535.129.03\n", None, "535.129.03"),
    ],
)  # fmt: skip
def test_versions_in_the_kernels_words(text: str, library: str, module: str) -> None:
    driver = facts(text).driver
    assert (value(driver.library_version), value(driver.module_version)) == (library, module)


def test_no_device_files_and_the_pci_bus() -> None:
    found = facts("""\
        $ ls /dev/nvidia*
        ls: cannot access '/dev/nvidia*': No such file or directory
        $ lspci -nnk | grep -A3 NVIDIA
        01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 [GeForce RTX 3090] [10de:2204] (rev a1)
        \tLnkCap:\tPort #0, Speed 16GT/s, Width x16, ASPM L0s L1
        \tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x4 (downgraded)
        \tKernel driver in use: nouveau
        01:00.1 Audio device [0403]: NVIDIA Corporation GA102 [10de:1aef] (rev a1)
    """)
    assert value(found.driver.device_files) == ()
    (card,) = value(found.driver.pci_gpus)
    assert (card.address, card.device_id, value(card.driver)) == ("0000:01:00.0", "2204", "nouveau")
    assert (value(card.link_width), value(card.link_width_max), value(card.link_speed)) == (4, 16, "2.5 GT/s PCIe")


def test_fabric_manager() -> None:
    status = "$ systemctl status nvidia-fabricmanager\n● nvidia-fabricmanager.service - FM\n   Active: {}\n"
    assert value(facts(status.format("active (running) since Mon")).driver.fabric_manager) == "running"
    assert value(facts(status.format("inactive (dead)")).driver.fabric_manager) == "not-running"
    assert isinstance(facts("   Active: active (running)\n").driver.fabric_manager, Unknown)


def test_libraries() -> None:
    found = facts("""\
        $ ldd /srv/env/lib/python3.12/site-packages/torch/lib/libtorch_cuda.so
        \tlinux-vdso.so.1 (0x00007ffe00000000)
        \tlibnvJitLink.so.12 => /usr/local/cuda-12.1/lib64/libnvJitLink.so.12 (0x0000700000000000)
        \tlibcudnn.so.9 => /srv/env/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9 (0x0000700000000000)
        \tlibcublas.so.12 => not found
        $ ls -l /usr/local/cuda/lib64/libcudnn*
        lrwxrwxrwx 1 root root 17 Nov 24 12:00 /usr/local/cuda/lib64/libcudnn.so.8 -> libcudnn.so.8.9.2
        $ strings /usr/lib/x86_64-linux-gnu/libstdc++.so.6 | grep GLIBCXX
        GLIBCXX_3.4
        GLIBCXX_3.4.9
        GLIBCXX_3.4.30
        GLIBCXX_DEBUG_MESSAGE_LENGTH
    """)
    (foreign,) = value(found.torch.foreign_libraries)
    assert (foreign.soname, foreign.taken) == ("libnvJitLink.so.12", "/usr/local/cuda-12.1/lib64/libnvJitLink.so.12")
    assert [(one.soname, one.where, value(one.version)) for one in value(found.libraries.libraries)] == [
        ("libnvJitLink.so.12", "system", None),
        ("libcudnn.so.9", "wheel", None),
        ("libcudnn.so.8", "system", "8.9.2"),
    ]
    assert value(found.libraries.libstdcxx_offers) == "3.4.30"


def test_what_torch_states_in_its_messages() -> None:
    found = facts("""\
        UserWarning: CUDA initialization: The NVIDIA driver on your system is too old (found version 11040).
        /x/torch/cuda/__init__.py:146: UserWarning:
        NVIDIA GeForce RTX 3090 with CUDA capability sm_86 is not compatible with the current PyTorch installation.
        The current PyTorch install supports CUDA capabilities sm_37 sm_50 sm_60 sm_70.
    """)
    assert value(found.driver.cuda) == "11.4"
    assert [(value(one.name), value(one.capability)) for one in value(found.gpus.gpus)] == [
        ("NVIDIA GeForce RTX 3090", "8.6")
    ]
    assert value(found.torch.arch_list) == ("sm_37", "sm_50", "sm_60", "sm_70")


def test_the_two_cudas_of_a_build_and_of_a_pair() -> None:
    found = facts("""\
        RuntimeError:
        The detected CUDA version (11.8) mismatches the version that was used to compile
        PyTorch (12.1). Please make sure to use the same CUDA versions.
    """)
    assert (value(value(found.toolkit.toolkits)[0].version), value(found.torch.cuda)) == ("11.8", "12.1")
    found = facts("PyTorch has CUDA Version=11.7 and torchvision has CUDA Version=11.6. Please reinstall\n")
    (vision,) = value(found.torch.companions)
    assert (value(found.torch.cuda), vision.name, value(vision.cuda)) == ("11.7", "torchvision", "11.6")


def test_symbols_and_libraries_that_are_missing() -> None:
    found = facts("""\
        flash_attn               2.7.4.post1
        ImportError: /x/lib/python3.10/site-packages/flash_attn_2_cuda.cpython-310-x86_64-linux-gnu.so: undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs
        Traceback (most recent call last):
          File "/x/lib/python3.10/site-packages/torch/__init__.py", line 427, in <module>
        ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory
        Traceback (most recent call last):
          File "/x/lib/python3.10/site-packages/cv2/__init__.py", line 4, in <module>
        ImportError: libGL.so.1: cannot open shared object file: No such file or directory
    """)  # noqa: E501
    (flash,) = value(found.torch.companions)
    assert (flash.version, value(flash.missing_symbols)) == (
        "2.7.4.post1", ("_ZN3c105ErrorC2ENS_14SourceLocationESs",),
    )  # fmt: skip
    assert [one.soname for one in value(found.torch.missing_libraries)] == ["libcudnn.so.9"]


def test_an_import_that_failed() -> None:
    found = facts("ModuleNotFoundError: No module named 'torch'\n")
    assert found.torch.path == Absent(("line 1",))
    assert isinstance(facts("ModuleNotFoundError: No module named 'torchx'\n").torch.path, Unknown)


def test_a_text_about_nothing_says_nothing() -> None:
    found = facts("epoch 1 loss 0.5\n" * 10)
    assert names(found) == [] and packages(found) == [] and variables(found) == {}
    assert not any(isinstance(getattr(found.torch, name), Known) for name in ("version", "cuda", "build"))
