"""Jupyter kernels and the Python that each starts."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from envdoctor.facts import Kernel
from envdoctor.probes._kernels import kernels
from envdoctor.probes._scripts import command
from envdoctor.reading import Known, Unknown
from tests.fakes import FakeHost

ENV = "/home/ana/envs/yolo"
MINE = "/home/ana/.local/share/jupyter/kernels"
ELF = b"\x7fELF\0"
PYTHONS: Dict[str, object] = {
    f"{ENV}/bin/python": ELF,
    f"{ENV}/pyvenv.cfg": "",
    "/opt/conda/bin/python": ELF,
    "/opt/conda/conda-meta/history": "",
    "/opt/conda/bin/jupyter": "#!/opt/conda/bin/python\n",
}


def spec(*argv: str, **more: Any) -> str:
    return json.dumps({"argv": [*argv, "-m", "ipykernel_launcher"], "language": "python", **more})


def found(files: Dict[str, object], jupyter: bool = False, active: Optional[str] = ENV, **environ: str) -> Any:
    host = FakeHost(files={**PYTHONS, **files}, environ={"PATH": f"{ENV}/bin", "HOME": "/home/ana", **environ})
    asked = command(host, "jupyter", "/opt/conda/bin/jupyter", active) if jupyter else None
    return kernels(host, active, asked)


def one(files: Dict[str, object], **more: Any) -> Kernel:
    every = found(files, **more)
    assert len(every) == 1
    kernel: Kernel = every[0]
    return kernel


def verdict(kernel: Kernel) -> Any:
    return (
        kernel.exists.value if isinstance(kernel.exists, Known) else "?",
        kernel.ours.value if isinstance(kernel.ours, Known) else "?",
    )


def test_a_kernel_of_this_environment_and_one_of_another() -> None:
    mine = one({f"{MINE}/yolo/kernel.json": spec(f"{ENV}/bin/python")})
    assert (mine.name, mine.spec, mine.interpreter) == ("yolo", f"{MINE}/yolo/kernel.json", f"{ENV}/bin/python")
    assert verdict(mine) == (True, True)
    assert verdict(one({f"{MINE}/x/kernel.json": spec("/opt/conda/bin/python")})) == (True, False)
    assert verdict(one({f"{MINE}/x/kernel.json": spec("/gone/bin/python")})) == (False, False)


def test_a_bare_python_is_jupyters_own_else_the_one_on_path() -> None:
    files: Dict[str, object] = {f"{MINE}/python3/kernel.json": spec("python")}
    assert verdict(one(files)) == (True, True)
    assert verdict(one(files, jupyter=True)) == (True, False)
    assert verdict(one({f"{MINE}/python3/kernel.json": spec("python9")})) == (False, False)


def test_every_place_that_jupyter_looks_in() -> None:
    places = {
        "/jp/kernels": {"JUPYTER_PATH": "/jp"},
        "/data/kernels": {"JUPYTER_DATA_DIR": "/data"},
        "/xdg/jupyter/kernels": {"XDG_DATA_HOME": "/xdg"},
        MINE: {},
        f"{ENV}/share/jupyter/kernels": {},
        "/usr/local/share/jupyter/kernels": {},
        "/usr/share/jupyter/kernels": {},
    }
    for place, environ in places.items():
        assert one({f"{place}/k/kernel.json": spec(f"{ENV}/bin/python")}, **environ).spec == f"{place}/k/kernel.json"
    beside = one({"/opt/conda/share/jupyter/kernels/k/kernel.json": spec("python")}, jupyter=True)
    assert verdict(beside) == (True, False)


def test_kernels_of_other_languages_and_broken_ones_are_left_out() -> None:
    files: Dict[str, object] = {
        f"{MINE}/ir/kernel.json": spec("R", language="R"),
        f"{MINE}/a/kernel.json": "{",
        f"{MINE}/b/kernel.json": "[]",
        f"{MINE}/c/kernel.json": '{"argv": []}',
        f"{MINE}/d/kernel.json": '{"argv": [3], "language": "python"}',
        f"{MINE}/e/kernel.json": '{"argv": ["x"], "language": 3}',
        f"{MINE}/f/kernel.json": "[" * 100000,
        f"{MINE}/g/logo.png": b"\x89PNG",
    }
    assert found(files) == ()


def test_a_kernel_behind_another_program() -> None:
    kernel = one({f"{MINE}/x/kernel.json": spec("/usr/bin/env", "python")})
    assert isinstance(kernel.ours, Unknown) and kernel.exists == Known(False, "/usr/bin/env")


def test_no_prefix_is_known() -> None:
    kernel = one({f"{MINE}/x/kernel.json": spec(f"{ENV}/bin/python")}, active=None)
    assert isinstance(kernel.ours, Unknown) and isinstance(kernel.exists, Known)
