"""The answer as styled lines."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..reading import value_or
from ..render.page import BLANK, Line, command, line
from ..render.words import counted, shown
from .advice import Advice, Setting, cause_of_doubt
from .chart import BLOCKS, PLAIN, blocks, rows
from .judge import Answer
from .series import Series

_STYLES = {
    "gpu-bound": "good",
    "balanced": "good",
    "cannot-tell": "warning",
    "gpu-lost": "error",
    "cpu-used": "error",
}
CHART = 48  # columns: with labels and means a line of 80


def page(series: Series, answer: Answer, told: Advice, names: Tuple[str, ...], ascii_only: bool) -> Tuple[Line, ...]:
    """`names`: what each main process is called, in the order of the series' ranks."""
    lines: List[Line] = [line(head(series, names), "strong")]
    lines += _chart(series, ascii_only)
    lines.append(BLANK)
    sure = "" if answer.kind in ("cannot-tell", "gpu-lost") else f"  ({answer.confidence} confidence)"
    lines.append(Line(((f"{shown(told.title)}.", _STYLES.get(answer.kind, "warning")), (sure, "dim"))))
    lines += [line(shown(text), "", 2) for text in told.because]
    if answer.kind not in ("cannot-tell", "gpu-lost", "cpu-used"):
        lines.append(line(told.gain, "strong", 2))
    if told.settings:
        lines += [BLANK, line("What helps:", "strong")]
        for setting in told.settings:
            lines += _setting(setting)
    if told.experiment is not None:
        lines += [BLANK, line("What would settle it:", "strong"), *_setting(told.experiment)]
    unseen = cause_of_doubt(series)
    if unseen:
        lines += [BLANK, *(line(shown(text), "note") for text in unseen)]
    return tuple(lines)


def head(series: Series, names: Tuple[str, ...]) -> str:
    who = ", ".join(f"{shown(name)} (pid {rank.pid})" for name, rank in zip(names, series.ranks))
    cards = ", ".join(f"GPU {card.index} {shown(value_or(card.name, ''))}".rstrip() for card in series.cards)
    on = f" on {cards}" if cards else ""
    ended = "; it ended meanwhile" if series.ended else ""
    return f"Watched {who or 'nothing'}{on} for {counted(round(series.seconds), 'second')}{ended}"


def _chart(series: Series, ascii_only: bool) -> Iterator[Line]:
    found = list(rows(series, CHART))
    width = max((len(label) for label, _, _ in found), default=0)
    for label, shares, mean in found:
        drawn = blocks(shares, PLAIN if ascii_only else BLOCKS)
        spans = ((f"{label:<{width}}  ", ""), (drawn, "note" if label.startswith("GPU") else "dim"), (f"  {mean}", ""))
        yield Line(spans, 2, wrap=False)


def _setting(setting: Setting) -> Iterator[Line]:
    yield Line(((f"- {shown(setting.title)}", ""),), 2, hang=2)
    if setting.code:
        yield Line(((setting.code, "command"),), 6, wrap=False)
    for argv in setting.commands:
        yield command(argv, 6)
