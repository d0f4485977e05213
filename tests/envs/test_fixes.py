"""The printed commands, run: after one round nothing is left to find. Real environments, real pip, a small index.

The lines are run as they are printed; only the address of PyTorch's index is replaced by that of the small one, which
holds stand-in wheels of exactly the builds that are asked for.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest

from . import situations, wheels
from .build import Situation
from .shell import command, envdoctor, loud

pytestmark = [pytest.mark.slow, pytest.mark.real]

OFFICIAL = re.compile(r"https://download\.pytorch\.org/whl/(\w+)")
TORCHES = re.compile(r"\b(torch|torchvision|torchaudio)==([0-9.]+)")


def small_index(folder: Path, lines: str) -> str:
    """A package index on disk with stand-ins for what the lines ask for; returns its address."""
    store = folder / "index"
    found = OFFICIAL.search(lines)
    variant = found.group(1) if found else "cu121"
    cuda = None if variant == "cpu" else f"{variant[2:-1]}.{variant[-1]}"
    wanted = dict(TORCHES.findall(lines))
    torch = wanted.get("torch", "2.1.0")
    made = [
        wheels.torch_wheel(store / "torch", f"{torch}+{variant}", cuda),
        wheels.torchvision_wheel(store / "torchvision", f"{wanted.get('torchvision', '0.16.0')}+{variant}", torch),
        wheels.numpy_wheel(store / "numpy", "1.26.4"),
        wheels.numpy_wheel(store / "numpy", "2.1.0"),
        wheels.ultralytics_wheel(store / "ultralytics"),
        wheels.wheel(store / "absent-one", "absent-one", "2.5", {"absent_one/__init__.py": b""}),
    ]
    for one in made:
        page = one.parent / "index.html"
        names = [path.name for path in one.parent.glob("*.whl")]
        page.write_text("".join(f'<a href="{name.replace("+", "%2B")}">{name}</a>\n' for name in names))
    return store.as_uri()


def mended(situation: Situation, folder: Path) -> Dict[str, Any]:
    """The report of the environment that the plan's own check names, after its commands ran in the user's shell."""
    plan = envdoctor(situation, "fix", "--print-cmd")
    lines, words = plan.stdout.decode("utf-8", "surrogateescape"), plan.stderr.decode()
    assert plan.returncode == 0 and lines, words
    index = small_index(folder, lines)
    check = [line for line in words.splitlines() if line.startswith("  envdoctor check")][-1]
    itself = f'envdoctor() {{ {shlex.join(command())} "$@"; }}'
    script = f"{itself}\nset -e\n{{\n{OFFICIAL.sub(index, lines)}\n}} >&2\n{check} --format json\n"
    environ = {
        **situation.environ(),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": index,
        "PIP_QUIET": "1",
    }
    done = subprocess.run(["sh", "-c", script], env=environ, cwd=situation.cwd, capture_output=True, timeout=300)
    assert done.stdout.startswith(b"{"), (lines, done.stderr[-2000:].decode("utf-8", "backslashreplace"))
    report: Dict[str, Any] = json.loads(done.stdout)
    return report


BROKEN = [name for name, (_, expected) in situations.SITUATIONS.items() if expected]


@pytest.mark.parametrize("name", BROKEN)
def test_one_round_of_commands_leaves_nothing_to_find(name: str, tmp_path: Path) -> None:
    situation = situations.SITUATIONS[name][0](tmp_path)
    report = mended(situation, tmp_path)
    assert loud(report) == [], [(one["name"], one["title"]) for one in report["findings"]]


def test_nothing_wrong_prints_nothing(tmp_path: Path) -> None:
    done = envdoctor(situations.healthy(tmp_path), "fix", "--print-cmd")
    assert (done.returncode, done.stdout) == (0, b"")


def test_nothing_is_executed(tmp_path: Path) -> None:
    situation = situations.interrupted_pip(tmp_path)
    before: List[Path] = sorted(tmp_path.rglob("*"))
    for options in ((), ("--print-cmd",), ("--print-cmd", "--admin")):
        assert envdoctor(situation, "fix", *options).returncode == 0
    assert sorted(tmp_path.rglob("*")) == before
