"""A page in a terminal, with rich: colours, and prose wrapped to the width. Commands are never wrapped."""

from __future__ import annotations

from typing import IO, Iterable, Optional

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
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False, force_terminal=True)
    with console.capture() as capture:
        for line in page:
            text = Text()
            for words, style in line.spans:
                text.append(words, STYLES[style])
            if not line.wrap:
                console.print(Text(" " * line.indent) + text, soft_wrap=True)
            elif line.indent:
                console.print(Padding(text, (0, 0, 0, line.indent), expand=False))
            else:
                console.print(text)
    return capture.get()
