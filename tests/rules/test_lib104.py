from __future__ import annotations

from typing import Optional

from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages

from ..healthy import module
from .asking import NOT_KNOWN, change, dist, evidence, healthy, needs, silent, the_one, torch_build, with_dists


def pair(numpy: str, torch: str = "2.1.0+cu121", knows: Optional[bool] = None) -> Facts:
    facts = with_dists(torch_build(torch, "12.1"), dist("numpy", numpy))
    facts = change(facts, "installs", modules=Known((module("torch", torch), module("numpy", numpy)), "ask"))
    return change(facts, "torch", numpy2=NOT_KNOWN if knows is None else Known(knows, "libtorch_python.so"))


def test_numpy_2_beside_an_older_torch_by_the_binary() -> None:
    finding = the_one("LIB104", pair("2.0.1", knows=False))
    assert finding.severity == "error" and "numpy 2.0.1" in finding.title and "torch 2.1.0+cu121" in finding.title
    assert "libtorch_python.so" in evidence(finding)
    assert needs(finding)[0] == NeedPackages(("numpy<2",))


def test_and_by_the_table() -> None:
    the_one("LIB104", pair("2.0.1"))
    assert silent("LIB104", pair("2.0.1", "2.3.0+cu121")) == "pass"


def test_windows_learned_it_later() -> None:
    facts = change(pair("2.0.1", "2.3.0+cu121"), "session", os=Known("windows", "x"))
    the_one("LIB104", facts)


def test_near_misses() -> None:
    assert silent("LIB104", pair("1.26.4", knows=False)) == "pass"
    assert silent("LIB104", pair("2.0.1", "2.5.1+cu121", knows=True)) == "pass"
    # the copy that is imported counts, not every record of one
    facts = with_dists(pair("1.26.4", knows=False), dist("numpy", "2.0.1"))
    assert silent("LIB104", facts) == "pass"


def test_not_applicable() -> None:
    assert silent("LIB104", change(healthy(), "torch", version=Absent(("x",)))) == "not-applicable"
    none = change(healthy(), "installs", modules=Known((module("torch"),), "ask"))
    none = change(none, "installs", distributions=Known((dist("torch", "2.5.1"),), "ask"))
    assert silent("LIB104", none) == "not-applicable"


def test_cannot_tell() -> None:
    unlisted = change(healthy(), "installs", modules=NOT_KNOWN, distributions=NOT_KNOWN)
    assert silent("LIB104", unlisted) == "cannot-tell"
    assert silent("LIB104", pair("2.0.1", "2.1.0a0+git12")) == "cannot-tell"


def test_the_record_counts_where_the_module_names_no_version() -> None:
    facts = change(pair("2.0.1", knows=False), "installs", modules=NOT_KNOWN)
    assert "2.0.1" in the_one("LIB104", facts).title
