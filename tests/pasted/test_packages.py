"""Lists and installs of pip and conda."""

from __future__ import annotations

import pytest

from envdoctor.reading import Absent, Known, Unknown

from .reading import conda, facts, packages, value


def test_pip_list() -> None:
    found = facts("""\
        $ pip list
        WARNING: Ignoring invalid distribution -orch (/home/u/venv/lib/python3.8/site-packages)
        Package                  Version             Editable project location
        ------------------------ ------------------- -------------------------
        nvidia-cublas-cu12       12.1.3.1
        torch                    2.1.0+cu121
        my_project               0.1                 /home/u/my_project

        $ echo done
        scipy  9.9
    """)
    assert packages(found) == [("nvidia-cublas-cu12", "12.1.3.1"), ("torch", "2.1.0+cu121"), ("my_project", "0.1")]
    mine = value(found.installs.distributions)[2]
    assert (mine.editable, mine.location, mine.metadata) == (True, "/home/u/my_project", "line 7")
    assert value(found.installs.leftovers) == ("/home/u/venv/lib/python3.8/site-packages/~orch",)
    assert (value(found.torch.version), value(found.torch.cuda)) == ("2.1.0+cu121", "12.1")


def test_a_whole_list_replaces_an_earlier_one_and_a_part_does_not() -> None:
    found = facts("""\
        $ pip list
        Package Version
        ------- -------
        numpy   1.26.4
        torch   2.1.0
        $ pip list | grep torch
        torch   2.1.0
        $ pip list
        Package Version
        ------- -------
        torch   2.2.0
        $ pip freeze | grep -i scipy
        scipy==1.11.4
    """)
    assert packages(found) == [("torch", "2.2.0"), ("scipy", "1.11.4")]


def test_a_list_without_a_prompt_and_the_list_of_pip_9() -> None:
    found = facts(
        "here is my list:\n\nPackage    Version\n---------- -------\npip        23.2.1\ntorch      2.1.0\nthanks!\n"
    )
    assert packages(found) == [("pip", "23.2.1"), ("torch", "2.1.0")]
    assert value(found.python.pip_version) == "23.2.1"
    old = facts("$ pip list\nnumpy (1.14.3)\nmypkg (0.1, /home/u/mypkg)\ntorch (0.4.1)\n")
    assert packages(old) == [("numpy", "1.14.3"), ("mypkg", "0.1"), ("torch", "0.4.1")]


def test_freeze_lines_count_from_three_on() -> None:
    assert packages(facts("we use torch==1.0\n")) == []
    found = facts("absl-py==2.0.0\ntorch==2.1.0+cu118\nx @ file:///tmp/x-1.2-py3-none-any.whl\n# comment\n")
    assert packages(found) == [("absl-py", "2.0.0"), ("torch", "2.1.0+cu118"), ("x", "1.2")]


def test_lines_of_a_requirements_file_are_what_is_asked_for() -> None:
    for head in ("$ cat requirements.txt", "my requirements.txt is:\n"):
        found = facts(f"{head}\nabsl-py==2.0.0\ntorch==2.1.0+cu118\nnumpy==1.26.4\n")
        assert packages(found) == []
        assert value(found.installs.requested) == ("absl-py==2.0.0", "torch==2.1.0+cu118", "numpy==1.26.4")


def test_rows_that_grep_left() -> None:
    found = facts("nvidia-nccl-cu12         2.29.3\ntorch                    2.7.0\nepochs                   20.0\n")
    assert packages(found) == [("nvidia-nccl-cu12", "2.29.3"), ("torch", "2.7.0")]


def test_a_direct_url_has_no_credentials() -> None:
    found = facts("a==1.0\nb==1.0\nc @ https://me:secret@host.example/c-1.2-py3-none-any.whl\n")
    assert value(found.installs.distributions)[2].direct_url == "https://host.example/c-1.2-py3-none-any.whl"


