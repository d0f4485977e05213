"""What a text offers as evidence: hits of signatures, and clues, each of which speaks for or against one problem."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import Dict, Iterator, List, Optional, Pattern, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..frozen import frozen
from ..pasted import Line, Pasted
from ..pasted.sessions import Exchange, exchanges
from ..report import Finding, Remedy, Verdict
from .memory.reader import Seen, read_lines
from .required import in_lines, may_match

#: The name that speaks for "the trouble is in the program, not in the environment".
CODE = "healthy-control"
_LARGE = 1 << 16  # characters of a text that is worth a look before a pattern is tried on all of it


@frozen
class Hit:
    """One place where a signature matched."""

    signature: str
    line: int
    text: str  # what matched, its white space made plain, at most 300 characters
    groups: Tuple[str, ...]

    @property
    def source(self) -> str:
        return f"line {self.line}"


@frozen
class Clue:
    """Evidence for a name (weight 1 to 99, percent), or against it (-1 to -100).

    Weights add up as independent evidence does: 60 and 50 make 80. What speaks against takes its share of the whole.
    """

    name: str
    weight: int
    says: str
    source: str
    title: str = ""  # for the finding, where this clue can say it in a sentence with figures
    remedies: Tuple[Remedy, ...] = ()


class Case:
    """Everything that may be asked when clues are read."""

    def __init__(
        self,
        pasted: Pasted,
        hits: Sequence[Hit],
        facts: Facts,
        table: CompatTable,
        verdicts: Sequence[Verdict] = (),
        here: bool = False,
        memory: Optional[Seen] = None,
    ) -> None:
        self.pasted = pasted
        self.kept: Sequence[Line] = pasted.kept
        self.facts = facts
        self.table = table
        self.verdicts = verdicts
        self.here = here  # `facts` are those of this machine
        self.memory = (
            read_lines(pasted.kept) if memory is None else memory
        )  # out-of-memory messages and growing figures of the whole text
        self.faults: List[str] = []  # readers of clues that stumbled
        self.hits: Dict[str, List[Hit]] = {}
        for hit in hits:
            self.hits.setdefault(hit.signature, []).append(hit)

    @cached_property
    def text(self) -> str:
        """Every line that was kept."""
        return "\n".join(line.text for line in self.kept)

    @cached_property
    def _lowered(self) -> str:
        # Of the same length: of all letters this one alone becomes two.
        return self.text.replace("\u0130", "i").lower()

    @cached_property
    def _starts(self) -> List[int]:
        starts, at = [], 0
        for line in self.kept:
            starts.append(at)
            at += len(line.text) + 1
        return starts

    @cached_property
    def exchanges(self) -> List[Exchange]:
        return exchanges(self.kept)

    @cached_property
    def typed(self) -> List[Tuple[Tuple[str, ...], Exchange]]:
        """Every simple command that was typed, with its exchange."""
        return [(words, exchange) for exchange in self.exchanges for words in exchange.typed.commands if words]

    def line_at(self, offset: int) -> int:
        """The input's line number of a place in `text`."""
        from bisect import bisect_right

        return self.kept[max(0, bisect_right(self._starts, offset) - 1)].number if self.kept else 0

    def find(self, pattern: Pattern[str]) -> Optional[Tuple[re.Match[str], int]]:
        """The last match in the kept text and its line number."""
        return next(iter(reversed(list(self.all(pattern)))), None)

    def all(self, pattern: Pattern[str], most: int = 200) -> Iterator[Tuple[re.Match[str], int]]:
        """The first matches in the kept text, with their line numbers."""
        for found in islice(self._matches(pattern), most):
            yield found, self.line_at(found.start())

    def has(self, pattern: Pattern[str]) -> bool:
        """Whether the kept text has a match."""
        return next(self._matches(pattern), None) is not None

    def _matches(self, pattern: Pattern[str]) -> Iterator[re.Match[str]]:
        text = self.text
        if len(text) > _LARGE:
            if not may_match(pattern, text, self._lowered):
                return iter(())
            lines = in_lines(pattern, text, self._lowered)
            if lines is not None:
                return (found for start, end in lines for found in pattern.finditer(text, start, end))
        return pattern.finditer(text)

    def hit(self, *signatures: str) -> Optional[Hit]:
        """The last hit of the first of these signatures that has one."""
        return next((self.hits[name][-1] for name in signatures if name in self.hits), None)

    def finding(self, name: str) -> Optional[Finding]:
        """What a rule found under that name."""
        return next((one for verdict in self.verdicts if verdict.name == name for one in verdict.findings), None)

    def commands(self, *programs: str) -> Iterator[Tuple[Tuple[str, ...], Exchange]]:
        """Each simple command of one of these programs (by base name) that was typed, with its exchange."""
        return ((words, exchange) for words, exchange in self.typed if base_name(words[0]) in programs)


def base_name(word: str) -> str:
    """'/home/u/bin/python3.9' -> 'python3.9'; 'C:\\x\\pip.exe' -> 'pip'."""
    name = word.replace("\\", "/").rpartition("/")[2]
    return name[:-4] if name.lower().endswith(".exe") else name


def out(exchange: Exchange) -> str:
    """What was printed after a command."""
    return "\n".join(line.text for line in exchange.output)
