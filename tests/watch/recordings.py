"""Recorded runs of scripts/watch_bench.py, judged again."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from envdoctor.codec import from_plain
from envdoctor.watch.judge import judge
from envdoctor.watch.series import Series

from .runs import Truth, accepted

RECORDED = Path(__file__).parent / "recorded.jsonl.gz"


@dataclass(frozen=True)
class Score:
    name: str
    half: str
    accepted: Tuple[str, ...]
    named: str
    confidence: str
    numbers: str
    own_cpu: float
    computed: float  # share of the main loop's time, by its own clocks; 0 where it computed on the CPU

    @property
    def right(self) -> bool:
        return self.named in self.accepted


def lines(path: Path) -> Iterator[Dict[str, Any]]:
    with gzip.open(path, "rt", encoding="ascii") as file:
        for line in file:
            yield json.loads(line)


def score(path: Path = RECORDED) -> List[Score]:
    found = []
    for line in lines(path):
        series = from_plain(Series, line["series"])
        answer = judge(series)
        numbers = f"{answer.numbers} truth {line['truth']}"
        right = accepted(line["kind"], line["workers"], Truth(**line["truth"]), series)
        computed = line["truth"]["compute"] if series.cards else 0.0
        found.append(
            Score(line["name"], line["half"], right, answer.kind, answer.confidence, numbers, series.own_cpu, computed)
        )
    return found
