"""The JSON stream reads the same in pieces of any size."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.data.coco import Broken, images

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


def pieces(text: str, size: int) -> Iterator[str]:
    return iter([text[start : start + size] for start in range(0, len(text), size)])


@settings(max_examples=60, deadline=None)  # a busy machine is no fault
@given(
    st.dictionaries(st.text(max_size=8).filter(lambda key: key != "images"), VALUES, max_size=4),
    st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=5),
    st.integers(1, 40),
    st.sampled_from([None, 1]),
)
def test_as_the_library_reads_it(before: Dict[str, Any], wanted: List[Any], size: int, indent: int) -> None:
    text = json.dumps({**before, "images": wanted, "after": [1]}, indent=indent)
    assert list(images(pieces(text, size))) == wanted


@settings(max_examples=60, deadline=None)  # a busy machine is no fault
@given(VALUES, st.lists(VALUES, min_size=1, max_size=5), st.integers(1, 40), st.data())
def test_a_cut_is_always_told(before: Any, wanted: List[Any], size: int, data: st.DataObject) -> None:
    text = json.dumps({"before": before, "images": wanted})
    cut = data.draw(st.integers(0, len(text) - 3))  # the last two brackets are not needed to know all images
    with pytest.raises(Broken):
        list(images(pieces(text[:cut], size)))
