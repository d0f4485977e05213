"""Commands as text for a POSIX shell: one line each, whatever the words hold."""

from __future__ import annotations

import shlex
from typing import Sequence


def line(argv: Sequence[str]) -> str:
    """An argv as one line that a POSIX shell splits back into the same words, byte for byte."""
    return " ".join(quote(word) for word in argv)


def quote(word: str) -> str:
    """One word, quoted where it must be.

    A control character would break the line or drive the terminal, and a byte that is not UTF-8 cannot be printed;
    such words are spelled in octal for printf. A newline at the end would be lost by `$(...)`: `$'...'` keeps it,
    which dash before POSIX 2024 does not know.
    """
    if word.isprintable():
        return shlex.quote(word)
    raw = word.encode("utf-8", "surrogateescape")
    if raw.endswith(b"\n"):
        return "$'" + "".join(_octal(byte) for byte in raw) + "'"
    spelled = "".join("%%" if byte == ord("%") else _octal(byte) for byte in raw)
    if spelled.startswith("-"):  # printf would take it for an option
        spelled = f"\\055{spelled[1:]}"
    return f"\"$(printf '{spelled}')\""


def _octal(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F and chr(byte) not in "\\'" else f"\\{byte:03o}"
