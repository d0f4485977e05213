"""How evidence adds up, and what is told of it."""

from __future__ import annotations

from typing import Tuple

from envdoctor.compat import CompatTable
from envdoctor.explain.evidence import CODE, Case, Clue
from envdoctor.explain.ranking import ranked, weigh
from envdoctor.facts import nothing_known
from envdoctor.pasted import Pasted
from envdoctor.reading import Unknown
from envdoctor.report import Finding

NOTHING = nothing_known("", Unknown("not-looked"))
CASE = Case(Pasted(NOTHING, (), (), (), 0), (), NOTHING, CompatTable())


def clue(name: str, weight: int, says: str = "") -> Clue:
    return Clue(name, weight, says or f"{name} {weight}", "line 1")


def told(*clues: Clue) -> Tuple[Finding, ...]:
    return ranked(clues, CASE)[0]


def test_evidence_adds_up_as_independent_chances_do() -> None:
    assert round(weigh([clue("x", 60), clue("x", 50)])) == 80
    assert round(weigh([clue("x", 90, "same"), clue("x", 90, "same")])) == 90
    assert round(weigh([clue("x", 80), clue("x", -50)])) == 40
    assert weigh([clue("x", 80), clue("x", -100)]) == 0


def test_the_heaviest_comes_first() -> None:
    names = [one.name for one in told(clue("numpy-abi", 60), clue("mkl-ijit", 90), clue("gcc-too-new", 70))]
    assert names == ["mkl-ijit", "gcc-too-new", "numpy-abi"]


def test_what_is_only_possible_is_a_note_with_the_command_that_decides() -> None:
    (one,) = told(clue("driver-too-old", 40))
    assert (one.severity, one.confidence) == ("note", "likely")
    assert one.remedies[0].title == "this command decides it"


def test_certain_from_a_weight_on() -> None:
    assert [one.confidence for one in told(clue("driver-too-old", 90))] == ["certain"]
    assert [one.confidence for one in told(clue("driver-too-old", 60))] == ["likely"]


def test_a_fault_of_the_program_silences_what_is_less_likely() -> None:
    findings, why = ranked([clue(CODE, 90, "the labels"), clue("gpu-arch-not-in-build", 70)], CASE)
    assert [one.severity for one in findings] == ["note"]
    assert why == "the labels"


def test_too_little_is_not_told_at_all() -> None:
    assert told(clue("driver-too-old", 5)) == ()


def test_unknown_names_are_left_out() -> None:
    assert told(clue("no-such-problem", 90)) == ()


def test_what_speaks_against_is_said() -> None:
    (one,) = told(clue("driver-too-old", 90), clue("driver-too-old", -20, "the driver is new"))
    assert "against it: the driver is new" in [evidence.says for evidence in one.because]
