"""Whatever the input holds: an answer, no exception, nothing that a terminal would obey."""

from __future__ import annotations

import json
import os
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
from envdoctor.pasted._formats import FORMATS
from envdoctor.render.json_v1 import text_of
from envdoctor.render.plain import plain

#: More of them: ENVDOCTOR_EXAMPLES=3000 pytest tests/explain/test_any_bytes.py
EXAMPLES = int(os.environ.get("ENVDOCTOR_EXAMPLES", "0"))

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


@settings(max_examples=EXAMPLES or 150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    answered(data)


@settings(max_examples=EXAMPLES or 120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


LINES = [line for report in REPORTS for line in report.split(b"\n")]
WORDS = [word.encode("utf-8") for words in FORMATS.values() for word in words]
WORDS += [literal.encode("utf-8") for row in TABLE.signatures() for literal in row.literals]
SIGNS = [
    b"\n",
    b"|",
    b"  ",
    b": ",
    b"==",
    b"1.2.3",
    b"0",
    b"$ ",
    b"$ A=",
    b">>> ",
    b"(",
    b"'",
    b'"',
    b"{",
    b"\r",
    b"\xff",
]


@settings(max_examples=EXAMPLES or 150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_lines_of_reports_cut_and_mixed(seed: int) -> None:
    changing = random.Random(seed)
    if changing.random() < 0.5:
        report = changing.choice(REPORTS).split(b"\n")
        for _ in range(changing.randint(1, 8)):
            place = changing.randrange(len(report))
            line = changing.choice([report[place], changing.choice(LINES)])
            start, end = sorted(changing.randint(0, len(line)) for _ in range(2))
            report[place : place + changing.randint(0, 1)] = [line[start:], line[:end], line[start:end]][: 1 + seed % 3]
        answered(b"\n".join(report))
    else:
        answered(b"".join(changing.choice(changing.choice([WORDS, SIGNS])) for _ in range(changing.randint(1, 60))))


@pytest.mark.parametrize(
    "report",
    [
        b"$ pip --version\nModuleNotFoundError:\n | head -2\ntorch Name:\nVersion: 2.0.0\n",  # a version of nothing
        b"Version: 1\nName:\nName: a\nVersion:\nName:",
        b"$ CUDA_VISIBLE_DEVICES=0\nRuntimeError: CUDA error: invalid device ordinal\n",  # assignments, no command
        b"$ ; | && >\n$ sudo\n$ env A=1\n>>> \nIn [1]: !\n",
    ],
)
def test_what_once_made_a_reader_stumble(report: bytes) -> None:
    answered(report)


@pytest.mark.parametrize("escape", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202e", "\x08\x08\x08"])
def test_no_escape_reaches_the_terminal(escape: str) -> None:
    text = f"OSError: [Errno 13] Permission denied: '/opt/env/{escape}lib/python3.8/site-packages/{escape}x'\n"
    page = answered(text.encode("utf-8"))
    assert "env-not-writable" in page
    assert not set("\x1b\x9b\u202e\x08\x07") & set(page)


def test_lone_surrogates_and_nothing_at_all() -> None:
    assert "Nothing wrong" in answered(b"")
    answered(b"\xff\xfe\xed\xa0\x80 CUDA error: out of memory \x00\x00")
