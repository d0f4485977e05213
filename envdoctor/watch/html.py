"""The answer as one HTML file that needs nothing else: the plot is SVG in it. Every text is escaped."""

from __future__ import annotations

from html import escape
from typing import Iterator, List, Optional, Sequence, Tuple

from ..render import shell
from ..render.words import shown
from .advice import Advice, Setting, cause_of_doubt
from .chart import columns
from .judge import Answer
from .numbers import samples
from .series import Series

Points = Sequence[Tuple[float, float]]

_WIDTH, _HEIGHT, _LEFT, _GAP = 760, 70, 150, 22
_COLOURS = {"gpu": "#2f855a", "workers": "#2b6cb0", "storage": "#c05621", "main": "#6b46c1"}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#1a202c}"
    "h1{font-size:1.3em}code{background:#edf2f7;padding:.1em .3em;border-radius:3px;white-space:pre-wrap}"
    ".dim{color:#4a5568}svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1a202c}"
)


def as_html(series: Series, answer: Answer, told: Advice, head: str) -> str:
    """`head` names the job. The texts are shown as they are given: hide what is private before."""
    parts: List[str] = [f"<h1>{_text(told.title)}</h1>"]
    sure = "" if answer.kind in ("cannot-tell", "gpu-lost") else f" Confidence: {answer.confidence}."
    parts.append(f'<p class="dim">{_text(head)}.{sure}</p>')
    parts.append(_plot(series))
    parts.append("<ul>" + "".join(f"<li>{_text(text)}</li>" for text in told.because) + "</ul>")
    if answer.gain is not None:
        parts.append(f"<p><strong>{_text(told.gain)}</strong></p>")
    if told.settings:
        parts.append("<h2>What helps</h2><ul>" + "".join(map(_setting, told.settings)) + "</ul>")
    if told.experiment is not None:
        parts.append(f"<h2>What would settle it</h2><ul>{_setting(told.experiment)}</ul>")
    parts += [f'<p class="dim">{_text(text)}</p>' for text in cause_of_doubt(series)]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>envdoctor watch</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _text(text: str) -> str:
    return escape(shown(text))


def _setting(setting: Setting) -> str:
    code = [setting.code] if setting.code else []
    lines = [*code, *(shell.line(argv) for argv in setting.commands)]
    return f"<li>{_text(setting.title)}" + "".join(f"<br><code>{_text(each)}</code>" for each in lines) + "</li>"


def _plot(series: Series) -> str:
    bands = list(_bands(series))
    if not bands or series.seconds <= 0:
        return "<p>Nothing was seen over time.</p>"
    height = len(bands) * (_HEIGHT + _GAP) + 20
    drawn = [
        _band(label, colour, points, series.seconds, number * (_HEIGHT + _GAP))
        for number, (label, colour, points) in enumerate(bands)
    ]
    return (
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 10} {height}" role="img" aria-label="shares of the time">'
        + "".join(drawn)
        + _axis(series.seconds, height)
        + "</svg>"
    )


def _bands(series: Series) -> Iterator[Tuple[str, str, Points]]:
    for card in series.cards:
        if samples(card):
            yield f"GPU {card.index} busy", _COLOURS["gpu"], samples(card)
    for rank in series.ranks:
        name = f" {rank.pid}" if len(series.ranks) > 1 else ""
        fed = [(tick.at - tick.seconds / 2, tick.worker) for tick in rank.ticks if tick.worker is not None]
        if fed:
            yield f"workers{name} at work", _COLOURS["workers"], [(at, 1 - it.idle) for at, it in fed]
            stored = [(at, it.disk + it.remote) for at, it in fed]
            if any(share > 0.02 for _, share in stored):
                yield f"workers{name}: storage", _COLOURS["storage"], stored
        main = [(tick.at - tick.seconds / 2, min(1.0, tick.main.run)) for tick in rank.ticks if tick.main is not None]
        if main:
            yield f"main process{name} on CPU", _COLOURS["main"], main


def _band(label: str, colour: str, points: Points, seconds: float, top: int) -> str:
    """An area under the shares, thinned to what the picture can show; its mean as a dashed line."""
    thinned = [
        ((place + 0.5) / _WIDTH * seconds * 2, share)
        for place, share in enumerate(columns(points, seconds, _WIDTH // 2))
        if share is not None
    ]
    line = " ".join(f"{_x(at, seconds)},{_y(share, top)}" for at, share in thinned)
    first, last = _x(thinned[0][0], seconds), _x(thinned[-1][0], seconds)
    mean = sum(share for _, share in points) / len(points)
    return (
        f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" fill="#f7fafc"/>'
        f'<polygon points="{first},{_y(0, top)} {line} {last},{_y(0, top)}" fill="{colour}" fill-opacity="0.35"/>'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{_y(mean, top)}" y2="{_y(mean, top)}" stroke="{colour}" '
        f'stroke-dasharray="4 3"/>'
        f'<text x="0" y="{top + _HEIGHT / 2:.0f}">{_text(label)}</text>'
        f'<text x="0" y="{top + _HEIGHT / 2 + 16:.0f}">mean {mean * 100:.0f} %</text>'
    )


def _axis(seconds: float, height: int) -> str:
    step = next((each for each in (1, 2, 5, 10, 30, 60, 300, 900) if seconds / each <= 12), 3600)
    marks = [number * step for number in range(int(seconds // step) + 1)]
    return "".join(f'<text x="{_x(at, seconds)}" y="{height - 4}" text-anchor="middle">{at:g} s</text>' for at in marks)


def _x(at: float, seconds: float) -> str:
    return f"{_LEFT + min(1.0, max(0.0, at / seconds)) * _WIDTH:.1f}"


def _y(share: float, top: int) -> str:
    return f"{top + (1 - min(1.0, max(0.0, share))) * _HEIGHT:.1f}"


def saved(path: str, text: str) -> Optional[str]:
    """Why it could not be written, or None."""
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None