def test_a_list_of_another_environments_pip_is_elsewhere() -> None:
    found = facts("""\
        $ which python pip
        /home/u/a/bin/python
        /home/u/b/bin/pip
        $ pip list
        Package    Version
        ---------- -------
        torch      2.1.0
        $ python -c "import torch"
        ModuleNotFoundError: No module named 'torch'
    """)
    assert value(found.installs.distributions) is None
    (there,) = value(found.installs.elsewhere)
    assert (there.name, there.version, there.prefix) == ("torch", "2.1.0", "/home/u/b")
    assert isinstance(found.torch.path, Absent)
    (pip,) = value(found.python.commands)
    assert (pip.path, value(pip.ours)) == ("/home/u/b/bin/pip", False)


def test_pip_version_tells_for_which_python() -> None:
    found = facts("""\
        $ pip -V
        pip 24.0 from /home/u/anaconda3/lib/python3.12/site-packages/pip (python 3.12)
        $ python -m pip -V
        pip 23.2.1 from /home/u/env/lib/python3.8/site-packages/pip (python 3.8)
    """)
    assert (value(found.python.pip_version), value(found.python.version)) == ("23.2.1", "3.8")
    assert value(found.python.prefix) == "/home/u/env"
    (pip,) = value(found.python.commands)
    assert (value(pip.prefix), value(pip.ours)) == ("/home/u/anaconda3", False)


def test_pip_show() -> None:
    found = facts("""\
        $ pip show torch
        Name: torch
        Version: 2.1.0+cu118
        Summary: Tensors and Dynamic neural networks
        Location: /home/u/.local/lib/python3.10/site-packages
        Requires: filelock, fsspec, triton
        Required-by: torchvision
        ---
        Name: numpy
        Version: 1.26.4
        Location: /home/u/.local/lib/python3.10/site-packages
        Requires:
    """)
    torch, numpy = value(found.installs.distributions)
    assert torch.location == "/home/u/.local/lib/python3.10/site-packages"
    assert torch.requires == ()  # names without versions or markers, of a list that has seldom all of them
    assert numpy.requires == ()


def test_pip_check_and_the_resolvers_complaint() -> None:
    found = facts("""\
        torchvision 0.15.2 requires torch==2.0.1, but you have torch 2.1.0+cu118 which is incompatible.
        ERROR: xformers 0.0.20 has requirement torch==2.0.1, but you'll have torch 2.1.0+cu118 which is incompatible.
        mmdet 3.0 requires mmcv, which is not installed.
    """)
    asked = {one.name: one.requires for one in value(found.installs.distributions)}
    assert asked == {
        "torchvision": ("torch==2.0.1",),
        "xformers": ("torch==2.0.1",),
        "torch": (),
        "mmdet": ("mmcv",),
    }
    assert value(found.torch.version) == "2.1.0+cu118"


def test_an_install_from_command_to_result() -> None:
    found = facts("""\
        $ pip install -U 'torch==2.0.1' my_pkg -i https://u:p@mirror.example/simple -r requirements.txt
        Looking in indexes: https://u:p@mirror.example/simple, https://download.pytorch.org/whl/cu118
        Looking in links: https://data.example/whl/torch-2.0.html
        Requirement already satisfied: numpy>=1.21 in /home/u/venv/lib/python3.9/site-packages (from my_pkg) (1.26.4)
        Collecting torch==2.0.1
          Attempting uninstall: torch
            Found existing installation: torch 1.11.0
            Uninstalling torch-1.11.0:
              Successfully uninstalled torch-1.11.0
        Successfully installed my-pkg-0.1 nvidia-cublas-cu11-11.10.3.66 torch-2.0.1 typing_extensions-4.7.1
        [notice] A new release of pip is available: 23.2.1 -> 26.3
    """)
    assert packages(found) == [
        ("numpy", "1.26.4"), ("my-pkg", "0.1"), ("nvidia-cublas-cu11", "11.10.3.66"), ("torch", "2.0.1"),
        ("typing_extensions", "4.7.1"),
    ]  # fmt: skip
    assert value(found.installs.requested) == ("torch==2.0.1", "my_pkg")
    settings = [(one.key, one.values, one.source) for one in value(found.indexes.pip)]
    assert settings == [
        ("index-url", ("https://mirror.example/simple",), "line 1"),
        ("index-url", ("https://mirror.example/simple",), "line 2"),
        ("extra-index-url", ("https://download.pytorch.org/whl/cu118",), "line 2"),
        ("find-links", ("https://data.example/whl/torch-2.0.html",), "line 3"),
    ]
    assert value(found.python.pip_version) == "23.2.1"
    assert value(found.python.site_packages) == "/home/u/venv/lib/python3.9/site-packages"


