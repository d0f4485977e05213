"""Which Python `pip`, `yolo` and the like on PATH really start."""

from __future__ import annotations

from typing import Dict, Optional

import pytest

from envdoctor.facts import Command
from envdoctor.probes._scripts import command, commands
from envdoctor.reading import Known, Unknown
from tests.fakes import FakeHost

ENV = "/home/ana/envs/yolo"
ELF = b"\x7fELF\0\0"
PYTHONS: Dict[str, object] = {
    f"{ENV}/bin/python": ELF,
    f"{ENV}/pyvenv.cfg": "home = /usr/bin\n",
    "/my envs/a/bin/python": ELF,
    "/my envs/a/pyvenv.cfg": "",
    "/opt/conda/bin/python": ELF,
    "/opt/conda/conda-meta/history": "",
    "/usr/bin/python3.11": ELF,
}


def on_path(script: object, where: str = f"{ENV}/bin/yolo") -> Command:
    host = FakeHost(
        files={**PYTHONS, where: script, "/usr/bin/python3": ELF},
        environ={"PATH": f"{ENV}/bin:/opt/conda/bin:/usr/bin"},
    )
    host.links["/usr/bin/python3"] = "python3.11"
    host.links["/link"] = "/home/ana/envs"
    host.links["/home/ana/bin/python"] = f"{ENV}/bin/python"
    return command(host, "yolo", where, ENV)


RELOCATABLE = '"$(dirname -- "$(realpath -- "$0")")"/\'python\''
LONG = "#!/bin/sh\n'''exec' {} \"$0\" \"$@\"\n' '''\nimport sys\n"


@pytest.mark.parametrize(
    ("script", "form", "interpreter", "prefix", "ours"),
    [
        (f"#!{ENV}/bin/python\nimport x\n", "shebang", f"{ENV}/bin/python", ENV, True),
        (f"#!{ENV}/bin/python -sE\nimport x\n", "shebang", f"{ENV}/bin/python", ENV, True),
        (f"#! {ENV}/bin/python\r\nimport x\n", "shebang", f"{ENV}/bin/python", ENV, True),
        ("#!/link/yolo/bin/python\n", "shebang", "/link/yolo/bin/python", "/link/yolo", True),
        ("#!/opt/conda/bin/python\n", "shebang", "/opt/conda/bin/python", "/opt/conda", False),
        ("#!/usr/bin/python3\n", "shebang", "/usr/bin/python3", "/usr", False),
        ("#!/home/ana/bin/python\n", "shebang", "/home/ana/bin/python", ENV, True),
        (LONG.format(f'"{ENV}/bin/python"'), "sh-exec", f"{ENV}/bin/python", ENV, True),
        (LONG.format(f"'{ENV}/bin/python'"), "sh-exec", f"{ENV}/bin/python", ENV, True),
        (LONG.format(f"{ENV}/bin/python"), "sh-exec", f"{ENV}/bin/python", ENV, True),
        (LONG.format('"/my envs/a/bin/python"'), "sh-exec", "/my envs/a/bin/python", "/my envs/a", False),
        (LONG.format(RELOCATABLE), "sh-exec", f"{ENV}/bin/python", ENV, True),
        ("#!/usr/bin/env python\nimport x\n", "env-shebang", f"{ENV}/bin/python", ENV, True),
        ("#!/usr/bin/env -S python3 -u\n", "env-shebang", "/usr/bin/python3", "/usr", False),
    ],
)  # fmt: skip
def test_scripts(script: str, form: str, interpreter: str, prefix: str, ours: bool) -> None:
    found = on_path(script)
    assert found.form == form
    assert found.interpreter == Known(interpreter, f"{ENV}/bin/yolo")
    assert found.interpreter_exists == Known(True, interpreter)
    assert isinstance(found.prefix, Known) and found.prefix.value == prefix
    assert isinstance(found.ours, Known) and found.ours.value is ours


