"""Text that somebody pasted, read into the same facts that probes fill."""

from __future__ import annotations

import importlib
from typing import Iterable, List, Optional, Sequence, Tuple

from ..facts import Facts
from ..frozen import frozen
from . import own_report
from ._formats import FORMATS, RARE
from ._kept import Keeper
from ._merge import merged
from ._said import Said
from ._words import Found, Words
from .lines import Block, Line, blocks, chunks, lines
from .sessions import Typed, typed
from .tracebacks import Frame, Raised, raised


@frozen
class Pasted:
    """What a text says: facts, the commands that were typed, the exceptions that were raised, formats by name."""

    facts: Facts
    typed: Tuple[Typed, ...]
    raised: Tuple[Raised, ...]
    formats: Tuple[str, ...]
    lines: int  # of the input
    faults: Tuple[str, ...] = ()  # readers that stumbled, which is envdoctor's own fault
    kept: Tuple[Line, ...] = ()  # of the text but its reports of our own, for whoever looks for more in it


class Reader:
    """Takes the input block by block, so that who scans it for other things reads it once.

    Memory is bounded whatever the size of the input; nothing is raised for what the text is.
    """

    #: What lies around these in a large text is kept.
    words: Sequence[str] = RARE

    def __init__(self) -> None:
        self._keeper = Keeper()
        self._words = Words(self.words)
        self._wanted = frozenset(self.words)
        self._lines = 0

    def feed(self, block: Block, found: Optional[Found] = None) -> None:
        """`found`: of these words or more, where somebody looked for them already."""
        found = self._words.find(block) if found is None else found
        rows = {word: places for word, places in found.rows.items() if word in self._wanted}
        self._keeper.feed(block, rows, found.standing_out())
        self._lines = block.last

    def pasted(self) -> Pasted:
        """What was read. To be asked once, after the last block."""
        known, told, kept = own_report.taken(self._keeper.lines())
        found, formats, faults = _said(kept)
        errors = raised(kept)
        if known or told:
            formats = ("own_report", *formats)
        facts = merged([*found, *told], errors, known)
        return Pasted(facts, typed(kept), errors, formats, self._lines, faults, tuple(kept))


def read_pasted(source: Iterable[Block]) -> Pasted:
    """Everything that a text says."""
    reader = Reader()
    for block in source:
        reader.feed(block)
    return reader.pasted()


def read(kept: Sequence[Line]) -> Facts:
    """The facts alone, of lines that fit in memory."""
    known, told, rest = own_report.taken(kept)
    return merged([*_said(rest)[0], *told], raised(rest), known)


def _said(kept: Sequence[Line]) -> Tuple[List[Said], Tuple[str, ...], Tuple[str, ...]]:
    """What every reader says whose words occur, the names of those that had something to say, and those that stumbled.

    What a reader said before it stumbled counts, and the others go on: a text may be anything.
    """
    text = "\n".join(line.text for line in kept)
    found: List[Said] = []
    formats: List[str] = []
    faults: List[str] = []
    for name, words in FORMATS.items():
        if any(word in text for word in words):
            before = len(found)
            module = importlib.import_module(f".{name}", __name__)
            try:
                found.extend(module.read(kept))
            except Exception as error:  # noqa: BLE001 - one reader that stumbles must not silence the others
                faults.append(f"{name}: {type(error).__name__}: {error}")
            if len(found) > before:
                formats.append(name)
    return found, tuple(formats), tuple(faults)


__all__ = [
    "Block",
    "Found",
    "Frame",
    "Line",
    "Pasted",
    "Raised",
    "Reader",
    "Typed",
    "Words",
    "blocks",
    "chunks",
    "lines",
    "read",
    "read_pasted",
]
