"""`--node`: a node is drained for the faults that its administrator listed, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import FakeNvml
from .run import environ, preflight

pytestmark = pytest.mark.real

ALL = '[node]\nfaults = ["lost", "reset", "ecc", "remap", "driver"]\n'
ECC = "[gpu]\n[gpu]\necc_uncorrected = 2\n"


@pytest.mark.parametrize(
    ("state", "site", "code", "says"),
    [
        ("[gpu x2]\nfault = nvmlDevice* 1 GPU_IS_LOST\n", ALL, 1, "GPU 1: it fell off the bus"),
        (ECC, ALL, 1, "GPU 1: 2 uncorrectable"),
        (ECC, '[node]\nfaults = ["lost"]\n', 0, "GPU 1: 2 uncorrectable"),
        (ECC, "", 0, "no fault is listed"),
        (ECC, '[node]\nfaults = ["ecc", "load"]\n', 0, "node.faults is no list of"),
        ("[gpu]\nremap_failure = 1\n", ALL, 1, "remap"),
        ("[gpu]\nfault = nvmlInit* * LIB_RM_VERSION_MISMATCH\n", ALL, 1, "LIB_RM_VERSION_MISMATCH"),
        # never contention, never what could not be told
        ("[gpu]\nproc = C 1 38000 95\n", ALL, 0, "no listed fault"),
        ("[gpu]\ncompute_mode = 2\n", ALL, 0, "no listed fault"),
        ("[gpu]\nfault = nvmlInit* * UNKNOWN\n", ALL, 0, "UNKNOWN"),
        ("[gpu]\nfault = nvmlDeviceGetMemoryInfo* * UNKNOWN\n", ALL, 0, "no listed fault"),
    ],
)
def test_exit_codes(fakenvml: FakeNvml, tmp_path: Path, state: str, site: str, code: int, says: str) -> None:
    (tmp_path / "site.toml").write_text(site)
    env = environ(fakenvml, state, tmp_path, ENVDOCTOR_SITE=str(tmp_path / "site.toml"))
    ended = preflight(env, "--node")
    assert ended[0] == code and says in ended[1] and ended[2] == "", ended


def test_a_driver_that_hangs(fakenvml: FakeNvml, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(ALL)
    env = environ(fakenvml, "fault = nvmlInit* * hang\n", tmp_path, ENVDOCTOR_SITE=str(tmp_path / "site.toml"))
    assert preflight(env, "--node", "--timeout", "1s")[0] == 0


def test_the_environment_of_a_prolog(fakenvml: FakeNvml, tmp_path: Path) -> None:
    """No HOME, no PATH, no LANG; and a job's variables say nothing about the node."""
    (tmp_path / "site.toml").write_text(ALL)
    env = environ(fakenvml, ECC, tmp_path, ENVDOCTOR_SITE=str(tmp_path / "site.toml"), CUDA_VISIBLE_DEVICES="0")
    for name in ("PATH", "LC_ALL"):
        del env[name]
    assert preflight(env, "--node")[0] == 1


def test_it_goes_alone(fakenvml: FakeNvml, tmp_path: Path) -> None:
    code, _, err = preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--node", "--", "true")
    assert code == 2 and "--node" in err
