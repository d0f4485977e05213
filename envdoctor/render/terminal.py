"""A page in a terminal, with rich: colours, and prose wrapped to the width. Commands are never wrapped."""

from __future__ import annotations

import re
from typing import IO, Callable, Iterable, List, Optional

from .page import Line

STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold blue",
    "good": "bold green",
    "strong": "bold",
    "dim": "dim",
    "command": "cyan",
    "": "",
}


def painted(page: Iterable[Line], stream: Optional[IO[str]], width: Optional[int] = None) -> str:
    """The page as text with terminal codes, for the terminal that `stream` is. Nothing is written.

    Text is never read as rich markup and never highlighted by guess: `[red]` in a path stays `[red]`.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False, force_terminal=True)
    with console.capture() as capture:
        for line in page:
            text = Text()
            for words, style in line.spans:
                text.append(words, STYLES[style])
            indent = line.indent
            room = max(20, console.width - indent - line.hang)
            for part in text.divide(breaks(text.plain, room, cell_len)) if line.wrap else [text]:
                part.rstrip()
                console.print(Text(" " * indent) + part, soft_wrap=True)
                indent = line.indent + line.hang
    return capture.get()


def breaks(text: str, room: int, width_of: Callable[[str], int]) -> List[int]:
    """Where lines of at most `room` columns begin. A longer word stays whole: it is a path, and wants to be copied."""
    found: List[int] = []
    used = 0
    for word in re.finditer(r"\S+\s*", text):
        if used and used + width_of(word.group().rstrip()) > room:
            found.append(word.start())
            used = 0
        used += width_of(word.group())
    return found
