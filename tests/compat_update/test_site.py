"""ENVDOCTOR_COMPAT: a site's own rows win, and a wrong one is told with its file and row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from envdoctor.compat import CompatTable
from envdoctor.host import LocalHost
from envdoctor.tables import table
from envdoctor.voice import Unusable
from tests.cli.run import envdoctor

OURS = {"ours": {"source": "our operators", "where": "ticket 4711", "checked": "2026-11-24"}}
SERVER: Dict[str, Any] = {
    "name": "H100 PCIe lab",
    "capability": "9.0",
    "architecture": "Hopper",
    "pci_ids": [],
    "last_driver_branch": None,
}
MIRROR = {"name": "lab", "kind": "pypi", "url": "https://pypi.lab.example/simple", "status": "mirror", "lacks": []}


def subject(name: str, *rows: Dict[str, Any]) -> str:
    return json.dumps(
        {"subject": name, "sources": OURS, "rows": [{**row, "source": ["ours"], "how": "read"} for row in rows]}
    )


def with_rows(path: Path) -> CompatTable:
    return table(LocalHost(environ={"ENVDOCTOR_COMPAT": str(path), "XDG_DATA_HOME": "/nonexistent"}))


def refused(path: Path) -> str:
    with pytest.raises(Unusable) as caught:
        with_rows(path)
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 500
    return sentence


def test_a_file_adds_rows(tmp_path: Path) -> None:
    file = tmp_path / "our gpus.json"
    file.write_text(subject("gpus", SERVER))
    made = with_rows(file)
    assert made.gpu("H100 PCIe lab").origin.source == "our operators"
    assert made.gpu("RTX 3090").capability == "8.6"


def test_a_row_with_the_same_key_wins(tmp_path: Path) -> None:
    cuda = CompatTable().cuda("12.4")
    ours = {
        "version": "12.4",
        "toolkit_driver": cuda.toolkit_driver,
        "minimum_driver": "550.0",
        "minimum_driver_windows": None,
        "gcc_min": None,
        "gcc_max": 12,
        "clang_max": None,
        "min_capability": None,
        "max_capability": None,
    }
    (tmp_path / "cuda.json").write_text(subject("cuda", ours))
    made = with_rows(tmp_path)
    assert (made.cuda("12.4").minimum_driver, made.cuda("12.4").gcc_max) == ("550.0", 12)
    assert made.cuda("12.1") == CompatTable().cuda("12.1")
    assert len(made.cudas()) == len(CompatTable().cudas())


def test_a_folder_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "gpus.json").write_text(subject("gpus", SERVER))
    (tmp_path / "more.json").write_text(subject("gpus", {**SERVER, "name": "another"}))
    (tmp_path / "mirrors.json").write_text(subject("mirrors", MIRROR))
    (tmp_path / "README").write_text("not read")
    made = with_rows(tmp_path)
    assert made.gpu("another").capability == made.gpu("H100 PCIe lab").capability == "9.0"
    assert made.mirrors("pypi")[0].url == MIRROR["url"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (subject("gpus", SERVER, {**SERVER, "capability": 9}), ": row 2 (H100 PCIe lab 9): field 'capability': "),
        (subject("gpus", {"name": "half"}), ": row 1 (half ?): field 'architecture' is missing"),
        (subject("gpus", SERVER, SERVER), ": row 2 (H100 PCIe lab 9.0): field 'capability': an earlier row"),
        (subject("planets"), ": not a file of the table: 'subject' must be one of torch, "),
        ('{"subject": "gpus",\n"rows": [{}', ": not a file of the table: line 2: "),
        ("[" * 100000, ": not a file of the table"),
        ("\ud800", ": not a file of the table"),
        ("null", ": not a file of the table"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "site.json"
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    assert refused(file).startswith(f"ENVDOCTOR_COMPAT: {file}{words}")
    assert refused(tmp_path) == refused(file)


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "no") == f"ENVDOCTOR_COMPAT: {tmp_path}/no: no such file or folder"


def test_commands_use_them(tmp_path: Path) -> None:
    file = tmp_path / "site.json"
    file.write_text(subject("gpus", SERVER))
    said = envdoctor("compat", "gpu", "H100 PCIe lab", env={"ENVDOCTOR_COMPAT": str(file)})
    assert said.code == 0 and "our operators, ticket 4711" in said.out
    file.write_text("x")
    said = envdoctor("compat", "gpu", "H100 PCIe lab", env={"ENVDOCTOR_COMPAT": str(file)})
    assert said.code == 2 and said.err.count("\n") == 1


@pytest.mark.parametrize("command", ["check", "fix"])
def test_check_and_fix_ask_them(command: str, tmp_path: Path) -> None:
    file = tmp_path / "site.json"
    file.write_text('{"subject": "gpus", "rows": 5}')
    machine = Path(__file__).resolve().parent.parent / "machines" / "debian11-driver470-cu121"
    said = envdoctor(command, "--replay", str(machine), env={"ENVDOCTOR_COMPAT": str(file)})
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"envdoctor: ENVDOCTOR_COMPAT: {file}") and said.err.count("\n") == 1