def test_a_script_whose_python_is_gone() -> None:
    found = on_path("#!/old/env/bin/python3.11\n")
    assert found.interpreter == Known("/old/env/bin/python3.11", f"{ENV}/bin/yolo")
    assert found.interpreter_exists == Known(False, "/old/env/bin/python3.11")
    assert found.prefix == Known("/old/env", "/old/env/bin/python3.11")
    assert isinstance(found.ours, Known) and found.ours.value is False


@pytest.mark.parametrize(
    ("script", "form"),
    [
        ("#!/bin/bash\nexec python train.py\n", "shebang"),
        ("#!/bin/sh\nexec python\n", "shebang"),
        ("#!\n", "shebang"),
        ("#!/usr/bin/env bash\n", "env-shebang"),
        ("#!/usr/bin/env\n", "env-shebang"),
        ("#!/usr/bin/env python9\n", "env-shebang"),
        ("#!/bin/sh\n'''exec' \"/never closed\n", "sh-exec"),
        ("#!/bin/sh\n'''exec'\n", "sh-exec"),
        (b"\x7fELF\0\0", "binary"),
        (b"", "binary"),
        (b"#!\xff\xfe\x00\n", "shebang"),
    ],
)
def test_what_starts_no_python_is_unknown(script: object, form: str) -> None:
    found = on_path(script)
    assert found.form == form
    assert isinstance(found.interpreter, Unknown) and found.interpreter.reason in ("unparsable", "failed")
    assert isinstance(found.ours, Unknown)


def test_a_closed_script() -> None:
    host = FakeHost(files={"/usr/bin/pip": "#!/usr/bin/python3\n"}, denied={"/usr/bin/pip"})
    found = command(host, "pip", "/usr/bin/pip", ENV)
    assert found.form == "unreadable"
    assert found.interpreter == Unknown("denied", "Permission denied", "/usr/bin/pip")


def test_the_interpreter_itself() -> None:
    found = on_path(ELF, f"{ENV}/bin/python3")
    assert (found.form, found.interpreter) == ("binary", Known(f"{ENV}/bin/python3", f"{ENV}/bin/python3"))
    assert isinstance(found.ours, Known) and found.ours.value is True


def shim(version: Optional[str]) -> Command:
    root = "/home/ana/.pyenv"
    files: Dict[str, object] = {
        f"{root}/shims/pip": '#!/usr/bin/env bash\nexec pyenv exec "pip"\n',
        f"{root}/versions/3.9.18/bin/pip": f"#!{root}/versions/3.9.18/bin/python3.9\n",
        f"{root}/versions/3.9.18/bin/python3.9": ELF,
        f"{root}/versions/3.10.1/bin/python": ELF,
    }
    environ = {"PATH": f"{root}/shims", "HOME": "/home/ana", **({"PYENV_VERSION": version} if version else {})}
    host = FakeHost(files=files, environ=environ)
    return command(host, "pip", f"{root}/shims/pip", f"{root}/versions/3.9.18")


def test_a_shim_is_seen_through() -> None:
    found = shim("3.9.18")
    assert (found.form, found.path) == ("shim", "/home/ana/.pyenv/shims/pip")
    assert isinstance(found.interpreter, Known)
    assert found.interpreter.value == "/home/ana/.pyenv/versions/3.9.18/bin/python3.9"
    assert isinstance(found.ours, Known) and found.ours.value is True


def test_a_shim_for_a_version_that_lacks_the_command() -> None:
    found = shim("3.10.1")
    assert found.form == "shim" and isinstance(found.interpreter, Unknown)


def test_the_first_of_each_name_counts_and_tools_are_passed_over() -> None:
    host = FakeHost(
        files={
            **PYTHONS,
            "/c/archive-v0/x/bin/pip": "#!/c/archive-v0/x/bin/python\n",
            "/opt/conda/bin/pip": "#!/opt/conda/bin/python\n",
            f"{ENV}/bin/pip": f"#!{ENV}/bin/python\n",
            f"{ENV}/bin/train.sh": "",
        },
        environ={"PATH": f"/c/archive-v0/x/bin:/opt/conda/bin:{ENV}/bin"},
    )
    assert [(one.name, one.path) for one in commands(host, ENV)] == [("pip", "/opt/conda/bin/pip")]
    assert isinstance(commands(host, None)[0].ours, Unknown)
