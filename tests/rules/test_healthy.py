"""What holds for every rule: health is silent, the unknown is no finding, pages are complete, names are fixed."""

from __future__ import annotations

import dataclasses

import pytest

from envdoctor.facts import GROUPS, nothing_known
from envdoctor.judging import judge
from envdoctor.reading import Absent, Unknown
from envdoctor.report import SEVERITIES
from envdoctor.rules import Rule, all_rules

from .asking import TABLE, change, healthy
from .installed import conda_env, fresh_venv, record, system_python

RULES = all_rules()
MINE = tuple(rule for rule in RULES if rule.id[:3] in ("PYT", "PKG", "IDX", "SYS"))

#: The names of problems are fixed: cases, reports and other tools refer to them. New ones may be added.
LABELS = """
    interpreter-mismatch shadowed-module torch-missing pip-conda-mix broken-install python-unsupported moved-venv
    externally-managed env-not-writable conda-not-initialised pip-too-old requirements-pull-wrong-torch
    wheel-not-on-index pip-mirror-missing-torch conda-solved-cpu-build conda-mirror-broken conda-solver-stuck
    cudatoolkit-not-on-channel proxy-or-ssl disk-full-or-quota
    cpu-only-build driver-too-old driver-missing-or-not-loaded driver-library-mismatch gpu-arch-not-in-build
    torch-torchvision-mismatch extension-abi-mismatch nvcc-torch-cuda-mismatch gcc-too-new gcc-too-old cudnn-conflict
    ld-library-path-conflict nvidia-pip-libs-missing numpy-abi mkl-ijit libstdcxx-or-glibc-too-old
    cuda-visible-devices-masked cuda-unknown-error forward-compat-unsupported fabric-manager windows-wsl
    gpu-occupied-by-others zombie-process-holds-memory exclusive-compute-mode mig-misuse wrong-device-index
    gpu-lost-or-xid thermal-or-power-throttle pcie-link-degraded oom-too-large oom-fragmentation oom-leak
    cpu-device-used-silently nccl-hang-or-p2p
    input-bound-cpu-decode input-bound-slow-disk ram-cache-too-large disk-cache-advice too-many-workers
    dataloader-worker-killed shm-too-small too-many-open-files
"""
NAMES = frozenset(LABELS.split())

#: Added since: not among the labels of cases.
ADDED = frozenset({"allocator-option-unknown", "driver-does-not-answer", "no-prebuilt-wheel", "torch-refuses-compiler"})


def test_ids_and_names_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES) >= 40


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert rule.name in NAMES | ADDED
    assert rule.severity in SEVERITIES and rule.tags
    first, _, rest = rule.page.partition("\n")
    assert first.endswith(".") and len(first) < 120
    for part in ("It finds", "It matters", "Example:"):
        assert part in rest or part.replace("finds", "reads") in rest, part


def test_every_name_of_these_families_has_its_rule() -> None:
    first_twenty = LABELS.split()[:20]
    assert sorted({rule.name for rule in MINE} - ADDED) == sorted(first_twenty)


def test_a_healthy_machine_has_no_finding_at_all() -> None:
    for verdict in judge(healthy(), TABLE, RULES):
        assert verdict.status in ("pass", "not-applicable", "cannot-tell"), (verdict.rule, verdict.why)
        assert not verdict.findings, verdict.findings[0].title


def test_a_healthy_conda_environment_has_no_finding_of_these_families() -> None:
    facts = conda_env(record("pytorch", "2.5.1", "py3.11_cuda12.1_cudnn9_0", "torch-2.5.1.dist-info"))
    assert [verdict.rule for verdict in judge(facts, TABLE, MINE) if verdict.findings] == []


@pytest.mark.parametrize("facts", [system_python(healthy()), fresh_venv()], ids=["system", "fresh-venv"])
def test_a_fresh_machine_is_told_one_thing(facts: object) -> None:
    verdicts = judge(facts, TABLE, MINE)  # type: ignore[arg-type]
    assert [verdict.name for verdict in verdicts if verdict.findings] == ["torch-missing"]


def test_where_nothing_is_known_nothing_is_found_and_nothing_passes() -> None:
    for verdict in judge(nothing_known("", Unknown("timeout", "no answer within 10 s")), TABLE, MINE):
        assert verdict.status == "cannot-tell" and verdict.why, verdict.rule


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("reading", [Unknown("denied", "Permission denied", "/somewhere"), Absent(("/somewhere",))])
def test_no_single_missing_fact_crashes_a_rule(group: str, reading: object) -> None:
    """And an unknown one makes none of them cry wolf. (An absent one may: no torch, no driver.)"""
    for field in dataclasses.fields(getattr(healthy(), group)):
        for verdict in judge(change(healthy(), group, **{field.name: reading}), TABLE, MINE):
            assert verdict.status != "crashed", (field.name, verdict.rule, verdict.why)
            assert isinstance(reading, Absent) or not verdict.findings, (field.name, verdict.findings[0].title)
