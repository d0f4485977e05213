"""Virtual environments seen from outside: moved, copied, orphaned, made by one tool or another."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from envdoctor.facts import VenvFacts
from envdoctor.probes._venv import venv_of
from envdoctor.probes.python import look
from envdoctor.reading import Absent, Known, Unknown, value_or
from tests.fakes import FakeHost

from .answers import ENV, answer, machine, target

ELF = b"\x7fELF\0"


def seen(config: str, activate: str = "", prefix: str = "/e", **fields: Any) -> VenvFacts:
    files: Dict[str, object] = {f"{prefix}/pyvenv.cfg": config, f"{prefix}/bin/python": ELF, "/usr/bin/python3": ELF}
    files.update({f"{prefix}/bin/activate": activate} if activate else {})
    found = venv_of(FakeHost(files={**files, **fields.pop("files", {})}, **fields), prefix)
    assert isinstance(found, Known)
    return found.value


def test_a_venv_of_python_3_11() -> None:
    found = seen(
        "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.7\n"
        "executable = /usr/bin/python3.11\ncommand = /usr/bin/python3 -m venv --without-pip /e\n",
        '    export VIRTUAL_ENV=$(cygpath "/e")\n    export VIRTUAL_ENV="/e"\n',
    )
    config = "/e/pyvenv.cfg"
    assert found.home == Known("/usr/bin", config) and found.home_exists == Known(True, "/usr/bin")
    assert found.version == Known("3.11.7", config)
    assert found.created_as == Known("/e", config)
    assert found.activate_says == Known("/e", "/e/bin/activate")
    assert found.system_site_packages == Known(True, config)
    assert found.executable_resolves == Known(True, "/e/bin/python")
    assert found.created_by == Known("venv", config)


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        ("/usr/bin/python3 -m venv /a/b c", "/a/b c"),
        ("/usr/bin/python3 -m venv --system-site-packages --prompt=\"it's /me\" /a/b", "/a/b"),
        ("/usr/bin/python3 -m venv --without-pip --upgrade-deps /a/b", "/a/b"),
    ],
)  # fmt: skip
def test_the_folder_that_it_was_made_as(command: str, folder: str) -> None:
    assert seen(f"home = /usr/bin\ncommand = {command}\n").created_as == Known(folder, "/e/pyvenv.cfg")


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ('VIRTUAL_ENV="/before"', "/before"),
        ("VIRTUAL_ENV='/before'", "/before"),
        ("export VIRTUAL_ENV=/before", "/before"),
        ("    VIRTUAL_ENV='/it'\"'\"'s here'", "/it's here"),
        ("VIRTUAL_ENV='/a b'\nexport VIRTUAL_ENV", "/a b"),
    ],
)
def test_what_activate_says(line: str, folder: str) -> None:
    found = seen("home = /usr/bin\n", f"# x\ndeactivate () {{\n unset VIRTUAL_ENV\n}}\n{line}\n")
    assert found.activate_says == Known(folder, "/e/bin/activate")
    assert found.created_as == found.activate_says


@pytest.mark.parametrize("line", ['VIRTUAL_ENV="$(dirname "$0")"', "VIRTUAL_ENV=", "VIRTUAL_ENV='/open", "x=1"])
def test_activate_that_names_no_plain_path(line: str) -> None:
    found = seen("home = /usr/bin\nuv = 0.5.1\nrelocatable = true\n", f"{line}\n")
    assert isinstance(found.activate_says, Unknown) and found.activate_says.reason == "unparsable"
    assert found.created_by == Known("uv", "/e/pyvenv.cfg")


def test_one_place_under_two_names_was_not_moved() -> None:
    found = seen("home = /usr/bin\n", 'VIRTUAL_ENV="/link/e"\n', "/data/e", links={"/link": "/data"})
    assert found.activate_says == found.created_as == Known("/data/e", "/data/e/bin/activate")


def test_a_copy_still_names_the_original() -> None:
    found = seen("home = /usr/bin\n", 'VIRTUAL_ENV="/f"\n', files={"/f/pyvenv.cfg": ""})
    assert found.created_as == Known("/f", "/e/bin/activate")


def test_a_name_with_a_line_in_it() -> None:
    prefix = "/a\nb/e"
    found = seen(f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {prefix}\n", prefix=prefix)
    assert found.created_as == Known(prefix, f"{prefix}/pyvenv.cfg")


def test_an_old_virtualenv_has_no_config() -> None:
    host = FakeHost(
        files={"/e/bin/activate_this.py": "", "/e/bin/python": ELF, "/e/bin/activate": 'VIRTUAL_ENV="/e"\n'}
    )
    found = venv_of(host, "/e")
    assert isinstance(found, Known)
    assert found.value.created_by == Known("virtualenv", "/e/bin/activate_this.py")
    assert isinstance(found.value.home, Absent)
    assert venv_of(host, "/usr") == Absent(("/usr/pyvenv.cfg", "/usr/bin/activate_this.py"))


def test_no_python_in_it() -> None:
    host = FakeHost(files={"/e/pyvenv.cfg": "home = /gone\n"}, links={"/e/bin/python3": "/gone/python3"})
    found = value_or(venv_of(host, "/e"), None)
    assert found is not None
    assert found.executable_resolves == Known(False, "/e/bin/python3")
    assert found.home_exists == Known(False, "/gone")
    empty = value_or(venv_of(FakeHost(files={"/e/pyvenv.cfg": "\0\xff = \n==\n"}), "/e"), None)
    assert empty is not None and isinstance(empty.executable_resolves, Absent)


def test_a_closed_venv() -> None:
    found = venv_of(FakeHost(files={"/e/pyvenv.cfg": ""}, denied={"/e"}), "/e")
    assert isinstance(found, Unknown) and found.reason == "denied"


def orphan(path: str) -> FakeHost:
    files: Dict[str, object] = {
        "/v/pyvenv.cfg": "home = /gone/bin\nversion = 3.8.2\n",
        "/v/bin/activate": 'VIRTUAL_ENV="/v"\n',
        "/usr/bin/python3": ELF,
    }
    host = FakeHost(files=files, links={"/v/bin/python": "/gone/bin/python3.8"})
    host.environ = {"PATH": path, "HOME": "/home/ana", "VIRTUAL_ENV": "/v"}
    return host


def test_an_orphan_is_described_although_nothing_in_it_runs() -> None:
    host = orphan("/v/bin:/usr/bin")
    facts = look(host, target(host))
    assert facts.executable == Unknown(
        "failed", "/v/bin/python leads to /gone/bin/python3.8, which is not there", "/v/bin/python"
    )
    assert facts.chosen_by == Known("VIRTUAL_ENV", "VIRTUAL_ENV")
    assert facts.prefix == Known("/v", "/v/pyvenv.cfg") and facts.kind == Known("venv", "/v/pyvenv.cfg")
    assert isinstance(facts.version, Unknown) and isinstance(facts.sys_path, Unknown)
    assert isinstance(facts.venv, Known)
    assert facts.venv.value.executable_resolves == Known(False, "/v/bin/python")
    assert facts.venv.value.home_exists == Known(False, "/gone/bin")
    assert facts.venv.value.version == Known("3.8.2", "/v/pyvenv.cfg")


def outside(**environ: str) -> FakeHost:
    """The system's Python answers."""
    said = answer(interpreter={"prefix": "/usr", "base_prefix": "/usr", "executable": "/usr/bin/python3"})
    host = machine(said, files={"/usr/bin/python3": ELF})
    host.asks[("/usr/bin/python3", "ask")] = host.asks.pop((f"{ENV}/bin/python", "ask"))
    host.environ = {"PATH": "/usr/bin", "HOME": "/home/ana", **environ}
    return host


