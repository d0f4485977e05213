"""uv's settings, as `uv pip install --show-settings` merges them, and against a real uv where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from envdoctor.facts import Setting
from envdoctor.host import LocalHost
from envdoctor.probes import _uvconf
from envdoctor.reading import Known, Unknown
from tests.fakes import FakeHost

PROJECT = """
[project]
name = "x"
version = "0"
[tool.uv]
index-url = "https://project/s"
extra-index-url = ["https://project-extra/s"]
torch-backend = "cu126"
[tool.uv.sources]
torch = { index = "explicit" }
torchvision = [{ index = "explicit", marker = "sys_platform == 'linux'" }]
[[tool.uv.index]]
name = "project"
url = "https://ana:s3cret@project-default/s"
default = true
[[tool.uv.index]]
name = "explicit"
url = "https://explicit/s"
explicit = true
[tool.uv.pip]
index-url = "https://pip-table/s"
torch-backend = "cu118"
find-links = ["/pip-table"]
"""
USER = """
index-url = "https://user/s"
find-links = ["/user"]
extra-index-url = ["https://user-extra/s"]
offline = true
[[index]]
url = "https://user-default/s"
default = true
"""
USER_FILE = "/home/ana/.config/uv/uv.toml"
PROJECT_FILE = "/home/ana/work/pyproject.toml"
VARIABLES = {
    "UV_INDEX_URL": "https://variable/s",
    "UV_INDEX": "n=https://i1/s https://i2/s",
    "UV_FIND_LINKS": "/a,/b /c",
    "UV_EXTRA_INDEX_URL": "https://e1/s https://e2/s",
    "UV_TORCH_BACKEND": "cpu",
}


def read(host: Any) -> Tuple[Setting, ...]:
    reading = _uvconf.read(host)
    assert isinstance(reading, Known), reading
    return reading.value


def fake(*without: str, **environ: str) -> FakeHost:
    files: Dict[str, object] = {PROJECT_FILE: PROJECT, USER_FILE: USER}
    kept = {path: text for path, text in files.items() if path not in without}
    return FakeHost(files=kept, environ={"HOME": "/home/ana", **environ}, cwd="/home/ana/work/sub/deeper")


def counted(settings: Tuple[Setting, ...], *keys: str) -> List[str]:
    return [value for setting in settings if setting.effective and setting.key in keys for value in setting.values]


def test_nothing_is_set() -> None:
    assert read(FakeHost()) == ()


def test_a_default_index_of_the_project_beats_every_index_url_of_a_file() -> None:
    settings = read(fake())
    assert counted(settings, "default-index", "index-url") == ["project=https://project-default/s"]
    assert counted(settings, "explicit-index") == ["explicit=https://explicit/s"]
    assert counted(settings, "torch-backend") == ["cu118"]
    assert counted(settings, "find-links") == ["/pip-table", "/user"]
    assert counted(settings, "extra-index-url") == ["https://project-extra/s", "https://user-extra/s"]
    assert counted(settings, "sources.torch") == ["index=explicit"]
    assert counted(settings, "sources.torchvision") == ["index=explicit, marker=sys_platform == 'linux'"]
    assert "s3cret" not in repr(settings)


def test_variables_beat_files_and_are_split_as_uv_splits_them() -> None:
    settings = read(fake(**VARIABLES))
    assert counted(settings, "default-index", "index-url") == ["https://variable/s"]
    assert counted(settings, "index") == ["n=https://i1/s", "https://i2/s"]
    assert counted(settings, "find-links") == ["/a", "/b /c", "/pip-table", "/user"]
    assert counted(settings, "torch-backend") == ["cpu"]
    first = read(fake(UV_DEFAULT_INDEX="https://d/s", UV_INDEX_URL="https://u/s"))
    assert counted(first, "default-index", "index-url") == ["https://d/s"]


def test_without_default_indexes_the_pip_table_and_then_the_nearest_file_counts() -> None:
    files: Dict[str, object] = {
        "/home/ana/work/uv.toml": 'index-url = "https://project/s"\n',
        USER_FILE: '[pip]\nindex-url = "https://pip-table/s"\n',
        "/etc/uv/uv.toml": 'index-url = "https://etc/s"\nno-index = false\n',
        PROJECT_FILE: PROJECT,
    }
    host = FakeHost(files=files, cwd="/home/ana/work")
    assert counted(read(host), "default-index", "index-url") == ["https://pip-table/s"]
    del files[USER_FILE]
    assert counted(read(FakeHost(files=files, cwd="/home/ana/work")), "default-index", "index-url") == [
        "https://project/s"
    ]


def test_files_named_and_switched_off() -> None:
    sources = {setting.source for setting in read(fake(UV_NO_CONFIG="1"))}
    assert sources == {"UV_NO_CONFIG"}
    assert PROJECT_FILE in {setting.source for setting in read(fake(UV_NO_CONFIG="0"))}
    named = read(fake(UV_CONFIG_FILE=USER_FILE))
    assert {setting.source for setting in named} == {"UV_CONFIG_FILE", USER_FILE}


def test_a_pyproject_without_uv_is_passed_by() -> None:
    host = fake()
    host.files["/home/ana/work/sub/pyproject.toml"] = "[tool.uv-dynamic-versioning]\nvcs = 'git'\n"
    assert PROJECT_FILE in {setting.source for setting in read(host)}


def test_credentials_by_index_name_are_no_settings() -> None:
    host = fake(
        PROJECT_FILE,
        USER_FILE,
        UV_INDEX_LAB_PASSWORD="s3cret",
        UV_PUBLISH_TOKEN="s3cret",
        UV_INDEX_STRATEGY="first-index",
    )
    assert [(setting.key, setting.values) for setting in read(host)] == [("index-strategy", ("first-index",))]


@pytest.mark.parametrize("text", ["index-url = \n", "[[index]\n", "a = 1\na = 2\n", "\x00\udcff", "x = " + "[" * 5000])
def test_a_file_that_uv_refuses(text: str) -> None:
    reading = _uvconf.read(FakeHost(files={USER_FILE: text}))
    assert isinstance(reading, Unknown) and (reading.reason, reading.source) == ("unparsable", USER_FILE)


@pytest.mark.parametrize("text", ["index = 3\nsources = 4\npip = 5\n", "[[index]]\nurl = 7\n", "[tool]\nuv = 3\n"])
def test_values_of_another_kind_are_passed_over(text: str) -> None:
    assert counted(read(FakeHost(files={USER_FILE: text})), "default-index", "index", "explicit-index") in ([], ["3"])


UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


def shown(text: str) -> Tuple[List[Tuple[str, bool]], List[str], str]:
    """(index, whether it is a default one) in uv's order, find-links, torch backend of uv's printed settings."""
    indexes, _, flat = text[text.index("index_locations") :].partition("flat_index")
    pattern = r'given: Some\(\s*"([^"]*)".*?default: (true|false)'
    found = [(url, default == "true") for url, default in re.findall(pattern, indexes, re.DOTALL)]
    links = re.findall(r'given: Some\(\s*"([^"]*)"', flat)
    backend = re.search(r"torch_backend: Some\(\s*(\w+)", flat)
    return found, links, backend.group(1).lower() if backend else ""


@pytest.mark.slow
@pytest.mark.skipif(UV is None, reason="needs uv")
@pytest.mark.parametrize("variables", [{}, VARIABLES, {"UV_CONFIG_FILE": "user"}, {"UV_NO_CONFIG": "1"}])
@pytest.mark.parametrize("project", [True, False])
def test_a_real_uv_agrees(tmp_path: Path, variables: Dict[str, str], project: bool) -> None:
    user = tmp_path / ".config/uv/uv.toml"
    work = tmp_path / "work/sub"
    for folder in (user.parent, work):
        folder.mkdir(parents=True)
    user.write_text(USER)
    if project:
        (work.parent / "pyproject.toml").write_text(PROJECT)
    environ = {"HOME": str(tmp_path), "PATH": os.defpath, **variables}
    if "UV_CONFIG_FILE" in environ:
        environ["UV_CONFIG_FILE"] = str(user)

    class Here(LocalHost):
        cwd = str(work)

    said = subprocess.check_output([str(UV), "pip", "install", "--show-settings", "torch"], env=environ, cwd=work)
    indexes, links, backend = shown(said.decode())
    settings = read(Here(environ))
    default = next((url for url, first in indexes if first), None)
    ours = [value.partition("=")[2] or value for value in counted(settings, "default-index", "index-url")]
    assert ours == ([re.sub(r"//.*@", "//", default)] if default else [])
    others = {url for url, first in indexes if not first}
    assert {
        re.sub(r"^\w+=", "", value) for value in counted(settings, "index", "extra-index-url", "explicit-index")
    } == others
    assert counted(settings, "find-links") == links
    assert (counted(settings, "torch-backend") or [""])[0] == backend
