"""The formatter: the data stands in its one form, and what does not is put into it or refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Tuple

import pytest

import envdoctor.compat

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "format_compat.py"
HOME = Path(envdoctor.compat.__file__).parent


def run(home: Path, *options: str) -> Tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--home", str(home), *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture()
def home(tmp_path: Path) -> Path:
    for folder in ("data", "schema"):
        shutil.copytree(str(HOME / folder), str(tmp_path / folder))
    return tmp_path


def test_changes_no_byte_of_what_is_committed() -> None:
    assert run(HOME, "--check") == (0, "", "")


def test_writes_one_row_a_line_and_then_has_nothing_to_do(home: Path) -> None:
    import json

    path = home / "data" / "cuda.json"
    good = path.read_bytes()
    whole = json.loads(good)
    path.write_text(json.dumps(whole, indent=4), encoding="utf-8")
    assert run(home, "--check")[:2] == (1, f"{path}\n")
    assert run(home)[:2] == (0, f"{path}\n")
    assert path.read_bytes() == good
    assert run(home) == (0, "", "")
    assert good.count(b"\n{") == len(whole["rows"])


def test_a_schema_and_the_date_follow_the_data(home: Path) -> None:
    path = home / "data" / "cuda.json"
    path.write_text(
        path.read_text("utf-8").replace('"checked":"2026-11-22"', '"checked":"2031-01-02"'), encoding="utf-8"
    )
    (home / "schema" / "cuda.schema.json").unlink()
    code, out, _ = run(home)
    assert code == 0
    assert sorted(line.rsplit("/", 1)[1] for line in out.splitlines()) == ["cuda.schema.json", "date.json"]
    assert (home / "data" / "date.json").read_text("utf-8") == '{"newest": "2031-01-02"}\n'


def test_a_file_that_the_loader_refuses_is_left_alone(home: Path) -> None:
    path = home / "data" / "cuda.json"
    bad = path.read_bytes().replace(b'"how":"read"', b'"how":"guessed"', 1)
    path.write_bytes(bad)
    code, out, err = run(home)
    assert (code, out) == (2, "")
    assert err.startswith("cuda.json: row ")
    assert path.read_bytes() == bad


def test_a_file_of_no_subject_is_named(home: Path) -> None:
    (home / "data" / "rumours.json").write_text("{}", encoding="utf-8")
    code, _, err = run(home)
    assert code == 1
    assert "rumours.json: no subject owns this file" in err
