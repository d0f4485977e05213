"""The look that begins before the options are understood: only where it is plain, and dropped where it was wrong."""

from __future__ import annotations

from typing import List, Optional

import pytest

from envdoctor.early import plain_request
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
