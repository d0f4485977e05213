from __future__ import annotations

from envdoctor.reading import Known
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, evidence, healthy, in_container, needs, silent, the_one

STOPPED = change(healthy(), "driver", fabric_manager=Known("not-running", "/proc"))


def test_not_running() -> None:
    finding = the_one("DRV106", STOPPED)
    assert finding.severity == "error" and "550.54.15" in evidence(finding)
    start, install = needs(finding)
    assert isinstance(start, NeedCommand) and start.who == "admin"
    assert start.commands[0] == ("sudo", "systemctl", "enable", "--now", "nvidia-fabricmanager")
    assert isinstance(install, NeedCommand) and install.commands[0][-1] == "nvidia-fabricmanager-550"


def test_running() -> None:
    facts = change(healthy(), "driver", fabric_manager=Known("running", "/run/nvidia-fabricmanager"))
    assert silent("DRV106", facts) == "pass"


def test_in_a_container_it_cannot_be_seen() -> None:
    assert silent("DRV106", in_container(STOPPED)) == "cannot-tell"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("DRV106", healthy()) == "not-applicable"
    assert silent("DRV106", change(healthy(), "driver", fabric_manager=NOT_KNOWN)) == "cannot-tell"
