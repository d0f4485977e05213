"""plan --build: the wheel of an extension where one fits the torch that is planned, else its compilation."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest

from envdoctor.facts import Compiler, Facts, Manager, Toolkit
from envdoctor.plan.command import Planned, answer, read
from envdoctor.plan.wanted import Described
from envdoctor.reading import Absent, Known
from envdoctor.render import shell
from envdoctor.voice import Unusable
from tests.fakes import FakeHost
from tests.healthy import ENV, SITE, change, healthy
from tests.plan.asking import TABLE

AMPERE = Described(gpus=("RTX 3090",), driver="535.129.03", python="3.10")
PYG = "https://data.pyg.org/whl"
MMCV = "https://download.openmmlab.com/mmcv/dist"
FLASH = "https://github.com/Dao-AILab/flash-attention/releases/download"


def planned(
    *build: str,
    torch: Optional[str] = None,
    accelerator: Optional[str] = None,
    manager: Optional[str] = None,
    described: Described = AMPERE,
    seen: Optional[Facts] = None,
) -> Planned:
    query = read(torch, accelerator, manager, described, (), FakeHost(), TABLE, seen, None, build, "/home/ana")
    return answer(query, TABLE)


def lines(*build: str, **options: object) -> List[str]:
    found = planned(*build, **options)  # type: ignore[arg-type]
    assert found.commands, found.notes
    return [shell.line(argv) for argv in found.commands]


def refusal(*build: str, **options: object) -> str:
    found = planned(*build, **options)  # type: ignore[arg-type]
    assert not found.commands
    return found.notes[-1]


@pytest.mark.parametrize(
    ("build", "torch", "words"),
    [
        ("mmcv", "torch==2.4.1", f"mmcv==2.2.0 -f {MMCV}/cu121/torch2.4/index.html"),
        ("mmcv==2.1.0", "torch==2.1.2", f"mmcv==2.1.0 -f {MMCV}/cu121/torch2.1/index.html"),
        ("mmcv_full", "torch==1.13.1+cu117", f"mmcv-full==1.7.0 -f {MMCV}/cu117/torch1.13/index.html"),
        ("torch-scatter", "torch==2.12.1", f"torch_scatter -f {PYG}/torch-2.12.0+cu126.html"),
        (
            "Flash_Attn",
            "torch==2.8.0",
            f"{FLASH}/v2.8.3.post1/flash_attn-2.8.3.post1+cu12torch2.8cxx11abiTRUE-cp310-cp310-linux_x86_64.whl",
        ),
        ("xformers==0.0.28.post3", "torch==2.5.1", "xformers==0.0.28.post3 --index-url "),
        ("bitsandbytes", "torch==2.14.1", "bitsandbytes==0.50.2"),
    ],
)
def test_torch_is_chosen_for_the_wheels_that_there_are(build: str, torch: str, words: str) -> None:
    first, second = lines(build)
    assert first.split()[2] == torch
    assert second.startswith(f"pip install {words}")


@pytest.mark.parametrize(
    ("torch", "accelerator", "python", "abi"),
    [
        ("2.6.0", "cu124", "3.11", "2.6cxx11abiFALSE-cp311-cp311"),
        ("2.6.0", "cu126", "3.9", "2.6cxx11abiTRUE-cp39-cp39"),
        ("2.7.1", "cu128", "3.12", "2.7cxx11abiTRUE-cp312-cp312"),
    ],
)
def test_the_abi_of_a_flash_attn_wheel_is_that_of_the_build(
    torch: str, accelerator: str, python: str, abi: str
) -> None:
    found = lines("flash-attn", torch=f"torch=={torch}", accelerator=accelerator, described=Described(python=python))
    assert f"torch{abi}-linux_x86_64.whl" in found[-1]


def test_without_a_python_its_own_setup_finds_the_wheel() -> None:
    found = lines("flash-attn", torch="torch==2.7.1", accelerator="cu128", described=Described())
    assert found[-1] == "pip install flash-attn==2.8.3.post1 --no-build-isolation"


def test_compiled_where_no_wheel_fits() -> None:
    found = lines("mmcv", torch="torch==2.6.0", accelerator="cu124")
    prefix = "/home/ana/envs/cuda-12.4"
    assert found[1] == (
        f"conda create -p {prefix} -y cuda-version=12.4 cuda-nvcc cuda-cudart-dev cuda-libraries-dev "
        "gxx_linux-64=13 -c conda-forge"
    )
    assert {
        f"export CUDA_HOME={prefix}",
        f"export CXX={prefix}/bin/x86_64-conda-linux-gnu-c++",
        "export TORCH_CUDA_ARCH_LIST=8.6",
        "export FORCE_CUDA=1",
        "export MMCV_WITH_OPS=1",
        "export MAX_JOBS=4",
    } < set(found)
    assert found[-1] == "pip install --no-build-isolation mmcv"
    note = planned("mmcv", torch="torch==2.6.0", accelerator="cu124").notes[-1]
    assert "the newest torch with wheels for CUDA 12 is 2.4" in note
    assert "gcc from 9 to 13" in note


@pytest.mark.parametrize(
    ("torch", "accelerator", "words", "gcc"),
    [
        ("2.1.0", "cu118", "-c nvidia/label/cuda-11.8.0 -c conda-forge", 11),
        ("2.1.0", "cu121", "cuda-version=12.1", 12),
        # gcc 10 is the newest that torch 1.12 takes with CUDA 11.3.
        ("1.12.1", "cu113", "-c nvidia/label/cuda-11.3.1 -c conda-forge", 10),
        ("2.14.1", "cu130", "cuda-version=13.0", 13),
    ],
)
def test_the_toolkit_is_of_torchs_cuda_and_gcc_within_its_limits(
    torch: str, accelerator: str, words: str, gcc: int
) -> None:
    (create,) = (
        line
        for line in lines("detectron2", torch=f"torch=={torch}", accelerator=accelerator, described=Described())
        if line.startswith("conda create")
    )
    assert words in create
    assert f" gxx_linux-64={gcc} " in create


def test_uv_and_several_at_once() -> None:
    found = lines("mmcv==2.1.0", "torch-scatter", manager="uv")
    assert [line.split()[:3] for line in found] == [["uv", "pip", "install"]] * 3


@pytest.mark.parametrize(
    ("build", "options", "because"),
    [
        ("flash-attn", {"described": Described(gpus=("V100",))}, "from compute capability 8.0 on"),
        ("apex", {"accelerator": "cpu", "described": Described()}, "compiled for CUDA"),
        ("apex", {"accelerator": "cu126", "described": Described(os="windows")}, "windows"),
        ("apex", {"accelerator": "cu128", "described": Described(arch="aarch64")}, "aarch64"),
        ("bitsandbytes==0.1", {}, "binaries for CUDA"),
    ],
)
def test_what_cannot_be_had(build: str, options: dict, because: str) -> None:  # type: ignore[type-arg]
    assert because in refusal(build, **options)


@pytest.mark.parametrize("said", ["", "numpy", "mmcv>=2", "mmcv;rm -rf /", "-r x", "mmcv\n"])
def test_what_is_no_extension(said: str) -> None:
    if said == "mmcv\n":
        assert lines(said)
        return
    with pytest.raises(Unusable, match="--build"):
        planned(said)


def server(cuda: str, gcc: Tuple[str, ...], conda: bool = False) -> Facts:
    """The healthy machine, with a toolkit of that CUDA and these compilers."""
    toolkit = Toolkit(f"/usr/local/cuda-{cuda}", Known(cuda, "nvcc"), Known("nvcc", "nvcc"), ("/usr/local",))
    compilers = tuple(
        Compiler(name, f"/usr/bin/{name}-{version}", Known("gcc", name), Known(f"{version}.1.0", name), ("PATH",))
        for version in gcc
        for name in ("gcc", "g++")
    )
    facts = change(healthy(), "toolkit", toolkits=Known((toolkit,), "folders"))
    facts = change(facts, "compiler", compilers=Known(compilers, "PATH"))
    tools = (Manager("conda", "/opt/conda/bin/conda", Known("24.1", "conda")),) if conda else ()
    return change(facts, "indexes", managers=Known(tools, "PATH"))


def here(facts: Facts, *build: str) -> List[str]:
    return lines(*build, described=Described(), seen=facts)


def test_here_what_fits_is_used() -> None:
    found = here(server("12.1", ("11", "12", "13")), "detectron2")
    assert found[0] == "export CUDA_HOME=/usr/local/cuda-12.1"
    assert "export CC=/usr/bin/gcc-12" in found
    assert "export CXX=/usr/bin/g++-12" in found
    assert found[-1].startswith(f"{ENV}/bin/python -m pip install --no-build-isolation git+")
    assert not any("torch==" in line for line in found)  # that torch is here


@pytest.mark.parametrize(
    "facts", [server("12.6", ("12",), True), server("12.1", ("13",), True), server("12.1", (), True)]
)
def test_here_what_does_not_fit_is_not(facts: Facts) -> None:
    found = here(facts, "detectron2")
    assert found[0].startswith("conda create -p /home/ana/envs/cuda-12.1 ")


def test_here_nvidias_wheels_from_cuda_13_on() -> None:
    facts = change(server("12.1", ("12",)), "torch", version=Known("2.14.1+cu130", "f"), cuda=Known("13.0", "f"))
    facts = change(facts, "driver", module_version=Known("580.82.07", "f"), cuda=Known("13.0", "f"))
    found = lines("apex", torch="torch==2.14.1", accelerator="cu130", described=Described(), seen=facts)
    home = f"{SITE}/nvidia/cu13"
    assert found[0].startswith(f"{ENV}/bin/python -m pip install 'cuda-toolkit[nvcc,")
    assert found[1:3] == [f"ln -sfn lib {home}/lib64", f"ln -sf libcudart.so.13 {home}/lib/libcudart.so"]
    assert f"export CUDA_HOME={home}" in found


def test_here_without_conda_it_is_said_how_to_get_one() -> None:
    facts = server("12.6", ("12",))
    found = planned("detectron2", described=Described(), seen=change(facts, "toolkit", toolkits=Absent(())))
    assert any("micromamba" in note for note in found.notes)
