"""Writing to stdout and stderr, whatever they are: closed, full, ASCII only, a pipe whose reader has gone."""

from __future__ import annotations

import sys
from typing import Optional, TextIO, cast


class Unusable(Exception):
    """What the command line names cannot be used: one sentence, exit code 2."""


def out(text: str) -> None:
    """Text to stdout. A reader that has gone, or a closed stdout, is no error: nobody is there to be told."""
    _write(sys.stdout, text)


def out_exact(text: str) -> None:
    """Text to stdout as UTF-8 whatever the locale: a command with an escaped path would name another file."""
    stream = sys.stdout
    if stream is None:
        return
    try:
        stream.flush()
        stream.buffer.write(text.encode("utf-8", "surrogateescape"))
        stream.buffer.flush()
    except BrokenPipeError:
        _abandon()
    except OSError as error:
        _abandon()
        raise Unusable(f"the output cannot be written: {error.strerror or error}") from None


def say(text: str) -> None:
    """A sentence to stderr, control characters spelled out."""
    from .render.words import shown

    if sys.stderr is None:
        return
    try:
        _write(sys.stderr, "\n".join(shown(part) for part in text.split("\n")) + "\n")
    except Unusable:
        return  # nowhere is left to say it


def finish() -> None:
    """Flush what is buffered before the process leaves without ceremony."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue


def _write(stream: Optional[TextIO], text: str) -> None:
    if stream is None:  # Python's answer to `>&-`
        return
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        _write(stream, text.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        if stream is sys.stdout:
            _abandon()
    except OSError as error:
        if stream is sys.stdout:  # the sentence in JSON would meet the same
            _abandon()
        raise Unusable(f"the output cannot be written: {error.strerror or error}") from None


def _abandon() -> None:
    """Nothing reaches stdout any more: whatever is still buffered must not be tried again."""
    sys.stdout = cast(TextIO, None)
