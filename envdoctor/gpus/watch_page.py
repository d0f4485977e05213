"""A picture in few lines: one a card, one a holder, as many as there is room for."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Optional, Tuple

from ..reading import Absent, Known, Unknown, value_or
from ..render.page import BLANK, Line, line
from ..render.words import shown
from . import wording
from .choice import is_mine
from .model import Card, Held, Picture
from .page import fault, head

_Row = Tuple[Card, Held]


class Page:
    """Pictures as lines; of a holder of whom nothing has changed it is the same line as before."""

    def __init__(self) -> None:
        self._kept: Dict[Tuple[int, int], Tuple[Held, Line]] = {}

    def lines(self, picture: Picture, room: Optional[int] = None) -> Tuple[Line, ...]:
        """At most `room` lines, the cards before the holders; the last one says how many did not fit. None: all."""
        before, self._kept = self._kept, {}

        def line_of(card: Card, held: Held) -> Line:
            key = (card.gpu.index, held.holder.pid)
            kept = before.get(key)
            self._kept[key] = kept if kept is not None and kept[0] is held else (held, _holder(card, held))
            return self._kept[key][1]

        return _lines(picture, room, line_of)


def _lines(picture: Picture, room: Optional[int], line_of: Callable[[Card, Held], Line]) -> Tuple[Line, ...]:
    made: List[Line] = [line(f"{head(picture)}, {wording.clock(picture.taken_at)}", "strong")]
    if not isinstance(picture.cards, Known):
        return tuple(made)
    cards = picture.cards.value
    made += map(_card, cards)
    rows = [(card, held) for card in cards for held in _by_memory(card)]
    if rows:
        made += [BLANK, line(_HEAD, "dim")]
    fit = len(rows) if room is None or len(made) + len(rows) <= room else max(0, room - len(made) - 1)
    made += [line_of(*row) for row in rows[:fit]]
    if fit < len(rows):
        made.append(line(f"and {len(rows) - fit} more processes: --mine and --others show fewer", "dim"))
    return tuple(made if room is None else made[:room])


def _by_memory(card: Card) -> List[Held]:
    held: Tuple[Held, ...] = value_or(card.held, ())
    return sorted(held, key=lambda one: -value_or(one.holder.memory, 0))


def _card(card: Card) -> Line:
    gpu = card.gpu
    name = shown(str(value_or(gpu.name, "name unknown"))).replace("NVIDIA ", "")
    spans: List[Tuple[str, str]] = [(f"{gpu.index:>3}  ", "strong"), (f"{name[:22]:<22}", "")]
    if isinstance(gpu.memory_used, Known):
        memory = f"{wording.size(gpu.memory_used.value)} of {wording.said(gpu.memory_total, wording.size)}"
        spans.append((f"  {memory:>19}", "strong"))
        busy = wording.said(gpu.utilisation, lambda percent: f"{percent} %", "MIG")
        spans.append((f"  {busy:>5}", "good" if value_or(gpu.utilisation, 0) else ""))
        heat = wording.said(gpu.temperature, lambda degrees: f"{degrees} C", "-")
        power = wording.said(gpu.power, wording.watts, "-")
        spans.append((f"  {heat:>5}  {power:>5}", ""))
    spans += [(f"  {text}", style) for text, style in _remarks(card)]
    return Line(tuple(spans), wrap=False)


def _remarks(card: Card) -> Iterator[Tuple[str, str]]:
    yield from fault(card)
    if isinstance(card.held, Unknown):
        yield f"holders: {wording.unknown(card.held)}", "warning"
    for part in value_or(card.mig, ()):
        yield f"{shown(part.profile)} {wording.said(part.memory_used, wording.size)}", "dim"


_HEAD = "GPU       PID  USER            MEMORY    SM      IDLE     SINCE  COMMAND"


def _holder(card: Card, held: Held) -> Line:
    holder = held.holder
    command = held.command if isinstance(held.command, Known) else holder.command
    where = "; ".join(part for part in _where(held) if part)
    memory = wording.size(holder.memory.value) if isinstance(holder.memory, Known) else "not told"
    share = f"{held.share.value} %" if isinstance(held.share, Known) else "-"
    age = wording.duration(held.age.value) if isinstance(held.age, Known) else "-"
    words = shown(command.value) if isinstance(command, Known) else wording.invisible(held) or "-"
    user = wording.whose(held)[:12]
    text = f"{card.gpu.index:>3} {holder.pid:>9}  {user:<12} {memory:>9} {share:>5} {idle(held):>9} {age:>9}  {words}"
    return Line(((text, "good" if is_mine(held) else ""), (f"  {where}" if where else "", "dim")), 0, False)


def idle(held: Held) -> str:
    """For how long at least; "" for one that computes, "?" where that cannot be told."""
    if isinstance(held.idle_for, Absent):
        return ""
    return wording.duration(held.idle_for.value.seconds) if isinstance(held.idle_for, Known) else "?"


def _where(held: Held) -> Iterator[str]:
    if held.parent:
        yield "a zombie"
    if isinstance(held.place, Known):
        yield wording.place(held.place.value)
    if isinstance(held.login, Known) and held.login.value.host:
        sure = "" if held.login.value.certainty == "certain" else "?"
        yield f"from {shown(held.login.value.host)}{sure}"
