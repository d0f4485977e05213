from __future__ import annotations

from envdoctor.facts import CondaRecord, Setting
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedTorch

from .asking import (
    NOT_KNOWN,
    SITE,
    change,
    dist,
    evidence,
    gpu,
    healthy,
    needs,
    silent,
    the_one,
    torch_build,
    with_dists,
    with_gpus,
    without_driver,
    without_gpu,
)

CPU = torch_build("2.1.0+cpu", "")


def test_a_cpu_build_beside_a_gpu() -> None:
    finding = the_one("TOR101", CPU)
    assert finding.severity == "error"
    assert "2.1.0+cpu" in finding.title and "RTX 3090" in finding.title
    assert "driver 550.54.15 answers and counts 1" in evidence(finding)
    assert needs(finding) == [NeedTorch()]


def test_where_it_came_from_is_evidence() -> None:
    url = "https://download.pytorch.org/whl/cpu/torch-2.1.0%2Bcpu-cp311-cp311-linux_x86_64.whl"
    facts = with_dists(CPU, dist("torch", "2.1.0+cpu", direct_url=url))
    assert url in evidence(the_one("TOR101", facts))


def test_an_index_of_cpu_builds_is_evidence() -> None:
    url = "https://download.pytorch.org/whl/cpu"
    index = Setting("index-url", (url,), "/home/ana/.config/pip/pip.conf", True)
    assert url in evidence(the_one("TOR101", change(CPU, "indexes", pip=Known((index,), "pip"))))
    overridden = Setting("index-url", (url,), "/etc/pip.conf", False)
    assert url not in evidence(the_one("TOR101", change(CPU, "indexes", pip=Known((overridden,), "pip"))))


def test_a_cuda_build_passes_and_a_rocm_build_is_another_matter() -> None:
    assert silent("TOR101", healthy()) == "pass"
    rocm = change(healthy(), "torch", build=Known("rocm", "version.py"))
    assert silent("TOR101", rocm) == "not-applicable"


def test_no_torch_no_question() -> None:
    facts = change(healthy(), "torch", build=Absent((SITE,)))
    assert silent("TOR101", facts) == "not-applicable"


def test_without_a_gpu_a_cpu_build_is_right() -> None:
    assert silent("TOR101", without_gpu(CPU)) == "not-applicable"


def test_a_gpu_without_driver_is_the_other_rules_matter() -> None:
    assert the_one("TOR101", without_driver(CPU)).severity == "note"


def test_a_gpu_that_is_lost_is_not_usable() -> None:
    assert silent("TOR101", with_gpus(CPU, gpu(0, status="GPU_IS_LOST"))) == "not-applicable"


def test_not_known_whether_there_is_a_gpu() -> None:
    assert silent("TOR101", change(CPU, "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
    assert silent("TOR101", change(CPU, "torch", build=NOT_KNOWN)) == "cannot-tell"


def test_what_conda_solved_is_left_to_its_own_rule() -> None:
    record = CondaRecord("pytorch", "2.1.0", "py3.11_cpu_0", "pytorch", "", True)
    facts = change(torch_build("2.1.0", ""), "installs", conda=Known((record,), "conda-meta"))
    assert silent("TOR101", facts) == "not-applicable"


def test_pip_laid_a_cpu_build_over_condas() -> None:
    record = CondaRecord("pytorch", "2.0.1", "py3.11_cpu_0", "pytorch", "", True)
    facts = change(CPU, "installs", conda=Known((record,), "conda-meta"))
    assert the_one("TOR101", facts).severity == "error"


def test_a_project_that_asks_for_it_gets_a_note() -> None:
    facts = change(CPU, "installs", requested=Known(("--extra-index-url https://x/whl/cpu", "torch==2.1.0+cpu"), "r"))
    assert the_one("TOR101", facts).severity == "note"
