"""Problems that a text may name, against the rules."""

from __future__ import annotations

from envdoctor.explain.names import PROBLEMS
from envdoctor.report import SEVERITIES
from envdoctor.rules import all_rules


def test_ids_are_the_rules_own() -> None:
    rules = {rule.name: rule.id for rule in all_rules()}
    assert set(rules) <= set(PROBLEMS)
    assert {name: PROBLEMS[name].id for name in rules} == rules


def test_no_two_problems_share_an_id() -> None:
    ids = [problem.id for problem in PROBLEMS.values()]
    assert len(ids) == len(set(ids))


def test_each_has_sentences_and_a_command_that_decides() -> None:
    for name, problem in PROBLEMS.items():
        assert problem.severity in SEVERITIES, name
        assert problem.title and problem.meaning.endswith("."), name
        assert problem.decides, name
