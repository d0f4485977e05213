"""From a process to its login: each witness alone, and how sure it makes."""

from __future__ import annotations

import struct
from typing import Tuple

import pytest

from envdoctor.gpus.model import Login
from envdoctor.gpus.tables import address, parse_utmp
from envdoctor.reading import Absent, Known, Unknown
from tests.fakes import FakeHost
from tests.gpus.machines import AT, gpu, logins, machine, process, the_only

PTS3 = 136 << 8 | 3
SSHD = "  sl  local_address rem_address   st tx rx tr tm retr uid timeout inode\n"


def host_with(**of: object) -> FakeHost:
    host = machine(gpu(0, 50))
    process(host, 50, **of)  # type: ignore[arg-type]
    return host


def told(host: FakeHost) -> Tuple[str, str]:
    login = the_only(host).login
    assert isinstance(login, Known), login
    return login.value.host, login.value.certainty


def test_logind_session_of_the_control_group() -> None:
    host = host_with(cgroup="0::/user.slice/user-1001.slice/session-30.scope\n")
    host.files["/run/systemd/sessions/30"] = "# no API\nUSER=bo\nREMOTE=1\nREMOTE_HOST=10.0.0.5\nSTATE=closing\n"
    login = the_only(host).login
    assert login == Known(Login("10.0.0.5", "certain", "logind's session 30, logged out since", "bo"), "login records")


def test_logind_session_by_the_audit_session() -> None:
    host = host_with(audit="31")
    host.files["/run/systemd/sessions/31"] = "USER=bo\nREMOTE=0\n"
    assert told(host) == ("", "certain")


def test_a_session_name_that_leads_elsewhere_is_not_opened() -> None:
    host = host_with(cgroup="0::/session-..%2f..%2fetc.scope\n")
    host.files["/run/systemd/etc"] = "REMOTE_HOST=6.6.6.6\n"
    assert isinstance(the_only(host).login, Unknown)


def test_line_of_its_terminal() -> None:
    host = host_with(tty=PTS3)
    host.files["/run/utmp"] = logins(
        (7, 40, "pts/3", "bo", "10.0.0.6", AT - 60), (7, 41, "pts/4", "ana", "10.0.0.7", AT)
    )
    assert told(host) == ("10.0.0.6", "certain")


def test_a_terminal_that_was_given_to_somebody_after_it_began_is_no_witness() -> None:
    host = host_with(tty=PTS3)
    host.files["/run/utmp"] = logins((7, 40, "pts/3", "ana", "10.0.0.6", AT + 60))
    assert isinstance(the_only(host).login, Unknown)


def test_an_ancestor_of_utmp() -> None:
    host = host_with(parent=45)
    process(host, 45, command="bash", parent=40)
    process(host, 40, command="sshd", user="root")
    host.files["/run/utmp"] = logins((7, 40, "pts/3", "bo", "10.0.0.6", AT - 60))
    assert told(host) == ("10.0.0.6", "certain")


def test_parents_in_a_circle_end() -> None:
    host = host_with(parent=45)
    process(host, 45, parent=50)
    host.files["/run/utmp"] = logins((7, 40, "pts/3", "bo", "10.0.0.6", AT - 60))
    assert isinstance(the_only(host).login, Unknown)


def test_the_same_audit_session_as_utmps_sshd_though_reparented_and_inside_tmux() -> None:
    host = host_with(audit="7", tty=PTS3)
    process(host, 40, command="sshd", user="root", audit="7")
    host.files["/run/utmp"] = logins(
        (7, 90, "pts/3", "bo", "tmux(90).%0", AT - 50), (7, 40, "pts/1", "bo", "10.0.0.6", AT - 60)
    )
    assert told(host) == ("10.0.0.6", "certain")
    assert the_only(host).inside == "tmux"


def test_its_environment_is_likely_only() -> None:
    host = host_with(user="ana")
    host.files["/proc/50/environ"] = "A=1\0SSH_CONNECTION=10.0.0.8 5000 10.0.0.1 22\0"
    assert told(host) == ("10.0.0.8", "likely")


