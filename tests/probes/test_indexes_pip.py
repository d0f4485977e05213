"""pip's settings, against pip's rules and against a real pip."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from envdoctor.facts import Setting
from envdoctor.host import LocalHost
from envdoctor.probes import _pipconf
from envdoctor.reading import Known, Unknown
from tests.envs.build import venv
from tests.fakes import FakeHost

ENV = "/home/ana/envs/yolo"
SITE = f"{ENV}/pip.conf"
USER = "/home/ana/.config/pip/pip.conf"
LEGACY = "/home/ana/.pip/pip.conf"


def read(host: Any, prefix: str = ENV) -> Tuple[Setting, ...]:
    reading = _pipconf.read(host, prefix)
    assert isinstance(reading, Known), reading
    return reading.value


def effective(settings: Tuple[Setting, ...]) -> Dict[str, Tuple[Tuple[str, ...], str]]:
    told = [setting for setting in settings if setting.effective]
    assert len({setting.key for setting in told}) == len(told), "two settings of one key count"
    return {setting.key: (setting.values, setting.source) for setting in told}


def test_nothing_is_set() -> None:
    assert read(FakeHost()) == ()


def test_every_place_and_their_order() -> None:
    machine, user = "[global]\nindex-url = https://etc/simple\n", "[global]\nindex-url = https://user/simple\n"
    host = FakeHost(
        files={"/etc/pip.conf": machine, "/etc/xdg/pip/pip.conf": machine, LEGACY: user, USER: user, SITE: user}
    )
    sources = [setting.source for setting in read(host)]
    assert sources == [SITE, USER, LEGACY, "/etc/pip.conf", "/etc/xdg/pip/pip.conf"]
    host.environ = {"HOME": "/home/ana", "PIP_INDEX_URL": "https://env/simple"}
    assert effective(read(host)) == {"index-url": (("https://env/simple",), "PIP_INDEX_URL")}


def test_install_of_a_weak_file_beats_global_of_a_strong_one() -> None:
    host = FakeHost(files={"/etc/pip.conf": "[install]\nno-index = true\n", SITE: "[global]\nno_index = false\n"})
    assert effective(read(host)) == {"no-index": (("true",), "/etc/pip.conf")}


def test_lists_are_replaced_and_split_at_blanks_and_line_ends() -> None:
    host = FakeHost(
        files={
            "/etc/pip.conf": "[global]\nextra-index-url = https://a/simple\n",
            USER: "[global]\nextra-index-url =\n    https://b/simple\n    https://c/simple\ntrusted-host = b c\n",
        }
    )
    told = effective(read(host))
    assert told["extra-index-url"] == (("https://b/simple", "https://c/simple"), USER)
    assert told["trusted-host"] == (("b", "c"), USER)


def test_other_sections_and_empty_values_do_not_count() -> None:
    host = FakeHost(
        files={USER: "[list]\nformat = columns\n[global]\nindex-url =\n"},
        environ={"HOME": "/home/ana", "PIP_PROXY": ""},
    )
    assert read(host) == ()


def test_pip_config_file() -> None:
    named = {"HOME": "/home/ana", "PIP_CONFIG_FILE": "/srv/pip.conf"}
    files: Dict[str, object] = {
        USER: "[global]\nindex-url = https://user/simple\n",
        SITE: "[global]\nindex-url = https://site/simple\n",
    }
    host = FakeHost(files={**files, "/srv/pip.conf": "[global]\nindex-url = https://srv/simple\n"}, environ=named)
    assert [setting.source for setting in read(host) if setting.key == "index-url"] == ["/srv/pip.conf", SITE]
    host = FakeHost(files=files, environ=named)
    assert [setting.source for setting in read(host) if setting.key == "index-url"] == [SITE, USER]
    host = FakeHost(files=files, environ={**named, "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1"})
    assert set(effective(read(host))) == {"config-file", "no-index"}


def test_credentials_are_taken_out() -> None:
    host = FakeHost(
        files={USER: "[global]\nindex-url = https://ana:s3cret@lab/simple\nproxy = ana:s3cret@proxy:3128\n"}
    )
    assert "s3cret" not in repr(read(host))
    assert effective(read(host))["index-url"][0] == ("https://lab/simple",)


@pytest.mark.parametrize(
    "text", ["index-url = x\n", "[global\n", "[global]\nnonsense\n", "[a]\nx=1\n[a]\nx=2\n", "\x00\udcff"]
)
def test_a_file_that_pip_refuses(text: str) -> None:
    reading = _pipconf.read(FakeHost(files={USER: text}), ENV)
    assert isinstance(reading, Unknown) and (reading.reason, reading.source) == ("unparsable", USER)
    assert "\n" not in reading.detail


def test_a_file_that_is_closed() -> None:
    reading = _pipconf.read(FakeHost(files={USER: ""}, denied={USER}), ENV)
    assert isinstance(reading, Unknown) and reading.reason == "denied"


def test_macos() -> None:
    host = FakeHost(environ={"HOME": "/Users/ana"})
    host.who = type(host.who)(501, "ana", "/Users/ana", "darwin", "23.0", "arm64")
    assert _pipconf.files(host, "")[-1] == "/Users/ana/.config/pip/pip.conf"
    host.dirs = {"/Users/ana/Library/Application Support/pip"}
    assert _pipconf.files(host, "")[-1] == "/Users/ana/Library/Application Support/pip/pip.conf"


#: What pip would do, asked of the same parser that `pip install` builds.
ASK = """
import json
from pip._internal.commands import create_command
told = create_command("install").parser.get_default_values()
keys = ("index_url", "extra_index_urls", "find_links", "constraints", "trusted_hosts")
print(json.dumps({key: getattr(told, key) for key in keys}))
"""
NAMES = {
    "index_url": "index-url",
    "extra_index_urls": "extra-index-url",
    "find_links": "find-links",
    "constraints": "constraint",
    "trusted_hosts": "trusted-host",
}
INDEX = "[global]\nindex-url = https://user/s\n"
CASES: List[Tuple[Dict[str, str], Dict[str, str]]] = [
    ({}, {}),
    ({"user": f"{INDEX}extra-index-url = https://u1/s\n  https://u2/s\n"}, {}),
    ({"user": "[install]\nindex-url = https://user/s\n", "site": "[global]\nindex-url = https://site/s\n"}, {}),
    ({"legacy": "[global]\nfind-links = /a\n", "user": "[global]\nfind_links = /b /c\n"}, {}),
    ({"xdg": "[install]\nconstraint = /x.txt\n", "site": "[global]\nconstraint = /y.txt\ntrusted-host = a b\n"}, {}),
    ({"user": INDEX}, {"PIP_INDEX_URL": "https://env/s", "PIP_EXTRA_INDEX_URL": "https://1/s https://2/s"}),
    ({"user": INDEX}, {"PIP_INDEX_URL": ""}),
    (
        {"user": INDEX, "site": "[install]\nfind-links = /s\n", "named": "[global]\nfind-links = /n\n"},
        {"PIP_CONFIG_FILE": "named"},
    ),
    ({"user": INDEX}, {"PIP_CONFIG_FILE": "/not/there"}),
    (
        {"user": INDEX, "site": "[global]\nfind-links = /s\n"},
        {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "/e"},
    ),
]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return venv(tmp_path_factory.mktemp("pip") / "env")


@pytest.mark.slow
@pytest.mark.parametrize("files, variables", CASES)
def test_a_real_pip_agrees(python: Path, tmp_path: Path, files: Dict[str, str], variables: Dict[str, str]) -> None:
    prefix = python.parent.parent
    places = {
        "user": tmp_path / ".config/pip/pip.conf",
        "legacy": tmp_path / ".pip/pip.conf",
        "xdg": tmp_path / "xdg/pip/pip.conf",
        "site": prefix / "pip.conf",
        "named": tmp_path / "named.conf",
    }
    environ = {"HOME": str(tmp_path), "PATH": os.defpath, "XDG_CONFIG_DIRS": str(tmp_path / "xdg"), **variables}
    if environ.get("PIP_CONFIG_FILE") == "named":
        environ["PIP_CONFIG_FILE"] = str(places["named"])
    try:
        for name, text in files.items():
            places[name].parent.mkdir(parents=True, exist_ok=True)
            places[name].write_text(text)
        said = json.loads(subprocess.check_output([str(python), "-c", ASK], env=environ))
        ours = effective(read(LocalHost(environ), str(prefix)))
    finally:
        if "site" in files:
            places["site"].unlink()
    for name, key in NAMES.items():
        theirs = said[name] if isinstance(said[name], list) else [said[name]]
        default = ["https://pypi.org/simple"] if name == "index_url" else []
        assert list(ours[key][0] if key in ours else default) == theirs, key
