"""What a text must have somewhere for a regular expression to match: looking for that takes a hundredth of the time.

And whether a match stays on one line: then only the lines that have it are looked at.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, FrozenSet, Iterator, Optional, Pattern, Tuple

try:
    import re._parser as parser  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # Python 3.10 and older
    import sre_parse as parser  # type: ignore[no-redef,unused-ignore]

_SHORTEST = 2  # one letter is on every line
_NEWLINE = 10
_WITH_NEWLINE = ("CATEGORY_SPACE", "CATEGORY_NOT_DIGIT", "CATEGORY_NOT_WORD")
_MOST = 24  # words that are looked for before the expression itself is


def may_match(pattern: Pattern[str], text: str, lowered: str) -> bool:
    """False only where the pattern does not match; `lowered` is the text in lower case."""
    words = required(pattern)
    if words is None:
        return True
    among = lowered if pattern.flags & re.IGNORECASE else text
    return any(word in among for word in words)


def in_lines(pattern: Pattern[str], text: str, lowered: str) -> Optional[Iterator[Tuple[int, int]]]:
    """The lines (where each begins and ends in the text) that alone can have a match, in order; None where the pattern
    does not tell."""
    words = required(pattern)
    if words is None or not on_one_line(pattern):
        return None
    among = lowered if pattern.flags & re.IGNORECASE else text
    return iter(sorted({line for word in words for line in _lines_with(word, among)}))


def _lines_with(word: str, text: str) -> Iterator[Tuple[int, int]]:
    at = text.find(word)
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text.rfind("\n", 0, at) + 1, end
        at = text.find(word, end)


@lru_cache(maxsize=None)
def on_one_line(pattern: Pattern[str]) -> bool:
    """Whether no match, and nothing that it looks at behind itself, goes over the end of a line."""
    return not _crosses(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE), pattern.flags)


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


def _crosses(parsed: Any, flags: int) -> bool:
    return any(_goes_over(str(operation), value, flags) for operation, value in parsed)


def _goes_over(name: str, value: Any, flags: int) -> bool:
    """Whether a part of a pattern may take the end of a line, or asks for the end of the text."""
    if name in ("LITERAL", "NOT_LITERAL"):
        return (value == _NEWLINE) is (name == "LITERAL")
    if name == "IN":
        return _has_newline(value)
    if name == "ANY":
        return bool(flags & re.DOTALL)
    if name == "AT":
        return str(value) == "AT_END_STRING" or (str(value) == "AT_END" and not flags & re.MULTILINE)
    if name == "BRANCH":
        return any(_crosses(branch, flags) for branch in value[1])
    if name == "SUBPATTERN":
        return _crosses(value[-1], flags | value[1])
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _crosses(value[2], flags)
    if name in ("ASSERT", "ASSERT_NOT"):
        return bool(value[0] > 0 and _crosses(value[1], flags))
    return name != "GROUPREF"


def _has_newline(members: Any) -> bool:
    negated = has = False
    for operation, value in members:
        name = str(operation)
        negated = negated or name == "NEGATE"
        has = (
            has
            or (name == "LITERAL" and value == _NEWLINE)
            or (name == "RANGE" and value[0] <= _NEWLINE <= value[1])
            or (name == "CATEGORY" and str(value) in _WITH_NEWLINE)
        )
    return has is not negated
