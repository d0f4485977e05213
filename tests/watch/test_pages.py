"""Page, chart, HTML and JSON of answers; and what hostile names do to them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import List, Optional, Tuple

import pytest

from envdoctor.exits import Exit
from envdoctor.reading import Absent, Known
from envdoctor.render.plain import plain
from envdoctor.watch.advice import advice, finds
from envdoctor.watch.as_json import as_json
from envdoctor.watch.chart import blocks, columns, rows
from envdoctor.watch.command import exit_code
from envdoctor.watch.html import as_html
from envdoctor.watch.judge import judge
from envdoctor.watch.page import page
from envdoctor.watch.series import Series

from .made import card, rank, series, shares, simple

HOSTILE = "</svg><script>alert(1)</script>\x1b[31m[red]\n\udcff'\""
EVERY = [
    simple(0.98, shares(run=0.3)),
    simple(0.3, shares(run=0.99)),
    simple(0.3, shares(run=0.05, disk=0.95)),
    simple(0.3, shares(run=0.3, delay=0.7), workers=24),
    simple(0.3, shares(run=0.3, delay=0.7), others=6.0),
    simple(0.3, shares(run=0.3, delay=0.7), quota=True, throttled=0.9),
    simple(0.3, None, main=shares(run=0.75)),
    simple(0.95, shares(run=0.99)),
    simple(0.3, shares(run=0.05)),
    simple(0.3, shares(run=0.05), world=8),
    series((rank(shares(run=0.5), gpu=None),), ()),
    series((rank(shares(run=0.5), gpu=None),), (), gpus=Absent(("libnvidia-ml.so.1",))),
    series((rank(shares(run=0.9)),), (card(0.5, samples=Absent(("nvml",))),)),
    series((rank(shares(run=0.9)),), (card(0.5, lost="GPU_IS_LOST"),)),
    series((rank(shares(run=0.1)),), (card(0.99, others=Known(0.5, "NVML")),)),
    series((), (), seconds=0),
    series((rank(shares(run=0.9), pid=1), rank(None, pid=2, gpu=1)), (card(0.5), card(0.9, 1)), world=4),
]


def said(seen: Series, name: str = "python train.py", ascii_only: bool = False) -> str:
    answer = judge(seen)
    return plain(page(seen, answer, advice(seen, answer), (name,) * len(seen.ranks), ascii_only))


@pytest.mark.parametrize("seen", EVERY, ids=[judge(seen).kind for seen in EVERY])
def test_every_kind_has_a_page_of_each_form(seen: Series) -> None:
    answer = judge(seen)
    told = advice(seen, answer)
    assert told.title.split(":")[0] in said(seen)
    content = json.loads(as_json(seen, answer, told, exit_code(answer)))
    assert (content["format"], content["answer"], content["says"]) == ("watch-v1", answer.kind, told.title)
    assert well_formed(as_html(seen, answer, told, "python train.py"))
    assert finds(answer) == (exit_code(answer) == Exit.FINDINGS)
    if finds(answer) and answer.kind not in ("gpu-lost", "waits"):
        assert told.settings


def test_the_numbers_and_the_settings_are_exact() -> None:
    text = said(simple(0.25, shares(run=0.99)))
    assert "The GPU was busy for 25 % of the time, at 80 % of its power limit." in text
    assert "A loader worker (of 2) spent 99 % on a CPU, 0 % ready but without one, 1 % idle." in text
    assert "Best possible gain: 4.0 times the speed; then the GPU is the slower side." in text
    assert "num_workers=8" in text  # 2 workers at a quarter of the GPU's speed; 8 CPUs, 2 in use
    assert "num_workers=4" in said(simple(0.5, shares(run=0.99)))
    assert "num_workers" not in said(simple(0.5, shares(run=0.99), others=6.0))  # no CPU is free for more


def test_workers_that_are_pinned_to_fewer_cpus() -> None:
    pinned = series((rank(shares(run=0.5, delay=0.5), worker_cpus=1),), (card(0.3),))
    assert "their affinity allows 1, the main process's 8" in said(pinned) and "sched_setaffinity" in said(pinned)
    assert "affinity" not in said(EVERY[1]) and "affinity" not in said(EVERY[0])


def test_nothing_about_caches_where_the_gpu_is_the_slower_side() -> None:
    text = said(simple(0.98, shares(run=0.3)))
    assert "no change to the data pipeline can help" in text and "What helps" not in text


def test_a_hostile_name_does_nothing() -> None:
    seen = EVERY[1]
    answer = judge(seen)
    told = advice(seen, answer)
    assert "\x1b" not in said(seen, HOSTILE) and "[red]" in said(seen, HOSTILE)
    made = as_html(seen, answer, told, HOSTILE)
    assert "<script" not in made and "&lt;script&gt;" in made and "\x1b" not in made and well_formed(made)
    made.encode("utf-8")  # no lone surrogate is left


def test_html_needs_nothing_from_elsewhere() -> None:
    seen = EVERY[1]
    answer = judge(seen)
    made = as_html(seen, answer, advice(seen, answer), "x")
    assert "http" not in made and "src=" not in made and "url(" not in made and "<polyline" in made


def test_columns_and_blocks() -> None:
    assert columns(((0.1, 1.0), (0.2, 0.0), (0.9, 0.5), (7.0, 1.0)), 1.0, 2) == (0.5, 0.5)
    assert columns(((0.9, 0.5),), 1.0, 2) == (None, 0.5)
    assert blocks((0.0, 0.5, 1.0, None)) == " ▄█·"
    assert blocks((0.0, 1.0, None, 7.0), " #") == " #?#"


def test_an_ascii_terminal_gets_ascii() -> None:
    said(EVERY[1], ascii_only=True).encode("ascii")
    assert any(not line.isascii() for line in said(EVERY[1]).splitlines())


def test_rows_of_several_ranks_are_told_apart() -> None:
    labels = [label for label, _, _ in rows(EVERY[-1], 60)]
    assert labels == [
        "GPU 0 busy",
        "GPU 1 busy",
        "workers 1 at work",
        "main process 1 on a CPU",
        "main process 2 on a CPU",
    ]


class _Tags(HTMLParser):
    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: List[str] = []
        self.good = True

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.good = self.good and bool(self.open) and self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        pass


def well_formed(text: str) -> bool:
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return parser.good and not parser.open
