"""The balance of a GPU's memory: parts that are never negative and sum to the whole; what the numbers speak for."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.explain.memory.arithmetic import (
    CONTEXT_MOST,
    DESKTOP,
    FRAGMENTED,
    OCCUPIED,
    ROUNDING,
    TOO_LARGE,
    balance,
    capped,
    reasons,
)
from envdoctor.explain.memory.message import OomMessage
from envdoctor.explain.memory.reader import read
from envdoctor.explain.memory.sizes import GIB, MIB, NO_FIGURE
from envdoctor.pasted import blocks

from .memory_texts import parentheses, sentences


def gib(number: float) -> int:
    return round(number * GIB)


def message(
    tried: float, total: float, allocated: float, free: float, reserved: float, ours: Optional[float] = None,
    others: Tuple[Tuple[int, float], ...] = (), allowed: Optional[float] = None,
) -> OomMessage:  # fmt: skip
    """A message with sizes in GiB."""
    return OomMessage(
        1, "sentences", "CUDA", 0, gib(tried), gib(total), gib(allocated), gib(reserved), gib(free),
        None if ours is None else gib(ours), tuple((pid, gib(held)) for pid, held in others),
        allowed=None if allowed is None else gib(allowed),
    )  # fmt: skip


def weights(one: OomMessage) -> Dict[str, int]:
    return {reason.name: reason.weight for reason in reasons(one, balance(one))}


def first(one: OomMessage) -> str:
    return reasons(one, balance(one))[0].name


class TestBalance:
    def test_of_an_old_message(self) -> None:
        parts = balance(message(84 / 1024, 23.69, 1.71, 13.12 / 1024, 1.84))
        assert parts.slack == gib(1.84) - gib(1.71)
        assert parts.beside is not None and abs(parts.beside - gib(21.837)) < 4 * MIB
        assert parts.others == (parts.beside - CONTEXT_MOST, parts.beside)
        assert parts.context is None and parts.over == 0

    def test_of_a_new_one(self) -> None:
        parts = balance(message(0.02, 39.38, 0.06, 0.004, 0.08, ours=0.48, others=((3774011, 38.88),)))
        assert parts.context == gib(0.48) - gib(0.08)
        assert parts.others is not None and parts.beside is not None
        assert parts.others == (parts.beside - gib(0.4) - DESKTOP, parts.beside - gib(0.4))
        assert parts.listed == ((3774011, gib(38.88)),) and parts.hidden == 0

    def test_a_process_that_is_not_listed(self) -> None:
        parts = balance(message(0.02, 40, 1, 0, 1, ours=2, others=((7, 8),)))
        assert abs(parts.hidden - gib(40 - 2 - 8 - 0.5)) < MIB

    def test_in_a_container_the_listed_process_is_this_one(self) -> None:
        parts = balance(message(1.25, 15.6, 14.62, 0.68, 14.7, others=((2514, 14.91),)))
        assert parts.own_pid == 2514 and parts.listed == ()
        assert parts.context == gib(14.91) - gib(14.7)
        both = balance(message(1, 40, 14.6, 1, 15, others=((1, 23.5), (2, 15.4))))
        assert both.own_pid == 2 and both.listed == ((1, gib(23.5)),)
        assert both.others is not None and both.others[0] > 22 * GIB

    def test_a_listed_process_that_is_another(self) -> None:
        parts = balance(message(1, 40, 4, 1, 5, others=((1, 33),)))
        assert parts.own_pid is None and parts.listed == ((1, gib(33)),)
        assert parts.others is not None and parts.others[0] == gib(33)

    def test_figures_that_nvml_does_not_give(self) -> None:
        for ours in (0, NO_FIGURE / GIB, 2**34):
            parts = balance(message(0.75, 31.84, 20, 0, 21, ours=ours))
            assert parts.context is None and parts.others == (
                gib(31.84) - 21 * GIB - CONTEXT_MOST,
                gib(31.84) - 21 * GIB,
            )
        assert balance(message(1, 40, 4, 1, 5, others=((1, 2**34),))).listed == ()

    def test_memory_that_windows_lends(self) -> None:
        parts = balance(message(1, 8, 17.2, 0, 19.15))
        assert (parts.beside, parts.others) == (0, (0, 0))
        assert abs(parts.over - gib(11.15)) < MIB

    def test_nothing_is_made_up(self) -> None:
        parts = balance(OomMessage(1, "bare"))
        assert (parts.total, parts.slack, parts.beside, parts.others, parts.listed) == (None, None, None, None, ())
        assert balance(OomMessage(1, "sentences", total=GIB, free=0, others=((5, MIB),))).others == (MIB, MIB)


sizes = st.integers(0, 200 * GIB)
unknown = st.none() | sizes | st.just(1 << 64)


class TestProperties:
    @given(sizes, sizes, sizes, sizes, sizes, sizes)
    def test_parts_of_a_true_balance_sum_to_the_whole(
        self, allocated: int, slack: int, context: int, others: int, free: int, tried: int
    ) -> None:
        """Printed as a release prints it, read, and taken apart again."""
        total = allocated + slack + context + others + free
        ours = allocated + slack + context
        text = sentences(tried, total, allocated, free, allocated + slack, ours=ours, others=((9, others),))
        (one,) = read(blocks([text.encode()])).messages
        parts = balance(one)
        assert parts.total is not None and parts.free is not None and parts.reserved is not None
        assert parts.beside is not None
        told = parts.free + parts.reserved + parts.beside - parts.over
        assert abs(told - parts.total) <= ROUNDING
        if ours > 0:
            assert parts.context is not None and parts.others is not None
            assert abs(parts.context - context) <= 2 * ROUNDING
            assert parts.others[0] - 2 * ROUNDING <= others <= parts.others[1] + 2 * ROUNDING

    @given(sizes, sizes, sizes, sizes, sizes)
    def test_an_old_message_bounds_what_others_hold(
        self, allocated: int, slack: int, context: int, others: int, free: int
    ) -> None:
        context = min(context, CONTEXT_MOST)
        total = allocated + slack + context + others + free
        text = parentheses(MIB, total, allocated, free, allocated + slack)
        (one,) = read(blocks([text.encode()])).messages
        parts = balance(one)
        assert parts.others is not None
        assert parts.others[0] - ROUNDING <= others <= parts.others[1] + ROUNDING

    @given(unknown, unknown, unknown, unknown, unknown, unknown, st.lists(st.tuples(st.integers(0), sizes), max_size=4))
    def test_whatever_the_numbers(
        self, tried: Optional[int], total: Optional[int], allocated: Optional[int], free: Optional[int],
        reserved: Optional[int], ours: Optional[int], others: List[Tuple[int, int]],
    ) -> None:  # fmt: skip
        one = OomMessage(
            1, "sentences", "CUDA", 0, tried, total, allocated, reserved, free, ours, tuple(others), allowed=ours
        )  # fmt: skip
        parts = balance(one)
        for part in (parts.slack, parts.beside, parts.context, parts.over, parts.hidden, *(parts.others or ())):
            assert part is None or part >= 0
        if parts.others is not None:
            assert parts.others[0] <= parts.others[1]
        if parts.beside is not None and parts.context is not None:
            assert parts.context <= parts.beside
        found = reasons(one, parts)
        assert found and all(0 < reason.weight < 100 for reason in found)
        assert [reason.weight for reason in found] == sorted((reason.weight for reason in found), reverse=True)
        assert len({reason.name for reason in found}) == len(found)


class TestVerdicts:
    """Each verdict, and beside it a message that differs in the one thing that matters."""

    def test_others_hold_it(self) -> None:
        one = message(0.05, 31.75, 5.22, 0.044, 5.22)
        assert first(one) == OCCUPIED and weights(one)[OCCUPIED] > 90
        alone = message(0.05, 6.5, 5.22, 0.044, 5.22)  # the same process on a card of its own size
        assert first(alone) == TOO_LARGE and OCCUPIED not in weights(alone)

    def test_a_context_and_a_desktop_are_no_others(self) -> None:
        assert OCCUPIED not in weights(message(0.036, 4.0, 2.88, 0.001, 2.95))
        assert OCCUPIED not in weights(message(0.5, 24, 20, 0.2, 20.5, ours=22.5))  # NCCL and cuBLAS are one's own

    def test_others_that_are_not_the_reason(self) -> None:
        """Were they gone it would still not fit."""
        one = message(12, 24, 14, 1, 14.2, ours=14.8)
        assert first(one) == TOO_LARGE and weights(one)[TOO_LARGE] >= 85

    def test_both_are_named_where_both_count(self) -> None:
        one = message(0.5, 24, 18, 0.1, 18.2, ours=19)
        assert {OCCUPIED, TOO_LARGE} <= set(weights(one)) and all(weight >= 50 for weight in weights(one).values())

    def test_fragmentation(self) -> None:
        one = message(10.84, 23.65, 1.06, 10.26, 12.53)
        assert first(one) == FRAGMENTED and weights(one)[FRAGMENTED] > 85
        packed = message(10.84, 23.65, 12.4, 10.26, 12.53)  # the same memory, in tensors
        assert first(packed) == TOO_LARGE and FRAGMENTED not in weights(packed)

    def test_the_usual_remainder_is_no_fragmentation(self) -> None:
        assert FRAGMENTED not in weights(message(0.02, 10.76, 9.7, 0.01, 9.71))
        assert weights(message(0.02, 10.76, 9.4, 0.01, 9.71)).get(FRAGMENTED, 0) < 50
        assert first(message(84 / 1024, 4.0, 3.32, 0, 3.42)) == TOO_LARGE

    def test_slack_that_is_large_and_slack_that_is_not(self) -> None:
        """Far above, as the hint in the message has it: a fifth, or a GiB."""
        assert first(message(0.19, 4, 3.08, 0, 3.47)) == TOO_LARGE
        assert first(message(0.19, 4, 2.6, 0, 3.47)) == FRAGMENTED
        assert first(message(1.96, 79.18, 75.31, 1.08, 77.14, ours=78.09)) == FRAGMENTED

    def test_slack_that_would_not_do(self) -> None:
        one = message(8, 24, 14, 0.1, 17, ours=18)
        assert weights(one).get(FRAGMENTED, 0) < 50

    def test_slack_does_not_matter_beside_others(self) -> None:
        one = message(0.02, 24, 0.06, 0.01, 0.7, ours=1.2, others=((5, 22.7),))
        assert first(one) == OCCUPIED and weights(one).get(FRAGMENTED, 0) < 50

    def test_a_full_card(self) -> None:
        one = message(0.38, 11.9, 11.34, 0.018, 11.34)
        assert reasons(one, balance(one))[0].kind == "full" and weights(one) == {TOO_LARGE: 86}
        unsure = message(0.05, 6, 3.9, 0.001, 3.95)
        assert first(unsure) == TOO_LARGE and weights(unsure)[TOO_LARGE] < 85

    def test_one_request_larger_than_the_card(self) -> None:
        one = message(13535, 79, 14, 61, 16)
        assert reasons(one, balance(one))[0].kind == "request" and len(weights(one)) == 1
        fits = message(60, 79, 14, 50, 16)
        assert reasons(fits, balance(fits))[0].kind != "request"

    def test_its_own_limit(self) -> None:
        one = message(4, 32, 6.74, 16.3, 13.76, allowed=17.5)
        assert capped(one) and reasons(one, balance(one))[0].kind == "capped"
        assert not capped(message(1, 32, 6.74, 16.3, 13.76, allowed=17.5))
        assert not capped(message(4, 32, 6.74, 0.1, 13.76, allowed=30))
        rejected = OomMessage(1, "rejected", tried=GIB, reserved=5 * GIB, allowed=6 * GIB)
        assert first(rejected) == TOO_LARGE and reasons(rejected, balance(rejected))[0].kind == "capped"

    def test_refused_although_it_is_free(self) -> None:
        one = message(2.26, 6, 0.76, 3.03, 1.24)
        assert {reason.kind for reason in reasons(one, balance(one))} == {"refused"}
        assert all(weight < 50 for weight in weights(one).values())
        nearly = message(0.014, 15.78, 2.68, 0.052, 2.76)  # of a full card a last bit is never given
        assert first(nearly) == OCCUPIED

    @pytest.mark.parametrize("one", [OomMessage(1, "bare"), OomMessage(1, "cut", tried=GIB)])
    def test_without_figures_there_are_two(self, one: OomMessage) -> None:
        found = weights(one)
        assert set(found) == {TOO_LARGE, OCCUPIED} and all(weight < 50 for weight in found.values())
