"""What a session may use: variables, Slurm, control groups, device files."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from envdoctor.facts import MigDevice
from envdoctor.preflight.choice import Choice, choices
from envdoctor.preflight.offers import refusals
from envdoctor.reading import Known

from ..fakes import FakeHost
from .cards import GIB, card

PCI: Dict[str, object] = {
    f"/proc/driver/nvidia/gpus/0000:{index + 1:02x}:00.0/information": f"Device Minor: \t {index}\n"
    for index in range(4)
}


def machine(**environ: str) -> FakeHost:
    return FakeHost(environ={"PATH": "/usr/bin", **environ})


def left(host: FakeHost, found: Tuple[Choice, ...]) -> Tuple[int, ...]:
    refused = refusals(host, found)
    return tuple(place for place in range(len(found)) if place not in refused)


def four(**changed: Any) -> Tuple[Choice, ...]:
    return choices(tuple(card(index, **changed) for index in range(4)))


@pytest.mark.parametrize(
    ("environ", "places"),
    [
        ({}, (0, 1, 2, 3)),
        ({"CUDA_VISIBLE_DEVICES": ""}, ()),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, ()),
        ({"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, ()),
        ({"CUDA_VISIBLE_DEVICES": "2,0"}, (0, 2)),
        ({"CUDA_VISIBLE_DEVICES": "2,9,0"}, (2,)),
        ({"CUDA_VISIBLE_DEVICES": "2,2"}, ()),
        ({"CUDA_VISIBLE_DEVICES": "GPU-00000003"}, (3,)),
        ({"CUDA_VISIBLE_DEVICES": "GPU-0000000"}, ()),
        ({"CUDA_VISIBLE_DEVICES": "MIG-1"}, ()),
        ({"SLURM_JOB_GPUS": "1-2"}, (1, 2)),
        ({"SLURM_JOB_GPUS": "0,1,2", "SLURM_STEP_GPUS": "1"}, (1,)),
        ({"SLURM_JOB_GPUS": "4,5,6,7"}, (0, 1, 2, 3)),
        ({"SLURM_JOB_GPUS": "1,2", "CUDA_VISIBLE_DEVICES": "0,1"}, (1,)),
    ],
)
def test_variables(environ: Dict[str, str], places: Tuple[int, ...]) -> None:
    assert left(machine(**environ), four()) == places


def test_an_index_among_mixed_models_cannot_be_told() -> None:
    found = choices((card(0, name="A"), card(1, name="B")))
    refused = refusals(machine(CUDA_VISIBLE_DEVICES="0"), found)
    assert {answer for answer, _ in refused.values()} == {"unknown"} and len(refused) == 2
    assert left(machine(CUDA_VISIBLE_DEVICES="0", CUDA_DEVICE_ORDER="PCI_BUS_ID"), found) == (0,)
    assert left(machine(CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID="5"), found) == (0,)


def test_mig() -> None:
    parts = tuple(MigDevice(f"MIG-{part}", "1g.10gb", Known(GIB, ""), Known(0, "")) for part in "ab")
    found = choices((card(0, mig_mode=True, mig_devices=parts), card(1)))
    assert left(machine(CUDA_VISIBLE_DEVICES="MIG-b"), found) == (1,)
    assert left(machine(CUDA_VISIBLE_DEVICES="0"), found) == (0, 1)


@pytest.mark.parametrize(
    ("rules", "places"),
    [
        ("c 1:3 rwm\nc 195:1 rw\nc 195:3 rw\nc 195:255 rw\n", (1, 3)),
        ("a *:* rwm\n", (0, 1, 2, 3)),
        ("c 195:* rw\n", (0, 1, 2, 3)),
        ("c 1:3 rwm\n", ()),
    ],
)
def test_control_groups(rules: str, places: Tuple[int, ...]) -> None:
    host = FakeHost(
        files={
            **PCI,
            "/proc/self/cgroup": "4:devices:/slurm/job_1\n",
            "/proc/self/mountinfo": "30 20 0:26 / /sys/fs/cgroup/devices rw shared:9 - cgroup cgroup rw,devices\n",
            "/sys/fs/cgroup/devices/slurm/job_1/devices.list": rules,
        }
    )
    assert left(host, four()) == places


def test_a_device_file_that_may_not_be_opened() -> None:
    files: Dict[str, object] = {**PCI, **{f"/dev/nvidia{index}": "" for index in range(4)}}
    assert left(FakeHost(files=files, read_only={"/dev/nvidia2"}), four()) == (0, 1, 3)
