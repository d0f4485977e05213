"""A page as plain text: what a pipe, NO_COLOR and TERM=dumb get. Lines are not wrapped: grep wants them whole."""

from __future__ import annotations

from typing import Iterable

from .page import Line


def plain(page: Iterable[Line]) -> str:
    return "".join(f"{' ' * line.indent}{line.text}".rstrip() + "\n" for line in page)
