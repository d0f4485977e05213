"""The numbers that CUDA gives the cards."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from envdoctor.gpus.look import look
from envdoctor.reading import Absent, value_or
from tests.gpus.machines import field, gpu, machine, target


def order(
    *speeds: Optional[int], environ: Optional[Dict[str, str]] = None, same: bool = False
) -> List[Tuple[Optional[int], bool]]:
    records = [
        gpu(
            index,
            name=field("A100" if same else f"card {index}"),
            cores=field(speed) if speed is not None else {"error": "FUNCTION_NOT_FOUND"},
            clock_sm_max=field(1000),
        )
        for index, speed in enumerate(speeds)
    ]
    host = machine(*records)
    host.environ = environ or {}
    cards = value_or(look(host, target()).cards, ())
    return [(value_or(card.cuda_index, None), card.cuda_sure) for card in cards]


def test_equal_cards_keep_the_order_of_the_bus() -> None:
    assert order(10, 20, same=True) == [(0, True), (1, True)]


def test_the_fastest_comes_first_which_is_an_estimate() -> None:
    assert order(10, 30, 20) == [(2, False), (0, False), (1, False)]


def test_by_bus_where_the_variable_says_so() -> None:
    assert order(10, 30, environ={"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}) == [(0, True), (1, True)]


def test_not_told_where_the_speeds_are_not_known() -> None:
    assert order(10, None) == [(None, False), (None, False)]


def test_a_lost_card_is_not_counted() -> None:
    host = machine(gpu(0, status="GPU_IS_LOST"), gpu(1), gpu(2))
    cards = value_or(look(host, target()).cards, ())
    assert isinstance(cards[0].cuda_index, Absent)
    assert [value_or(card.cuda_index, None) for card in cards[1:]] == [0, 1]
