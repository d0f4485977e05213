"""The command itself: look, choose, show; the exit code."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Callable, Mapping, Optional

from ..exits import Exit
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Unknown
from ..target import Request, Target

if TYPE_CHECKING:
    from .model import Picture


OWN_FORMATS = ("prometheus", "line")
_START = 0.008  # seconds until the worker's process runs; imports before that would only hold it up


@frozen
class Wanted:
    """What the command line asks for."""

    format: Optional[str]  # terminal, plain, json, json-v1, prometheus, line, or None for what stdout is
    mine: bool
    others: bool
    full: bool
    patience: float  # seconds
    output: Optional[str]  # a file to write in the place of stdout
    every: Optional[float]  # seconds between two looks of a watch; None: one look


def run(host: Host, wanted: Wanted, target: Optional[Target] = None) -> Exit:
    """`target`: one by which this host's driver is asked already."""
    target = target or asked(host, wanted.patience)
    from .choice import only, reserved
    from .look import look

    form = format_of(wanted, host.environ)
    written = writer(form, wanted.output)
    whole = wanted.full or _before_eyes(form, wanted.output)
    picture = only(look(host, target, whole), wanted.mine, wanted.others)
    code = exit_code(picture)
    written(picture if whole else reserved(picture), code)
    return code


def watch(wanted: Wanted) -> Exit:
    """Look again and again, until q or Ctrl-C."""
    from ..host import LocalHost
    from . import watch as watching

    form = format_of(wanted, LocalHost().environ)
    show = None if form in ("terminal", "plain") and wanted.output is None else writer(form, wanted.output)
    whole = wanted.full or _before_eyes(form, wanted.output)
    return watching.run(form, wanted.mine, wanted.others, whole, wanted.patience, wanted.every or 1.0, show)


def format_of(wanted: Wanted, environ: Mapping[str, str]) -> str:
    from ..answer import format_for

    if wanted.format in OWN_FORMATS:
        return wanted.format
    return "plain" if wanted.format is None and wanted.output is not None else format_for(wanted.format, environ)


def asked(host: Host, patience: float) -> Target:
    """A target whose NVML worker is under way: importing all the rest takes as long as the worker does."""
    target = Target(Absent(), Absent(), (), Request(patience=patience))
    asking = threading.Thread(target=target.nvml, args=(host,), daemon=True)
    asking.start()
    asking.join(_START)
    return target


def _before_eyes(form: str, output: Optional[str]) -> bool:
    """A page on a terminal is looked at; what goes anywhere else is saved or sent."""
    return output is None and form in ("terminal", "plain") and sys.stdout is not None and sys.stdout.isatty()


def writer(form: str, output: Optional[str]) -> Callable[[Picture, Exit], None]:
    """What writes a picture to stdout or to `output`. It is imported here, while the worker is at work, not when it
    has answered."""
    if output is not None:
        from .saved import replace_file

        text = text_of("plain" if form == "terminal" else form)
        return lambda picture, code: replace_file(output, text(picture, code))
    if form == "terminal":
        from ..answer import show_page
        from .page import page

        return lambda picture, _: show_page(page(picture), form)
    from ..voice import out

    text = text_of(form)
    return lambda picture, code: out(text(picture, code))


def text_of(form: str) -> Callable[[Picture, Exit], str]:
    if form == "json-v1":
        from .as_json import as_json

        return as_json
    if form == "prometheus":
        from .prometheus import as_prometheus

        return lambda picture, _: as_prometheus(picture)
    if form == "line":
        from .login_line import login_line

        return lambda picture, _: login_line(picture)
    from ..render.plain import plain
    from .page import page

    return lambda picture, _: plain(page(picture))


def exit_code(picture: Picture) -> Exit:
    """CANNOT_TELL where the driver gave no answer, for all cards or for one. A card that is lost has an answer."""
    if isinstance(picture.cards, Unknown):
        return Exit.CANNOT_TELL
    stuck = isinstance(picture.cards, Known) and any(card.gpu.status == "NO_ANSWER" for card in picture.cards.value)
    return Exit.CANNOT_TELL if stuck else Exit.OK
