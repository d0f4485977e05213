"""The command itself: look, choose, show; the exit code."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Callable, Optional

from ..exits import Exit
from ..host import Host
from ..reading import Absent, Known, Unknown
from ..target import Request, Target

if TYPE_CHECKING:
    from .model import Picture


_START = 0.008  # seconds until the worker's process runs; imports before that would only hold it up


def run(host: Host, wanted: Optional[str], mine: bool, others: bool, full: bool, patience: float) -> Exit:
    """`wanted`: terminal, plain, json, json-v1, prometheus, or None for what stdout is."""
    target = asked(host, patience)
    from ..answer import format_for
    from .choice import only, reserved
    from .look import look

    form = wanted if wanted == "prometheus" else format_for(wanted, host.environ)
    written = writer(form)
    whole = full or _before_eyes(form)
    picture = only(look(host, target, whole), mine, others)
    code = exit_code(picture)
    written(picture if whole else reserved(picture), code)
    return code


def asked(host: Host, patience: float) -> Target:
    """A target whose NVML worker is under way: importing all the rest takes as long as the worker does."""
    target = Target(Absent(), Absent(), (), Request(patience=patience))
    asking = threading.Thread(target=target.nvml, args=(host,), daemon=True)
    asking.start()
    asking.join(_START)
    return target


def _before_eyes(form: str) -> bool:
    """A page on a terminal is looked at; what goes anywhere else is saved or sent."""
    return form in ("terminal", "plain") and sys.stdout is not None and sys.stdout.isatty()


def writer(form: str) -> Callable[[Picture, Exit], None]:
    """What writes a picture to stdout. It is imported here, while the worker is at work, not when it has answered."""
    from ..answer import show_page
    from ..voice import out

    if form == "json-v1":
        from .as_json import as_json

        return lambda picture, code: out(as_json(picture, code))
    if form == "prometheus":
        from .prometheus import as_prometheus

        return lambda picture, _: out(as_prometheus(picture))
    from .page import page

    return lambda picture, _: show_page(page(picture), form)


def exit_code(picture: Picture) -> Exit:
    """CANNOT_TELL where the driver gave no answer, for all cards or for one. A card that is lost has an answer."""
    if isinstance(picture.cards, Unknown):
        return Exit.CANNOT_TELL
    stuck = isinstance(picture.cards, Known) and any(card.gpu.status == "NO_ANSWER" for card in picture.cards.value)
    return Exit.CANNOT_TELL if stuck else Exit.OK
