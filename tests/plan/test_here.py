"""plan --here: the lines of whoever manages the environment that was looked at."""

from __future__ import annotations

from typing import List, Optional

from envdoctor.facts import Facts, Setting
from envdoctor.reading import Known
from envdoctor.render import shell
from tests.cure.cases import PYTHON, conda, project, record, with_tools
from tests.healthy import change, healthy
from tests.plan.asking import planned

WHL = "https://download.pytorch.org/whl"
FOLDER = "/home/ana/work"


def lines(seen: Facts, torch: Optional[str] = "torch==2.5.1", accelerator: str = "cu118") -> List[str]:
    return [shell.line(argv) for argv in planned(torch, accelerator, seen=seen).commands]


def test_a_venv() -> None:
    found = lines(healthy(), "torch==2.4.1", "cu121")
    trio = "torch==2.4.1 torchvision==0.19.1 torchaudio==2.4.1"
    assert found == [f"{PYTHON} -m pip install {trio} --index-url {WHL}/cu121"]


def test_another_build_of_the_same_version_is_forced_because_pip_would_do_nothing() -> None:
    first, second = lines(healthy())
    assert "--force-reinstall --no-deps torch==2.5.1" in first
    assert "--force-reinstall" not in second


def test_nothing_given_keeps_what_is_there() -> None:
    found = planned(seen=healthy())
    assert found.plan is not None
    assert (found.plan.torch, found.plan.variant) == ("2.5.1", "cu121")


def test_projects() -> None:
    uv = lines(project("uv"))
    assert uv[0].startswith(f"uv add --project {FOLDER} --frozen --index pytorch-cu118={WHL}/cu118 torch==2.5.1 ")
    assert uv[-1] == f"uv sync --project {FOLDER} --inexact"
    poetry = lines(project("poetry"))
    assert poetry[0] == f"poetry --directory {FOLDER} source add --priority explicit pytorch-cu118 {WHL}/cu118"
    assert planned("torch==2.5.1", "cu118", "pip", seen=project("uv")).command[:3] == (PYTHON, "-m", "pip")


def test_conda_where_conda_owns_torch_and_pip_where_pip_does() -> None:
    owned = lines(conda(record("pytorch", "2.5.1"), record("torchvision")), accelerator="cu121")
    assert owned[0].startswith("conda install -n yolo -y pytorch==2.5.1 ")
    assert owned[0].endswith("-c pytorch -c nvidia")
    by_pip = lines(conda(record("numpy")))
    assert by_pip[-1].startswith("/home/ana/miniconda3/envs/yolo/bin/python -m pip install torch==2.5.1")


def test_mirrors_that_are_configured() -> None:
    settings = (Setting("index-url", ("https://mirror.sjtu.edu.cn/pytorch-wheels/cu118",), "/etc/pip.conf", True),)
    facts = change(with_tools(healthy()), "indexes", pip=Known(settings, "pip"))
    found = planned("torch==2.4.1", "cu121", seen=facts)
    assert found.command[-1] == "https://mirror.sjtu.edu.cn/pytorch-wheels/cu121"
    assert any("/etc/pip.conf" in note for note in found.notes)
