"""Whatever the machine: a plan is one that can work there, judged by the table's rows and not by the planner."""

from __future__ import annotations

from typing import List, Optional, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.compat import CompatTable
from envdoctor.cure.planner import NoPlan, pip_words, plan_torch
from envdoctor.report import NeedTorch
from envdoctor.versions import at_least, cuda_of_tag, minor, serves
from tests.cure.machines import machine

TABLE = CompatTable()
DRIVERS = st.sampled_from(
    [
        "390.48",
        "410.48",
        "418.39",
        "440.33",
        "450.36.06",
        "450.80.02",
        "470.57.02",
        "515.43.04",
        "525.60.13",
        "535.129.03",
        "550.54.15",
        "570.26",
        "575.51.03",
        "580.65.06",
        "595.45.04",
        "615.71.09",
        "999.99",
    ]
)
CAPABILITIES = st.lists(
    st.sampled_from(
        ["3.0", "3.5", "3.7", "5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "11.0", "12.1"]
    ),
    min_size=1,
    max_size=3,
)
PYTHONS = st.sampled_from([f"3.{number}.0" for number in range(6, 17)] + ["3.14.1"])
GLIBCS = st.sampled_from(["2.12", "2.17", "2.27", "2.28", "2.35", "2.41"])
PROCESSORS = st.sampled_from(["x86_64", "aarch64", "riscv64"])
VERSIONS = st.sampled_from([None, *(release.version for release in TABLE.torch_releases()), "0.4.1", "99.0.0"])


@settings(max_examples=200, deadline=None)
@given(DRIVERS, CAPABILITIES, PYTHONS, GLIBCS, PROCESSORS, VERSIONS)
def test_a_plan_can_work(
    driver: str, capabilities: List[str], python: str, glibc: str, processor: str, version: Optional[str]
) -> None:
    facts = machine(driver, *capabilities, python=python, glibc=glibc, processor=processor)
    try:
        plan = plan_torch(facts, TABLE, NeedTorch(version=version))
    except NoPlan as reason:
        assert str(reason)
        return
    release = TABLE.torch(plan.torch)
    lowest = TABLE.cuda(cuda_of_tag(plan.variant)).minimum_driver
    assert lowest is not None
    assert at_least(driver, lowest)
    archs = [one for one in TABLE.arch_list(plan.torch, plan.variant, processor).archs if one.startswith("sm_")]
    assert all(serves(archs, one) for one in capabilities)
    assert at_least(glibc, release.glibc.get(plan.variant, release.glibc["default"]))
    lists: List[Tuple[str, ...]] = [release.pythons[f"linux_{processor}"]]
    if plan.torchvision:
        lists.append(release.vision_pythons[f"linux_{processor}"])
        assert python not in release.pythons_refused
    if plan.torchaudio:
        lists.append(release.audio_pythons[f"linux_{processor}"])
    assert all(minor(python) in one for one in lists)
    if plan.torch == version:
        assert plan.notes == () or plan.variant in release.unadvertised
    words = pip_words(plan)
    assert words[0] == f"torch=={plan.torch}" or words[0] == f"torch=={plan.torch}+{plan.variant}"
    assert len(words) - len(plan.packages) in (0, 2)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_can_work_is_not_refused(data: st.DataObject) -> None:
    """A release that is asked for and whose every condition is met is the one that is given."""
    found = data.draw(st.sampled_from([one for one in TABLE.torch_releases() if one.pypi]))
    variant = data.draw(st.sampled_from([one for one in found.variants if one.startswith("cu")]))
    arch = data.draw(st.sampled_from([one for one in TABLE.arch_list(found.version, variant).archs if "sm_" in one]))
    python = data.draw(st.sampled_from([one for one in found.trio_pythons if one != "2.7"]))
    capability = f"{arch[3:-1]}.{arch[-1]}"
    plan = plan_torch(machine("999.99", capability, python=f"{python}.0"), TABLE, NeedTorch(version=found.version))
    assert plan.torch == found.version
