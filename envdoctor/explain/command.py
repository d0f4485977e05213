"""`envdoctor explain`: options, input and output."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO, Iterator, List, Optional

import click
import typer

from ..answer import FORMATS, format_for, show_page
from ..commands._quick import Seconds
from ..exits import Exit
from ..voice import Unusable, out

if TYPE_CHECKING:
    from .explaining import Explanation
    from .running import Ran

FILE = typer.Argument(
    None,
    metavar="[FILE|-] or -- CMD ...",
    help="A log or a pasted report; - or nothing is stdin. After --: a command to run, explained where it fails.",
)
ELSEWHERE = typer.Option(False, "--elsewhere", help="The text is about another machine: do not look at this one.")
FORMAT = typer.Option(
    None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
)
PATIENCE = typer.Option(
    10.0, "--patience", metavar="SECONDS", click_type=Seconds(min=0.1), help="For the look at this machine."
)
VERBOSE = typer.Option(False, "-v", "--verbose", help="Every alternative.")

EPILOG = (
    "\b\nExamples:\n  envdoctor explain train.log\n  envdoctor explain --elsewhere < report.txt\n"
    "  envdoctor explain -- python train.py"
)


def explain_command(
    context: typer.Context,
    what: Optional[List[str]] = FILE,
    elsewhere: bool = ELSEWHERE,
    format: Optional[str] = FORMAT,
    patience: float = PATIENCE,
    verbose: bool = VERBOSE,
) -> None:
    """Say what a log, a traceback or a pasted report is about: the cause, the evidence, the commands."""
    words = list(what or ())
    if _is_command(words):
        _run(words, format, patience, verbose)
    if len(words) > 1:
        raise Unusable("one FILE, or - for stdin; a command to run comes after --")
    with _opened(words[0] if words else "-") as stream:
        from ..pasted import blocks, chunks

        found = _explained(blocks(chunks(stream)), elsewhere, patience)
    show(found, format, verbose, elsewhere)
    raise typer.Exit(code_of(found))


def _is_command(words: List[str]) -> bool:
    """Whether `--` stands before the words: click takes it away, the command line still has it."""
    return bool(words) and "--" in sys.argv and sys.argv[-len(words) - 1 :] == ["--", *words]


def _run(words: List[str], format: Optional[str], patience: float, verbose: bool) -> None:
    from ..pasted import blocks
    from .running import run

    ran: Ran = run(words)
    if ran.silent and 0 < ran.code <= 128:
        from ..voice import say

        say(f"{words[0]} ended with exit code {ran.code} and printed nothing.")
        say("See what is wrong with this machine: envdoctor check")
    elif ran.code and not ran.told_to:
        found = _explained(blocks(ran.kept()), False, patience)
        show(found, format, verbose, False, stream=sys.stderr)
    raise typer.Exit(ran.code)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        if sys.stdin is None:
            raise Unusable("there is no stdin to read")
        if sys.stdin.isatty():
            from ..voice import say

            say("Paste the text, then end it with Ctrl-D.")
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(open(name, "rb"))
        except OSError as error:
            raise Unusable(f"{name} cannot be read: {error.strerror or error}") from None
        yield stream


def _explained(source: Iterator[object], elsewhere: bool, patience: float) -> Explanation:
    from ..tables import table
    from .explaining import explain

    here = None
    if not elsewhere:
        from ..doctor import look
        from ..host import LocalHost
        from ..target import Request

        request = Request(patience=patience)
        here, _ = look(LocalHost(patience=request.mount_patience), request)
    try:
        return explain(source, table(), here)  # type: ignore[arg-type]
    except OSError as error:
        raise Unusable(f"the text cannot be read: {error.strerror or error}") from None


def code_of(found: Explanation) -> Exit:
    loud = any(finding.severity != "note" for finding in found.findings)
    return Exit.FINDINGS if loud else Exit.OK


def show(
    found: Explanation, format: Optional[str], verbose: bool, elsewhere: bool, stream: Optional[object] = None
) -> None:
    from ..host import LocalHost

    wanted = format_for(format, LocalHost().environ)
    if wanted == "json-v1":
        from ..render.json_v1 import text_of
        from .page import explanation_object

        text = text_of(explanation_object(found, code_of(found), elsewhere))
        out(text) if stream is None else stream.write(text)  # type: ignore[attr-defined]
        return
    from .page import explanation_page

    page = explanation_page(found, verbose)
    if stream is None:
        show_page(page, wanted)
        return
    from ..render.plain import plain
    from ..voice import say

    say(plain(page))
