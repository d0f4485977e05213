"""What scripts/watch_bench.py recorded of real jobs, judged again. Thresholds were fixed on half of its settings."""

from __future__ import annotations

from typing import List

import pytest

from envdoctor.watch.judge import INPUT

from .recordings import RECORDED, Score, score
from .settings import KINDS


@pytest.fixture(scope="module")
def scores() -> List[Score]:
    return score(RECORDED)


@pytest.mark.parametrize("half", ["tune", "score"])
def test_named_right(scores: List[Score], half: str) -> None:
    of = [each for each in scores if each.half == half]
    wrong = [f"{each.name}: {each.named}, not {each.accepted} {each.numbers}" for each in of if not each.right]
    assert len(of) >= 58
    assert len(wrong) <= 0.05 * len(of), "\n".join(wrong)


def test_no_compute_bound_job_is_called_input_bound(scores: List[Score]) -> None:
    computing = [each for each in scores if each.accepted == ("gpu-bound",) or each.computed >= 0.9]
    assert len(computing) >= 24
    assert not [each.name for each in computing if each.named in INPUT]


def test_every_kind_was_recorded_in_both_halves(scores: List[Score]) -> None:
    for kind in KINDS:
        for half in ("tune", "score"):
            assert sum(each.name.startswith(f"{kind}: ") and each.half == half for each in scores) >= 4, (kind, half)


def test_high_confidence_is_earned(scores: List[Score]) -> None:
    sure = [each for each in scores if each.confidence == "high"]
    wrong = [f"{each.name}: {each.named}" for each in sure if not each.right]
    assert len(sure) > len(scores) / 2
    assert len(wrong) <= 0.02 * len(sure), wrong


def test_a_watch_costs_less_than_a_hundredth_of_a_cpu(scores: List[Score]) -> None:
    """Its start included, in watches of ten seconds."""
    costs = sorted(each.own_cpu for each in scores)
    assert costs[len(costs) // 2] < 0.01