@pytest.mark.parametrize(
    ("peers", "said"),
    [(["0800000A"], ("10.0.0.8", "likely")), (["0800000A", "0900000A"], ("10.0.0.8, 10.0.0.9", "one-of"))],
)
def test_connections_that_no_line_explains(peers: list[str], said: Tuple[str, str]) -> None:
    host = host_with(audit="7")
    process(host, 40, command="sshd", user="root", audit="7")
    host.files["/proc/40/comm"] = "sshd\n"
    host.files["/run/utmp"] = logins((7, 30, "pts/1", "ana", "10.0.0.5", AT - 60))
    process(host, 30, command="sshd", user="root", audit="3")
    rows = [f"0: 0100000A:0016 {peer}:C350 01 0 0 0 0 0 0" for peer in [*peers, "0500000A"]]
    host.files["/proc/net/tcp"] = SSHD + "\n".join(["0: 00000000:0016 00000000:0000 0A 0 0 0 0 0 0", *rows, "broken"])
    assert told(host) == said


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([(7, 9, "pts/1", "bo", "10.0.0.6", AT - 60)], ("10.0.0.6", "likely")),
        (
            [(7, 9, "pts/1", "bo", "10.0.0.6", AT - 60), (7, 8, "pts/2", "bo", "10.0.0.7", AT - 30)],
            ("10.0.0.6, 10.0.0.7", "one-of"),
        ),
        (
            [
                (7, 9, "pts/1", "bo", "10.0.0.6", AT - 60),
                (8, 9, "pts/1", "", "", AT - 50),
                (7, 8, "pts/2", "bo", "10.0.0.7", AT - 30),
                (7, 7, "pts/4", "ana", "10.0.0.9", AT - 20),
                (7, 6, "pts/5", "bo", "10.0.0.10", AT + 30),
            ],
            ("10.0.0.7", "likely"),
        ),
        (
            [
                (7, 9, "pts/1", "bo", "10.0.0.6", AT - 90),
                (2, 0, "~", "reboot", "6.1", AT - 80),
                (7, 8, "pts/2", "bo", "h", AT),
            ],
            ("h", "likely"),
        ),
    ],
)
def test_logins_that_were_open_when_it_began(
    entries: list[Tuple[int, int, str, str, str, int]], said: Tuple[str, str]
) -> None:
    host = host_with(audit="7")
    host.files["/var/log/wtmp"] = logins(*entries)
    assert told(host) == said


def test_a_service_and_a_container_have_no_login() -> None:
    for cgroup in ("0::/system.slice/jupyter.service\n", f"0::/system.slice/docker-{'ab' * 32}.scope\n"):
        assert isinstance(the_only(host_with(cgroup=cgroup)).login, Absent)


def test_nothing_known_is_said_so() -> None:
    login = the_only(host_with()).login
    assert isinstance(login, Unknown) and "no record" in login.detail


def test_records_that_are_cut_off_or_of_another_machine() -> None:
    whole = logins((7, 40, "pts/3", "bo", "h", AT))
    assert [entry.at for entry in parse_utmp(whole + whole[:100])] == [AT]
    wide = struct.Struct("<h2xi32s4s32s256s4x8xq8x16x20x4x")
    host = host_with(tty=PTS3)
    host.who = type(host.who)(1000, "ana", "/home/ana", "linux", "6.1", "aarch64")
    host.files["/run/utmp"] = wide.pack(7, 40, b"pts/3", b"", b"bo", b"10.0.0.6", AT)
    assert (wide.size, told(host)) == (400, ("10.0.0.6", "certain"))


def test_addresses() -> None:
    assert address("0100007F") == "127.0.0.1"
    assert address("B80D0120000000000000000001000000") == "2001:db8::1"
    assert address("0000000000000000FFFF00000500000A") == "10.0.0.5"
    with pytest.raises(ValueError):
        address("zz")
