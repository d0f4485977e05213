from __future__ import annotations

from typing import Tuple

from envdoctor.facts import Facts, Toolkit
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedToolchain, NeedTorch, NeedVariable

from .asking import (
    NOT_KNOWN,
    change,
    dist,
    evidence,
    healthy,
    needs,
    silent,
    the_one,
    torch_build,
    with_dists,
)


def toolkit(root: str, version: str, nvcc: bool = True, found_by: Tuple[str, ...] = ("/usr/local",)) -> Toolkit:
    path = Known(f"{root}/bin/nvcc", root) if nvcc else Absent((f"{root}/bin/nvcc",))
    return Toolkit(root, Known(version, f"{root}/version.json"), path, found_by)


def toolkits(home: str, *every: Toolkit) -> Facts:
    return change(healthy(), "toolkit", toolkits=Known(every, "PATH, /usr/local"), cuda_home=Known(home, "CUDA_HOME"))


WRONG = toolkits("/usr/local/cuda", toolkit("/usr/local/cuda", "11.8"))


def test_another_major_version_is_a_note() -> None:
    finding = the_one("CUD101", WRONG)
    assert finding.severity == "note"
    assert "CUDA 11.8" in finding.title and "CUDA 12.1" in finding.title
    assert "/usr/local/cuda" in evidence(finding)
    assert NeedTorch(accelerator="cu118") in needs(finding)
    assert NeedToolchain(12, "12.1") in needs(finding)


def test_it_is_a_warning_where_something_is_compiled() -> None:
    asked = change(WRONG, "installs", requested=Known(("numpy", "flash-attn>=2"), "requirements.txt"))
    finding = the_one("CUD101", asked)
    assert finding.severity == "warning" and "flash-attn" in finding.meaning
    git = change(WRONG, "installs", requested=Known(("git+https://github.com/facebookresearch/detectron2.git",), "r"))
    assert the_one("CUD101", git).severity == "warning"
    assert the_one("CUD101", with_dists(WRONG, dist("deepspeed", "0.15.0"))).severity == "warning"


def test_a_fitting_toolkit_beside_it_comes_first() -> None:
    facts = toolkits(
        "/usr/local/cuda",
        toolkit("/usr/local/cuda", "11.8"),
        toolkit("/usr/local/cuda-12.4", "12.4"),
        toolkit("/usr/local/cuda-12.1", "12.1"),
        toolkit("/usr/local/cuda-12.1-runtime", "12.1", nvcc=False),
    )
    assert needs(the_one("CUD101", facts))[0] == NeedVariable("CUDA_HOME", "/usr/local/cuda-12.1")


def test_another_minor_version_is_accepted() -> None:
    assert silent("CUD101", toolkits("/usr/local/cuda", toolkit("/usr/local/cuda", "12.6"))) == "pass"


def test_an_nvcc_that_torch_would_not_take() -> None:
    facts = toolkits("/usr/local/cuda", toolkit("/usr/local/cuda", "12.1"), toolkit("/usr", "11.5", found_by=("PATH",)))
    assert silent("CUD101", facts) == "pass"


def test_not_applicable() -> None:
    assert silent("CUD101", healthy()) == "not-applicable"  # no toolkit: nothing to compile with
    runtime = toolkits("/usr/local/cuda", toolkit("/usr/local/cuda", "11.8", nvcc=False))
    assert silent("CUD101", runtime) == "not-applicable"
    assert silent("CUD101", change(WRONG, "torch", build=Known("cpu", "version.py"))) == "not-applicable"
    assert silent("CUD101", torch_build("2.5.1+cpu", "", facts=WRONG)) == "not-applicable"


def test_cannot_tell() -> None:
    assert silent("CUD101", change(WRONG, "toolkit", cuda_home=NOT_KNOWN)) == "cannot-tell"
    unread = Toolkit("/usr/local/cuda", NOT_KNOWN, Known("/usr/local/cuda/bin/nvcc", "x"), ("PATH",))
    assert silent("CUD101", toolkits("/usr/local/cuda", unread)) == "cannot-tell"
