"""Which processes a pid, a GPU or nothing at all means: real ones, and the stand-in driver's word on who holds what."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Iterator, List, Tuple

import pytest

from envdoctor.host import LocalHost
from envdoctor.voice import Unusable
from envdoctor.watch import target
from envdoctor.watch.watching import Gpus, Watch
from tests.conftest import FakeNvml
from tests.fakes import FakeHost

pytestmark = pytest.mark.real

LAUNCHER = """
import subprocess, sys
ranks = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) for _ in range(2)]
print(*(rank.pid for rank in ranks), flush=True)
for rank in ranks: rank.wait()
"""


@pytest.fixture
def job() -> Iterator[Tuple[int, int, int]]:
    """A launcher with two ranks, as torchrun has: pids of all three."""
    environ = {**os.environ, "WORLD_SIZE": "2"}
    process = subprocess.Popen([sys.executable, "-c", LAUNCHER], stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    first, second = map(int, process.stdout.readline().split())
    yield process.pid, first, second
    for pid in (first, second):
        os.kill(pid, 9)
    process.wait()
    process.stdout.close()


@pytest.mark.slow
def test_one_rank_leads_to_all(job: Tuple[int, int, int], fakenvml: FakeNvml) -> None:
    _, first, second = job
    host = LocalHost(fakenvml.environ(f"[gpu x3]\n[gpu 1]\nproc = C {first} 9\n[gpu 2]\nproc = C {second} 9\n"))
    gpus = Gpus(host, 20.0)
    try:
        for named in job:
            assert Watch(host, gpus, named).look() == ((first, second), {first: 1, second: 2})
        assert target.by_gpu(host, 2, gpus.holders) == second
        assert target.newest(host, gpus.holders, lambda pid: False) == second
        assert target.world_size(host, first) == 2
    finally:
        gpus.end()


def test_a_rank_by_its_name_and_the_table(job: Tuple[int, int, int]) -> None:
    host = LocalHost()
    seen = target.table(host)
    assert seen[job[1]].parent == job[0] and seen[job[1]].uid == os.getuid()
    assert target.short_name(host, os.getpid()).startswith(("python", "pytest"))
    assert target.short_name(host, 4194305) == "the job"
    assert target.torch_loaded(host, job[1]) is False


def test_nothing_runs() -> None:
    with pytest.raises(Unusable, match="no running job of yours"):
        target.newest(FakeHost(), {}, lambda pid: None)


def test_a_hidden_process_is_not_a_missing_one() -> None:
    host = FakeHost(hidden={77})
    with pytest.raises(Unusable, match="process 77 belongs to another user, and /proc is closed to you"):
        target.by_pid(host, 77)
    with pytest.raises(Unusable, match="there is no process 78"):
        target.by_pid(host, 78)


def test_gpus_that_are_not_there() -> None:
    for gpu, count, words in ((0, 0, "none is seen"), (1, 1, "only GPU 0"), (9, 8, "0 to 7")):
        with pytest.raises(Unusable, match=words):
            target.check_gpu(gpu, count)


def test_names_of_jobs() -> None:
    lines: List[Tuple[str, str]] = [
        ("/opt/conda/bin/python\0-u\0/home/ana/secret/train.py\0--password\0hunter2\0", "python train.py"),
        ("python\0-m\0torch.distributed.run\0train.py\0", "python -m torch.distributed.run"),
        ("./a.out\0", "a.out"),
    ]
    for command, name in lines:
        assert target.short_name(FakeHost({"/proc/5/cmdline": command}), 5) == name
