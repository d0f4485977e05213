"""What every rule about torch, driver, compiler, libraries, variables and GPUs must do on any facts at all."""

from __future__ import annotations

import dataclasses

import pytest

from envdoctor.facts import GROUPS, nothing_known
from envdoctor.reading import Absent, Unknown
from envdoctor.report import SEVERITIES

from .asking import TABLE, asked, change, family_ids, healthy, rule

IDS = family_ids()


def test_the_families_are_all_there() -> None:
    assert len(IDS) == len(set(IDS)) >= 33


@pytest.mark.parametrize("rule_id", IDS)
def test_a_healthy_machine_is_healthy(rule_id: str) -> None:
    assert asked(rule_id, healthy()).status in ("pass", "not-applicable")


@pytest.mark.parametrize("rule_id", IDS)
def test_nothing_known_is_no_finding(rule_id: str) -> None:
    verdict = asked(rule_id, nothing_known("2026-11-24T12:00:00Z", Unknown("not-looked", "", "")))
    assert verdict.status in ("cannot-tell", "not-applicable")
    assert verdict.why


@pytest.mark.parametrize("rule_id", IDS)
def test_the_page_says_what_why_and_how(rule_id: str) -> None:
    one = rule(rule_id)
    assert one.id == rule_id and one.severity in SEVERITIES and one.tags
    for part in ("It finds", "It matters", "Example:"):
        assert part in one.page or part.replace("finds", "reads") in one.page, part


@pytest.mark.parametrize("group", GROUPS)
def test_no_single_missing_fact_crashes_a_rule_or_makes_it_cry_wolf(group: str) -> None:
    """Each field in turn unknown: a healthy machine of which one thing is not known has no fault."""
    rules = [rule(rule_id) for rule_id in IDS]
    for field in dataclasses.fields(getattr(healthy(), group)):
        facts = change(healthy(), group, **{field.name: Unknown("denied", "Permission denied", "/somewhere")})
        for one in rules:
            verdict = asked(one.id, facts)
            assert verdict.status != "fail", (field.name, [finding.title for finding in verdict.findings])


@pytest.mark.parametrize("group", GROUPS)
def test_no_single_absent_fact_crashes_a_rule(group: str) -> None:
    rules = [rule(rule_id) for rule_id in IDS]
    for field in dataclasses.fields(getattr(healthy(), group)):
        facts = change(healthy(), group, **{field.name: Absent(("/somewhere",))})
        for one in rules:
            asked(one.id, facts, TABLE)
