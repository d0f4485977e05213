"""The login behind a process, with a real sshd on loopback. Needs root and openssh-server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from envdoctor.gpus.look import look
from envdoctor.gpus.model import Login
from envdoctor.host import LocalHost
from envdoctor.reading import Known, value_or
from tests.conftest import FakeNvml
from tests.gpus.machines import target

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
FROM = "127.0.0.50"


def _unusable() -> str:
    if os.geteuid() != 0:
        return "needs root"
    if SSHD is None or shutil.which("ssh") is None:
        return "needs openssh-server and openssh-client"
    return "" if any(entry.pw_name == "sshd" for entry in pwd.getpwall()) else "needs the user sshd"


pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.skipif(bool(_unusable()), reason=_unusable() or "usable")]

Ssh = Callable[..., int]


@pytest.fixture
def ssh(open_path: Path) -> Iterator[Ssh]:
    """Logs in from 127.0.0.50, starts a process there, and returns its pid."""
    assert SSHD is not None
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(open_path / name)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (open_path / "config").write_text(
        f"HostKey {open_path}/host\nAuthorizedKeysFile {open_path}/key.pub\nStrictModes no\nUsePAM no\n"
        f"ListenAddress 127.0.0.1:{port}\nPidFile none\nPermitRootLogin prohibit-password\nPrintMotd no\n"
    )
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(open_path / "config")], stderr=subprocess.DEVNULL)
    clients: List[subprocess.Popen[bytes]] = []

    def log_in(*options: str) -> int:
        argv = ["ssh", *options, "-F", "none", "-b", FROM, "-p", str(port), "-i", str(open_path / "key")]
        argv += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        mark = open_path / f"pid{len(clients)}"
        command = f"echo $$ > {mark}.new; mv {mark}.new {mark}; exec sleep 60"
        for _ in range(50):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        clients.append(
            subprocess.Popen([*argv, "root@127.0.0.1", command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        )
        until = time.monotonic() + 10
        while not mark.exists() and time.monotonic() < until:
            time.sleep(0.02)
        return int(mark.read_text())

    yield log_in
    for client in clients:
        client.kill()
        client.communicate()
    server.terminate()
    server.wait()


def login_of(fakenvml: FakeNvml, pid: int) -> Login:
    cards = look(LocalHost(fakenvml.environ(f"[gpu]\nproc = C {pid} 100 0\n")), target()).cards
    (held,) = value_or(value_or(cards, ())[0].held, ())
    assert isinstance(held.login, Known), held.login
    return held.login.value


@pytest.mark.skipif(not os.access("/run/utmp", os.W_OK), reason="this machine keeps no utmp")
def test_a_login_with_a_terminal_is_certain(fakenvml: FakeNvml, ssh: Ssh) -> None:
    login = login_of(fakenvml, ssh("-tt"))
    assert (login.host, login.certainty, login.user) == (FROM, "certain", "root")
    assert login.how.startswith("utmp's line")


def test_a_login_without_a_terminal_is_likely(fakenvml: FakeNvml, ssh: Ssh) -> None:
    login = login_of(fakenvml, ssh())
    assert (login.host, login.certainty) == (FROM, "likely")
