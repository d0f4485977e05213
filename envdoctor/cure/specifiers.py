"""Whether a version meets a specifier: plain numbers at once, all else by packaging.

packaging costs more to load than a whole plan takes, and nearly every requirement on torch is one or two comparisons
with plain release numbers.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

_CLAUSE = re.compile(r"(==|!=|>=|<=|>|<)\s*(\d{1,9}(?:\.\d{1,9}){0,5})")
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}")


def is_specifier(text: str) -> bool:
    if all(_CLAUSE.fullmatch(clause.strip()) for clause in text.split(",")):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def meets(version: str, specifier: str) -> bool:
    """Pre-releases count as what they are. packaging's InvalidSpecifier where the specifier is none."""
    known = _plainly(version, specifier)
    if known is not None:
        return known
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)


def as_asked(version: str, variant: str, specifier: str) -> str:
    """The version with its local tag where the specifier names one: ==2.4.1+cu118 is one build, ==2.4.1 any."""
    return f"{version}+{variant}" if "+" in specifier else version


def _plainly(version: str, specifier: str) -> Optional[bool]:
    """None where either is more than numbers."""
    if not _VERSION.fullmatch(version):
        return None
    have = _numbers(version)
    for clause in specifier.split(",") if specifier.strip() else ():
        found = _CLAUSE.fullmatch(clause.strip())
        if found is None:
            return None
        sign, wanted = found.group(1), _numbers(found.group(2))
        equal, less = have == wanted, have < wanted
        met = {"==": equal, "!=": not equal, ">=": not less, "<=": less or equal, ">": not (less or equal), "<": less}
        if not met[sign]:
            # A clause after this one may still be no specifier; packaging would say so.
            return False if all(_CLAUSE.fullmatch(one.strip()) for one in specifier.split(",")) else None
    return True


def _numbers(text: str) -> Tuple[int, ...]:
    """Without zeros at the end: 2.5 is 2.5.0."""
    return tuple(int(part) for part in re.sub(r"(\.0+)+$", "", text).split("."))