def test_the_dead_venv_that_virtual_env_names_is_described_beside_another_python() -> None:
    host = outside(VIRTUAL_ENV="/v")
    host.files.update(orphan("/usr/bin").files)
    host.links["/v/bin/python"] = "/gone/bin/python3.8"
    facts = look(host, target(host))
    assert facts.executable == Known("/usr/bin/python3", "PATH") and facts.kind == Known("system", "/usr")
    assert isinstance(facts.venv, Known) and facts.venv.value.path == "/v"


def test_a_living_venv_is_not_taken_for_the_active_one() -> None:
    facts = look(host := outside(VIRTUAL_ENV=ENV), target(host))
    assert isinstance(facts.venv, Absent)


@pytest.mark.parametrize("place", ["/home/ana/work/.venv", "/home/ana/work/before", "/home/ana/work"])
def test_a_moved_venv_is_found_near_the_current_folder(place: str) -> None:
    host = outside(VIRTUAL_ENV="/data/before")
    host.files[f"{place}/pyvenv.cfg"] = "home = /usr/bin\n"
    host.files[f"{place}/bin/activate"] = 'VIRTUAL_ENV="/data/before"\n'
    facts = look(host, target(host))
    assert isinstance(facts.venv, Known)
    assert facts.venv.value.path == place
    assert facts.venv.value.created_as == Known("/data/before", f"{place}/bin/activate")
