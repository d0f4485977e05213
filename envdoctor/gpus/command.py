"""The command itself: look, choose, show; the exit code."""

from __future__ import annotations

import sys
from typing import Optional

from ..answer import format_for, show_page
from ..exits import Exit
from ..host import Host
from ..reading import Known, Unknown
from ..voice import out
from .choice import only, reserved
from .look import look
from .model import Picture


def run(host: Host, wanted: Optional[str], mine: bool, others: bool, full: bool, patience: float) -> Exit:
    form = wanted if wanted == "prometheus" else format_for(wanted, host.environ)
    picture = only(look(host, patience), mine, others)
    code = exit_code(picture)
    show(picture if full or _before_eyes(form) else reserved(picture), form, code)
    return code


def _before_eyes(form: str) -> bool:
    """A page on a terminal is looked at; what goes anywhere else is saved or sent."""
    return form in ("terminal", "plain") and sys.stdout is not None and sys.stdout.isatty()


def show(picture: Picture, form: str, code: Exit) -> None:
    if form == "json-v1":
        from .as_json import as_json

        out(as_json(picture, code))
    elif form == "prometheus":
        from .prometheus import as_prometheus

        out(as_prometheus(picture))
    else:
        from .page import page

        show_page(page(picture), form)


def exit_code(picture: Picture) -> Exit:
    """CANNOT_TELL where the driver gave no answer, for all cards or for one. A card that is lost has an answer."""
    if isinstance(picture.cards, Unknown):
        return Exit.CANNOT_TELL
    stuck = isinstance(picture.cards, Known) and any(card.gpu.status == "NO_ANSWER" for card in picture.cards.value)
    return Exit.CANNOT_TELL if stuck else Exit.OK
