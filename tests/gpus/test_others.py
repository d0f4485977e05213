"""Other tools on the same stand-in driver: nvitop and gpustat show the same cards, prometheus_client reads our text.

On request, because it installs them: `pytest -m big tests/gpus/test_others.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from tests.cli.run import envdoctor
from tests.conftest import FakeNvml

pytestmark = [pytest.mark.real, pytest.mark.big]

MIB = 1 << 20
NVITOP = """
import json
from nvitop import Device
print(json.dumps([
    [d.index, d.name(), d.uuid(), d.memory_used(), d.memory_total(), d.gpu_utilization(), sorted(d.processes())]
    for d in Device.all()
]))
"""
PROMETHEUS = """
import json, sys
from prometheus_client.parser import text_string_to_metric_families
found = [[s.name, s.labels, s.value] for f in text_string_to_metric_families(sys.stdin.read()) for s in f.samples]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("others")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    made = folder / "bin" / "python"
    install = [str(made), "-m", "pip", "install", "-q", "nvitop", "gpustat", "prometheus_client"]
    if subprocess.run(install).returncode:
        pytest.skip("they cannot be installed here")
    return made


@pytest.fixture
def machine(fakenvml: FakeNvml) -> Dict[str, str]:
    state = "".join(
        f"[gpu]\nname = NVIDIA H100 {number}\nutil = {10 * number}\nproc = C {os.getpid()} {1000 * (number + 1)} 5\n"
        for number in range(4)
    )
    env = fakenvml.environ(state + "[gpu]\ntotal = 24576\n[gpu]\nused = 40000\n")
    return {**env, "HOME": str(fakenvml.state.parent), "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def ours(environ: Dict[str, str]) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = json.loads(envdoctor("gpus", "--format", "json", env=environ).out)["gpus"]
    return found


def said(argv: List[str], environ: Dict[str, str], given: str = "") -> str:
    ended = subprocess.run(argv, env=environ, input=given, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_nvitop_shows_the_same(python: Path, machine: Dict[str, str]) -> None:
    theirs = json.loads(said([str(python), "-c", NVITOP], machine))
    assert theirs == [
        [
            gpu["index"],
            gpu["name"],
            gpu["uuid"],
            gpu["memory_used"],
            gpu["memory_total"],
            gpu["utilisation"],
            [holder["pid"] for holder in gpu["holders"]],
        ]
        for gpu in ours(machine)
    ]
    assert len(theirs) == 6


def test_gpustat_shows_the_same(python: Path, machine: Dict[str, str]) -> None:
    theirs = json.loads(said([str(python), "-m", "gpustat", "--json"], machine))["gpus"]
    assert len(theirs) == 6

    def plain(gpu: Dict[str, Any]) -> Tuple[object, ...]:
        memory = (gpu["memory.used"], gpu["memory.total"])
        return gpu["index"], gpu["name"], gpu["uuid"], *memory, gpu["utilization.gpu"], gpu["temperature.gpu"]

    assert [plain(gpu) for gpu in theirs] == [
        (
            gpu["index"],
            gpu["name"],
            gpu["uuid"],
            gpu["memory_used"] // MIB,
            gpu["memory_total"] // MIB,
            gpu["utilisation"],
            gpu["temperature"],
        )
        for gpu in ours(machine)
    ]
    held = [[(each["pid"], each["gpu_memory_usage"]) for each in gpu["processes"]] for gpu in theirs]
    assert held == [[(each["pid"], each["memory"] // MIB) for each in gpu["holders"]] for gpu in ours(machine)]


def test_prometheus_reads_every_sample(python: Path, machine: Dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "gpus.prom"
    assert envdoctor("gpus", "--format", "prometheus", "--output", str(file), env=machine).code == 0
    text = file.read_text()
    found = json.loads(said([str(python), "-c", PROMETHEUS], machine, text))
    assert len(found) == len([line for line in text.splitlines() if not line.startswith("#")]) > 60
    used = {labels["gpu"]: value for name, labels, value in found if name == "envdoctor_gpu_memory_used_bytes"}
    assert used == {str(gpu["index"]): gpu["memory_used"] for gpu in ours(machine)}
