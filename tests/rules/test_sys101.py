from __future__ import annotations

from typing import Any

import pytest

from envdoctor.facts import Facts, Place
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedCommand, NeedVariable

from ..healthy import GIB, SITE, place
from .asking import NOT_KNOWN, change, evidence, found, healthy, needs, silent, the_one
from .installed import fresh_venv, system_python

ID = "SYS101"
MIB = 1 << 20


def places(facts: Facts, *some: Place) -> Facts:
    return change(facts, "storage", places=Known(some, "statvfs"))


def known(**values: Any) -> Any:
    return {name: Known(value, "statvfs") for name, value in values.items()}


def tmp(**values: Any) -> Place:
    return place("tmp", "/tmp", **known(mount="/tmp", filesystem="tmpfs", **values))


HOME = place("home", "/home/ana")


def test_a_full_disk() -> None:
    full = known(mount="/home", free=3 * MIB)
    finding = the_one(ID, places(healthy(), place("home", "/home/ana", **full), place("site-packages", SITE, **full)))
    assert finding.severity == "error"
    for words in ("home", "site-packages", "/home", "3 MiB"):  # one finding for the one file system
        assert words in finding.title
    assert "ext4" in evidence(finding)
    purge = (f"{'/home/ana/envs/yolo'}/bin/python", "-m", "pip", "cache", "purge")
    assert needs(finding) == [NeedCommand((purge,), safety="removes")]


def test_two_file_systems_are_two_findings() -> None:
    home = place("home", "/home/ana", **known(mount="/home", free=0))
    assert len(found(ID, places(healthy(), home, tmp(free=0)))) == 2


def test_inodes_and_quota() -> None:
    inodes = place("home", "/home/ana", **known(inodes_free=0))
    assert "files" in the_one(ID, places(healthy(), inodes)).title
    quota = place("home", "/home/ana", **known(quota_free=10 * MIB))
    finding = the_one(ID, places(healthy(), quota))
    assert finding.severity == "error" and "quota" in finding.title and "10 MiB" in finding.title


def test_a_small_tmp_matters_only_where_torch_is_to_be_installed() -> None:
    small = tmp(total=512 * MIB, free=512 * MIB)  # empty, and too small all the same
    assert silent(ID, places(healthy(), small, HOME)) == "pass"
    assert silent(ID, places(system_python(healthy()), small, HOME)) == "pass"  # nobody asked for torch
    finding = the_one(ID, places(fresh_venv(), small, HOME))
    assert finding.severity == "warning" and "512 MiB" in finding.title and "3.0 GiB" in finding.title
    made, variable = needs(finding)
    assert made == NeedCommand((("mkdir", "-p", "/home/ana/tmp"),), safety="safe")
    assert variable == NeedVariable("TMPDIR", "/home/ana/tmp")


def test_a_tmp_of_two_megabytes_is_small_not_full() -> None:
    tiny = tmp(total=2 * MIB, free=2 * MIB)
    assert silent(ID, places(healthy(), tiny)) == "pass"
    assert the_one(ID, places(fresh_venv(), tiny)).severity == "warning"
    assert the_one(ID, places(healthy(), tmp(total=2 * MIB, free=0))).severity == "error"


def test_no_better_place_is_no_remedy() -> None:
    full_home = place("home", "/home/ana", **known(mount="/home", free=GIB))
    finding = the_one(ID, places(fresh_venv(), tmp(total=512 * MIB, free=512 * MIB), full_home))
    assert needs(finding) == []


@pytest.mark.parametrize(
    ("role", "manager", "wanted"),
    [("site-packages", "pip", 6), ("pip-cache", "pip", 3), ("uv-cache", "uv", 6), ("conda-pkgs", "conda", 6)],
)
def test_what_an_install_needs_where(role: str, manager: str, wanted: int) -> None:
    facts = change(fresh_venv(), "python", manager=Known(manager, "cfg"))
    assert f"{wanted}.0 GiB" in the_one(ID, places(facts, place(role, "/x", **known(free=wanted * GIB - MIB)))).title
    assert silent(ID, places(facts, place(role, "/x", **known(free=wanted * GIB)))) == "pass"
    assert the_one(ID, places(facts, place(role, "/x", **known(quota_free=GIB)))).severity == "warning"


def test_caches_of_other_managers_do_not_matter() -> None:
    small = known(free=GIB)
    facts = places(fresh_venv(), place("conda-pkgs", "/c", **small), place("uv-cache", "/u", **small))
    assert silent(ID, facts) == "pass"


@pytest.mark.parametrize(
    "one",
    [
        place("site-packages", SITE, **known(free=0, read_only=True)),  # a squashfs image is always full
        place("site-packages", "/opt/x", **known(free=0, writable=False)),
        place("home", "/home/ana", **known(inodes_free=0, filesystem="btrfs")),
        place("home", "/home/ana", **known(free=5 * GIB)),
        place("home", "/home/ana", quota_free=NOT_KNOWN, inodes_free=Absent(("statvfs",))),
    ],
)
def test_near_misses(one: Place) -> None:
    assert silent(ID, places(healthy(), one)) == "pass"


def test_unknown() -> None:
    assert silent(ID, change(healthy(), "storage", places=NOT_KNOWN)) == "cannot-tell"
    hung = place("home", "/home/ana", free=NOT_KNOWN)
    assert silent(ID, places(healthy(), hung, tmp())) == "cannot-tell"
    assert the_one(ID, places(healthy(), hung, tmp(free=0))).severity == "error"  # what was seen stays true
