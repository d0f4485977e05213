"""The look that begins before the options are understood: only where it is plain, and dropped where it was wrong."""

from __future__ import annotations

from typing import List, Optional

import pytest

from envdoctor.early import asks_driver, plain_request
from envdoctor.target import Request


@pytest.mark.parametrize(
    ("args", "request_of_it"),
    [
        (["check"], Request()),
        (["fix", "--print-cmd"], Request()),
        (["check", "--python", "/nowhere/python", "-v"], Request(python="/nowhere/python")),
        (["check", "--python=/nowhere/python"], Request(python="/nowhere/python")),
        (["check", "--format", "json", "--env", "/nowhere"], Request(env="/nowhere")),
        (["check", "--python", "/nowhere/a", "--python", "/nowhere/b"], Request(python="/nowhere/b")),
        (["check", "--python"], Request(python="")),
        ([], None),
        (["gpus"], None),
        (["--version"], None),
        (["check", "--help"], None),
        (["check", "--replay", "a-folder"], None),
        (["check", "--deep"], None),
        (["check", "--patience=3"], None),
        (["check", "--python", "a", "--env", "b"], None),
    ],
)
def test_what_begins(args: List[str], request_of_it: Optional[Request]) -> None:
    assert plain_request(args) == request_of_it


@pytest.mark.parametrize(
    ("args", "begins"),
    [
        (["gpus"], True),
        (["gpus", "--format", "json"], True),
        (["gpus", "--patience=3"], False),
        (["gpus", "--watch"], False),
        (["gpus", "--help"], False),
        (["preflight", "--gpus", "2"], True),
        (["preflight", "--timeout", "1s"], False),
        (["preflight", "--", "train", "--timeout", "1s", "--help"], True),
        (["memory"], False),
    ],
)
def test_when_the_driver_is_asked_before_the_options_are_understood(args: List[str], begins: bool) -> None:
    assert asks_driver(args) is begins
