"""`fix --verify` and `fix --apply` with the real pip on real environments, and an index on disk."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from tests.envs import situations, wheels
from tests.envs.build import Situation
from tests.envs.shell import command, envdoctor

pytestmark = [pytest.mark.slow, pytest.mark.real]


@pytest.fixture
def needy(tmp_path: Path) -> Situation:
    """An environment in which one requirement is not met, and an index that holds it."""
    situation = situations.unmet_requirement(tmp_path)
    return with_index(
        situation, tmp_path, [wheels.wheel(tmp_path / "made", "absent-one", "2.5", {"absent_one.py": b""})]
    )


def with_index(situation: Situation, folder: Path, files: List[Path]) -> Situation:
    store = folder / "index"
    for file in files:
        (store / "absent-one").mkdir(parents=True, exist_ok=True)
        file.rename(store / "absent-one" / file.name)
        (store / "absent-one" / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
    store.mkdir(exist_ok=True)
    pip = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": store.as_uri(), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return replace(situation, variables={**situation.variables, **pip})


def freeze(situation: Situation) -> str:
    argv = [str(situation.path[0] / "python"), "-m", "pip", "freeze", "--all"]
    return subprocess.run(argv, env=situation.environ(), capture_output=True, text=True, check=True).stdout


def test_a_line_that_resolves_says_what_would_change(needy: Situation) -> None:
    before = freeze(needy)
    done = envdoctor(needy, "fix", "--verify", "--format", "json")
    plan = json.loads(done.stdout)
    (asked,) = plan["resolutions"]
    assert (done.returncode, asked["status"]) == (0, "resolves")
    assert asked["changes"] == [{"name": "absent-one", "before": "", "after": "2.5"}]
    assert freeze(needy) == before
    page = envdoctor(needy, "fix", "--verify").stdout.decode()
    assert "resolves: absent-one 2.5 (new)" in page


def test_a_line_that_does_not_resolve_is_not_printed(tmp_path: Path) -> None:
    situation = with_index(situations.unmet_requirement(tmp_path), tmp_path, [])
    done = envdoctor(situation, "fix", "--verify", "--print-cmd")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"does not resolve" in done.stderr and b"absent-one" in done.stderr


def test_an_index_that_does_not_answer_refuses_nothing(needy: Situation) -> None:
    closed = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_TIMEOUT": "1"}
    silent = replace(needy, variables={**needy.variables, **closed})
    done = envdoctor(silent, "fix", "--verify", "--format", "json")
    (asked,) = json.loads(done.stdout)["resolutions"]
    assert (done.returncode, asked["status"]) == (0, "cannot-tell")
    assert "the index did not answer" in asked["why"]


def snapshots(situation: Situation) -> List[Path]:
    return sorted((situation.home / ".local" / "state" / "envdoctor" / "snapshots").glob("*"))


def test_applied_and_clean(needy: Situation) -> None:
    before = freeze(needy)
    done = envdoctor(needy, "fix", "--apply")
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert "Looked again: nothing wrong." in said
    assert "absent-one==2.5" in freeze(needy)
    (folder,) = snapshots(needy)
    assert (folder / "requirements.txt").read_text() == before
    assert str(folder) in said and folder.stat().st_mode & 0o077 == 0


def test_the_second_look_is_a_new_one(needy: Situation) -> None:
    """Also where both looks are asked for in the same words."""
    done = envdoctor(needy, "fix", "--apply", "--python", str(needy.path[0] / "python"))
    assert (done.returncode, "Looked again: nothing wrong." in done.stderr.decode()) == (0, True), done.stderr.decode()


def test_a_failure_prints_the_way_back_and_it_leads_back(tmp_path: Path) -> None:
    situation = with_index(situations.unmet_requirement(tmp_path), tmp_path, [])
    before = freeze(situation)
    done = envdoctor(situation, "fix", "--apply")
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "failed with exit code 1" in said and "The way back:" in said
    (back,) = [line.strip() for line in said.splitlines() if "--no-deps -r" in line]
    subprocess.run(["sh", "-c", back], env=situation.environ(), check=True, capture_output=True)
    assert freeze(situation) == before


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(20)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def slow_index() -> Iterator[str]:
    """The address of an index that lets everybody wait."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    server.shutdown()
    server.server_close()


def test_interrupted_in_the_middle(needy: Situation, slow_index: str) -> None:
    """Ctrl-C while pip waits for its index: the snapshot stays, and it is said where."""
    waiting = replace(needy, variables={**needy.variables, "PIP_INDEX_URL": slow_index})
    process = subprocess.Popen(
        command("fix", "--apply"),
        env=waiting.environ(),
        cwd=needy.cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    said = b""
    while b"-m pip install" not in said:
        said += process.stderr.readline()
    time.sleep(1.5)
    os.killpg(process.pid, signal.SIGINT)
    said += process.communicate(timeout=30)[1]
    assert process.returncode == 130
    (folder,) = snapshots(needy)
    assert b"envdoctor: interrupted in:" in said
    assert said.index(b"interrupted in:") < said.rindex(str(folder).encode())


def test_an_environment_that_others_share_is_left_alone(needy: Situation) -> None:
    needy.path[0].parent.chmod(0o777)
    before = freeze(needy)
    done = envdoctor(needy, "fix", "--apply")
    assert done.returncode == 2 and b"--yes" in done.stderr
    assert freeze(needy) == before and snapshots(needy) == []
    assert envdoctor(needy, "fix", "--apply", "--yes").returncode == 0
    assert "absent-one==2.5" in freeze(needy)


def test_a_snapshot_that_cannot_be_written_stops_all(needy: Situation) -> None:
    (needy.home / ".local").write_text("a file where a folder should be")
    before = freeze(needy)
    done = envdoctor(needy, "fix", "--apply")
    assert done.returncode == 2 and b"nothing was run" in done.stderr
    assert freeze(needy) == before
