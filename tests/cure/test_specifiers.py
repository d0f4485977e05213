"""The short way says what packaging says."""

from __future__ import annotations

import itertools

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envdoctor.cure.specifiers import is_specifier, meets

VERSIONS = ("2.5.1", "2.5", "2.5.0", "2.10.0", "2", "1.13.1", "2.5.1+cu121", "2.6.0rc1", "2.5.1.post2", "2.0.0.0")
NUMBERS = ("2.5.1", "2.5", "2.5.0.0", "2.10", "3", "1.13.1", "2.0")
SPECIFIERS = (
    *(f"{sign}{number}" for sign in ("==", "!=", ">=", "<=", ">", "<", "~=") for number in NUMBERS if number != "3"),
    ">=2.1,<2.6", ">= 2.1 , != 2.5.1", "==2.5.*", "!=2.5.*", "===2.5.1", "==2.5.1+cu121", "<2.6.0rc1",
    ">=2.1,==2.*", "",
)  # fmt: skip
WRONG = ("==", "2.5", ">=2.1,", "=>2", ">=2.1 <3", "==banana", ">=2,<", "<1,=2", "~=2")


def test_it_says_what_packaging_says() -> None:
    for version, specifier in itertools.product(VERSIONS, SPECIFIERS):
        expected = SpecifierSet(specifier).contains(version, prereleases=True)
        assert meets(version, specifier) == expected, (version, specifier)


@pytest.mark.parametrize("specifier", [*SPECIFIERS, *WRONG])
def test_what_is_a_specifier(specifier: str) -> None:
    try:
        SpecifierSet(specifier)
        expected = True
    except InvalidSpecifier:
        expected = False
    assert is_specifier(specifier) == expected


@pytest.mark.parametrize("specifier", ["<1,=2", ">=9,banana"])
def test_what_is_none_is_never_taken_for_an_answer(specifier: str) -> None:
    with pytest.raises(InvalidSpecifier):
        meets("2.5.1", specifier)
