"""Which build a description leads to, and the one reason why there is none."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest

from envdoctor.voice import Unusable
from tests.fakes import FakeHost
from tests.plan.asking import build, line, planned, query, refusal, why


@pytest.mark.parametrize(
    ("driver", "gpus", "python", "glibc", "expected"),
    [
        ("535.129.03", ("RTX 3090",), "3.10", "2.31", "2.14.1+cu126"),
        ("570.133.07", ("RTX 5090",), None, None, "2.11.0+cu128"),
        ("580.82.07", ("V100",), None, None, "2.14.1+cu126"),
        ("580.82.07", ("RTX 3090", "V100"), None, None, "2.14.1+cu126"),
        ("470.57.02", ("Tesla K80",), "3.8", None, "2.4.1+cu118"),
        ("550.54.15", ("A100",), None, "2.17", "2.6.0+cu124"),
        ("580.82.07", ("sm_120",), "3.14", None, "2.15.0+cu132"),
        # torchvision refuses 3.14.1 from 0.26 on.
        ("580.82.07", ("sm_120",), "3.14.1", None, "2.10.0+cu130"),
        (None, ("none",), "3.9", None, "2.8.0+cpu"),
        (None, (), "3.8", None, "2.4.1+cpu"),
        # A branch without a number is all of its drivers: its own CUDA is certain.
        ("580", ("A100",), None, None, "2.14.1+cu130"),
    ],
)
def test_every_constraint_at_once(
    driver: Optional[str], gpus: Tuple[str, ...], python: Optional[str], glibc: Optional[str], expected: str
) -> None:
    assert build(driver=driver, gpus=gpus, python=python, glibc=glibc) == expected


def test_aarch64_takes_no_cpu_wheel_of_pypi_for_a_gpu() -> None:
    found = line(arch="aarch64", gpus=("GH200",), driver="550.54.15")
    assert found.endswith("--index-url https://download.pytorch.org/whl/cu128")


def test_no_line_without_an_index_where_the_driver_cannot_run_what_pypi_gives() -> None:
    for driver in ("470.57.02", "535.129.03", "550.54.15"):
        for torch in ("torch==1.12.1", "torch==2.0.1", "torch==2.4.1", None):
            found = planned(torch, driver=driver, gpus=("sm_70",))
            if found.plan is not None and not found.plan.flag:
                assert found.plan.variant in ("cu102", "cu117")
                assert not (driver == "470.57.02" and torch is None)


def test_conda_gives_only_what_conda_has() -> None:
    assert build(None, None, "conda", driver="550.54.15", gpus=("A100",), python="3.9") == "2.7.0+cu126"
    assert "conda" in refusal("torch==2.9.1", "cu126", "conda")
    assert "aarch64" in refusal(None, "cpu", "conda", arch="aarch64")
    # Which wheels no official command names says nothing of conda's builds.
    assert build(None, None, "conda", driver="535.54.03", gpus=("A100",), python="3.12") == "2.13.0+cu129"


def test_what_was_not_said_is_said() -> None:
    assert "CPU build" in planned().notes[-1]
    assert "--driver" in planned(gpus=("A100",)).notes[-1]
    assert "--gpu" in planned(driver="550.54.15").notes[-1]
    assert planned(gpus=("none",)).notes == ()


def test_an_intel_mac_where_that_release_has_nothing_else() -> None:
    assert line("torch==1.9.1", os="mac") == "pip install torch==1.9.1 torchvision==0.10.1 torchaudio==0.9.1"
    assert build(os="mac") == "2.15.0+cpu"


def test_a_card_that_the_driver_does_not_serve() -> None:
    assert "570 is the first" in refusal(gpus=("RTX 5090",), driver="535.129.03")
    assert "470 is the last" in refusal(gpus=("Tesla K80",), driver="535.129.03")
    # It is no matter for a build that does not use it.
    assert build(None, "cpu", gpus=("Tesla K80",), driver="535.129.03") == "2.15.0+cpu"


def test_a_pinned_release_that_fits_nowhere_is_not_replaced() -> None:
    told = refusal("torch==2.6.0", driver="470.57.02", gpus=("A100",), python="3.14")
    assert "torch 2.6.0 for cu124: CUDA 12.4 needs driver 525.60.13 or newer, and this is driver 470.57.02" in told
    assert "3.14" in told


@pytest.mark.parametrize(
    ("release", "options", "variant", "row"),
    [
        ("torch==2.15.0", {"driver": "535.129.03"}, "cu132", "row cuda 13.2"),
        ("torch==2.6.0", {"gpus": ("sm_120",), "driver": "570.133.07"}, "cu124", "row arch 2.6.0 cu124"),
        ("torch==2.7.0", {"glibc": "2.17"}, "cpu", "row torch 2.7.0"),
        ("torch==2.6.0", {"python": "3.8"}, "cpu", "row torch 2.6.0"),
        ("torch==2.6.0", {"accelerator": "cu121"}, "", "row torch 2.6.0"),
    ],
)
def test_why_not_names_the_row(release: str, options: dict, variant: str, row: str) -> None:  # type: ignore[type-arg]
    told = {name: (says, source) for name, says, source in why(release, **options)}
    says, source = told[variant]
    assert says
    assert source.startswith(row + ":")


def test_a_windows_machine_is_told_the_windows_driver() -> None:
    found = planned(os="windows", gpus=("A100",), driver="537.58")
    assert any("runs on driver 527.41 and newer" in reason.says for reason in found.reasons)
    assert "it has cpu" in refusal("torch==2.5.1", "cu121", os="mac")


def test_a_card_that_the_driver_does_not_serve_is_why_not() -> None:
    ((_, says, source),) = why("torch==2.14.1", driver="595.58.03", gpus=("GTX 1080 Ti",))
    assert "580 is the last" in says and "row architectures Pascal" in source


def test_why_not_of_what_would_do() -> None:
    assert ("cu124", "", "") in why("torch==2.6.0", driver="550.54.15", gpus=("A100",), python="3.11")


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"torch": "torch==9.9"}, "no row for torch 9.9"),
        ({"torch": "numpy==1"}, "is not torch"),
        ({"torch": "torch==banana"}, "not a version"),
        ({"torch": "torch @ https://x/torch.whl"}, "is not torch"),
        ({"torch": "torch==2.1.0+cu121", "accelerator": "cu118"}, "two builds"),
        ({"accelerator": "gpu"}, "--accelerator 'gpu'"),
        ({"driver": "new"}, "--driver 'new'"),
        ({"driver": "9999"}, "no row for driver 9999"),
        ({"gpus": ("GeForce 1",)}, "no row for GPU"),
        ({"gpus": ("sm_985",)}, "no row for compute capability"),
        ({"python": "three"}, "--python 'three'"),
        ({"glibc": "musl"}, "--glibc 'musl'"),
    ],
)
def test_what_cannot_be_used(options: dict, because: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(Unusable, match=because.replace("(", r"\(")):
        planned(**options)


def test_spellings_of_an_accelerator() -> None:
    for said in ("cu121", "CUDA 12.1", "cuda12.1", "12.1", "pytorch-cuda=12.1", "cuda121", "cu12.1"):
        assert query(None, said).want.accelerator == "cu121", said
    assert query(None, "cudatoolkit=9.2").want.accelerator == "cu92"
    assert query(None, "cpuonly").want.accelerator == "cpu"


def test_a_release_in_short() -> None:
    assert build("torch==2.5", "cu121") == "2.5.0+cu121"
    assert build("torch==2.5.1+cu121") == "2.5.1+cu121"
    assert build("torch>=2.1,<2.3", driver="535.129.03") == "2.2.2+cu121"
    assert "asks for torch>=9" in refusal("torch>=9")


def requirements(*lines: str) -> FakeHost:
    return FakeHost(files={"/home/ana/r.txt": "\n".join(lines) + "\n", "/home/ana/c.txt": "torch<2.2\n"})


HERE = {"requirements": ("/home/ana/r.txt",), "driver": "550.54.15", "gpus": ("A100",)}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("torch==2.1.0",), "2.1.0+cu121"),
        (("torch >= 2.0 , < 2.1  # old", "numpy<2"), "2.0.1+cu118"),
        (("torchvision==0.17.1",), "2.2.1+cu121"),
        (("-c c.txt", "--extra-index-url https://example.org/simple", "torch"), "2.1.2+cu121"),
        (('torch==1.13.1; sys_platform == "win32"', "torch>=2.3,<2.4"), "2.3.1+cu121"),
        (("torch>=2.0,\\", "  <2.4"), "2.3.1+cu121"),
        # A local tag names the build.
        (("torch==2.4.1+cu118", "torchvision==0.19.1+cu118"), "2.4.1+cu118"),
        (("torch==2.4.1+cpu",), "2.4.1+cpu"),
        (("\ufefftorch==2.1.0",), "2.1.0+cu121"),
    ],
)
def test_a_requirements_file_is_met(lines: Tuple[str, ...], expected: str) -> None:
    assert build(host=requirements(*lines), **HERE) == expected


def test_a_file_of_a_windows_shell_is_read_as_pip_reads_it() -> None:
    host = FakeHost(files={"/home/ana/r.txt": "torch==2.1.0\r\nnumpy<2\r\n".encode("utf-16")})
    assert build(host=host, **HERE) == "2.1.0+cu121"


def test_a_build_that_a_file_names_is_not_the_one_of_pypi_which_has_no_tag() -> None:
    told = line(host=requirements("torch==2.0.1+cu117"), **HERE)
    assert told.endswith("--index-url https://download.pytorch.org/whl/cu117")


def test_a_build_that_a_file_names_and_the_driver_does_not_run() -> None:
    told = refusal(host=requirements("torch==2.4.1+cu124"), **{**HERE, "driver": "470.57.02"})
    assert "470.57.02" in told
    told = refusal(host=requirements("torch==2.4.1+cu118", "torchvision==0.19.1+cu121"), **HERE)
    assert "torchvision==0.19.1+cu121" in told


def test_requirements_that_no_build_meets() -> None:
    told = refusal(host=requirements("torch>=2.5", "torchvision==0.15.1"), **HERE)
    assert told == "line 2 of /home/ana/r.txt asks for torchvision==0.15.1, and no build that works here meets that"


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        (("numpy", "torch==2.1.0 --hash=sha256:00"), "line 2 .*hashes"),
        (("-e git+https://example.org/x#egg=x",), "line 1 .*project to edit"),
        (("x @ https://example.org/x.whl",), "line 1 .*names a file"),
        (("https://example.org/x.whl",), "line 1 .*names a file"),
        (("./x-1.0.tar.gz",), "line 1 .*names a file"),
        (('torch; python_version >> "3"',), "line 1 .*no requirement"),
        (('torch; python_version < "3.9"',), "line 1 .*--python"),
        (("torch==",), "line 1 .*no requirement"),
        (("-r r.txt",), "includes itself"),
        (("-r other.txt",), "other.txt cannot be read"),
        (("\0\1",), "no requirements file"),
    ],
)
def test_a_file_that_cannot_be_used(lines: Tuple[str, ...], because: str) -> None:
    with pytest.raises(Unusable, match=because):
        planned(host=requirements(*lines), **HERE)
