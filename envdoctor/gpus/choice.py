"""Whose processes are shown, and how much of what belongs to others."""

from __future__ import annotations

import dataclasses
from typing import Callable, Tuple

from ..reading import Known, mapped, value_or
from .model import Held, Login, Picture


def only(picture: Picture, mine: bool, others: bool) -> Picture:
    """`mine`: one's own processes alone; `others`: all that are not known to be one's own; both or neither: all."""
    if mine == others:
        return picture
    return _changed(picture, lambda held: tuple(one for one in held if is_mine(one) == mine))


def is_mine(held: Held) -> bool:
    return value_or(held.holder.mine, False)


def reserved(picture: Picture) -> Picture:
    """For what is saved or sent: of others the program's name without arguments, and no address they came from."""
    return _changed(picture, lambda held: tuple(one if is_mine(one) else _reserved(one) for one in held))


def _reserved(held: Held) -> Held:
    name = held.holder.command
    command = name if isinstance(held.command, Known) else held.command
    return dataclasses.replace(held, command=command, login=mapped(held.login, _without_address))


def _without_address(login: Login) -> Login:
    return dataclasses.replace(login, host=place_of_host(login.host))


def place_of_host(host: str) -> str:
    """ "" (at the machine itself) | "this machine" (over loopback) | "elsewhere"."""
    if not host:
        return ""
    return "this machine" if host.startswith("127.") or host in ("::1", "localhost") else "elsewhere"


def _changed(picture: Picture, change: Callable[[Tuple[Held, ...]], Tuple[Held, ...]]) -> Picture:
    cards = mapped(
        picture.cards,
        lambda found: tuple(dataclasses.replace(card, held=mapped(card.held, change)) for card in found),
    )
    return dataclasses.replace(picture, cards=cards)
