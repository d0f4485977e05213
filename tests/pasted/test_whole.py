"""The package as a whole: joining, keeping, our own reports, bounds, any bytes."""

from __future__ import annotations

import dataclasses
import importlib
import json
import time
import tracemalloc
from pathlib import Path
from typing import Iterator, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor import pasted as package
from envdoctor.facts import GROUPS, Facts
from envdoctor.pasted import Reader, Words, blocks, read_pasted
from envdoctor.pasted._formats import FORMATS, RARE
from envdoctor.pasted._kept import AFTER, HEAD, Keeper
from envdoctor.pasted._said import joined, where
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.render import json_v1
from envdoctor.render.page import check_page
from envdoctor.render.plain import plain
from envdoctor.report import Report
from tests.healthy import change, gpu, healthy

from .reading import facts, kept, names, packages, pasted, value, variables

LOG = b"2024-01-01 12:00:00 INFO epoch 3 iter 400 loss 0.1234 gpu_mem 9.9G lr 0.001 eta 1:02:03\n"


def test_every_format_has_a_file_and_every_file_a_row() -> None:
    folder = Path(package.__file__).parent
    helpers = {"lines", "sessions", "tracebacks", "own_report", "__init__"}
    files = {file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")} - helpers
    assert files | {"__init__"} == set(FORMATS) | {"__init__"}


def test_a_report_of_formats_commands_and_errors() -> None:
    found = pasted("""\
        $ nvidia-smi --query-gpu=index,name --format=csv,noheader
        0, Tesla T4
        Traceback (most recent call last):
          File "a.py", line 1, in <module>
        RuntimeError: x
    """)
    assert found.formats == ("nvidia_smi_query",)
    assert [one.text for one in found.typed] == ["nvidia-smi --query-gpu=index,name --format=csv,noheader"]
    assert [(one.kind, one.first, one.last) for one in found.raised] == [("RuntimeError", 3, 5)]
    assert found.lines == 5
    assert found.facts == facts("$ nvidia-smi --query-gpu=index,name --format=csv,noheader\n0, Tesla T4\n")


def test_nothing_is_known_of_nothing() -> None:
    found = read_pasted(blocks([b""]))
    assert (found.formats, found.typed, found.raised, found.lines) == ((), (), (), 0)
    readings = [
        getattr(getattr(found.facts, group), field.name)
        for group in GROUPS
        for field in dataclasses.fields(getattr(found.facts, group))
    ]
    assert {reading.reason for reading in readings} == {"not-looked"}


def test_sources_of_neighbouring_lines_are_told_together() -> None:
    assert joined(["line 3", "line 4", "lines 5-9", "line 20"]) == "lines 3-9, line 20"
    assert joined(["line 3", "line 3"]) == "line 3"
    assert joined(["nvml", "line 3"]) == "nvml, line 3"
    assert joined([where(number) for number in range(1, 60, 2)]).count(",") == 7


def test_the_programs_own_word_counts_more_than_a_list() -> None:
    found = facts(">>> torch.__version__\n'2.1.0'\n>>>\ntorch                    2.7.0\n")
    assert value(found.torch.version) == "2.1.0"
    assert packages(found) == [("torch", "2.7.0")]


# What is kept of a log that is too large


def huge(middle: bytes, before: int, after: int) -> Iterator[bytes]:
    chunk = LOG * 3000
    for _ in range(before // len(chunk)):
        yield chunk
    yield middle
    for _ in range(after // len(chunk)):
        yield chunk


REPORT = b"""\
PyTorch version: 2.1.0+cu118
CUDA used to build PyTorch: 11.8
GPU models and configuration: GPU 0: Tesla T4
Nvidia driver version: 525.85.12
[pip3] torch==2.1.0+cu118
"""


def test_a_report_in_the_middle_of_a_log_is_found_with_its_lines() -> None:
    found = read_pasted(blocks(huge(REPORT, 6_000_000, 6_000_000)))
    first = 6_000_000 // (len(LOG) * 3000) * 3000 + 1
    assert found.facts.torch.version == Known("2.1.0+cu118", f"line {first}")
    assert names(found.facts) == ["Tesla T4"]
    assert value(found.facts.driver.nvml_driver_version) == "525.85.12"


def test_a_window_goes_on_in_the_next_block() -> None:
    words = Words(("MARK",))
    keeper = Keeper()
    filler = (b"x" * 99 + b"\n") * (HEAD // 50)
    tail = b"".join(b"after %d\n" % number for number in range(2000)) + (b"y" * 99 + b"\n") * 40000
    for block in blocks([filler + b"MARK\n" + tail]):
        keeper.feed(block, words.find(block).rows)
    texts = [line.text for line in keeper.lines()]
    assert "MARK" in texts
    assert f"after {AFTER // 12}" in texts


def test_the_beginning_the_end_and_the_first_and_last_of_many() -> None:
    def source() -> Iterator[bytes]:
        yield b"Python 3.8.10\n"
        for number in range(400):
            yield LOG * 300 + b"CUDA_VISIBLE_DEVICES=%d\n" % number
        yield b"$ python -V\nPython 3.9.1\n"

    found = read_pasted(blocks(source()))
    assert value(found.facts.python.version) == "3.9.1"
    assert variables(found.facts) == {"CUDA_VISIBLE_DEVICES": "399"}
    assert found.lines == 1 + 400 * 301 + 2


def test_memory_does_not_grow_with_the_input() -> None:
    middle = REPORT + b"NVIDIA-SMI 535.104.05  Driver Version: 535.104.05   CUDA Version: 12.2\n"

    def source(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield LOG * 2000 + middle

    peaks = []
    for count in (30, 120):
        tracemalloc.start()
        read_pasted(blocks(source(count)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
    assert peaks[1] < 60_000_000


def test_blank_lines_are_not_kept_without_end() -> None:
    assert len(kept("\n" * 1000)) == 1000
    keeper = Keeper()
    for block in blocks([b"a\n" + b"\n" * 100_000 + b"b\n"]):
        keeper.feed(block, {})
    assert [line.text for line in keeper.lines() if line.text] == ["a", "b"]
    assert len(keeper.lines()) < 10


# Our own reports


def of_text(text: str) -> Facts:
    return read_pasted(blocks([text.encode()])).facts


def report(found: Facts) -> Report:
    return Report(found, (), (), "2026-11-24", "0.1")


@pytest.mark.parametrize(
    "machine",
    [
        healthy(),
        change(healthy(), "gpus", gpus=Known(tuple(gpu(index) for index in range(8)), "nvml")),
        change(healthy(), "torch", version=Unknown("timeout", "no answer"), cuda=Absent(("version.py",))),
        change(healthy(), "session", user=Known("zoë <b> &amp; `x`", "uid")),
    ],
)
def test_the_json_of_check_gives_its_facts_back(machine: Facts) -> None:
    text = json_v1.text_of(json_v1.report_object(report(machine), 0))
    assert of_text(text) == machine
    around = "I ran it:\n\n" + text + "\nand torch==9.9 is what I want\nthat is all\n"
    assert of_text(around) == machine
    quoted = "".join(f"> {line}\n" for line in text.splitlines())
    assert of_text(quoted) == machine
    compact = json.dumps(json.loads(text)) + "\n"
    assert of_text(compact) == machine


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40), st.integers(0, 10**12), st.booleans())
def test_whatever_the_facts_hold_they_come_back_from_json(text: str, number: int, flag: bool) -> None:
    machine = change(healthy(), "python", executable=Known(f"/home/{text}/python", "PATH"))
    machine = change(machine, "session", memory_total=Known(number, text), is_root=Known(flag, "uid"))
    machine = change(machine, "torch", path=Absent((text, "b")), deep=Unknown("failed", text, text))
    written = json_v1.text_of(json_v1.report_object(report(machine), 0))
    # Text that is not UTF-8 is spelled out when it is written; nothing else changes.
    assert of_text(written) == of_text(json_v1.text_of(json_v1.report_object(report(of_text(written)), 0)))
    assert value(of_text(written).session.memory_total) == number
    if text.isascii() and "&" not in text and "`" not in text and "<" not in text:
        assert of_text(written) == machine


def test_what_else_was_pasted_fills_the_gaps_of_a_report() -> None:
    machine = change(healthy(), "driver", cuda=Unknown("denied"))
    text = json_v1.text_of(json_v1.report_object(report(machine), 0))
    found = of_text(text + "\n| NVIDIA-SMI 535.104.05  Driver Version: 535.104.05   CUDA Version: 12.2     |\n")
    assert value(found.driver.cuda) == "12.2"
    assert found.driver.nvml_driver_version == machine.driver.nvml_driver_version


def test_a_cut_report_says_nothing() -> None:
    text = json_v1.text_of(json_v1.report_object(report(healthy()), 0))
    found = of_text(text[: len(text) // 2])
    assert isinstance(found.python.executable, Unknown)
    assert isinstance(of_text('{"format": "json-v1", "facts": {"python": 1}}').torch.version, Unknown)


def test_the_page_of_check_gives_back_what_it_shows() -> None:
    machine = change(healthy(), "gpus", gpus=Known(tuple(gpu(index) for index in range(3)), "nvml"))
    found = of_text(plain(check_page(report(machine))))
    assert value(found.python.executable) == value(machine.python.executable)
    assert (value(found.python.version), value(found.python.kind)) == ("3.11.7", "venv")
    assert (value(found.torch.version), value(found.torch.cuda)) == ("2.5.1+cu121", "12.1")
    assert (value(found.driver.nvml_driver_version), value(found.driver.cuda)) == ("550.54.15", "12.4")
    assert [(one.index, value(one.name), value(one.capability)) for one in value(found.gpus.gpus)] == [
        (index, "NVIDIA GeForce RTX 3090", "8.6") for index in range(3)
    ]


# Anything at all


WORDS = sorted({word for words in FORMATS.values() for word in words} | set(RARE))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    found = read_pasted(blocks([data]))
    assert isinstance(found.facts, Facts)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(WORDS),
            st.sampled_from(
                ["\n", "|", "  ", ": ", "== ", "1.2.3", "0", "$ ", ">>> ", "(", "'", '"', "{", "MiB / 3MiB |"]
            ),
            st.text(max_size=8),
        ),
        max_size=40,
    )
)
def test_any_mixture_of_the_formats_words(parts: List[str]) -> None:
    found = read_pasted(blocks(["".join(parts).encode("utf-8", "surrogatepass")]))
    assert isinstance(found.facts, Facts)


UNITS = [
    "a", "0 ", "| ", "|  1 ", "$ a\n", "$ pip list\n", "- ", ": ", "a: ", "=", "'", "(", "/a", "C:\\", 'File "',
    "/lib/python3.8/site-packages/a", "Traceback (most recent call last)\n", "Error: ", "torch==1.0\n", "GPU 0: a\n",
    "a.so", "lib.so -> ", " => ", "CUDA:0 (", "name, ", "pip install a ", "export A=", "In [1]: ", "Kernel Module ",
    "requires ", "Name: a\nVersion: 1\n", "Package Version\n---- ----\na 1\n", "channels:\n  - a\n",
    '"format": "json-v1"\n', '{"format": "json-v1"', "[pip3] a==1\n", ": undefined symbol: _Z", "sm_80 ", "::",
    "with CUDA capability sm_80 is", "a 1 requires b ", "x" * 79 + "\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_takes_long(unit: str) -> None:
    """Every reader is woken by its words, and gets one shape of line many times, or one long line."""
    data = ("\n".join(WORDS) + "\n" + unit * (150_000 // len(unit)) + "\n").encode()
    reader = Reader()
    started = time.process_time()
    for block in blocks([data]):
        reader.feed(block)
    reader.pasted()
    assert time.process_time() - started < 5


def test_the_readers_name_no_line_that_is_not_there() -> None:
    """Whatever is said of a text stands in one of its lines."""
    text = "\n".join(WORDS)
    found = kept(text)
    numbers = {line.number for line in found}
    count = 0
    for name in FORMATS:
        for one in importlib.import_module(f"envdoctor.pasted.{name}").read(found):
            count += 1
            assert one.line in numbers, (name, one)
    assert count > 5
