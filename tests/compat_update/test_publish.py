"""The publishing script: what it writes is what `compat update` takes; a second run writes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from envdoctor.compat.loader import packaged
from envdoctor.compat_update.command import update
from envdoctor.compat_update.manifest import WANTED
from envdoctor.host import LocalHost
from envdoctor.tables import table

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "publish_compat.py"


def publish(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, args)], capture_output=True, text=True, check=False)


def copied(folder: Path, date: str) -> Path:
    folder.mkdir()
    for name in WANTED:
        (folder / name).write_bytes(packaged(name))
    (folder / "date.json").write_text(json.dumps({"newest": date}))
    return folder


def test_what_is_published_is_taken(tmp_path: Path) -> None:
    data, place = copied(tmp_path / "data", "2126-05-05"), tmp_path / "published"
    first = publish(place, "--data", data)
    assert (first.returncode, first.stderr) == (0, "")
    assert len(first.stdout.splitlines()) == len(WANTED) + 1
    before = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    assert publish(place, "--data", data).stdout == ""
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == before
    host = LocalHost(environ={"XDG_DATA_HOME": str(tmp_path / "home")})
    update(host, str(place))
    assert table(host).date == "2126-05-05"


def test_a_wrong_table_is_not_published(tmp_path: Path) -> None:
    data, place = copied(tmp_path / "data", "2126-05-05"), tmp_path / "published"
    (data / "cuda.json").write_text('{"subject":"cuda","sources":{},"rows":[{}]}')
    said = publish(place, "--data", data)
    assert said.returncode == 2
    assert said.stderr.startswith("cuda.json: row 1")
    assert not place.exists()
    (data / "cuda.json").unlink()
    assert publish(place, "--data", data).stderr == f"{data}/cuda.json: No such file or directory\n"
