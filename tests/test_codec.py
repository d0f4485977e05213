"""Facts survive the way to JSON and back, and what does not fit is named."""

import dataclasses
import json

import pytest

from envdoctor.codec import from_plain, to_plain
from envdoctor.facts import Facts
from tests.healthy import healthy


def test_facts_to_json_and_back() -> None:
    facts = healthy()
    assert from_plain(Facts, json.loads(json.dumps(to_plain(facts)))) == facts


def test_a_wrong_type_is_named_with_its_place() -> None:
    plain = to_plain(healthy())
    plain["python"]["bits"]["known"] = "many"
    with pytest.raises(ValueError, match=r"Facts\.python\.bits: int is expected"):
        from_plain(Facts, plain)


def test_a_missing_field_is_named() -> None:
    plain = to_plain(healthy())
    del plain["torch"]["cuda"]
    with pytest.raises(ValueError, match=r"Facts\.torch: cuda is missing"):
        from_plain(Facts, plain)


def test_unknown_keys_are_ignored() -> None:
    plain = {**to_plain(healthy()), "later": 1}
    assert from_plain(Facts, plain).taken_at == dataclasses.replace(healthy()).taken_at
