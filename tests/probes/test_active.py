"""Which interpreter is meant: flags, PATH, VIRTUAL_ENV, CONDA_PREFIX, pyenv's shims."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any, Dict, Mapping

import pytest

from envdoctor.active import choose
from envdoctor.host import LocalHost
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

HOME = "/home/ana"
ELF = b"\x7fELF\0"


def host(files: Mapping[str, Any], path: str = "/usr/bin", **environ: str) -> FakeHost:
    """A machine with /usr/bin/python3, these files, this PATH and these variables."""
    every: Dict[str, object] = {"/usr/bin/python3": ELF, **files}
    return FakeHost(files=every, environ={"PATH": path, "HOME": HOME, **environ})


def venv(prefix: str) -> Dict[str, object]:
    return {f"{prefix}/pyvenv.cfg": "home = /usr/bin\n", f"{prefix}/bin/python": ELF}


def conda(prefix: str) -> Dict[str, object]:
    return {f"{prefix}/conda-meta/history": "", f"{prefix}/bin/python": ELF}


def winner(target: Target) -> Any:
    executable = target.executable
    return target.claims[0].by, executable.value if isinstance(executable, Known) else executable


def test_path_wins_over_what_the_variables_say() -> None:
    machine = host(
        {"/opt/b/bin/python": ELF, **venv("/home/ana/v"), **conda("/opt/c")},
        "/opt/b/bin:/usr/bin",
        VIRTUAL_ENV="/home/ana/v",
        CONDA_PREFIX="/opt/c",
    )
    target = choose(machine, Request())
    assert winner(target) == ("PATH", "/opt/b/bin/python")
    assert target.chosen_by == Known("PATH", "PATH")
    said = [(claim.by, claim.says, claim.executable) for claim in target.claims]
    assert said == [
        ("PATH", "/opt/b/bin/python", Known("/opt/b/bin/python", "PATH")),
        ("VIRTUAL_ENV", "/home/ana/v", Known("/home/ana/v/bin/python", "/home/ana/v/bin/python")),
        ("CONDA_PREFIX", "/opt/c", Known("/opt/c/bin/python", "/opt/c/bin/python")),
    ]


def test_python3_where_no_python_is() -> None:
    assert winner(choose(host({}), Request())) == ("PATH", "/usr/bin/python3")


def test_python_behind_python3_on_path_still_comes_first() -> None:
    machine = host({"/opt/b/bin/python": ELF}, "/usr/bin:/opt/b/bin")
    assert winner(choose(machine, Request())) == ("PATH", "/opt/b/bin/python")


def test_a_variable_where_path_has_no_python() -> None:
    machine = host(venv("/home/ana/v"), "/nowhere", VIRTUAL_ENV="/home/ana/v")
    assert winner(choose(machine, Request())) == ("VIRTUAL_ENV", "/home/ana/v/bin/python")


def test_no_python_at_all() -> None:
    target = choose(host({}, "/nowhere"), Request())
    assert target.executable == Absent(("python on PATH", "python3 on PATH"))
    assert isinstance(target.chosen_by, Absent)
    assert target.answer() == Unknown("not-looked", "no interpreter was found to ask")


def test_the_environment_of_a_tool_is_nobodys() -> None:
    run = "/home/ana/.cache/uv/archive-v0/QdnjVCFV"
    single = "/home/ana/.cache/uv/builds-v0/.tmp1RJX"
    machine = host(
        {**venv(run), **venv(single), **venv("/home/ana/v")},
        f"{single}/bin:{run}/bin:/home/ana/v/bin:/usr/bin",
        VIRTUAL_ENV=single,
    )
    target = choose(machine, Request())
    assert winner(target) == ("PATH", "/home/ana/v/bin/python")
    assert [claim.by for claim in target.claims] == ["PATH"]


def dead(files: Mapping[str, Any], path: str) -> FakeHost:
    machine = host({"/v/pyvenv.cfg": "home = /gone\n", **files}, path, VIRTUAL_ENV="/v")
    machine.links["/v/bin/python"] = "/gone/python3.8"
    return machine


def test_an_activated_venv_whose_python_is_gone_is_still_what_is_meant() -> None:
    target = choose(dead({}, "/v/bin:/usr/bin"), Request())
    assert winner(target) == ("VIRTUAL_ENV", "/v/bin/python")
    assert target.claims[0].executable == Absent(("/v/bin/python",))
    assert [claim.by for claim in target.claims] == ["VIRTUAL_ENV", "PATH"]
    said = target.answer()
    assert isinstance(said, Unknown) and said.reason == "failed"


def test_a_dead_venv_further_down_on_path_does_not_count() -> None:
    machine = dead({"/opt/b/bin/python": ELF}, "/opt/b/bin:/v/bin:/usr/bin")
    assert winner(choose(machine, Request())) == ("PATH", "/opt/b/bin/python")
    assert winner(choose(dead({}, "/usr/bin"), Request())) == ("PATH", "/usr/bin/python3")
    assert winner(choose(dead({}, "/nowhere"), Request())) == ("VIRTUAL_ENV", "/v/bin/python")


def test_a_virtual_env_that_is_gone() -> None:
    target = choose(host({}, "/old/bin:/usr/bin", VIRTUAL_ENV="/old"), Request())
    assert winner(target) == ("PATH", "/usr/bin/python3")
    assert target.claims[1].executable == Absent(("/old/bin/python", "/old/bin/python3"))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("/home/ana/v/bin/python", "/home/ana/v/bin/python"),
        ("/home/ana/v", "/home/ana/v/bin/python"),
        ("/home/ana/v/", "/home/ana/v/bin/python"),
        ("../v", "/home/ana/work/../v/bin/python"),
        ("~/v", "/home/ana/v/bin/python"),
        ("env/bin/python3", "/home/ana/work/env/bin/python3"),
        ("./env", "/home/ana/work/env/bin/python3"),
        ("env", "/home/ana/work/env/bin/python3"),
        ("python3", "/usr/bin/python3"),
    ],
)
def test_python_by_path(said: str, found: str) -> None:
    machine = host({**venv("/home/ana/v"), "/home/ana/work/env/bin/python3": ELF})
    target = choose(machine, Request(python=said))
    assert winner(target) == ("--python", found)
    assert target.claims[0].says == said
    assert [claim.by for claim in target.claims] == ["--python", "PATH"]


@pytest.mark.parametrize(
    ("said", "reading"),
    [
        ("/nowhere/python", Absent(("/nowhere/python",))),
        ("pythonX", Absent(("/home/ana/work/pythonX", "pythonX on PATH"))),
        ("/home/ana", Absent(("/home/ana/bin/python", "/home/ana/bin/python3"))),
        ("/dev/null", Unknown("failed", "/dev/null is no file", "/dev/null")),
        (
            "/home/ana/link",
            Unknown("failed", "/home/ana/link is a link to /gone/python, which is not there", "/home/ana/link"),
        ),
        ("/closed/python", Unknown("denied", "Permission denied", "/closed/python")),
        ("/silent/env", Unknown("timeout", "the file system did not answer", "/silent/env")),
    ],
)
def test_python_that_cannot_be_used(said: str, reading: Reading[str]) -> None:
    machine = host({"/dev/null": b"", "/home/ana/.bashrc": ""})
    machine.links["/home/ana/link"] = "/gone/python"
    machine.denied.add("/closed")
    machine.stuck.add("/silent")
    target = choose(machine, Request(python=said))
    assert target.executable == reading
    assert target.answer() == Unknown("not-looked", "no interpreter was found to ask")


def test_python_that_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("not executable")
    local = LocalHost({"PATH": "/usr/bin", "HOME": str(tmp_path)})
    target = choose(local, Request(python=str(tmp_path / "python")))
    assert target.executable == Unknown("denied", f"{tmp_path}/python is not an executable file", f"{tmp_path}/python")


def test_a_venv_whose_python_is_gone_can_be_named() -> None:
    for request in (Request(python="/v/bin/python"), Request(python="/v"), Request(env="/v")):
        assert winner(choose(dead({}, "/usr/bin"), request))[1] == "/v/bin/python"


ENVIRONMENTS: Dict[str, object] = {
    **conda("/home/ana/miniconda3"),
    "/home/ana/miniconda3/condabin/conda": "",
    "/home/ana/miniconda3/bin/conda": "",
    **conda("/home/ana/miniconda3/envs/yolo"),
    **conda("/data/envs/big"),
    "/home/ana/.condarc": "channels:\n  - x\nenvs_dirs:\n  - /data/envs  # the large disk\n  - ~/more\npkgs_dirs: []\n",
    **conda("/home/ana/more/tiny"),
    **conda("/scratch/by-path"),
    "/home/ana/.conda/environments.txt": "/home/ana/miniconda3\n/scratch/by-path\n/gone/old\n",
    **venv("/home/ana/.virtualenvs/wrapped"),
    **venv("/home/ana/work/.venv"),
    **venv("/home/ana/work/yolo"),
    **conda("/home/ana/work/.pixi/envs/default"),
    "/home/ana/.pyenv/versions/3.9.18/bin/python": ELF,
}


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("yolo", "/home/ana/miniconda3/envs/yolo"),
        ("base", "/home/ana/miniconda3"),
        ("big", "/data/envs/big"),
        ("tiny", "/home/ana/more/tiny"),
        ("by-path", "/scratch/by-path"),
        ("wrapped", "/home/ana/.virtualenvs/wrapped"),
        (".venv", "/home/ana/work/.venv"),
        ("./yolo", "/home/ana/work/yolo"),
        ("default", "/home/ana/work/.pixi/envs/default"),
        ("3.9.18", "/home/ana/.pyenv/versions/3.9.18"),
        ("/data/envs/big", "/data/envs/big"),
    ],
)
def test_env_by_name(name: str, prefix: str) -> None:
    target = choose(host(ENVIRONMENTS), Request(env=name))
    assert winner(target) == ("--env", f"{prefix}/bin/python")


def test_env_that_is_nowhere() -> None:
    reading = choose(host(ENVIRONMENTS), Request(env="nope")).executable
    assert isinstance(reading, Absent)
    assert "/home/ana/miniconda3/envs/nope" in reading.looked and "/home/ana/work/nope" in reading.looked


def test_envs_beside_the_active_conda_environment() -> None:
    machine = host(
        {**conda("/opt/lab/envs/a"), **conda("/opt/lab/envs/b"), "/opt/lab/condabin/conda": ""},
        CONDA_PREFIX="/opt/lab/envs/a",
    )
    assert winner(choose(machine, Request(env="b"))) == ("--env", "/opt/lab/envs/b/bin/python")


SHIMS = "/home/ana/.pyenv/shims"
PYENV: Dict[str, object] = {
    f"{SHIMS}/python": '#!/usr/bin/env bash\nset -e\nexec "/home/ana/.pyenv/bin/pyenv" exec "python" "$@"\n',
    "/home/ana/.pyenv/versions/3.9.18/bin/python": ELF,
    "/home/ana/.pyenv/versions/3.11.2/bin/python": ELF,
    "/home/ana/.pyenv/versions/3.11.10/bin/python": ELF,
    "/home/ana/.pyenv/versions/3.11.10-debug/bin/python": ELF,
    "/home/ana/.pyenv/version": "3.9.18\n",
}


@pytest.mark.parametrize(
    ("files", "variables", "found"),
    [
        ({}, {}, "3.9.18"),
        ({"/home/ana/.python-version": "3.11.2\n"}, {}, "3.11.2"),
        ({"/home/ana/.python-version": "3.9.18", "/home/ana/work/.python-version": "# mine\n3.11\n"}, {}, "3.11.10"),
        ({"/home/ana/.python-version": "3.11.2\n"}, {"PYENV_VERSION": "3.9.18"}, "3.9.18"),
        ({}, {"PYENV_VERSION": "3.8.1:3.11.2"}, "3.11.2"),
        ({"/home/ana/.python-version": "python-3.11.2\n"}, {}, "3.11.2"),
    ],
)
def test_a_pyenv_shim_leads_to_the_version_in_force(
    files: Mapping[str, object], variables: Mapping[str, str], found: str
) -> None:
    target = choose(host({**PYENV, **files}, f"{SHIMS}:/usr/bin", **variables), Request())
    assert winner(target) == ("PATH", f"/home/ana/.pyenv/versions/{found}/bin/python")
    assert target.claims[0].says == f"{SHIMS}/python"


def test_pyenv_says_system() -> None:
    machine = host({**PYENV, "/usr/bin/python": ELF, "/home/ana/.pyenv/version": "system"}, f"{SHIMS}:/usr/bin")
    assert winner(choose(machine, Request())) == ("PATH", "/usr/bin/python")


def test_a_shim_without_its_version_starts_nothing() -> None:
    machine = host(PYENV, f"{SHIMS}:/usr/bin", PYENV_VERSION="3.7.1")
    assert winner(choose(machine, Request())) == ("PATH", "/usr/bin/python3")
    alone = choose(dataclasses.replace(machine, environ={**machine.environ, "PATH": SHIMS}), Request())
    assert alone.executable == Absent(("/home/ana/.pyenv/versions/3.7.1/bin/python",))


def test_a_shim_that_is_not_pyenvs_is_run_itself() -> None:
    machine = host({"/home/ana/.asdf/shims/python": "#!/bin/bash\nexec asdf exec python"}, "/home/ana/.asdf/shims")
    assert winner(choose(machine, Request())) == ("PATH", "/home/ana/.asdf/shims/python")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Known('{"a": "b\\u00e9"}', "x"), Known({"a": "b\u00e9"}, "x")),
        (Known('{"p": ["/donn\\udcc3\\udca9es", "\\udcff", "\\ud800"]}', "x"), ["/donn\u00e9es", "\udcff", "\ud800"]),
        (Known("[1]", "x"), "the answer is no JSON object"),
        (Known("noise", "x"), "unparsable"),
        (Known('{"a": ' + "[" * 100000 + "]" * 100000 + "}", "x"), "the answer is nested too deeply"),
        (Unknown("timeout", "no end within 8 s", "x"), "timeout"),
    ],
)
def test_the_answer_is_json_or_unknown(said: Reading[str], expected: Any) -> None:
    machine = host({})
    machine.asks[("/usr/bin/python3", "ask")] = said
    answer = choose(machine, Request()).answer()
    if isinstance(expected, list):
        assert isinstance(answer, Known) and answer.value["p"] == expected
    elif isinstance(expected, Known):
        assert answer == expected
    else:
        assert isinstance(answer, Unknown)
        assert expected in (answer.reason, answer.detail)


@pytest.mark.real
def test_a_real_interpreter_answers(tmp_path: Path) -> None:
    local = LocalHost({"PATH": "/nowhere", "HOME": str(tmp_path)})
    python = os.path.realpath("/proc/self/exe")
    answer = choose(local, Request(python=python)).answer()
    assert isinstance(answer, Known)
    assert answer.value["interpreter"]["executable"] == python


@pytest.mark.real
def test_a_program_that_is_no_python_is_told(tmp_path: Path) -> None:
    local = LocalHost({"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    for name in ("/bin/ls", "/bin/bash", "/bin/true"):
        answer = choose(local, Request(python=name, patience=5)).answer()
        assert isinstance(answer, Unknown) and answer.reason in ("failed", "unparsable")
