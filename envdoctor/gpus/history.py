"""For how long holders have computed nothing, as a watch has seen it."""

from __future__ import annotations

import dataclasses
from typing import Dict, Tuple

from ..reading import Known, mapped, value_or
from .model import Card, Held, Idle, Picture

_Key = Tuple[int, int, str]  # the card's index, pid, start
_SOURCE = "watch"
_OURS = "this watch"


class History:
    """Of holders that are still there; who is gone is forgotten."""

    def __init__(self) -> None:
        self._idle_since: Dict[_Key, float] = {}

    def told(self, picture: Picture, now: float) -> Picture:
        """The picture, with what earlier looks say of who is idle. `now`: seconds of a clock that is never set."""
        before, self._idle_since = self._idle_since, {}

        def card_told(card: Card) -> Card:
            found = value_or(card.held, ())
            told = tuple(self._one(card, one, before, now) for one in found)
            if all(one is other for one, other in zip(found, told)):
                return card
            return dataclasses.replace(card, held=mapped(card.held, lambda _: told))

        cards = mapped(picture.cards, lambda found: tuple(map(card_told, found)))
        return dataclasses.replace(picture, cards=cards)

    def _one(self, card: Card, held: Held, before: Dict[_Key, float], now: float) -> Held:
        load = held.share if isinstance(held.share, Known) else card.gpu.utilisation
        if not isinstance(load, Known) or load.value > 0:
            return held
        key = (card.gpu.index, held.holder.pid, str(value_or(held.holder.started, "")))
        said = value_or(held.idle_for, Idle(0, ""))
        since = min(before.get(key, now), now - said.seconds)
        self._idle_since[key] = since
        seconds = _coarse(int(now - since))
        if seconds <= said.seconds:
            return held
        how = said.how if not said.how or said.how.endswith(_OURS) else f"{said.how}, and {_OURS}"
        return dataclasses.replace(held, idle_for=Known(Idle(seconds, how or _OURS), _SOURCE))


def _coarse(seconds: int) -> int:
    """Whole minutes after the first ones: nobody needs more, and what says the same need not be written again."""
    return seconds if seconds < 120 else seconds - seconds % 60