@pytest.mark.parametrize(
    ("line", "requested"),
    [
        ("ERROR: Could not find a version that satisfies the requirement torch==2.3.1+cu121 (from versions: 1.13.0)",
         "torch==2.3.1+cu121"),
        ("  Could not find a version that satisfies the requirement torch==2.0.0 (from versions: )", "torch==2.0.0"),
        ("ERROR: Could not find a version that satisfies the requirement torch>=1.8 (from ultralytics) (from versions: "
         "none)", "torch>=1.8"),
    ],
)  # fmt: skip
def test_what_was_wanted_and_not_found(line: str, requested: str) -> None:
    assert value(facts(line).installs.requested) == (requested,)


def test_what_pip_says_of_the_environment() -> None:
    found = facts("""\
        error: externally-managed-environment
        Defaulting to user installation because normal site-packages is not writeable
        WARNING: Ignoring invalid distribution -ip (c:\\python39\\lib\\site-packages)
        You are using pip version 9.0.1, however version 23.0 is available.
    """)
    assert isinstance(found.python.externally_managed, Known)
    assert value(found.python.site_packages_writable) is False
    assert value(found.python.pip_version) == "9.0.1"


def test_pip_config() -> None:
    found = facts("$ pip config list\nglobal.index-url='https://mirror.example/simple'\ninstall.no-index='true'\n")
    assert [(one.key, one.values) for one in value(found.indexes.pip)] == [
        ("index-url", ("https://mirror.example/simple",)),
        ("no-index", ("true",)),
    ]


def test_the_version_that_was_asked_for_is_torchs_where_an_import_shows_that_it_came() -> None:
    command = "$ pip install torch==1.3.0 torchvision==0.4.1\n"
    assert value(facts(command + ">>> import torch\n>>> torch.cuda.is_available()\nFalse\n").torch.version) == "1.3.0"
    assert isinstance(facts(command).torch.version, Unknown)


def test_conda_list() -> None:
    found = facts("""\
        # packages in environment at /home/u/miniconda3/envs/train:
        #
        # Name                    Version                   Build  Channel
        _libgcc_mutex             0.1                 conda_forge    conda-forge
        cudatoolkit               11.3.1               ha36c431_9    nvidia
        pytorch                   1.12.1          py3.8_cuda11.3_cudnn8.3.2_0    pytorch
        torchvision               0.13.1               py38_cu113    pytorch
        ultralytics               8.0.20                   pypi_0    pypi

        that is all
    """)
    assert [name for name, _, _ in conda(found)] == ["_libgcc_mutex", "cudatoolkit", "pytorch", "torchvision"]
    assert packages(found) == [("ultralytics", "8.0.20")]
    assert value(found.installs.distributions)[0].installer == "pip"
    assert (value(found.torch.build), value(found.torch.cuda)) == ("cuda", "11.3")
    assert (value(found.python.prefix), value(found.python.kind)) == ("/home/u/miniconda3/envs/train", "conda")
    (vision,) = value(found.torch.companions)
    assert value(vision.cuda) == "11.3"


