from __future__ import annotations

from typing import Any

import pytest

from envdoctor.facts import Facts, Manager, Setting
from envdoctor.reading import Known
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import CONDA, conda_env, record, without_torch

ID = "IDX105"
MANY = ("pytorch", "nvidia", "conda-forge", "bioconda", "defaults")


def conda(version: Any, channels: tuple[str, ...] = MANY, facts: Facts | None = None, **words: str) -> Facts:
    reading = version if not isinstance(version, str) else Known(version, f"{CONDA}/conda-meta")
    settings = [Setting("channels", channels, "/home/ana/.condarc", True)]
    settings += [Setting(key, (value,), "/home/ana/.condarc", True) for key, value in words.items()]
    made = conda_env(record("python", "3.11.7")) if facts is None else facts
    return change(
        made,
        "indexes",
        managers=Known((Manager("conda", f"{CONDA}/bin/conda", reading),), "PATH"),
        conda=Known(tuple(settings), "conda configuration"),
    )


@pytest.mark.parametrize("version", ["4.10.3", "22.9.0", "23.9.0"])
def test_an_old_conda_with_many_channels(version: str) -> None:
    finding = the_one(ID, conda(version))
    assert finding.severity == "note" and version in finding.title and "5 channels" in finding.title
    assert "bioconda" in evidence(finding)


def test_it_is_a_warning_where_torch_is_still_to_be_installed() -> None:
    pending = without_torch(conda_env())
    assert the_one(ID, conda("4.10.3", facts=pending)).severity == "warning"


def test_what_that_conda_can_do_about_it() -> None:
    strict = NeedCommand(((f"{CONDA}/bin/conda", "config", "--set", "channel_priority", "strict"),))
    assert needs(the_one(ID, conda("4.10.3"))) == [strict]
    first, second = needs(the_one(ID, conda("23.1.0")))
    assert isinstance(first, NeedCommand) and first.commands[-1][-2:] == ("solver", "libmamba") and second == strict


def test_a_newer_conda_told_to_solve_as_before() -> None:
    assert "24.1.0" in the_one(ID, conda("24.1.0", solver="classic")).title


def test_healthy_condas() -> None:
    assert silent(ID, conda("23.10.0")) == "pass"
    assert silent(ID, conda("22.11.1", solver="libmamba")) == "pass"
    assert silent(ID, conda("4.10.3", channels=MANY[:3])) == "pass"
    assert silent(ID, conda("4.10.3", channel_priority="strict")) == "pass"


def test_without_conda_and_unknown() -> None:
    assert silent(ID, healthy()) == "not-applicable"
    assert silent(ID, change(healthy(), "indexes", managers=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, conda(NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(conda("4.10.3"), "indexes", conda=NOT_KNOWN)) == "cannot-tell"
