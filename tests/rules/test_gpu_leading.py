"""One root cause, one leading finding: what ranks first where several rules have something to say."""

from __future__ import annotations

from typing import Dict, Set, Tuple

import pytest

from envdoctor.facts import CondaRecord, DeviceFile, Facts, MissingLibrary
from envdoctor.judging import judge
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.report import Finding, rank

from .asking import (
    SITE,
    TABLE,
    change,
    companion,
    dist,
    family_ids,
    gpu,
    healthy,
    held,
    holder,
    in_container,
    path_entries,
    rule,
    torch_build,
    with_companions,
    with_dists,
    with_driver,
    with_gpus,
    with_variables,
    without_driver,
    without_gpu,
)

CU121 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
CU130 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
NEW_TORCH = with_companions(torch_build("2.11.0+cu130", "13.0", CU130))
CPU_TORCH = with_companions(torch_build("2.5.1+cpu", ""))


def _without(soname: str) -> Facts:
    lost = MissingLibrary(soname, f"{SITE}/torch/lib/libtorch_cuda.so", ("/usr/lib",))
    return change(healthy(), "torch", missing_libraries=Known((lost,), SITE))


def _pytorch_of_conda(build: str, torch: Facts) -> Facts:
    record = CondaRecord("pytorch", "2.5.1", build, "pytorch", "", True)
    return change(torch, "installs", conda=Known((record,), "conda-meta"))


def _stuck() -> Facts:
    why = Unknown("timeout", "nvmlInit, state D", "nvml")
    facts = change(healthy(), "gpus", gpus=why, asked=why)
    return change(facts, "driver", nvml_status=why, nvml_driver_version=why, cuda=why)


def _refused_container() -> Facts:
    facts = in_container(without_gpu(healthy()))
    facts = change(facts, "driver", pci_gpus=healthy().driver.pci_gpus)
    facts = change(facts, "driver", module_version=Known("550.54.15", "/sys/module/nvidia/version"))
    return with_variables(facts, NVIDIA_VISIBLE_DEVICES="void")


def _mismatch() -> Facts:
    facts = change(healthy(), "gpus", gpus=Unknown("failed", "LIB_RM_VERSION_MISMATCH", "nvml"))
    return change(
        facts,
        "driver",
        nvml_status=Known("LIB_RM_VERSION_MISMATCH", "nvml"),
        library_version=Known("550.90.07", "/usr/lib/x86_64-linux-gnu/libcuda.so.550.90.07"),
    )


def _compat() -> Facts:
    folder = "/usr/local/cuda-12.4/compat"
    facts = with_driver(healthy(), "470.256.02", "11.4")
    facts = change(facts, "libraries", ld_library_path=path_entries(folder))
    return change(facts, "driver", compat_library=Known(f"{folder}/libcuda.so.1", folder))


