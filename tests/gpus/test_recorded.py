"""A recorded machine shows who holds its cards; arguments, environments and addresses stay where they are."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from envdoctor.gpus import discreet
from envdoctor.gpus.discreet import DiscreetHost
from envdoctor.gpus.tables import layout_of, parse_utmp
from envdoctor.reading import Absent, value_or
from tests.cli.run import envdoctor
from tests.conftest import FakeNvml
from tests.gpus.machines import logins


def test_who_is_logged_in_is_kept_without_names_and_addresses() -> None:
    layout = layout_of("x86_64")
    before = logins(
        (7, 41, "pts/3", "maria", "10.0.0.6", 1795507200),
        (7, 42, "pts/4", "maria", "tmux(4242).%0", 1795507201),
        (7, 43, "pts/5", "bo", "127.0.0.1", 1795507202),
        (7, 44, "tty1", "bo", "", 1795507203),
    )
    after = discreet._logins(before, layout)
    assert len(after) == len(before) and not any(word in after for word in (b"maria", b"bo", b"10.0"))
    told = [
        (entry.kind, entry.pid, entry.line, entry.user, entry.host, entry.at) for entry in parse_utmp(after, layout)
    ]
    assert told == [
        (7, 41, "pts/3", "", "elsewhere", 1795507200),
        (7, 42, "pts/4", "", "tmux(4242).%0", 1795507201),
        (7, 43, "pts/5", "", "this machine", 1795507202),
        (7, 44, "tty1", "", "", 1795507203),
    ]


def test_the_layout_of_arm_too() -> None:
    layout = layout_of("aarch64")
    record = layout.pack(7, 41, b"pts/3", b"", b"maria", b"10.0.0.6", 1795507200)
    (entry,) = parse_utmp(discreet._logins(record, layout), layout)
    assert (entry.pid, entry.user, entry.host, entry.at) == (41, "", "elsewhere", 1795507200)
    assert isinstance(layout, struct.Struct)


@pytest.mark.parametrize(
    ("environ", "kept"),
    [
        ("A=1\0TOKEN=hf_secret\0SSH_CONNECTION=10.0.0.6 4242 10.0.0.1 22\0B=2", "SSH_CONNECTION=elsewhere 0 0 0\0"),
        ("SSH_CONNECTION=127.0.0.1 1 127.0.0.1 22\0", "SSH_CONNECTION=this_machine 0 0 0\0"),
        ("TOKEN=hf_secret\0", ""),
    ],
)
def test_of_an_environment_only_where_it_came_from(environ: str, kept: str) -> None:
    assert discreet._origin(environ) == kept


def test_of_a_session_no_names_and_no_address() -> None:
    text = "# private\nUID=1000\nUSER=maria\nREMOTE=1\nREMOTE_HOST=10.0.0.6\nSTATE=closing\nREMOTE_USER=x\n"
    assert discreet._session(text) == "UID=1000\nREMOTE=1\nREMOTE_HOST=elsewhere\nSTATE=closing\n"


@pytest.mark.parametrize("path", ["/etc/passwd", "/var/log/wtmp", "/proc/net/tcp"])
def test_lists_of_people_and_addresses_are_not_there(path: str) -> None:
    host = DiscreetHost()
    assert host.read(path) == Absent((path,)) and host.read_bytes(path, 0, 100) == Absent((path,))


def test_of_a_command_line_the_programs_name() -> None:
    mine = value_or(DiscreetHost().read(f"/proc/{os.getpid()}/cmdline"), "")
    assert mine and "/" not in mine and "\0" not in mine


@pytest.mark.real
def test_record_and_replay(fakenvml: FakeNvml, tmp_path: Path) -> None:
    secret = "--token=hf_secretsecretsecret"
    child = subprocess.Popen(
        ["sh", "-c", "sleep 100; true", secret], env={"PASSWORD": "hidden-word", "PATH": os.environ["PATH"]}
    )
    try:
        state = f"[gpu]\nproc = C {child.pid} 900 0\nproc = C {os.getpid()} 100 7\n"
        env: Dict[str, str] = fakenvml.environ(state)
        recorded = envdoctor("record", str(tmp_path / "machine"), env=env)
        assert recorded.code == 0, recorded.err
        before = json.loads(envdoctor("gpus", "--format", "json", env=env).out)["gpus"][0]["holders"]
    finally:
        child.kill()
        child.wait()
    texts = "".join(path.read_text("utf-8", "replace") for path in (tmp_path / "machine").rglob("*") if path.is_file())
    assert secret not in texts and "hidden-word" not in texts
    replayed = envdoctor("gpus", "--format", "json", "--replay", str(tmp_path / "machine"))
    after = json.loads(replayed.out)["gpus"][0]["holders"]
    assert len(after) == len(before) == 2
    for was, now in zip(before, after):
        for key in ("pid", "memory", "share", "started", "mine", "program"):
            assert now[key] == was[key], key
        assert now["user"] and now["invisible"] is None and now["host_memory"] > 0
        assert now["command"] and " " not in now["command"]
    assert envdoctor("gpus", "--replay", str(tmp_path / "machine")).out.count("since 20") == 2
