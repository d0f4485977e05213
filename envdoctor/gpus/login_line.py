"""One or two lines for those who log in: how many cards are free, and what of one's own is still running."""

from __future__ import annotations

from typing import List, Tuple

from ..reading import Absent, Known, value_or
from ..render.words import shortened, shown
from . import wording
from .choice import is_mine
from .model import Card, Held, Picture

_FREE = 1 << 30  # bytes: what is in use of a card that nobody uses is less


def login_line(picture: Picture) -> str:
    """Ends in a newline; "" where there is no driver, and nothing to say."""
    if isinstance(picture.cards, Absent):
        return ""
    if not isinstance(picture.cards, Known):
        return f"GPUs: {shown(picture.cards.sentence())}\n"
    cards = picture.cards.value
    free = [str(card.gpu.index) for card in cards if _is_free(card)]
    bad = [str(card.gpu.index) for card in cards if card.gpu.status != "ok"]
    named = f" ({', '.join(free)})" if free and len(free) < len(cards) else ""
    text = f"GPUs: {len(free)} of {len(cards)} free{named}"
    if bad:
        text += f"; {', '.join(bad)} {'does' if len(bad) == 1 else 'do'} not answer"
    lines = [text]
    own = [(card, held) for card in cards for held in value_or(card.held, ()) if is_mine(held)]
    if own:
        lines.append(f"Yours: {shortened([_told(*one) for one in own], 3)}")
    return "".join(f"{line}\n" for line in lines)


def _is_free(card: Card) -> bool:
    gpu = card.gpu
    computing = [held for held in value_or(card.held, ()) if held.holder.kind != "G"]
    known = isinstance(card.held, Known) and isinstance(gpu.memory_used, Known)
    closed = value_or(gpu.compute_mode, "") == "prohibited" or value_or(gpu.mig_mode, False)
    return known and gpu.status == "ok" and not computing and not closed and value_or(gpu.memory_used, _FREE) < _FREE


def _told(card: Card, held: Held) -> str:
    parts: List[Tuple[bool, str]] = [
        (True, f"{shown(str(value_or(held.holder.command, 'a process')))} (pid {held.holder.pid})"),
        (True, f"on GPU {card.gpu.index}"),
        (isinstance(held.holder.memory, Known), f"with {wording.said(held.holder.memory, wording.size)}"),
        (isinstance(held.age, Known), f"for {wording.said(held.age, wording.duration)}"),
        (value_or(held.idle, False), "idle"),
    ]
    return " ".join(text for wanted, text in parts if wanted)
