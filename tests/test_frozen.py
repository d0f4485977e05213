"""`@frozen` behaves as a frozen dataclass does."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any, Dict

import pytest

from envdoctor.frozen import frozen


@frozen
class Point:
    x: int
    y: int = 2
    notes: Dict[str, int] = dataclasses.field(default_factory=dict)


def test_values_by_position_by_name_and_by_default() -> None:
    assert (Point(1).x, Point(1).y, Point(x=3, y=4).y) == (1, 2, 4)
    assert Point(1).notes == {} and Point(1).notes is not Point(1).notes


def test_equal_by_value_and_by_class() -> None:
    @frozen
    class Other:
        x: int
        y: int
        notes: Dict[str, int]

    assert Point(1) == Point(1, 2) and Point(1) != Point(2)
    assert Point(1) != Other(1, 2, {})  # type: ignore[comparison-overlap]


def test_hashable_where_its_values_are() -> None:
    @frozen
    class Pair:
        a: str
        b: str

    assert len({Pair("a", "b"), Pair("a", "b")}) == 1


def test_nothing_can_be_changed() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 5  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x


def test_a_real_dataclass() -> None:
    assert dataclasses.replace(Point(1), x=7) == Point(7)
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y", "notes"]
    assert pickle.loads(pickle.dumps(Point(1))) == Point(1)
    assert repr(Point(1)).endswith("Point(x=1, y=2, notes={})")


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, {}, 4), {}), ((1,), {"z": 3}), ((), {"y": 1}), ((), {"z": 1, "y": 2})]
)
def test_wrong_values_are_refused(values: Any, named: Any) -> None:
    with pytest.raises(TypeError, match="Point takes x, y, notes"):
        Point(*values, **named)