@pytest.mark.parametrize(
    ("build", "kind", "cuda"),
    [
        ("py3.8_cpu_0", "cpu", None),
        ("cpu_mkl_py311h0b2a6a2_100", "cpu", None),
        ("cuda112py39h4de5995_201", "cuda", "11.2"),
        ("cuda_120py311h25b6552_301", "cuda", "12.0"),
        ("py3.10_cuda12.1_cudnn8.9.2_0", "cuda", "12.1"),
        ("py3.7_cuda10.0.130_cudnn7.4.2_2", "cuda", "10.0.130"),
        ("py27_0", None, None),
    ],
)
def test_conda_build_strings(build: str, kind: str, cuda: str) -> None:
    found = facts(f"$ conda list | grep torch\npytorch                   2.0.0          {build}    pytorch\n")
    assert (value(found.torch.build), found.torch.cuda if kind == "cpu" else value(found.torch.cuda)) == (
        kind,
        Absent(("line 2",)) if kind == "cpu" else cuda,
    )


def test_what_the_solver_chose() -> None:
    found = facts("""\
        The following packages will be downloaded:

            package                    |            build
            ---------------------------|-----------------
            pytorch-2.0.0.dev20221216  |      py3.8_cpu_0        84.2 MB  pytorch-nightly
            torchvision-0.15.0.dev20221216|         py38_cpu        32.7 MB  pytorch-nightly
                                                   Total:        96.0 MB
        The following NEW packages will be INSTALLED:

          pytorch-mutex      pytorch/noarch::pytorch-mutex-1.0-cpu
        The following packages will be DOWNGRADED:
          numpy              conda-forge/linux-64::numpy-2.0.0-py38_0 --> pkgs/main::numpy-1.24.3-py38h14f4228_0
    """)
    assert conda(found) == [
        ("pytorch", "2.0.0.dev20221216", "py3.8_cpu_0"),
        ("torchvision", "0.15.0.dev20221216", "py38_cpu"),
        ("pytorch-mutex", "1.0", "cpu"),
        ("numpy", "1.24.3", "py38h14f4228_0"),
    ]


def test_conda_info() -> None:
    found = facts("""\
             active environment : train
            active env location : /home/u/miniconda3/envs/train
                  conda version : 4.9.2
                 python version : 3.8.5.final.0
               virtual packages : __cuda=11.2=0
                                  __glibc=2.31=0
                   channel URLs : https://conda.anaconda.org/pytorch/linux-64
                       platform : linux-64
    """)
    assert (value(found.python.environment_name), value(found.python.manager)) == ("train", "conda")
    assert value(found.python.prefix) == "/home/u/miniconda3/envs/train"
    assert value(found.driver.cuda) == "11.2"
    assert value(found.session.libc) == "glibc 2.31"
    assert [(one.name, value(one.version)) for one in value(found.indexes.managers)] == [("conda", "4.9.2")]


def test_conda_configuration() -> None:
    found = facts("""\
        $ cat ~/.condarc
        channels:
          - defaults
          - https://u:p@mirror.example/pytorch
        channel_alias: https://mirror.example/cloud
        custom_channels:
          conda-forge: https://mirror.example/cloud
        ssl_verify: false
    """)
    assert [(one.key, one.values) for one in value(found.indexes.conda)] == [
        ("channels", ("defaults", "https://mirror.example/pytorch")),
        ("channel_alias", ("https://mirror.example/cloud",)),
        ("custom_channels.conda-forge", ("https://mirror.example/cloud",)),
        ("ssl_verify", ("false",)),
    ]


def test_the_channels_of_an_error() -> None:
    found = facts("""\
        PackagesNotFoundError: The following packages are not available from current channels:

          - cudatoolkit=11.2

        Current channels:

          - https://conda.anaconda.org/conda-forge/win-64
          - https://conda.anaconda.org/conda-forge/noarch
    """)
    assert [one.values for one in value(found.indexes.conda)] == [("https://conda.anaconda.org/conda-forge",)]
    assert value(found.session.os) == "windows"
