"""What is installed, as the interpreter's answer and conda's records tell it."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest

from envdoctor.facts import CondaRecord, InstallsFacts
from envdoctor.probes.installs import look
from envdoctor.reading import Absent, Known, Unknown
from tests.fakes import FakeHost

from .answers import ENV, PYTHON, SITE, answer, copy, machine, row, silent, target


def facts_of(host: FakeHost) -> InstallsFacts:
    return look(host, target(host))


def test_a_healthy_environment() -> None:
    facts = facts_of(machine())
    assert isinstance(facts.distributions, Known)
    torch, pip = facts.distributions.value
    assert (torch.name, torch.version, torch.location) == ("torch", "2.5.1+cu121", SITE)
    assert (torch.installer, torch.record_entries, torch.sampled, torch.missing) == ("pip", 10, 3, ())
    assert torch.metadata_readable and not torch.editable and pip.name == "pip"
    assert isinstance(facts.modules, Known)
    assert [(module.name, len(module.copies)) for module in facts.modules.value] == [("numpy", 0), ("torch", 1)]
    assert facts.leftovers == facts.unowned == Known((), PYTHON)
    assert facts.conda == Absent((f"{ENV}/conda-meta",))
    assert facts.conda_pins == Absent((f"{ENV}/conda-meta/pinned",))
    assert facts.requested == Absent(("/home/ana/work/requirements.txt",))
    assert facts.elsewhere == Known((), "listings of other environments")


def test_an_interpreter_that_does_not_answer() -> None:
    facts = facts_of(silent(machine()))
    late = Unknown("timeout", "no end within 8 s", PYTHON)
    assert facts.distributions == facts.modules == facts.leftovers == facts.unowned == late
    assert isinstance(facts.conda, Absent) and isinstance(facts.elsewhere, Known)


@pytest.mark.parametrize(
    "said",
    [
        {},
        answer(distributions=[{"name": "torch"}], modules={"torch": [{}]}, leftovers={"error": "x"}),
        answer(distributions=3, modules=[], leftovers={"error": "x"}),
        answer(distributions={"error": "x"}, modules={"error": "x"}, leftovers={"error": "x"}),
    ],
)
def test_an_answer_with_holes(said: Dict[str, Any]) -> None:
    facts = facts_of(machine(said))
    for reading in (facts.distributions, facts.modules, facts.leftovers, facts.unowned):
        assert isinstance(reading, Unknown) and reading.reason in ("failed", "unparsable")


def test_a_closed_site_packages_is_not_an_empty_one() -> None:
    note = [SITE, "PermissionError: [Errno 13] Permission denied"]
    closed = facts_of(machine(answer(notes=[note], distributions=[], modules={"torch": []})))
    assert closed.distributions == closed.modules == Unknown("denied", note[1], SITE)
    # import goes past a closed folder of PYTHONPATH, and so does the look
    elsewhere = facts_of(machine(answer(notes=[["/other", note[1]], "x", [1]])))
    assert isinstance(elsewhere.modules, Known)


def test_credentials_are_taken_out_of_addresses() -> None:
    rows = [row("lab", "1", url="https://me:secret@host/lab.git", editable=True)]
    facts = facts_of(machine(answer(distributions=rows)))
    assert isinstance(facts.distributions, Known)
    assert facts.distributions.value[0].direct_url == "https://host/lab.git"
    assert facts.distributions.value[0].editable


def test_requirements_of_the_current_folder() -> None:
    text = "# for training\ntorch==2.1.0  # the lab's\n\n-r more.txt\n--index-url https://u:p@host/simple\n\xff\n"
    facts = facts_of(machine(files={"/home/ana/work/requirements.txt": text.encode("latin-1")}))
    lines = ("torch==2.1.0", "-r more.txt", "--index-url https://host/simple", "\udcff")
    assert facts.requested == Known(lines, "/home/ana/work/requirements.txt")
    folder = facts_of(machine(files={"/home/ana/work/requirements.txt/x": ""}))
    assert isinstance(folder.requested, Unknown)


@pytest.mark.parametrize(
    ("modules", "rows", "unowned"),
    [
        ({"torch": [copy("torch")]}, [row("numpy", "1")], [f"{SITE}/torch"]),
        ({"torch": [copy("torch")]}, [row("torch", "")], []),
        ({"torch": [copy("torch")]}, [row("torch", "1", location="/other")], [f"{SITE}/torch"]),
        ({"torch": [copy("torch", kind="namespace", path=f"{SITE}/torch")]}, [], [f"{SITE}/torch"]),
        ({"torch": [copy("torch", origin="cwd", entry="")]}, [], []),
        ({"torch": [copy("torch", origin="pth")]}, [], []),
        ({"cv2": [copy("cv2")]}, [row("opencv-contrib-python-headless", "4")], []),
        ({"cv2": [copy("cv2", kind="extension", path=f"{SITE}/cv2.so")]}, [row("x", "4")], [f"{SITE}/cv2.so"]),
        ({"cv2": [copy("cv2", entry="/usr/lib/python3/dist-packages")]}, [], []),
        ({"PIL": [copy("PIL")], "yaml": [copy("yaml")]}, [row("Pillow", "9"), row("PyYAML", "6")], []),
        ({"flash_attn": [copy("flash_attn")]}, [row("flash-attn", "2")], []),
        ({"mmcv": [copy("mmcv")]}, [row("mmcv_full", "1")], []),
        ({"triton": [copy("triton")], "torch": [copy("torch")]}, [row("pytorch-triton-rocm", "2")], [f"{SITE}/torch"]),
        ({"torch": [copy("torch")]}, [row("torch-geometric", "2")], [f"{SITE}/torch"]),
    ],
)  # fmt: skip
def test_packages_that_no_metadata_accounts_for(modules: Dict[str, Any], rows: Any, unowned: Any) -> None:
    facts = facts_of(machine(answer(modules=modules, distributions=rows)))
    assert facts.unowned == Known(tuple(unowned), PYTHON)


LIBRARY = "lib/python3.11/site-packages"


def record(*files: str, channel: str = "https://conda.anaconda.org/pytorch/linux-64", **first: Any) -> str:
    """A conda-meta file with keys in the order given here (rattler's differs from conda's)."""
    paths = [{"_path": file, "sha256": "0" * 64} for file in files]
    return json.dumps({**first, "channel": channel, "files": list(files), "paths_data": {"paths": paths}}, indent=2)


def conda(said: Dict[str, Any], **files: str) -> InstallsFacts:
    placed = {f"{ENV}/conda-meta/{name}": text for name, text in files.items()}
    return facts_of(machine(said, files={f"{ENV}/conda-meta/history": "", **placed}))


def test_conda_records() -> None:
    pytorch = "py3.11_cuda12.1_cudnn8.9.2_0"
    facts = conda(
        answer(distributions=[row("numpy", "1.26.4", installer="conda")]),
        **{
            f"pytorch-2.1.0-{pytorch}.json": record("bin/torchrun", f"{LIBRARY}/torch-2.1.0.dist-info/METADATA"),
            "numpy-1.26.4-py311h1_0.json": record(arch="x86_64", depends=["x" * 80] * 100),
            "cuda-nvcc-dev_linux-64-12.1-ha_0.json": record("include/x.h", channel="https://c.io/t/tk-1-2/main"),
            "no-such-parts.json": "not json at all",
            "torn-1.0-py_0.json": '{"build": "py_0", "chan',
            "pinned": "# by hand\npytorch 2.1.*\n\nnumpy <2  # for torch\n",
        },
    )
    assert facts.conda == Known(
        (
            CondaRecord("cuda-nvcc-dev_linux-64", "12.1", "ha_0", "https://c.io/t/***/main", "", False),
            CondaRecord("no", "such", "parts", "", "", False),
            CondaRecord(
                "numpy", "1.26.4", "py311h1_0", "https://conda.anaconda.org/pytorch/linux-64",
                f"{LIBRARY}/numpy-1.26.4.dist-info", True,
            ),
            CondaRecord(
                "pytorch", "2.1.0", pytorch, "https://conda.anaconda.org/pytorch/linux-64",
                f"{LIBRARY}/torch-2.1.0.dist-info", False,
            ),
            CondaRecord("torn", "1.0", "py_0", "", "", False),
        ),
        f"{ENV}/conda-meta",
    )  # fmt: skip
    assert facts.conda_pins == Known(("pytorch 2.1.*", "numpy <2"), f"{ENV}/conda-meta/pinned")


def test_pip_laid_over_conda_is_seen_beside_condas_record() -> None:
    facts = conda(
        answer(distributions=[row("torch", "2.3.0"), row("torch", "2.1.0", installer="conda")]),
        **{"pytorch-2.1.0-py3.11_cuda12.1_0.json": record(f"{LIBRARY}/torch-2.1.0.dist-info/METADATA")},
    )
    assert isinstance(facts.conda, Known) and isinstance(facts.distributions, Known)
    assert facts.conda.value[0].dist_info == f"{LIBRARY}/torch-2.1.0.dist-info"
    assert [one.version for one in facts.distributions.value] == ["2.3.0", "2.1.0"]


def test_condas_record_owns_a_package_without_metadata() -> None:
    facts = conda(
        answer(modules={"cv2": [copy("cv2")]}, distributions=[]), **{"py-opencv-4.9.0-py311h_0.json": record("x")}
    )
    assert facts.unowned == Known((), PYTHON)


def test_a_closed_conda_meta() -> None:
    host = machine(files={f"{ENV}/conda-meta/history": ""}, denied={f"{ENV}/conda-meta"})
    facts = facts_of(host)
    assert isinstance(facts.conda, Unknown) and facts.conda.reason == "denied"
    assert isinstance(facts.conda_pins, Unknown)
