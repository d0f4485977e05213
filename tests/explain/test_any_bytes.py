"""Whatever the input holds: an answer, no exception, nothing that a terminal would obey."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor.compat import CompatTable
from envdoctor.explain.explaining import explain
from envdoctor.explain.page import explanation_object, explanation_page
from envdoctor.pasted import blocks
from envdoctor.render.json_v1 import text_of
from envdoctor.render.plain import plain

TABLE = CompatTable()
REPORTS: List[bytes] = [
    json.loads(line)["report"].encode("utf-8")
    for line in Path(__file__).with_name("cases.jsonl").read_text(encoding="utf-8").splitlines()
]


def answered(data: bytes) -> str:
    found = explain(blocks([data]), TABLE)
    assert found.faults == ()
    assert not any(verdict.status == "crashed" for verdict in found.verdicts)
    json.loads(text_of(explanation_object(found, 0, True)))
    return plain(explanation_page(found, verbose=True))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    answered(data)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(REPORTS), st.integers(0, 2**32))
def test_reports_with_bytes_changed(report: bytes, seed: int) -> None:
    changing = random.Random(seed)
    data = bytearray(report)
    for _ in range(changing.randint(1, 20)):
        place = changing.randrange(len(data))
        data[place : place + changing.randint(0, 3)] = bytes(
            changing.randrange(256) for _ in range(changing.randint(0, 3))
        )
        data = data or bytearray(b"x")
    answered(bytes(data))


@pytest.mark.parametrize("escape", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202e", "\x08\x08\x08"])
def test_no_escape_reaches_the_terminal(escape: str) -> None:
    text = f"OSError: [Errno 13] Permission denied: '/opt/env/{escape}lib/python3.8/site-packages/{escape}x'\n"
    page = answered(text.encode("utf-8"))
    assert "env-not-writable" in page
    assert not set("\x1b\x9b\u202e\x08\x07") & set(page)


def test_lone_surrogates_and_nothing_at_all() -> None:
    assert "Nothing wrong" in answered(b"")
    answered(b"\xff\xfe\xed\xa0\x80 CUDA error: out of memory \x00\x00")
