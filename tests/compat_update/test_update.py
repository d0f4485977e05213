"""`compat update`: a table that verifies takes the old one's place; any other leaves it, and one sentence says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from envdoctor.compat import CompatTable
from envdoctor.compat.loader import packaged
from envdoctor.compat_update.command import update
from envdoctor.compat_update.manifest import INDEX
from envdoctor.host import LocalHost
from envdoctor.tables import current, folder, table
from envdoctor.voice import Unusable
from tests.cli.run import Ended, envdoctor

from . import publisher
from .publisher import NEWER, Server, changed, listing, nobody_there, serving

BUILT_IN = CompatTable().date


@pytest.fixture()
def server() -> Iterator[Server]:
    with serving(publisher.table()) as made:
        yield made


@pytest.fixture()
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


def started(home: Path, *options: str, **env: str) -> Ended:
    """The command, in a process of its own."""
    return envdoctor("compat", "update", *options, env={"XDG_DATA_HOME": str(home), "NO_PROXY": "*", **env})


def at(home: Path) -> LocalHost:
    return LocalHost(environ={"XDG_DATA_HOME": str(home), "HOME": str(home)})


def here(home: Path) -> CompatTable:
    return table(at(home))


def refused(home: Path, said: Optional[str]) -> str:
    """The sentence, after checking that nothing changed and nothing was left."""
    with pytest.raises(Unusable) as caught:
        update(at(home), said)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(f"; the table of {BUILT_IN} stays")
    assert here(home).date == BUILT_IN
    assert list(home.rglob("*.json")) == []
    return sentence


def test_a_newer_table_takes_the_place(home: Path, server: Server) -> None:
    ended = started(home, "--from", server.address)
    assert (ended.code, ended.err) == (0, "")
    assert f"The table of {NEWER} takes the place of that of {BUILT_IN}" in ended.out
    assert here(home).date == NEWER
    page = envdoctor("compat", "torch", "98.0.0", env={"XDG_DATA_HOME": str(home)})
    assert page.code == 0 and "torch 98.0.0" in page.out


def test_the_next_update_knows_from_where_and_asks_for_the_index_alone(home: Path, server: Server) -> None:
    update(at(home), server.address)
    server.asked.clear()
    assert update(at(home), None) == f"The table of {NEWER} stays: {server.address} has that of {NEWER}."
    assert server.asked == ["/table/index.json"]


def test_from_a_folder_without_requests(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "published"
    place.mkdir()
    for name, content in publisher.table().items():
        (place / name).write_bytes(content)
    # A requests that cannot be imported stands before the real one.
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "requests.py").write_text("raise ImportError('no requests')\n")
    path = os.pathsep.join([str(tmp_path / "lacking"), *[one for one in sys.path if one]])
    assert started(home, "--from", str(place), PYTHONPATH=path).code == 0
    assert here(home).date == NEWER
    kept = current(at(home))
    assert kept is not None and kept["from"] == str(place)
    said = started(tmp_path / "other", "--from", "https://example.invalid", PYTHONPATH=path)
    assert said.code == 2 and "pip install 'envdoctor[update]'" in said.err and said.err.count("\n") == 1


def test_an_older_table_changes_nothing(home: Path) -> None:
    with serving(publisher.table("2020-01-01")) as server:
        said = update(at(home), server.address)
    assert said == f"The table of {BUILT_IN} stays: {server.address} has that of 2020-01-01."
    assert not home.exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (lambda: {**publisher.table(), "gpus.json": publisher.table()["gpus.json"][:-1]}, "it is truncated"),
        (
            lambda: {**publisher.table(), "gpus.json": publisher.table()["gpus.json"].replace(b"8.6", b"8.9")},
            "its SHA-256 is ",
        ),
        (lambda: {**publisher.table(), INDEX: b"<html>login</html>"}, "not the index of a table"),
        (lambda: {**publisher.table(), INDEX: b"[" * 100000}, "not the index of a table"),
        (lambda: {**publisher.table(), INDEX: b"\xff\xfe"}, "not the index of a table"),
        (lambda: {**publisher.table(), INDEX: b" " * (2 << 20)}, "larger than any index"),
        (lambda: changed(format=2), "its format 2 is newer than this envdoctor's, 1"),
        (lambda: changed(format="1"), "its format is '1'"),
        (lambda: changed(date="yesterday"), "its date is 'yesterday'"),
        (lambda: changed(date="2126-01-03"), "its index is of 2126-01-03, and its date.json is not"),
        (lambda: changed(files=[]), "it does not name "),
        (lambda: changed(files=[{"name": "gpus.json"}]), "has no name, size or sha256"),
        (lambda: changed(files=json.loads(publisher.table()[INDEX])["files"] * 2), "stands in it twice"),
        (lambda: listing("gpus.json", b'{"subject":"gpus"}'), "gpus.json: an object with exactly subject"),
        (
            lambda: listing("cuda.json", packaged("cuda.json").replace(b'"gcc_max":13', b'"gcc_max":"13"', 1)),
            "field 'gcc_max'",
        ),
        (lambda: {k: v for k, v in publisher.table().items() if k != "conda.json"}, "the server answered 404"),
    ],
)
def test_what_does_not_verify(home: Path, files: Callable[[], Dict[str, bytes]], words: str) -> None:
    with serving(files()) as server:
        assert words in refused(home, server.address)


def test_a_connection_that_breaks_off(home: Path, server: Server) -> None:
    server.cut.append("gpus.json")
    assert "gpus.json: " in refused(home, server.address)


def test_offline(home: Path) -> None:
    address, _ = nobody_there()
    assert refused(home, address) == (f"{address}/index.json: no connection; the table of {BUILT_IN} stays")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ftp://example.org/table", "an http or https address, or a folder"),
        ("https://", "not an address that can be asked"),
        ("/nonexistent/table", "/nonexistent/table/index.json: no such file"),
        ("", "from where?"),
    ],
)
def test_what_is_no_source(home: Path, said: str, words: str) -> None:
    assert words in refused(home, said)


def test_a_password_is_neither_shown_nor_kept(home: Path, server: Server) -> None:
    secret = server.address.replace("http://", "http://me:hush@")
    assert "hush" not in update(at(home), secret)
    assert not any("hush" in path.read_text() for path in home.rglob("current.json"))
    _, port = nobody_there()
    assert "hush" not in refused(home / "other", f"http://me:hush@127.0.0.1:{port}")


def test_a_failed_update_leaves_the_one_before(home: Path, server: Server) -> None:
    update(at(home), server.address)
    broken = {**publisher.table("2126-02-02"), "gpus.json": b"{}"}
    with serving(broken) as other, pytest.raises(Unusable, match=f"; the table of {NEWER} stays$"):
        update(at(home), other.address)
    assert here(home).date == NEWER


def test_updates_leave_the_last_two_folders(home: Path) -> None:
    for date in ("2126-01-02", "2126-01-03", "2126-01-04"):
        with serving(publisher.table(date)) as server:
            update(at(home), server.address)
    kept = sorted(path.name[:10] for path in (home / "envdoctor" / "compat").iterdir() if path.is_dir())
    assert kept == ["2126-01-03", "2126-01-04"]
    assert here(home).date == "2126-01-04"


def test_a_folder_that_may_not_be_written(tmp_path: Path, server: Server) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(Unusable, match=r"cannot be written: .*; the table of"):
        update(at(tmp_path / "data"), server.address)


def test_a_full_disk(tmp_path: Path, server: Server) -> None:
    """The limit on a file's size stands for it: writing fails in the middle with an OSError of the same kind."""
    home = tmp_path / "data"
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); from envdoctor.cli import run;"
        "sys.exit(run(['compat', 'update', '--from', sys.argv[1]]))"
    )
    env = {"PATH": "/usr/bin:/bin", "XDG_DATA_HOME": str(home), "NO_PROXY": "*"}
    env["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, server.address], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written: File too large; the table of" in done.stderr
    assert list((home / "envdoctor" / "compat").iterdir()) == []


def damaged(manifest: Dict[str, Any]) -> List[object]:
    return [
        {**manifest, "format": 2},
        {**manifest, "verified_with": "0.0.1"},
        {**manifest, "date": "2020-01-01"},
        {**manifest, "date": 5},
        {**manifest, "folder": "../../elsewhere"},
        {**manifest, "files": [{}]},
        [],
        "not an object",
    ]


def test_an_update_that_does_not_count_is_passed_over(home: Path, server: Server) -> None:
    update(at(home), server.address)
    path = home / "envdoctor" / "compat" / "current.json"
    for said in damaged(json.loads(path.read_text())):
        path.write_text(json.dumps(said))
        assert here(home).date == BUILT_IN, said
    path.write_bytes(b"\xff{")
    assert here(home).date == BUILT_IN


def test_a_damaged_file_of_an_update_is_not_used(home: Path, server: Server) -> None:
    update(at(home), server.address)
    host = at(home)
    place = Path(folder(host)) / current(host)["folder"]  # type: ignore[index]
    (place / "torch.json").write_bytes(b"{}")
    (place / "gpus.json").unlink()
    assert here(home).torch_releases() == CompatTable().torch_releases()
    assert here(home).gpu("RTX 3090").capability == "8.6"


def test_update_takes_no_name_and_others_no_from(home: Path) -> None:
    assert envdoctor("compat", "update", "https://example.org").code == 2
    assert "--from belongs to compat update" in envdoctor("compat", "torch", "2.5.1", "--from", "x").err
