"""Facts of a text, joined with the machine's, and what commands for elsewhere assume."""

from __future__ import annotations

import dataclasses

from envdoctor.explain.facts import for_cure, joined
from envdoctor.facts import nothing_known
from envdoctor.reading import Absent, Known, Unknown
from tests.healthy import healthy

NOTHING = nothing_known("", Unknown("not-looked"))


def test_the_text_counts_and_the_machine_fills_in() -> None:
    here = healthy()
    said = dataclasses.replace(NOTHING, torch=dataclasses.replace(NOTHING.torch, version=Known("1.9.0", "line 3")))
    both = joined(said, here)
    assert both.torch.version == Known("1.9.0", "line 3")
    assert both.driver == here.driver
    assert joined(said, None) is said


def test_absent_in_the_text_is_said_too() -> None:
    said = dataclasses.replace(NOTHING, torch=dataclasses.replace(NOTHING.torch, cuda=Absent(("line 1",))))
    assert joined(said, healthy()).torch.cuda == Absent(("line 1",))


def test_what_commands_assume_is_said() -> None:
    facts, words = for_cure(NOTHING, "3.10")
    assert facts.python.executable == Known("python", "not said in the text, assumed")
    assert (facts.session.os, facts.session.machine) == tuple(
        Known(value, "not said in the text, assumed") for value in ("linux", "x86_64")
    )
    assert facts.python.version == Known("3.10.0", "a path or a command in the text")
    assert words == "The text does not say which system it is: Linux on x86_64 is assumed."


def test_a_version_of_python_is_never_assumed() -> None:
    assert isinstance(for_cure(NOTHING, "")[0].python.version, Unknown)


def test_nothing_is_assumed_where_all_is_said() -> None:
    facts, words = for_cure(healthy(), "3.6")
    assert (facts, words) == (healthy(), "")
