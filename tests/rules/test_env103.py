from __future__ import annotations

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known

from .asking import NOT_KNOWN, change, healthy, in_container, silent, the_one


def shm(mib: int) -> Facts:
    return change(healthy(), "session", shm_total=Known(mib << 20, "/dev/shm"))


def test_dockers_64_mib() -> None:
    finding = the_one("ENV103", in_container(shm(64)))
    assert finding.severity == "warning" and "64 MiB" in finding.title
    assert "--shm-size" in finding.remedies[0].title


def test_on_the_machine_itself() -> None:
    assert "administrator" in the_one("ENV103", shm(64)).remedies[0].title


def test_enough() -> None:
    assert silent("ENV103", shm(256)) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("ENV103", change(healthy(), "session", shm_total=Absent(("/dev/shm",)))) == "not-applicable"
    assert silent("ENV103", change(healthy(), "session", shm_total=NOT_KNOWN)) == "cannot-tell"
