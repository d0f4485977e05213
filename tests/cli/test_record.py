"""record writes a machine down, --replay looks at it again, --redact hides who and where."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.cli.run import Ended, envdoctor
from tests.envs import shell as user_shell
from tests.envs import situations

pytestmark = [pytest.mark.real]


def findings(ended: Ended) -> Dict[str, Any]:
    return {one["name"]: one["severity"] for one in json.loads(ended.out)["findings"]}


def test_a_recording_gives_the_same_findings_again(tmp_path: Path) -> None:
    folder = str(tmp_path / "machine")
    recorded = envdoctor("record", folder, "--python", sys.executable)
    assert (recorded.code, recorded.out) == (0, ""), recorded.err
    assert folder in recorded.err
    options = ("--python", sys.executable, "--format", "json")
    live, replayed = envdoctor("check", *options), envdoctor("check", "--replay", folder, *options)
    assert findings(live) == findings(replayed)
    assert json.loads(replayed.out)["target"] == json.loads(live.out)["target"]


def test_fix_takes_a_recording_too(tmp_path: Path) -> None:
    folder = str(tmp_path / "machine")
    envdoctor("record", folder, "--python", sys.executable)
    assert envdoctor("fix", "--print-cmd", "--replay", folder, "--python", sys.executable).code in (0, 1)


@pytest.mark.parametrize("what", ["missing", "empty", "damaged", "a-file"])
def test_no_recording_is_one_sentence(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "machine"
    if what == "a-file":
        folder.write_text("x")
    elif what != "missing":
        folder.mkdir()
    if what == "damaged":
        (folder / "answers.json").write_text('{"format": 1, "answers": [')
    ended = envdoctor("check", "--replay", str(folder))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "machine" in ended.err


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    ended = envdoctor("record", str(tmp_path), "--python", sys.executable)
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["thesis.tex"]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["json", "plain"])
def test_redacted_reports_name_no_home(format: str, tmp_path: Path) -> None:
    situation = situations.interrupted_pip(tmp_path / "home" / "xaveria")
    options = ("check", "-v", "--format", format)
    for extra, named in (((), True), (("--redact",), False)):
        done = user_shell.envdoctor(situation, *options, *extra)
        assert b"broken-install" in done.stdout
        assert (b"xaveria" in done.stdout) is named
