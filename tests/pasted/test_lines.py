"""Bytes of any kind to clean numbered lines."""

from __future__ import annotations

import io
import time
from typing import List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.pasted.lines import BLOCK, LONGEST, blocks, chunks, lines


def read(*pieces: bytes) -> List[Tuple[int, str]]:
    return [tuple(line) for line in lines(pieces)]  # type: ignore[misc]


def texts(data: bytes) -> List[str]:
    return [text for _, text in read(data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"one", ["one"]),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\ntwo\r\r\nthree", ["one", "two", "three"]),
        (b"\xef\xbb\xbfPyTorch version", ["PyTorch version"]),
        ("PyTorch\nversion".encode("utf-16"), ["PyTorch", "version"]),
        (b"\xfe\xff" + "PyTorch\nversion".encode("utf-16-be"), ["PyTorch", "version"]),
        ("PyTorch\nversion".encode("utf-32"), ["PyTorch", "version"]),
        # PowerShell's >> appends UTF-16 without a mark to what was there.
        (b"one\n" + "two\nthree\n".encode("utf-16-le"), ["one", "two", "three", ""]),
        ("显卡驱动版本\n".encode("gb18030") + b"torch 2.1\n", ["显卡驱动版本", "torch 2.1"]),
        ("中文".encode("gb18030") + b"\n" + "中文".encode(), ["中文", "中文"]),
        ("läuft nicht".encode("latin-1"), ["läuft nicht"]),
        (b"\xe4\xb8\xad \xe4\xb8", ["中 \\xe4\\xb8"]),
        (b"\x1b[1;31mRuntimeError\x1b[0m: x", ["RuntimeError: x"]),
        (b"\x1b]0;title\x07a \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["a link"]),
        (b"\x1b[2K\x1b[1Gdone", ["done"]),
        (b"[31mERROR[0m: lost escapes", ["ERROR: lost escapes"]),
        (b"N\x08NA\x08AM\x08ME\x08E", ["NAME"]),
        (b"Solving environment: | \x08\x08/ \x08\x08done", ["Solving environment: done"]),
        (b"a\x00\x07b\x7fc\td", ["abc\td"]),
        ("a\u00a0b\u200bc\u202ed".encode(), ["a bcd"]),
        ("PyTorch version\uff1a 2\uff0e1 \u2018x\u2019 \u2014index".encode(), ["PyTorch version: 2.1 'x' --index"]),
        (b"&gt;&gt;&gt; a &lt;b&gt; &amp;amp; &nbsp;&#39;", [">>> a <b> &amp;  '"]),
        (b"<details><summary>log</summary>\n<pre>text</pre> File \"<stdin>\", <module>",
         ["log", 'text File "<stdin>", <module>']),
        (b"```text\n$ pip list\n```\n```+---+\n|x|```", ["", "$ pip list", "", "+---+", "|x|"]),
    ],
)  # fmt: skip
def test_cleaning(data: bytes, expected: List[str]) -> None:
    assert texts(data) == expected


def test_quotations_are_opened_and_prompts_are_left() -> None:
    quoted = b"> PyTorch version: 1.5\n> > nested\n>> deeper\n> >>> import torch\nplain\n"
    assert texts(quoted) == ["PyTorch version: 1.5", "nested", "deeper", ">>> import torch", "plain"]
    # One line alone is a prompt; so is >>>.
    assert texts(b"a\n> pip install torch\nb\n>>> import torch\n>>> \n") == [
        "a", "> pip install torch", "b", ">>> import torch", ">>> ",
    ]  # fmt: skip


def test_a_quotation_goes_on_in_the_next_block() -> None:
    data = b"> " + b"x" * 100 + b"\n"
    count = 2 * BLOCK // len(data) + 1
    assert set(texts(data * count)) == {"x" * 100}


def test_a_progress_bar_leaves_its_last_state_and_what_it_hid() -> None:
    bar = b"train:   0%|      | 0/9\rtrain:  50%|###   | 4/9\rWARNING: slow\rtrain: 100%|######| 9/9\nnext\n"
    assert read(bar) == [(1, "WARNING: slow"), (1, "train: 100%|######| 9/9"), (2, "next")]


def test_a_long_bar_without_a_newline_keeps_its_number() -> None:
    states = b"".join(b"%6d/999999 done\r" % number for number in range(60000))
    found = read(states + b"\nRuntimeError: x\n")
    assert found[-1] == (2, "RuntimeError: x")
    assert {number for number, _ in found[:-1]} == {1}
    assert len(found) < 10


def test_a_very_long_line_loses_its_middle_and_nothing_after_it() -> None:
    for filler in (b"x", b"x " * 7):
        data = b"first\nbegin " + filler * (3 * BLOCK // len(filler)) + b" end\nlast\n"
        found = read(data)
        assert [number for number, _ in found] == [1, 2, 3]
        assert found[1][1].startswith("begin x") and found[1][1].endswith(" end")
        assert len(found[1][1]) <= LONGEST + 20
        assert found[2] == (3, "last")


def test_numbers_and_places_of_a_block() -> None:
    block = next(iter(blocks([b"one\ntwo\nthree\n"])))
    assert block.number_at(block.text.index("two")) == 2
    assert block.number_at(len(block.text)) == 3


def test_line_numbers_hold_across_blocks() -> None:
    data = b"".join(b"line %d\n" % number for number in range(1, 100_001))
    assert all(text == f"line {number}" for number, text in lines(chunks(io.BytesIO(data), 1000)))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_make_lines_in_order_without_controls(data: bytes) -> None:
    found = read(data)
    numbers = [number for number, _ in found]
    assert numbers == sorted(numbers)
    assert all(not set(map(ord, text)) & {0, 7, 8, 13, 27, 127, 155} and "\n" not in text for _, text in found)


PARTS = [b"a", b"\n", b"\r", b"\r\n", b"> ", b">", "中".encode(), b"\x1b[0m", b"\0"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=60), st.integers(1, 7))
def test_how_the_input_is_cut_does_not_matter(parts: List[bytes], size: int) -> None:
    data = b"".join(parts)
    assert read(data) == read(*(data[at : at + size] for at in range(0, len(data), size)))


@pytest.mark.parametrize(
    "unit",
    [b"\x1b[", b"\x1b]", b"\x08", b"\r", b"> ", b">", b"&gt;", b"```", b"<p ", b"[1;", b"\xe9", b"\xc4\xe3", b"\xe9\n",
     b"\r\n", b"a\r", b"`", b"x`", "\uff1a".encode(), b"\0", b" \n"],
)  # fmt: skip
def test_time_grows_with_the_size_alone(unit: bytes) -> None:
    data = unit * (600_000 // len(unit))
    started = time.process_time()
    for _ in lines(chunks(io.BytesIO(data))):
        pass
    assert time.process_time() - started < 5
