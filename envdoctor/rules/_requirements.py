"""Requirement lines: Requires-Dist of installed packages, and requirements.txt of the current folder.

A large environment has thousands of Requires-Dist lines, nearly all of them met by a plain comparison of numbers.
Those are answered here; everything else (===, pre-releases, markers with `or`) is packaging's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..facts import Facts
from ..reading import value_or
from ._common import TORCH_FAMILY, canonical

#: No requirement is that long; regular expressions are not fed with more.
_LONGEST = 1000

#: Options of a requirements file that say where to look.
INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index")


class Requirement(NamedTuple):
    name: str  # canonical
    specifier: str  # ">=1.2,<2", "@ https://...", "" for any version
    marker: str  # after the semicolon, "" where there is none
    line: str  # as written


class Requested(NamedTuple):
    """requirements.txt, read: what it asks for and where it says to look."""

    requirements: Tuple[Requirement, ...]
    options: Tuple[str, ...]  # lines such as "--extra-index-url https://..."


@lru_cache(maxsize=4096)
def parse(line: str) -> Optional[Requirement]:
    """None for what is no requirement: an option, a path, a comment, an empty or unreadable line."""
    if len(line) > _LONGEST:
        return None
    body, _, marker = line.partition(";")
    body = body.partition(" #")[0].strip()
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", body)
    if not found:
        return None
    rest = body[found.end() :].lstrip()
    if rest.startswith("["):
        rest = rest.partition("]")[2].lstrip()
    if rest and rest[0] not in "(@=<>!~":
        return None
    specifier = rest[1:-1].strip() if rest.startswith("(") and rest.endswith(")") else rest
    return Requirement(canonical(found.group()), specifier, marker.strip(), line.strip())


def requested(facts: Facts) -> Requested:
    """requirements.txt of the current folder; empty where there is none or it could not be read."""
    requirements, options = [], []
    for line in value_or(facts.installs.requested, ()):
        text = line.split(" #")[0].split(" --hash")[0].strip().rstrip("\\").strip()
        if text.split("=")[0].split(" ")[0] in INDEX_OPTIONS:
            options.append(text)
        elif text and not text.startswith(("-", "#", ".", "/")):
            requirement = parse(text)
            if requirement:
                requirements.append(requirement)
    return Requested(tuple(requirements), tuple(options))


def pinned(specifier: str) -> Optional[str]:
    """'==2.1.0+cu118' -> '2.1.0+cu118'; None where no single version is asked for."""
    found = re.fullmatch(r"={2,3}\s*([0-9][^\s,*]*)", specifier.strip())
    return found.group(1) if found else None


_CLAUSE = r"\s*(>=|<=|==|!=|~=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?\s*"
_Numbers = Tuple[int, ...]


@lru_cache(maxsize=None)
def _clauses(specifier: str) -> Optional[Tuple[Tuple[str, _Numbers], ...]]:
    """The comparisons of a specifier that holds nothing but numbers, None otherwise."""
    clauses: List[Tuple[str, _Numbers]] = []
    for part in specifier.split(","):
        found = re.fullmatch(_CLAUSE, part)
        if not found:
            return None
        sign, text, star = found.groups()
        written = tuple(int(number) for number in text.split("."))
        if star and sign not in ("==", "!="):
            return None
        if sign == "~=" and len(written) > 1:
            clauses += [(">=", _trimmed(written)), ("==*", written[:-1])]
        elif sign == "~=":
            return None
        else:
            clauses.append((sign + "*", written) if star else (sign, _trimmed(written)))
    return tuple(clauses)


@lru_cache(maxsize=None)
def _plain(version: str) -> Optional[_Numbers]:
    """'1.10.0' -> (1, 10): trailing zeros do not count. None unless the version is numbers and dots."""
    parts = version.split(".")
    if len(version) > _LONGEST or not all(part.isdecimal() for part in parts):
        return None
    return _trimmed(tuple(int(part) for part in parts))


def _trimmed(written: _Numbers) -> _Numbers:
    while written and written[-1] == 0:
        written = written[:-1]
    return written


def _begins(have: _Numbers, want: _Numbers) -> bool:
    return (have + (0,) * len(want))[: len(want)] == want


_COMPARE: Dict[str, Callable[[_Numbers, _Numbers], bool]] = {
    ">=": lambda have, want: have >= want,
    "<=": lambda have, want: have <= want,
    "==": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    "<": lambda have, want: have < want,
    ">": lambda have, want: have > want,
    "==*": _begins,
    "!=*": lambda have, want: not _begins(have, want),
}


@lru_cache(maxsize=None)
def admits(specifier: str, version: str) -> Optional[bool]:
    """Whether an installed version satisfies a specifier, as pip counts; None where either cannot be read."""
    if not specifier:
        return True
    if specifier.startswith("@"):
        return None  # whatever lies at that address
    have = _plain(version.split("+", 1)[0])
    clauses = _clauses(specifier) if have is not None else None
    if have is not None and clauses is not None:
        return all(_COMPARE[sign](have, want) for sign, want in clauses)
    return _admits_slowly(specifier, version)


def _admits_slowly(specifier: str, version: str) -> Optional[bool]:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except ValueError:  # InvalidSpecifier and InvalidVersion are that
        return None


def marker_environment(facts: Facts) -> Mapping[str, str]:
    """The variables of a marker for the active interpreter; "" where a fact is not known."""
    version = value_or(facts.python.version, "")
    system = value_or(facts.session.os, "")
    implementation = value_or(facts.python.implementation, "")
    platform = {"linux": ("Linux", "linux", "posix"), "darwin": ("Darwin", "darwin", "posix")}
    name, sys_platform, os_name = platform.get(system, ("Windows", "win32", "nt") if system == "windows" else ("",) * 3)
    return {
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "implementation_version": version,
        "implementation_name": implementation.lower(),
        "platform_python_implementation": implementation,
        "platform_machine": value_or(facts.python.machine, ""),
        "platform_release": value_or(facts.session.kernel, ""),
        "platform_version": "",
        "platform_system": name,
        "sys_platform": sys_platform,
        "os_name": os_name,
        "extra": "",
    }


def applies(marker: str, environment: Mapping[str, str]) -> Optional[bool]:
    """Whether a marker holds; None where it cannot be evaluated."""
    if not marker:
        return True
    if " or " not in marker and "(" not in marker:
        answers = [_simple(part, environment) for part in marker.split(" and ")]
        if None not in answers:
            return all(answers)
    return _applies_slowly(marker, environment)


def _simple(clause: str, environment: Mapping[str, str]) -> Optional[bool]:
    """One comparison of a variable with a quoted value, None where it is anything else."""
    found = re.fullmatch(r"""\s*([a-z_]+)\s*(==|!=|<=|>=|<|>)\s*["']([^"']*)["']\s*""", clause)
    have = environment.get(found.group(1), "") if found else ""
    if not found or not have:
        return None
    sign, wanted = found.group(2), found.group(3)
    left, right = _plain(have), _plain(wanted)
    if left is not None and right is not None:
        return _COMPARE[sign](left, right)
    if sign in ("==", "!=") and left is None and right is None:
        return (have == wanted) == (sign == "==")
    return None


def _applies_slowly(marker: str, environment: Mapping[str, str]) -> Optional[bool]:
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    known = {name: value for name, value in environment.items() if value or name == "extra"}
    bare = re.sub(r"""(["']).*?\1""", "", marker)
    if any(name in environment and name not in known for name in re.findall(r"[a-z_]+", bare)):
        return None  # packaging would fill in its own interpreter's
    try:
        return Marker(marker).evaluate(known)
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return None


#: What an installer brings into every environment by itself.
_BROUGHT = ("pip", "setuptools", "wheel", "pkg-resources")


def chosen(facts: Facts) -> Tuple[str, ...]:
    """What somebody chose to install, as pins: index packages that no other installed one asks for, torch's family
    aside. Empty where the packages are not known. What came from a path or URL cannot be named by a pin."""
    every = value_or(facts.installs.distributions, ())
    asked = {found.name for dist in every for line in dist.requires for found in [parse(line)] if found}
    kept = {
        f"{dist.name}=={dist.version}"
        for dist in every
        if canonical(dist.name) not in (*asked, *TORCH_FAMILY, *_BROUGHT)
        and not dist.name.startswith("nvidia-")
        and dist.metadata_readable
        and not dist.editable
        and not dist.direct_url
    }
    return tuple(sorted(kept))
