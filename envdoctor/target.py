"""What is looked at: the interpreter in question, and what it says about itself (asked once, shared by probes)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional, Tuple

from .facts import Claim
from .reading import Reading, Unknown

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """What the user asked to look at."""

    python: Optional[str] = None  # --python PATH
    env: Optional[str] = None  # --env NAME or path
    deep: bool = False
    patience: float = 10.0  # seconds for the whole look


@dataclass(frozen=True)
class Target:
    """The interpreter in question. `answer()` is inside/ask.py's JSON, asked once, by the first probe that needs it."""

    executable: Reading[str]
    chosen_by: Reading[str]
    claims: Tuple[Claim, ...]
    request: Request
    asker: Callable[[], Reading[Answer]] = field(default=lambda: Unknown("not-looked"), compare=False)
    _kept: dict[str, Reading[Answer]] = field(default_factory=dict, compare=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def answer(self) -> Reading[Answer]:
        with self._lock:
            if "answer" not in self._kept:
                self._kept["answer"] = self.asker()
            return self._kept["answer"]
