"""What a text must have somewhere for a regular expression to match: looking for that takes a hundredth of the time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, FrozenSet, Optional, Pattern

try:
    import re._parser as parser  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # Python 3.10 and older
    import sre_parse as parser  # type: ignore[no-redef,unused-ignore]

_SHORTEST = 3  # a shorter word is in every large text
_MOST = 24  # words that are looked for before the expression itself is


def may_match(pattern: Pattern[str], text: str, lowered: str) -> bool:
    """False only where the pattern does not match; `lowered` is the text in lower case."""
    words = required(pattern)
    if words is None:
        return True
    among = lowered if pattern.flags & re.IGNORECASE else text
    return any(word in among for word in words)


@lru_cache(maxsize=None)
def required(pattern: Pattern[str]) -> Optional[FrozenSet[str]]:
    """Words one of which is in every match, in lower case where the pattern takes any; None where there are none."""
    words = _of(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))
    if words is None or len(words) > _MOST or min(map(len, words)) < _SHORTEST:
        return None
    return frozenset(word.lower() for word in words) if pattern.flags & re.IGNORECASE else words


def _of(parsed: Any) -> Optional[FrozenSet[str]]:
    """The best of what every part of a sequence asks for: the longest words."""
    best: Optional[FrozenSet[str]] = None
    run = ""
    for operation, value in [*parsed, (None, None)]:
        name = str(operation)
        if name == "LITERAL":
            run += chr(value)
            continue
        found = [frozenset([run])] if run else []
        run = ""
        inner = _inside(name, value)
        found += [inner] if inner else []
        for words in found:
            if best is None or min(map(len, words)) > min(map(len, best)):
                best = words
    return best


def _inside(name: str, value: Any) -> Optional[FrozenSet[str]]:
    if name == "SUBPATTERN":
        return _of(value[-1])
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[0] > 0:
        return _of(value[2])
    if name == "BRANCH":
        branches = [_of(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(branches) else None  # type: ignore[arg-type]
    return None
