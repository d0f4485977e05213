"""What `envdoctor memory` says, on a page and as JSON."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Sequence, Tuple

from ... import __version__
from ...render.page import BLANK, Line, line
from ...render.words import shown
from .estimate import Estimate
from .fitting import Fit
from .sizes import words

FORMAT = "memory-v1"
_STYLES = {"now": "good", "when-empty": "warning", "no": "error", "unusable": "dim"}


def page(found: Estimate, fits: Sequence[Fit], why_none: str) -> Tuple[Line, ...]:
    """`why_none` says why no GPU is listed, where none is."""
    return tuple(_page(found, fits, why_none))


def _page(found: Estimate, fits: Sequence[Fit], why_none: str) -> Iterator[Line]:
    name = max(len(part.name) for part in found.parts)
    size = max(len(words(number)) for number in (found.total, *(part.size for part in found.parts)))
    for part in found.parts:
        how = shown(part.how) + ("" if part.sure else " (assumed)")
        yield Line(((f"{part.name:<{name}}  {words(part.size):>{size}}  ", ""), (how, "dim")), hang=name + size + 4)
    total = "together" if found.complete else "at least"
    yield line(f"{total:<{name}}  {words(found.total):>{size}}", "strong")
    for note in found.notes:
        yield BLANK
        yield line(note)
    yield BLANK
    if not fits:
        yield line(shown(why_none), "dim")
    for fit in fits:
        yield Line(((f"{shown(fit.room.name)}: ", "strong"), (fit.says, _STYLES[fit.verdict])), hang=2)


def document(found: Estimate, fits: Sequence[Fit], code: int) -> Dict[str, Any]:
    """Sizes in bytes; adding a key is no break."""
    return {
        "format": FORMAT,
        "envdoctor": __version__,
        "exit_code": int(code),
        "total": found.total,
        "complete": found.complete,
        "each_sample": found.each,
        "parts": [{"name": one.name, "size": one.size, "how": one.how, "sure": one.sure} for one in found.parts],
        "notes": list(found.notes),
        "gpus": [_gpu(fit) for fit in fits],
    }


def _gpu(fit: Fit) -> Dict[str, Any]:
    room = fit.room
    return {"name": room.name, "total": room.total, "free": room.free, "verdict": fit.verdict, "says": fit.says}


def render(found: Estimate, fits: Sequence[Fit] = (), why_none: str = "") -> str:
    """The page as plain text."""
    from ...render.plain import plain

    return plain(page(found, fits, why_none))
