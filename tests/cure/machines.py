"""Machines for the planner's tests, and its answers in short."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.cure.planner import NoPlan, TorchPlan, plan_torch
from envdoctor.facts import Distribution, Facts, PciGpu
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.report import NeedTorch
from tests.healthy import change, gpu, healthy

TABLE = CompatTable()


def machine(
    driver: Optional[str] = "550.54.15",
    *capabilities: str,
    python: str = "3.11.7",
    glibc: str = "2.35",
    processor: str = "x86_64",
) -> Facts:
    """A machine without torch: its driver's version, and the compute capability of each GPU."""
    facts = healthy()
    none = Absent(("site-packages",))
    facts = change(facts, "torch", path=none, version=none, build=none, cuda=none, companions=none, arch_list=none)
    facts = change(facts, "installs", distributions=Known((), "site-packages"))
    facts = change(
        facts,
        "python",
        version=Known(python, "ask"),
        libc=Known(f"glibc {glibc}", "ask"),
        machine=Known(processor, "ask"),
    )
    facts = with_driver(facts, driver)
    return with_gpus(facts, *capabilities)


def with_driver(facts: Facts, version: Optional[str]) -> Facts:
    reading = Known(version, "/sys/module/nvidia/version") if version else Absent(("/sys/module/nvidia/version",))
    return change(
        facts, "driver", module_version=reading, nvml_driver_version=reading, cuda=Unknown("not-looked"), pci_gpus=pci()
    )


def with_gpus(facts: Facts, *capabilities: str) -> Facts:
    found = tuple(gpu(place, capability=Known(one, "nvml")) for place, one in enumerate(capabilities))
    return change(facts, "gpus", gpus=Known(found, "nvml"))


def pci(*device_ids: str) -> Known[Tuple[PciGpu, ...]]:
    no = Absent(())
    found = tuple(PciGpu(f"0000:{n:02x}:00.0", one, no, no, no, no, no) for n, one in enumerate(device_ids))
    return Known(found, "/sys/bus/pci/devices")


def with_packages(facts: Facts, *found: Distribution) -> Facts:
    return change(facts, "installs", distributions=Known(found, "site-packages"))


def plan(facts: Facts, **need: Any) -> TorchPlan:
    return plan_torch(facts, TABLE, NeedTorch(**need))


def build(facts: Facts, **need: Any) -> str:
    found = plan(facts, **need)
    return f"{found.torch}+{found.variant}"


def no_plan(facts: Facts, **need: Any) -> str:
    with pytest.raises(NoPlan) as caught:
        plan(facts, **need)
    assert all(reason.source for reason in caught.value.reasons)
    return str(caught.value)
