"""conda's settings. The merged values were seen in a real conda (context.channels and so on) for the same files."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from envdoctor.facts import Setting
from envdoctor.probes import _condarc
from envdoctor.reading import Absent, Known, Unknown
from tests.fakes import FakeHost

USER = "/home/ana/.condarc"
ROOT = "/opt/conda/.condarc"
ENV = "/opt/conda/envs/yolo"

USER_TEXT = """
channels:
  - conda-forge
  - defaults
ssl_verify: false
channel_priority: true
custom_channels:
  pytorch: https://m/anaconda/cloud
"""
ROOT_TEXT = """
channels:
  - rootchan
ssl_verify: true
channel_alias: https://root/alias
custom_channels:
  pytorch: https://rootm
  other: https://rootm
default_channels:
  - https://root/main
"""


def fake(files: Dict[str, object], **environ: str) -> FakeHost:
    return FakeHost(
        files=dict(files),
        dirs={"/opt/conda/condabin", f"{ENV}/conda-meta"},
        environ={"HOME": "/home/ana", "CONDA_EXE": "/opt/conda/bin/conda", **environ},
    )


def read(host: FakeHost, prefix: str = ENV) -> Tuple[Setting, ...]:
    reading = _condarc.read(host, prefix)
    assert isinstance(reading, Known), reading
    return reading.value


def counted(settings: Tuple[Setting, ...], key: str) -> List[str]:
    return [value for setting in settings if setting.effective and setting.key == key for value in setting.values]


def test_no_file_and_no_variable() -> None:
    reading = _condarc.read(fake({}), ENV)
    assert isinstance(reading, Absent) and USER in reading.looked and ROOT in reading.looked


def test_scalars_of_the_user_win_and_lists_and_maps_are_joined() -> None:
    settings = read(
        fake({USER: USER_TEXT, ROOT: ROOT_TEXT}, CONDA_CHANNELS="envchan,x", CONDA_REMOTE_READ_TIMEOUT_SECS="5")
    )
    assert counted(settings, "channels") == ["envchan", "x", "conda-forge", "defaults", "rootchan"]
    assert counted(settings, "ssl_verify") == ["false"]
    assert counted(settings, "channel_alias") == ["https://root/alias"]
    assert counted(settings, "remote_read_timeout_secs") == ["5"]
    assert counted(settings, "default_channels") == ["https://root/main"]
    assert counted(settings, "custom_channels.pytorch") == ["https://m/anaconda/cloud"]
    assert counted(settings, "custom_channels.other") == ["https://rootm"]
    assert [(setting.source, setting.effective) for setting in settings if setting.key == "ssl_verify"] == [
        (USER, True),
        (ROOT, False),
    ]


def test_a_final_word_of_the_administrator() -> None:
    final = "channels: #!final\n  - rootchan\nssl_verify: true #!final\ncustom_channels: #!final\n  a: https://root\n"
    settings = read(fake({USER: USER_TEXT, ROOT: final}, CONDA_CHANNELS="envchan", CONDA_SSL_VERIFY="false"))
    assert counted(settings, "channels") == ["rootchan"]
    assert counted(settings, "ssl_verify") == ["true"]
    assert counted(settings, "channel_priority") == ["true"]
    assert counted(settings, "custom_channels.a") == ["https://root"]
    assert counted(settings, "custom_channels.pytorch") == []


def test_the_search_path_in_order() -> None:
    text = "offline: true\n"
    paths = [
        "/etc/conda/.condarc", "/etc/conda/condarc.d/10.yml", "/var/lib/conda/condarc", ROOT,
        "/opt/conda/condarc.d/a.yaml", "/home/ana/.config/conda/.condarc", "/home/ana/.conda/.condarc", USER,
        f"{ENV}/.condarc", "/srv/condarc.yml",
    ]  # fmt: skip
    host = fake(dict.fromkeys(paths, text), CONDARC="/srv/condarc.yml")
    host.files["/etc/conda/condarc.d/notes.txt"] = text
    assert [setting.source for setting in read(host)] == paths[::-1]
    assert [setting.source for setting in read(host) if setting.effective] == ["/srv/condarc.yml"]


def test_mambas_own_file_overrides_nothing_of_condas() -> None:
    settings = read(
        fake({USER: "channel_priority: strict\n", "/home/ana/.mambarc": "channel_priority: disabled\nchannels: [m]\n"})
    )
    assert counted(settings, "channel_priority") == ["disabled", "strict"]
    assert counted(settings, "channels") == ["m"]


def test_variables_that_tell_conda_what_the_machine_has() -> None:
    settings = read(fake({}, CONDA_OVERRIDE_CUDA="", CONDA_SOLVER="classic", CONDA_PKGS_DIRS="/a:/b", CONDA_SHLVL="1"))
    assert [(setting.key, setting.values, setting.source) for setting in settings] == [
        ("override_cuda", ("",), "CONDA_OVERRIDE_CUDA"),
        ("pkgs_dirs", ("/a", "/b"), "CONDA_PKGS_DIRS"),
        ("solver", ("classic",), "CONDA_SOLVER"),
    ]


def test_names_of_old_and_what_is_no_setting_of_ours() -> None:
    text = "verify_ssl: no\nenvs_path: [/e]\nexperimental_solver: libmamba\nchannel: one\nchangeps1: false\n1: 2\n"
    settings = read(fake({USER: text}))
    assert {setting.key: setting.values for setting in settings} == {
        "ssl_verify": ("false",),
        "envs_dirs": ("/e",),
        "solver": ("libmamba",),
        "channels": ("one",),
    }
    assert isinstance(_condarc.read(fake({USER: f"{text}? [a, b]\n: c\n"}), ENV), Unknown), "an unhashable key"


def test_credentials_are_taken_out() -> None:
    text = (
        "channels:\n  - https://conda.lab/t/ab-1234/main\n  - https://ana:s3cret@lab/x\n"
        "proxy_servers:\n  https: http://ana:s3cret@proxy:3128\n"
    )
    settings = read(fake({USER: text}))
    assert counted(settings, "channels") == ["https://conda.lab/t/***/main", "https://lab/x"]
    assert counted(settings, "proxy_servers.https") == ["http://proxy:3128"]


@pytest.mark.parametrize(
    "text, place",
    [
        ("channels:\n  - a\n b: c\n", "line 3"),
        ("channels: [a\n", "line 2"),
        ("a: *nowhere\n", "line 1"),
        ("a: 2020-99-99\n", ""),
        ("\x00", ""),
        (b"\xff\xfe", ""),
        ("- a\n- b\n", ""),
        ("a: " + "[" * 20000, ""),
        ("a: b\n" * 20000, ""),
        ("a: " + "9" * 5000, ""),
    ],
)
def test_a_file_that_conda_refuses(text: Any, place: str) -> None:
    reading = _condarc.read(fake({USER: text}), ENV)
    assert isinstance(reading, Unknown), reading
    assert (reading.reason, reading.source) == ("unparsable", USER)
    assert place in reading.detail and "\n" not in reading.detail


def test_a_closed_file_and_an_empty_one() -> None:
    host = fake({USER: ""})
    assert read(host) == ()
    host.denied = {USER}
    reading = _condarc.read(host, ENV)
    assert isinstance(reading, Unknown) and reading.reason == "denied"


def test_values_of_another_kind_are_passed_over() -> None:
    text = "channels: {a: b}\ncustom_channels: [x]\nssl_verify: [a]\nproxy_servers:\n"
    text += "default_channels:\n  - [x]\n  -\n  - y\n"
    assert {setting.key: setting.values for setting in read(fake({USER: text}))} == {"default_channels": ("y",)}
