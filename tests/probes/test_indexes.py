"""The rest of the indexes probe: managers and their versions, proxies, and that no credential gets through."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from envdoctor.facts import IndexesFacts
from envdoctor.host import LocalHost, Output
from envdoctor.probes import indexes
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.target import Request, Target
from envdoctor.urls import strip_credentials
from tests.fakes import FakeHost

ENV = "/home/ana/envs/yolo"


def look(host: Any, executable: str = f"{ENV}/bin/python") -> IndexesFacts:
    return indexes.look(host, Target(Known(executable, "PATH"), Known("PATH", "PATH"), (), Request()))


def managers(host: Any) -> Dict[str, Any]:
    found = look(host).managers
    assert isinstance(found, Known)
    return {manager.name: (manager.path, manager.version) for manager in found.value}


def test_a_machine_without_settings_or_managers() -> None:
    facts = look(FakeHost())
    assert facts.pip == Known((), "pip configuration") and facts.uv == Known((), "uv configuration")
    assert isinstance(facts.conda, Absent)
    assert facts.managers == Known((), "PATH") and facts.proxies == Known((), "environment")


def test_the_pip_conf_of_the_interpreter_asked_about_and_not_of_virtual_env() -> None:
    host = FakeHost(
        files={
            f"{ENV}/pyvenv.cfg": "",
            f"{ENV}/pip.conf": "[global]\nno-index = yes\n",
            "/other/pip.conf": "[global]\nno-index = no\n",
        },
        environ={"HOME": "/home/ana", "VIRTUAL_ENV": "/other"},
    )
    facts = look(host)
    assert isinstance(facts.pip, Known)
    assert [(setting.source, setting.values) for setting in facts.pip.value] == [(f"{ENV}/pip.conf", ("yes",))]


def test_conda_and_mamba_by_their_records_without_running_them() -> None:
    host = FakeHost(
        files={
            "/opt/conda/bin/conda": "#!/opt/conda/bin/python\n",
            "/opt/conda/condabin/conda": "#!/opt/conda/bin/python\n",
            "/opt/conda/bin/mamba": "ELF",
            "/opt/conda/conda-meta/conda-24.9.2-py312h06a4308_0.json": "{}",
            "/opt/conda/conda-meta/conda-libmamba-solver-24.9.0-pyhd3eb1b0_0.json": "{}",
            "/opt/conda/conda-meta/mamba-1.5.8-py310h51d5547_0.json": "{}",
        },
        environ={
            "HOME": "/home/ana",
            "CONDA_EXE": "/opt/conda/bin/conda",
            "PATH": "/opt/conda/condabin:/opt/conda/bin",
        },
    )
    assert managers(host) == {
        "conda": ("/opt/conda/bin/conda", Known("24.9.2", "/opt/conda/conda-meta")),
        "mamba": ("/opt/conda/bin/mamba", Known("1.5.8", "/opt/conda/conda-meta")),
    }


def test_a_conda_that_is_not_on_path_is_found_where_its_installer_puts_it() -> None:
    host = FakeHost(files={"/home/ana/miniconda3/bin/conda": "#!", "/home/ana/miniconda3/condabin/conda": "#!"})
    path, version = managers(host)["conda"]
    assert path == "/home/ana/miniconda3/bin/conda"
    assert isinstance(version, Unknown) and version.reason == "not-looked"


def test_uv_and_poetry_by_the_environment_they_live_in_and_uv_by_its_receipt() -> None:
    venv = "/home/ana/.local/share/pipx/venvs/poetry"
    host = FakeHost(
        files={
            f"{venv}/bin/poetry": "#!",
            f"{venv}/lib/python3.11/site-packages/poetry-1.8.3.dist-info/METADATA": "",
            f"{venv}/lib/python3.11/site-packages/poetry_core-1.9.0.dist-info/METADATA": "",
            "/home/ana/.local/bin/uv": "ELF",
            "/home/ana/.config/uv/uv-receipt.json": '{"install_prefix":"/home/ana/.local/bin","version":"0.5.11"}',
        },
        links={"/home/ana/.local/bin/poetry": f"{venv}/bin/poetry"},
    )
    found = managers(host)
    assert found["poetry"] == ("/home/ana/.local/bin/poetry", Known("1.8.3", f"{venv}/lib/python3.11/site-packages"))
    assert found["uv"] == ("/home/ana/.local/bin/uv", Known("0.5.11", "/home/ana/.config/uv/uv-receipt.json"))


@pytest.mark.parametrize(
    "said, version",
    [
        (Known(Output(0, "pixi 0.39.4\n", ""), "pixi --version"), "0.39.4"),
        (Known(Output(0, "no idea\n", ""), "pixi --version"), "unparsable"),
        (Known(Output(3, "", "broken"), "pixi --version"), "failed"),
        (Unknown("timeout", "no end within 2 s", "pixi"), "timeout"),
    ],
)
def test_a_compiled_manager_is_asked_where_no_file_tells(said: Any, version: str) -> None:
    host = FakeHost(
        files={"/home/ana/.pixi/bin/pixi": "ELF"}, commands={("/home/ana/.pixi/bin/pixi", "--version"): said}
    )
    reading = managers(host)["pixi"][1]
    assert (reading.value if isinstance(reading, Known) else reading.reason) == version


@pytest.mark.real
def test_real_programs_are_asked_side_by_side(tmp_path: Path) -> None:
    for name, body in (("uv", "echo 'uv 0.9.1 (abc)'"), ("pixi", "sleep 60"), ("micromamba", "echo 2.0.5")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    found = managers(LocalHost({"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}))
    assert found["uv"][1].value == "0.9.1" and found["micromamba"][1].value == "2.0.5"
    assert isinstance(found["pixi"][1], Unknown) and found["pixi"][1].reason == "timeout"


def test_proxies_and_certificates() -> None:
    environ = {
        "http_proxy": "http://ana:s3cret@proxy:3128",
        "HTTP_PROXY": "http://other:3128",
        "https_proxy": "",
        "HTTPS_PROXY": "http://other:3128",
        "ALL_PROXY": "socks5://x:1080",
        "NO_PROXY": "localhost",
        "REQUESTS_CA_BUNDLE": "/etc/lab.pem",
    }
    found = look(FakeHost(environ=environ)).proxies
    assert isinstance(found, Known)
    assert {setting.source: (setting.key, setting.values[0], setting.effective) for setting in found.value} == {
        "http_proxy": ("http_proxy", "http://proxy:3128", True),
        "HTTP_PROXY": ("http_proxy", "http://other:3128", False),
        "https_proxy": ("https_proxy", "", True),
        "HTTPS_PROXY": ("https_proxy", "http://other:3128", False),
        "ALL_PROXY": ("all_proxy", "socks5://x:1080", True),
        "NO_PROXY": ("no_proxy", "localhost", True),
        "REQUESTS_CA_BUNDLE": ("REQUESTS_CA_BUNDLE", "/etc/lab.pem", True),
    }


def test_certificates_that_are_there_and_that_are_not() -> None:
    host = FakeHost(
        files={"/etc/lab.pem": "", "/closed/x.pem": ""},
        dirs={"/etc/certs"},
        denied={"/closed"},
        environ={
            "PIP_CERT": "/etc/lab.pem",
            "SSL_CERT_FILE": "/gone.pem",
            "SSL_CERT_DIR": "/gone:/etc/certs",
            "CURL_CA_BUNDLE": "/closed/x.pem",
            "PIP_TRUSTED_HOST": "lab",
        },
    )
    found = look(host).proxies
    assert isinstance(found, Known)
    assert {setting.key: setting.exists for setting in found.value} == {
        "PIP_CERT": True,
        "SSL_CERT_FILE": False,
        "SSL_CERT_DIR": True,
        "CURL_CA_BUNDLE": None,
        "PIP_TRUSTED_HOST": None,
    }


@pytest.mark.parametrize(
    "text, stripped",
    [
        ("https://pypi.org/simple", "https://pypi.org/simple"),
        ("https://user:pass@host/simple", "https://host/simple"),
        ("https://token@host:8443/simple", "https://host:8443/simple"),
        ("lab=https://user:pass@host/simple https://u:p@b/s", "lab=https://host/simple https://b/s"),
        ("https://u:p@ss@host/simple", "https://host/simple"),
        ("https://u:p/w#d?@host/simple", "https://host/simple"),
        ("https://host:8080/torch@v2.1", "https://host:8080/torch@v2.1"),
        ("git+https://github.com/a/b@main", "git+https://github.com/a/b@main"),
        ("git+ssh://git@github.com/a/b@main", "git+ssh://github.com/a/b@main"),
        ("git@github.com:a/b", "git@github.com:a/b"),
        ("user:pass@proxy:3128", "proxy:3128"),
        ("http://[::1]:80/x@y", "http://[::1]:80/x@y"),
        ("/data/wheels@2024", "/data/wheels@2024"),
        ("https://h/s?token=abc&x=1", "https://h/s?token=***&x=1"),
        ("https://h/s?X-Amz-Signature=abc&private_token=d", "https://h/s?X-Amz-Signature=***&private_token=***"),
        ("https://conda.anaconda.org/t/ab-123/pkgs", "https://conda.anaconda.org/t/***/pkgs"),
        ("/home/t/x", "/home/t/x"),
        ("", ""),
    ],
)
def test_credentials_in_addresses(text: str, stripped: str) -> None:
    assert strip_credentials(text) == stripped
    assert strip_credentials(stripped) == stripped