#: what it is -> the facts, the finding that leads, and the errors that may stand beside it
SITUATIONS: Dict[str, Tuple[Facts, str, Set[str]]] = {
    "a CPU build": (CPU_TORCH, "cpu-only-build", set()),
    "a CPU build laid over a CUDA one": (
        torch_build("2.5.1+cpu", ""),
        "cpu-only-build",
        {"torch-torchvision-mismatch"},
    ),
    "a CPU build and no driver": (without_driver(CPU_TORCH), "driver-missing-or-not-loaded", set()),
    "a CPU build and a mask": (with_variables(CPU_TORCH, CUDA_VISIBLE_DEVICES="-1"), "cpu-only-build", set()),
    "a CUDA build and no driver": (without_driver(NEW_TORCH), "driver-missing-or-not-loaded", set()),
    "a driver too old": (NEW_TORCH, "driver-too-old", set()),
    "a driver that stopped answering": (_stuck(), "driver-does-not-answer", set()),
    "a driver updated under a loaded module": (_mismatch(), "driver-library-mismatch", set()),
    "a compatibility library on a GeForce": (_compat(), "forward-compat-unsupported", set()),
    "a container told to have no GPU": (_refused_container(), "cuda-visible-devices-masked", set()),
    "a GPU newer than the build": (
        with_gpus(
            torch_build("2.5.1+cu121", "12.1", CU121),
            gpu(0, name=Known("NVIDIA GeForce RTX 5090", "nvml"), capability=Known("12.0", "nvml")),
        ),
        "gpu-arch-not-in-build",
        set(),
    ),
    "all GPUs masked": (with_variables(healthy(), CUDA_VISIBLE_DEVICES="3"), "cuda-visible-devices-masked", set()),
    "all GPUs taken": (with_gpus(healthy(), held(0, holder(1, 23))), "gpu-occupied-by-others", set()),
    "an exclusive GPU taken": (
        with_gpus(healthy(), held(0, holder(1, 23), compute_mode=Known("exclusive-process", "nvml"))),
        "exclusive-compute-mode",
        set(),
    ),
    "a lost GPU": (with_gpus(healthy(), gpu(0), gpu(1, status="GPU_IS_LOST")), "gpu-lost-or-xid", set()),
    "no device file for CUDA": (
        in_container(change(healthy(), "driver", device_files=Known((DeviceFile("/dev/nvidia0", True),), "/dev"))),
        "cuda-unknown-error",
        set(),
    ),
    "torchvision of another torch": (
        with_dists(
            with_companions(healthy(), companion("torchvision", "0.16.0+cu121")),
            dist("torchvision", "0.16.0", requires=("torch==2.1.0",)),
        ),
        "torch-torchvision-mismatch",
        set(),
    ),
    "wheels that are not there": (
        change(
            healthy(),
            "torch",
            missing_libraries=Known(
                (MissingLibrary("libcublas.so.12", f"{SITE}/torch/lib/libtorch_cuda.so", ()),), SITE
            ),
        ),
        "nvidia-pip-libs-missing",
        set(),
    ),
    "another cuDNN than torch asks, which it therefore does not find": (
        with_dists(
            change(
                healthy(),
                "torch",
                missing_libraries=Known(
                    (MissingLibrary("libcudnn.so.9", f"{SITE}/torch/lib/libtorch_cuda.so", ()),), SITE
                ),
            ),
            dist("torch", "2.5.1", requires=("nvidia-cudnn-cu12==9.1.0.70",)),
            dist("nvidia-cudnn-cu12", "8.9.7.29"),
        ),
        "cudnn-conflict",
        set(),
    ),
}


def findings(facts: Facts) -> Tuple[Finding, ...]:
    verdicts = judge(facts, TABLE, [rule(rule_id) for rule_id in family_ids()])
    assert not [verdict.why for verdict in verdicts if verdict.status == "crashed"]
    return tuple(sorted((one for verdict in verdicts for one in verdict.findings), key=rank))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_leads(situation: str) -> None:
    facts, leads, beside = SITUATIONS[situation]
    every = findings(facts)
    assert every[0].name == leads, [one.title for one in every]
    errors = {one.name for one in every if one.severity == "error"}
    assert errors <= {leads} | beside, errors


def test_what_conda_solved_is_said_once() -> None:
    assert not findings(_pytorch_of_conda("py3.11_cpu_0", with_companions(torch_build("2.5.1", ""))))


@pytest.mark.parametrize(
    "facts",
    [
        without_gpu(healthy()),  # a login node
        without_gpu(CPU_TORCH),
        change(healthy(), "torch", path=Absent((SITE,)), version=Absent((SITE,)), build=Absent((SITE,))),
        with_driver(with_companions(torch_build("2.7.1+cu128", "12.8", CU130)), "535.129.03", "12.2"),
        with_gpus(healthy(), *(gpu(index) for index in range(8))),
    ],
)
def test_what_is_no_fault(facts: Facts) -> None:
    assert not findings(facts)
