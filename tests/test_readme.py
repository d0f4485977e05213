"""What the README says is what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.real
def test_generated_parts_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, "scripts/write_readme.py", "--check"], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("marker", ["run", "tests"])
def test_a_command_stands_on_one_line(marker: str) -> None:
    block = README.split(f"<!-- {marker} -->\n```sh\n")[1].split("\n```")[0]
    assert block.startswith("python3 -m venv .venv && ") and "\n" not in block


def test_links_and_paths_exist() -> None:
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)|`((?:envdoctor|scripts|tests)/[\w./-]+)`", README)
    assert named
    for link, path in named:
        assert (ROOT / (link or path)).exists(), link or path
