"""What kind of environment it is and who manages it."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

import pytest

from envdoctor.probes.python import look
from envdoctor.reading import Known, Reading

from .answers import answer, machine, target

CONDA = "/home/ana/miniconda3"
POETRY = "/home/ana/.cache/pypoetry/virtualenvs/lab-x"

BY_CONDA = {"CONDA_EXE": "/c/bin/conda"}
BY_UV = {"UV_PROJECT_ENVIRONMENT": "/e"}

#: prefix, files, variables -> kind, manager, name, project.
CASES: Tuple[Tuple[Any, ...], ...] = (
    ("/usr", {}, {}, "system", "pip", "usr", None),
    ("/usr/local", {}, {}, "system", "pip", "local", None),
    ("/opt/python", {}, {}, "other", "pip", "python", None),
    ("/home/ana/.pyenv/versions/3.11.7", {}, {}, "pyenv", "pip", "3.11.7", None),
    ("/data/pyenv/versions/3.11.7", {}, {"PYENV_ROOT": "/data/pyenv"}, "pyenv", "pip", "3.11.7", None),
    ("/home/ana/.local/share/uv/python/cpython-3.11", {}, {}, "uv-managed", "uv", "cpython-3.11", None),
    ("/data/py/cpython-3.11", {}, {"UV_PYTHON_INSTALL_DIR": "/data/py"}, "uv-managed", "uv", "cpython-3.11", None),
    (f"{CONDA}/envs/lab", {f"{CONDA}/envs/lab/conda-meta/history": ""}, {}, "conda", "conda", "lab", None),
    ("/c/envs/a", {"/c/envs/a/conda-meta/x": "", "/c/envs/a/bin/conda": ""}, BY_CONDA, "conda", "conda", "a", None),
    ("/scratch/lab", {"/scratch/lab/conda-meta/history": ""}, {}, "conda", "conda", "/scratch/lab", None),
    (CONDA, {f"{CONDA}/conda-meta/x": "", f"{CONDA}/condabin/conda": ""}, {}, "conda-base", "conda", "base", None),
    ("/p/.pixi/envs/gpu", {"/p/.pixi/envs/gpu/conda-meta/history": ""}, {}, "conda", "pixi", "gpu", "/p"),
    ("/x", {"/x/conda-meta/pixi": '{"manifest_path": "/p/pixi.toml"}'}, {}, "conda", "pixi", "x", "/p"),
    ("/x", {"/x/conda-meta/pixi": "[["}, {}, "conda", "conda", "/x", None),
    ("/p/.venv", {"/p/.venv/pyvenv.cfg": "home = /usr/bin\nuv = 0.5.1\n"}, {}, "venv", "uv", ".venv", None),
    ("/p/.venv", {"/p/.venv/pyvenv.cfg": "uv = 0.5.1\n", "/p/uv.lock": ""}, {}, "venv", "uv", ".venv", "/p"),
    ("/p/.venv", {"/p/.venv/pyvenv.cfg": "home = /usr\n", "/p/poetry.lock": ""}, {}, "venv", "poetry", ".venv", "/p"),
    (POETRY, {f"{POETRY}/pyvenv.cfg": "", "/home/ana/poetry.lock": ""}, {}, "venv", "poetry", "lab-x", "/home/ana"),
    (POETRY, {f"{POETRY}/pyvenv.cfg": ""}, {}, "venv", "poetry", "lab-x", None),
    ("/e", {"/e/pyvenv.cfg": "", "/home/ana/uv.lock": ""}, BY_UV, "venv", "uv", "e", "/home/ana"),
    ("/e", {"/e/pyvenv.cfg": "home = /usr\nvirtualenv = 20.0\n"}, {}, "venv", "pip", "e", None),
    ("/e", {"/e/bin/activate_this.py": ""}, {}, "venv", "pip", "e", None),
)  # fmt: skip


def plain(reading: Reading[str]) -> Optional[str]:
    return reading.value if isinstance(reading, Known) else None


@pytest.mark.parametrize(("prefix", "files", "environ", "kind", "manager", "name", "project"), CASES)
def test_kind_and_manager(
    prefix: str, files: Mapping[str, str], environ: Dict[str, str], kind: str, manager: str, name: str, project: Any
) -> None:
    host = machine(answer(interpreter={"prefix": prefix}), files=files, environ=environ)
    facts = look(host, target(host))
    assert (plain(facts.kind), plain(facts.manager)) == (kind, manager)
    assert plain(facts.environment_name) == name
    assert plain(facts.project) == project
