"""`envdoctor data PATH`: look, judge, show."""

from __future__ import annotations

import sys
from typing import Optional

from ..active import choose
from ..answer import dumb, format_for, show_page
from ..compat import CompatTable, NoRow
from ..compat.rows import Loader
from ..exits import Exit
from ..host import Host
from ..probes._prefix import prefix_of
from ..reading import Absent, Known, Reading, value_or
from ..tables import table as table_here
from ..target import Request
from ..voice import Unusable, out
from .facts import Asked
from .look import Silent, look, renamed, with_version
from .verdict import judge


def framework_of(host: Host, request: Request, path: str) -> str:
    """What is installed beside the user's interpreter; a data.yaml without any of them is YOLOv5's."""
    executable = choose(host, request).executable
    prefix = prefix_of(host, executable.value) if isinstance(executable, Known) else Absent()
    if isinstance(prefix, Known):
        libraries = host.listdir(f"{prefix.value}/lib")
        for name in libraries.value if isinstance(libraries, Known) else ():
            if name.startswith("python3"):
                there = value_or(host.listdir(f"{prefix.value}/lib/{name}/site-packages"), ())
                for framework in ("ultralytics", "mmdet"):
                    if framework in there:
                        return framework
    return "yolov5" if path.endswith((".yaml", ".yml")) else "generic"


def run(host: Host, asked: Asked, request: Request, wanted: Optional[str]) -> Exit:
    """0 where loading could be judged, 3 where that could not be told; Unusable for what is no set of images."""
    table = table_here()
    loader = _loader(table, asked)
    say = _Progress(host)
    form = format_for(wanted, host.environ)

    def python() -> Reading[str]:
        return choose(host, request).executable

    try:
        facts = look(host, python, asked, loader, say)
    except Silent as silence:
        say.done()
        raise Unusable(str(silence)) from None
    finally:
        say.done()
    facts = renamed(facts, with_version(asked, facts))
    loader = _found(table, facts.asked, loader)
    verdict = judge(facts, loader)
    code = Exit.OK if verdict.now.steady is not None else Exit.CANNOT_TELL
    if form == "json-v1":
        from .as_json import as_json

        out(as_json(facts, loader, verdict, int(code)))
        return code
    from .page import page

    show_page(page(facts, loader, verdict), form)
    return code


def _loader(table: CompatTable, asked: Asked) -> Loader:
    try:
        return table.loader(asked.framework, asked.version)
    except NoRow as error:
        raise Unusable(str(error)) from None


def _found(table: CompatTable, asked: Asked, newest: Loader) -> Loader:
    """The row of the release that is installed; a release that the table does not know is read as the newest."""
    try:
        return table.loader(asked.framework, asked.version)
    except NoRow:
        return newest


class _Progress:
    """One line on a terminal that says what is being done, taken back at the end."""

    def __init__(self, host: Host) -> None:
        stream = sys.stderr
        self._stream = stream if stream is not None and stream.isatty() and not dumb(host.environ) else None

    def __call__(self, text: str) -> None:
        self._write(f"\r\x1b[K{text} ...")

    def done(self) -> None:
        self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._stream = None
