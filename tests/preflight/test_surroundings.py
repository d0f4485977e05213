"""What preflight takes from where it runs: Slurm's name for the script, a container, an NVML that cannot be asked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from envdoctor.preflight.options import Options, options
from envdoctor.preflight.shared import alone
from envdoctor.voice import Unusable

from ..conftest import FakeNvml
from ..fakes import FakeHost
from .run import UUID, environ, preflight

SMI = Path(__file__).resolve().parent.parent / "fakesmi" / "nvidia-smi"
FOLDER = "/run/lock/envdoctor"


def asked(context: str, **given: Any) -> Options:
    usual: Dict[str, Any] = {"gpus": None, "mem": None, "max_util": 10, "check": False, "wait": None, "timeout": "5s"}
    return options(**{**usual, "claim": False, "format": None, "command": (), **given}, context=context)


class TestSlurmScriptContext:
    @pytest.mark.parametrize("context", ["prolog_slurmd", "epilog_slurmd", "prolog_slurmctld", "epilog_slurmctld"])
    def test_where_a_code_drains_the_node_only_the_node_is_looked_at(self, context: str) -> None:
        assert asked(context).node

    def test_a_task_prolog_speaks_its_language_and_takes_nothing(self) -> None:
        wanted = asked("prolog_task")
        assert (wanted.format, wanted.wish.gpus, wanted.node) == ("task-prolog", 0, False)

    @pytest.mark.parametrize("context", ["", "epilog_task", "something_new"])
    def test_anywhere_else_it_is_as_ever(self, context: str) -> None:
        assert (asked(context).format, asked(context).node, asked(context).wish.gpus) == (None, False, 1)

    @pytest.mark.parametrize(
        "given",
        [{"command": ("true",)}, {"claim": True}, {"wait": "1s"}, {"check": True}, {"gpus": 2}, {"format": "json"}],
    )
    def test_what_is_asked_for_by_name_is_done(self, given: Dict[str, Any]) -> None:
        assert not asked("prolog_slurmd", **given).node

    def test_node_goes_alone(self) -> None:
        with pytest.raises(Unusable, match="--node"):
            asked("prolog_slurmd", command=("true",), node=True)

    @pytest.mark.real
    def test_the_whole_of_it(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        busy = "[gpu]\nproc = C 1 38000 95\n"
        env = environ(fakenvml, busy, tmp_path, SLURM_SCRIPT_CONTEXT="prolog_slurmd")
        assert preflight(env)[0] == 0
        code, out, _ = preflight({**env, "SLURM_SCRIPT_CONTEXT": "prolog_task"})
        assert code == 75 and out.startswith("print envdoctor: GPU 0")
        assert preflight({**env, "SLURM_SCRIPT_CONTEXT": ""})[0] == 75


def container(root: str, point: str) -> FakeHost:
    """A container, with one mount beside its own file system."""
    host = FakeHost(dirs={FOLDER})
    host.files["/.dockerenv"] = ""
    host.files["/proc/self/mountinfo"] = (
        "1 0 0:50 / / rw - overlay overlay rw\n2 1 0:51 / /dev/shm rw - tmpfs shm rw\n"
        f"3 1 0:20 {root} {point} rw - tmpfs tmpfs rw\n"
    )
    return host


class TestClaimsOfAContainer:
    def test_its_own_folder_is_seen_by_nobody_else(self) -> None:
        said = alone(container("/", "/tmp"), FOLDER)
        assert said.startswith("this is a container (docker)") and f"-v {FOLDER}:{FOLDER}" in said

    @pytest.mark.parametrize(("root", "point"), [("/envdoctor", FOLDER), ("/", FOLDER), ("/lock", "/run/lock")])
    def test_the_machines_folder_mounted_into_it(self, root: str, point: str) -> None:
        assert alone(container(root, point), FOLDER) == ""

    def test_a_tmpfs_of_the_containers_own(self) -> None:
        assert "inside it alone" in alone(container("/", "/run"), FOLDER)

    def test_a_machine(self) -> None:
        host = container("/", "/tmp")
        del host.files["/.dockerenv"]
        assert alone(host, FOLDER) == ""


@pytest.mark.real
class TestWithoutNvml:
    """The library is there and nvidia-ml-py is not: an interpreter that sees envdoctor's other needs alone."""

    @pytest.fixture
    def env(self, fakenvml: FakeNvml, tmp_path: Path) -> Dict[str, str]:
        (tmp_path / "bin").mkdir()
        smi = tmp_path / "bin" / "nvidia-smi"
        # By this Python: PYTHONPATH below holds its standard library, with which another one would not start.
        smi.write_text(f"#!{sys.executable} -S\n" + SMI.read_text().split("\n", 1)[1])
        smi.chmod(0o755)
        (tmp_path / "before" / "pynvml").mkdir(parents=True)
        (tmp_path / "before" / "pynvml" / "__init__.py").write_text("raise ImportError('not installed')\n")
        env = environ(fakenvml, "[gpu]\nproc = C 1 38000 95\n[gpu x2]\n", tmp_path)
        path = os.pathsep.join([str(tmp_path / "before"), env["PYTHONPATH"]])
        return {**env, "PYTHONPATH": path, "PATH": f"{tmp_path / 'bin'}:{env['PATH']}"}

    def test_nvidia_smi_is_asked(self, env: Dict[str, str]) -> None:
        code, out, _ = preflight(env, "--format", "plain")
        assert code == 0 and "nvidia-smi was: row remaps" in out
        assert "GPU 0  busy" in out and "GPU 1  picked" in out
        code, out, _ = preflight(env, "--gpus", "2", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES")
        assert (code, out) == (0, f"{UUID.format(1)},{UUID.format(2)}\n")

    def test_it_hangs_too(self, env: Dict[str, str]) -> None:
        code, out, _ = preflight({**env, "FAKESMI": "hang"}, "--timeout", "1s", "--format", "plain")
        assert code == 3 and "cannot tell" in out

    def test_the_nodes_faults_are_seen(self, env: Dict[str, str], fakenvml: FakeNvml, tmp_path: Path) -> None:
        fakenvml.environ("[gpu]\necc_uncorrected = 2\n")
        (tmp_path / "site.toml").write_text('[node]\nfaults = ["ecc"]\n')
        assert preflight({**env, "ENVDOCTOR_SITE": str(tmp_path / "site.toml")}, "--node")[0] == 1
