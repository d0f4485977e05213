"""Large logs through the whole command: the same answer as in pieces, in little memory. Times are the benchmark's."""

from __future__ import annotations

import importlib.util
import json
import random
import resource
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, List

import pytest

from envdoctor.compat import CompatTable
from envdoctor.explain.explaining import explain
from envdoctor.pasted import blocks

ROOT = Path(__file__).resolve().parents[2]
TABLE = CompatTable()


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_explain", ROOT / "scripts" / "bench_explain.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCH = benchmark()


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="resource usage of a child")
@pytest.mark.parametrize("kind", ["dense", "words"])
def test_the_whole_command_in_little_memory(kind: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    BENCH.write(log, kind, 4_000_000)
    _, _, peak, printed = BENCH.run(BENCH.COMMAND, log)
    # Linux counts what the parent holds at the fork, which is this test run, to the child's peak.
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / BENCH.MB
    assert 10 < peak < max(200, 1.05 * held)
    told = json.loads(printed)
    data = log.read_bytes()
    pieces = [data[at : at + 77_777] for at in range(0, len(data), 77_777)]
    found = explain(blocks(pieces), TABLE)
    assert [finding["name"] for finding in told["findings"]] == [finding.name for finding in found.findings]
    assert told["input"]["lines"] == len(data.rstrip(b"\n").split(b"\n"))


AROUND = b"".join(BENCH.lines_of("training", 800_000, random.Random(1)))
CASES: List[Any] = [
    json.loads(line) for line in Path(__file__).with_name("cases.jsonl").read_text(encoding="utf-8").splitlines()[::100]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_stands_in_the_middle_of_a_large_log_is_found_as_it_is_alone(case: Any) -> None:
    report = case["report"].encode("utf-8") + b"\n"
    alone = explain(blocks([report]), TABLE)
    amid = explain(blocks([AROUND, report, AROUND]), TABLE)
    assert [one.name for one in amid.findings] == [one.name for one in alone.findings]
    assert amid.faults == ()


def test_grep_gets_patterns_that_say_the_same() -> None:
    assert BENCH.of_grep(r"a(?:b|c)\d{2}(?!x)[^\n'\"]{0,4}") == "a(b|c)[0-9]{2}[^'\"]{0,4}"
    assert BENCH.of_grep(r"[\w.-]+?[\]x]") == "[a-zA-Z0-9_.-]+[]x]"
