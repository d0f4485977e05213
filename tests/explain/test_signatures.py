"""The table's signatures: each row is its own test."""

from __future__ import annotations

import re
import time
from typing import Any, Iterator, List, Tuple

import pytest

from envdoctor.compat import CompatTable, Signature
from envdoctor.explain.evidence import CODE, Hit
from envdoctor.explain.names import PROBLEMS
from envdoctor.explain.signatures import AFTER, BEFORE, FIRST, LAST, Scanner, compiled, matched
from envdoctor.pasted import blocks
from envdoctor.rules import all_rules

try:
    import re._parser as parser  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # Python 3.10 and older
    import sre_parse as parser  # type: ignore[no-redef,unused-ignore]

TABLE = CompatTable()
ROWS = TABLE.signatures()
RULES = {rule.name for rule in all_rules()}
by_id = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def scanned(text: bytes, pieces: int = 1) -> Tuple[Hit, ...]:
    scanner = Scanner(TABLE)
    size = len(text) // pieces + 1
    for block in blocks(text[at : at + size] for at in range(0, len(text), size)):
        scanner.feed(block)
    return scanner.hits()


@by_id
def test_lines_that_must_match_and_near_misses(row: Signature) -> None:
    assert [line for line in row.matches if not matched(row, line)] == []
    assert [line for line in row.near_misses if matched(row, line)] == []


@by_id
def test_the_scanner_finds_what_the_row_says(row: Signature) -> None:
    for line in row.matches:
        hits = scanned(b"first line\n" + line.encode("utf-8") + b"\nlast line\n")
        assert row.id in {hit.signature for hit in hits}
        first, last = 2, 2 + line.count("\n")
        assert all(first <= hit.line <= last for hit in hits if hit.signature == row.id)


@by_id
def test_names_and_conditions_exist(row: Signature) -> None:
    assert set(row.names) <= {*PROBLEMS, CODE}
    assert all(0 < weight < 100 for weight in row.names.values())
    known = {one.id for one in ROWS}
    for condition in (*row.confirmed_by, *row.refuted_by):
        kind, _, what = condition.on.partition(" ")
        assert condition.name in {*PROBLEMS, CODE}
        assert 0 < condition.weight <= 100
        assert {"signature": what in known, "rule": what.partition(":")[0] in RULES, "fact": "." in what}[kind]


def repeats(parsed: Any, inside: bool = False) -> Iterator[str]:
    """Repeats that may repeat a repeat without limit: what makes a pattern run away."""
    for op, value in parsed:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, high, body = value
            if inside and high > 1000:
                yield f"a repeat of {high} inside of a repeat"
            yield from repeats(body, inside or high > 8)
            if high == parser.MAXREPEAT:
                yield "a repeat without limit"
        elif name == "BRANCH":
            for body in value[1]:
                yield from repeats(body, inside)
        elif name == "SUBPATTERN":
            yield from repeats(value[-1], inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from repeats(value[1], inside)


@by_id
def test_patterns_are_bounded(row: Signature) -> None:
    plain = [found for found in repeats(parser.parse(compiled(row.pattern).pattern)) if "inside" in found]
    assert plain == []
    assert not re.search(r"\)[*+]", row.pattern), "a group repeated without limit"


def test_a_space_in_a_pattern_is_any_white_space() -> None:
    row = next(row for row in ROWS if row.id == "cuda.driver-too-old")
    for line in ("driver on your\nsystem is too old", "driver on your system is\n      too old"):
        assert compiled(row.pattern).search(line)
    assert compiled("a ?b").search("ab")
    assert not compiled("a b").search("ab")
    assert compiled("[ab ]{2}c").search("a c")
    assert compiled("x {2,4}y").search("x   y")
    assert not compiled("x {2,4}y").search("x \ny")


@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_line_numbers_do_not_depend_on_how_the_input_is_cut(pieces: int) -> None:
    filler = "".join(f"step {step} loss 0.{step % 97}\n" for step in range(9000))
    text = (
        f"{filler}OSError: [Errno 28] No space left on device\n{filler}The NVIDIA driver on your\nsystem is too old\n"
    )
    found = {hit.signature: hit.line for hit in scanned(text.encode(), pieces)}
    assert found["disk.full"] == 9001
    assert found["cuda.driver-too-old"] == 18002


def test_a_message_across_two_blocks_is_found_once() -> None:
    line = "OSError: [Errno 24] Too many open files\n"
    size = 1 << 18
    for before in (size - 60, size - 20, size - 5, size + 3):
        text = ("x" * 79 + "\n") * (before // 80) + "y" * (before % 80) + line + "z\n" * 50
        hits = [hit for hit in scanned(text.encode()) if hit.signature == "files.too-many"]
        assert [hit.line for hit in hits] == [before // 80 + 1]


def test_of_many_hits_the_first_and_the_last_are_kept() -> None:
    text = "".join(f"{number}: RuntimeError: CUDA error: out of memory\n" for number in range(1, 20001))
    lines = [hit.line for hit in scanned(text.encode()) if hit.signature == "oom.any"]
    assert len(lines) <= FIRST + LAST
    assert lines[0] == 1
    assert lines[-1] == 20000


def test_hostile_lines_take_no_longer_than_others() -> None:
    starts = [line.split("\n")[0][:40] for row in ROWS for line in row.matches]
    text = "".join((start * (2000 // len(start) + 1)) + "\n" for start in starts)
    started = time.monotonic()
    scanned(text.encode())
    assert time.monotonic() - started < 20
    assert len(text) > 500_000


def test_a_window_has_a_fixed_size() -> None:
    hits = scanned(b"a" * 70_000 + b" CUDA error: out of memory " + b"b" * 70_000)
    assert [hit.signature for hit in hits] in ([], ["oom.any"])  # the middle of so long a line may be cut out
    assert BEFORE + AFTER < 2000


def test_ids_say_what_they_are_about() -> None:
    wrong: List[str] = [row.id for row in ROWS if not re.fullmatch(r"[a-z0-9]+\.[a-z0-9-]+", row.id)]
    assert wrong == []
