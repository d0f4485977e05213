from __future__ import annotations

from envdoctor.facts import Facts
from envdoctor.reading import Known
from envdoctor.report import NeedCommand, NeedEnvironment

from ..healthy import SITE, place
from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import system_python, without_torch

ID = "PYT106"


def closed(facts: Facts) -> Facts:
    return change(facts, "python", site_packages_writable=Known(False, SITE))


def test_something_is_to_be_installed_and_may_not_be() -> None:
    finding = the_one(ID, closed(without_torch(healthy())))
    assert finding.severity == "warning" and SITE in finding.title
    assert needs(finding)[0] == NeedEnvironment()


def test_a_shared_environment_in_good_order_is_a_note() -> None:
    assert the_one(ID, closed(healthy())).severity == "note"
    torn = change(closed(healthy()), "installs", leftovers=Known((f"{SITE}/~orch",), SITE))
    assert the_one(ID, torn).severity == "warning"


def test_in_ones_own_home_it_can_be_given_back() -> None:
    give = needs(the_one(ID, closed(healthy())))[1]
    assert give == NeedCommand((("chown", "-R", "ana", "/home/ana/envs/yolo"),), who="admin")
    shared = change(closed(healthy()), "python", prefix=Known("/opt/envs/yolo", "ask"))
    assert len(needs(the_one(ID, shared))) == 1


def test_a_read_only_mount_is_not_given_back() -> None:
    places = (place("site-packages", SITE, read_only=Known(True, "mountinfo")), place("home", "/home/ana"))
    finding = the_one(ID, change(closed(healthy()), "storage", places=Known(places, "statvfs")))
    assert "read-only" in evidence(finding) and len(needs(finding)) == 1


def test_a_system_python_belongs_to_root() -> None:
    assert silent(ID, system_python(healthy())) == "not-applicable"


def test_unknown() -> None:
    assert silent(ID, change(healthy(), "python", site_packages_writable=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "python", kind=NOT_KNOWN)) == "cannot-tell"
