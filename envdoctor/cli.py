"""The way in and the way out: options in, exit code out, and no traceback in between.

The commands themselves are in commands.py, imported inside so that even Ctrl-C during start-up is one line.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import List, NoReturn, Optional

from .exits import Exit
from .voice import Unusable, finish, out, say


def main() -> NoReturn:
    """The console script. Leaves by os._exit: a probe stuck in a system call must not hold the process back."""
    gc.set_threshold(100_000)  # a run is short and keeps what it makes: looking for garbage in it took 10 ms
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _interrupted()
    finish()
    os._exit(int(code))


def run(args: List[str]) -> int:
    """Run one command line and return the exit code; every failure is one sentence on stderr."""
    try:
        from .early import begin

        begun = begin(args)
        import click

        from .commands import command

        try:
            code = command().main(args, prog_name="envdoctor", standalone_mode=False, obj=begun)
            return _interrupted() if code == Exit.INTERRUPTED else int(code or 0)
        except click.UsageError as error:
            hint = f" Try '{error.ctx.command_path} --help'." if error.ctx else ""
            return _refused(args, error.format_message() + hint, Exit.USAGE)
        except click.ClickException as error:
            return _refused(args, error.format_message(), Exit.USAGE)
        except click.Abort:
            return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except Unusable as error:
        return _refused(args, str(error), Exit.USAGE)
    except Exception as error:  # noqa: BLE001 - the last net: a sentence and where to report it
        return _own_fault(args, error)


def _refused(args: List[str], sentence: str, code: Exit) -> int:
    if _wants_json(args):
        from .render.json_v1 import error_text

        out(error_text(sentence, code))
    from .render.words import shown

    say(f"envdoctor: {shown(sentence)}")
    return code


def _interrupted() -> int:
    say("envdoctor: interrupted")
    return Exit.INTERRUPTED


def _own_fault(args: List[str], error: BaseException) -> int:
    if _debugging():
        import traceback

        traceback.print_exc()
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    sentence = f"its own fault: {what}. Please report it with what ENVDOCTOR_DEBUG=1 shows."
    return _refused(args, sentence, Exit.OWN_FAULT)


def _debugging() -> bool:
    try:
        from .host import LocalHost

        return bool(LocalHost().environ.get("ENVDOCTOR_DEBUG"))
    except Exception:  # noqa: BLE001 - reporting a fault must not make another one
        return False


def _wants_json(args: List[str]) -> bool:
    """Whether the command line, usable or not, asked for JSON: its error is JSON too."""
    previous: Optional[str] = None
    for arg in args:
        if arg in ("--format=json", "--format=json-v1") or (previous == "--format" and arg in ("json", "json-v1")):
            return True
        previous = arg
    return False
