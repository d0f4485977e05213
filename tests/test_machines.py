"""Every recorded machine, replayed: what is found there, in which order, and the commands, as a person agreed."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from .recording.stage import CANARIES
from .replayed import EXPECTED, MACHINES, names, replay, summary, unrecorded

NAMES = names()


def expected(name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads((MACHINES / name / EXPECTED).read_text(encoding="utf-8"))
    return found


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 14


@pytest.mark.parametrize("name", NAMES)
def test_machine(name: str) -> None:
    wanted = expected(name)
    assert summary(name, wanted["asked"]) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_asked_that_was_not_recorded(name: str) -> None:
    """A probe that learned to ask more needs the machines recorded again (tests/recording), or its answers by hand."""
    report = replay(name, expected(name)["asked"])
    assert list(unrecorded(report.facts)) == []
    assert [verdict.why for verdict in report.verdicts if "not in the recording" in verdict.why] == []
    assert [run for run in report.probes if run.status != "ok"] == []
    assert [verdict for verdict in report.verdicts if verdict.status == "crashed"] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_name_and_no_secret_of_the_recorded_machine_is_left(name: str) -> None:
    texts = [path.read_bytes().lower() for path in (MACHINES / name).rglob("*") if path.is_file()]
    texts += [text.lower() for text in _binaries(MACHINES / name / "answers.json")]
    for canary in CANARIES:
        assert not any(canary.encode() in text for text in texts), canary


def _binaries(answers: Path) -> Iterator[bytes]:
    """The short ones, which stand in answers.json; longer ones are files."""
    for answer in json.loads(answers.read_bytes())["answers"]:
        if answer["asked"][0] == "read_bytes" and isinstance(answer.get("known"), str):
            yield base64.b64decode(answer["known"])


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("debian12-healthy-3090", "pypi.example.org"),  # the index whose password is gone
        ("debian11-driver470-cu121", "proxy.example.org"),
        ("ubuntu2004-lab8-conda-cpu", "conda.example.org"),
        ("debian12-all-gpus-full", '"user2"'),  # whose processes hold the cards
    ],
)
def test_what_the_secrets_stood_in_was_recorded(name: str, left: str) -> None:
    """Otherwise that they cannot be found would say nothing."""
    files = [path for path in (MACHINES / name).rglob("*") if path.is_file()]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    assert any(left in text for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_where_it_comes_from(name: str) -> None:
    text = (MACHINES / name / "README.md").read_text(encoding="utf-8")
    assert "Recorded:" in text and "By hand:" in text
    assert not any(canary in text.lower() for canary in CANARIES)


def test_a_machine_is_judged_at_once() -> None:
    replay(NAMES[0], expected(NAMES[0])["asked"])  # imports
    started = time.perf_counter()
    for name in NAMES:
        replay(name, expected(name)["asked"])
    assert (time.perf_counter() - started) / len(NAMES) < 0.3
