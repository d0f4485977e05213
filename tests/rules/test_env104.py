from __future__ import annotations

from envdoctor.facts import Facts, Limit
from envdoctor.reading import Known
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, healthy, needs, silent, the_one


def files(soft: int, hard: int) -> Facts:
    return change(healthy(), "session", limits=Known((Limit("open-files", soft, hard),), "getrlimit"))


def test_a_low_limit() -> None:
    finding = the_one("ENV104", files(256, 4096))
    (need,) = needs(finding)
    assert isinstance(need, NeedCommand) and need.commands == (("ulimit", "-n", "4096"),) and need.safety == "safe"
    (need,) = needs(the_one("ENV104", files(256, -1)))
    assert isinstance(need, NeedCommand) and need.commands == (("ulimit", "-n", "65536"),)


def test_a_hard_limit_as_low_leaves_nothing_to_do() -> None:
    assert not the_one("ENV104", files(256, 256)).remedies


def test_the_usual_default_is_no_fault() -> None:
    assert silent("ENV104", files(1024, 1048576)) == "pass"
    assert silent("ENV104", files(-1, -1)) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("ENV104", change(healthy(), "session", limits=Known((), "getrlimit"))) == "not-applicable"
    assert silent("ENV104", change(healthy(), "session", limits=NOT_KNOWN)) == "cannot-tell"
