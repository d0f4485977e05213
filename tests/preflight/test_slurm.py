"""A real Slurm of one node: a job script, a TaskProlog, and a node that only its own faults drain.

On request, as root: `tests/preflight/slurm/lab.sh install`, then `pytest -m big tests/preflight/test_slurm.py`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator

import pytest

from .run import UUID

LAB = Path(__file__).resolve().parent / "slurm" / "lab.sh"
SITE = '[node]\nfaults = ["lost", "ecc", "remap", "reset", "driver"]\n'

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.big]


class Node:
    def __init__(self, folder: Path, environ: Dict[str, str]) -> None:
        self.folder, self.environ = folder, environ

    def gpus(self, state: str) -> None:
        """Replaced in one step: the health check may look at any time."""
        fresh = self.folder / "nvml.new"
        fresh.write_text(state)
        fresh.replace(self.folder / "nvml.conf")

    def slurm(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, env=self.environ, capture_output=True, text=True, timeout=60)

    def srun(self, gpus: int, script: str) -> subprocess.CompletedProcess[str]:
        return self.slurm("srun", f"--gres=gpu:{gpus}", "sh", "-c", script)

    def state(self) -> str:
        return self.slurm("sinfo", "-h", "-N", "-o", "%t %E").stdout.strip()


@pytest.fixture(scope="module")
def node(nvml_library: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    if os.geteuid() != 0 or shutil.which("slurmctld") is None:
        pytest.skip("needs root, and Slurm as lab.sh installs it")
    folder = tmp_path_factory.mktemp("slurm")
    (folder / "site.toml").write_text(SITE)
    variables = {
        "LD_LIBRARY_PATH": nvml_library,
        "FAKENVML": str(folder / "nvml.conf"),
        "ENVDOCTOR_CLAIMS": str(folder / "claims"),
        "ENVDOCTOR_SITE": str(folder / "site.toml"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    ours = f"{shlex.quote(sys.executable)} -m envdoctor preflight"
    lab = Path("/tmp/envdoctor-slurm")  # munged accepts no key below a folder that is closed to its user
    drain = f"SLURM_CONF={lab}/etc/slurm.conf scontrol update nodename=n1 state=drain"
    scripts = {
        "job": f"exec {ours} -- sh -c 'echo \"job $CUDA_VISIBLE_DEVICES\"; exit 9'\n",
        "task-prolog": f"{ours}\nexit 0\n",  # what these two are asked to do, SLURM_SCRIPT_CONTEXT tells
        "prolog": f"exec {ours}\n",
        "health": f'said=$({ours} --node) || {drain} reason="envdoctor: $(echo "$said" | tail -n 1)"\n',
    }
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{exports}{text}")
        (folder / name).chmod(0o755)
    (folder / "extra.conf").write_text(
        f"Prolog={folder}/prolog\nTaskProlog={folder}/task-prolog\n"
        f"HealthCheckProgram={folder}/health\nHealthCheckInterval=2\nPrologFlags=Alloc\n"
    )
    environ = {**os.environ, "LAB": str(lab), "LAB_EXTRA": str(folder / "extra.conf")}
    made = Node(folder, {**environ, "SLURM_CONF": f"{lab}/etc/slurm.conf"})
    made.gpus("[gpu x4]\n")
    with open(folder / "lab.log", "w") as log:  # a daemon keeps the pipe of a captured output open
        subprocess.run([LAB, "up", "1", "4"], env=environ, check=True, timeout=60, stdout=log, stderr=log)
        yield made
        subprocess.run([LAB, "down"], env=environ, check=True, timeout=60, stdout=log, stderr=log)
    shutil.rmtree(lab)


def test_a_job_script(node: Node) -> None:
    node.gpus("[gpu x4]\n")
    ended = node.srun(1, f"exec {node.folder}/job")
    assert f"job {UUID.format(0)}\n" in ended.stdout and ended.returncode == 9
    assert "SLURM_STEP_GPUS=0 leaves it out" in ended.stderr


def test_a_task_prolog_exports_what_the_task_was_given_by_uuid(node: Node) -> None:
    node.gpus("[gpu x4]\n")
    ended = node.srun(2, 'echo "task $CUDA_VISIBLE_DEVICES"; sleep 0.1')
    assert ended.returncode == 0
    assert f"task {UUID.format(0)},{UUID.format(1)}" in ended.stdout and "envdoctor: go: GPU 0, GPU 1" in ended.stdout


def test_contention_is_told_and_drains_nothing(node: Node) -> None:
    node.gpus("[gpu x3]\n[gpu]\nproc = C 1 38000 95\n")
    ended = node.srun(4, 'echo "task $CUDA_VISIBLE_DEVICES"; sleep 0.1')
    assert "envdoctor: GPU 3  busy    held by" in ended.stdout and "task 0,1,2,3" in ended.stdout
    time.sleep(3)
    assert node.state() == "idle none"


def test_a_listed_fault_drains_with_its_reason(node: Node) -> None:
    node.gpus("[gpu x3]\n[gpu]\necc_uncorrected = 2\n")
    until = time.monotonic() + 20
    while not node.state().startswith("drain") and time.monotonic() < until:
        time.sleep(0.2)
    assert node.state() == "drain envdoctor: GPU 3: 2 uncorrectable memory errors (ECC)"
