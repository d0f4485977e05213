"""`--select` and `--ignore`: rules by name, by id or by the beginning of an id."""

from __future__ import annotations

from typing import Iterable, List, Sequence, Tuple

from .rules import Rule
from .voice import Unusable


def chosen(rules: Sequence[Rule], select: Iterable[str], ignore: Iterable[str]) -> Tuple[Rule, ...]:
    """The rules that `select` names (all where it names none) less those that `ignore` names.

    Each word is a name (driver-too-old), an id (DRV101) or the beginning of one (DRV); words may be joined by commas.
    Unusable: a word that names no rule, with the closest one.
    """
    wanted = [rule for word in _words(select) for rule in named(rules, word)] or list(rules)
    unwanted = {rule.id for word in _words(ignore) for rule in named(rules, word)}
    ids = {rule.id for rule in wanted} - unwanted
    return tuple(rule for rule in rules if rule.id in ids)


def named(rules: Sequence[Rule], word: str) -> Tuple[Rule, ...]:
    """The rules that one word names. Unusable where there is none."""
    found = tuple(rule for rule in rules if word == rule.name or rule.id.startswith(word.upper()))
    if found:
        return found
    raise Unusable(f"no rule is called '{word}'{_closest(rules, word)}; `envdoctor rules` lists them")


def _words(options: Iterable[str]) -> List[str]:
    return [word.strip() for option in options for word in option.split(",") if word.strip()]


def _closest(rules: Sequence[Rule], word: str) -> str:
    from difflib import get_close_matches

    words = {rule.name.lower(): rule.name for rule in rules}
    words.update({rule.id.lower(): rule.id for rule in rules})
    close = get_close_matches(word.lower(), list(words), n=1, cutoff=0.5)
    return f" (did you mean {words[close[0]]}?)" if close else ""
