"""The whole command: exit codes, one line a GPU, what the job gets, and that it is its caller's own process."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Dict

import pytest

from ..conftest import FakeNvml
from .run import UUID, end, environ, preflight, started

pytestmark = pytest.mark.real

TROUBLES = """[gpu x2]
[gpu]
proc = C 1 38000 95
[gpu]
compute_mode = 2
[gpu]
ecc_uncorrected = 3
[gpu]
remap_failure = 1
[gpu]
compute_mode = 3
proc = C 1 400 0
fault = nvmlDevice* 1 GPU_IS_LOST
"""


def answers(env: Dict[str, str], *args: str) -> Dict[str, Any]:
    code, out, err = preflight(env, "--format", "json", *args)
    said: Dict[str, Any] = json.loads(out)
    assert said["exit_code"] == code and err == ""
    return said


def test_one_line_a_gpu_and_no_card_with_faults(fakenvml: FakeNvml, tmp_path: Path) -> None:
    said = answers(environ(fakenvml, TROUBLES, tmp_path))
    assert [(gpu["answer"], gpu["picked"]) for gpu in said["gpus"]] == [
        ("go", True),
        ("no", False),
        ("busy", False),
        ("no", False),
        ("no", False),
        ("no", False),
        ("busy", False),
    ]
    whys = [gpu["why"] for gpu in said["gpus"]]
    for why, word in zip(whys, ("free", "bus", "37.1 GiB", "Prohibited", "3 uncorrectable", "remap", "Exclusive")):
        assert word in why, whys
    assert said["environment"] == {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": UUID.format(0)}


@pytest.mark.parametrize(
    ("state", "args", "code"),
    [
        ("[gpu x2]\n", ("--gpus", "2"), 0),
        ("[gpu x2]\n", ("--gpus", "3"), 1),
        ("[gpu]\nproc = C 1 38000 95\n", (), 75),
        ("[gpu]\n[gpu]\nproc = C 1 38000 95\n", ("--gpus", "2"), 75),
        ("[gpu]\nproc = C 1 38000 0\n", ("--mem", "20GiB"), 0),
        ("[gpu]\nproc = C 1 38000 0\n", ("--mem", "60GiB"), 75),
        ("[gpu]\n", ("--mem", "90GiB"), 1),
        ("[gpu]\nproc = C 1 100 60\n", ("--mem", "1GiB"), 75),
        ("[gpu]\nproc = C 1 100 60\n", ("--mem", "1GiB", "--max-util", "70"), 0),
        ("[gpu]\nfault = nvmlDeviceGetMemoryInfo* * UNKNOWN\n", (), 3),
        ("[gpu x2]\nfault = nvmlDeviceGetUtilizationRates 0 UNKNOWN\n", ("--gpus", "2"), 3),
        ("[gpu]\nfault = nvmlDeviceGetRemappedRows * FUNCTION_NOT_FOUND\n", (), 0),
        ("[gpu]\nfault = nvmlDeviceGetTotalEccErrors * NO_PERMISSION\n", (), 0),
        ("[gpu]\nfault = nvmlInit* * DRIVER_NOT_LOADED\n", (), 1),
        ("[gpu]\nfault = nvmlInit* * UNKNOWN\n", (), 3),
        ("[gpu]\nmig = on\n", (), 1),
        ("[gpu]\nmig = 2\n", ("--gpus", "2"), 1),
        ("[gpu]\nused = 40000\n", (), 75),
    ],
)
def test_exit_codes(fakenvml: FakeNvml, tmp_path: Path, state: str, args: tuple[str, ...], code: int) -> None:
    ended = preflight(environ(fakenvml, state, tmp_path), *args)
    assert ended[0] == code, ended
    assert "Traceback" not in ended[2]


def test_mig_instances_are_picked_by_their_uuid(fakenvml: FakeNvml, tmp_path: Path) -> None:
    said = answers(environ(fakenvml, "[gpu]\nmig = 2\n", tmp_path))
    assert said["environment"]["CUDA_VISIBLE_DEVICES"].startswith("MIG-")
    assert len(said["gpus"]) == 2 and all(gpu["mig"] for gpu in said["gpus"])


def test_a_driver_that_hangs_costs_its_time_and_the_gpus_before_it_are_used(fakenvml: FakeNvml, tmp_path: Path) -> None:
    env = environ(fakenvml, "[gpu x4]\nfault = nvmlDeviceGetMemoryInfo* 2 hang\n", tmp_path)
    begun = time.monotonic()
    code, out, _ = preflight(env, "--timeout", "2s")
    assert code == 0 and time.monotonic() - begun < 10
    assert "GPU 2  unknown the driver did not answer" in out and "GPU 3  unknown" in out


@pytest.mark.parametrize("value", ["1,0", UUID.format(1), UUID.format(1) + ",nonsense,0"])
def test_what_was_given_is_never_widened(fakenvml: FakeNvml, tmp_path: Path, value: str) -> None:
    env = environ(fakenvml, "[gpu]\nproc = C 1 38000 95\n[gpu x2]\n", tmp_path, CUDA_VISIBLE_DEVICES=value)
    said = answers(env)
    assert said["picked"] == [UUID.format(1)]
    assert said["gpus"][2]["answer"] == "no" and "CUDA_VISIBLE_DEVICES" in said["gpus"][2]["why"]


def test_the_job_gets_its_gpus_and_stdout_for_itself(fakenvml: FakeNvml, tmp_path: Path) -> None:
    env = environ(fakenvml, "[gpu x3]\n", tmp_path, KEPT="ü")
    script = 'echo "$CUDA_DEVICE_ORDER $CUDA_VISIBLE_DEVICES $KEPT $*"'
    code, out, err = preflight(env, "--gpus", "2", "--", "sh", "-c", script, "x", "--gpus", "-h", "--")
    assert code == 0
    assert out == f"PCI_BUS_ID {UUID.format(0)},{UUID.format(1)} ü --gpus -h --\n"
    assert err.startswith("envdoctor: GPU 0  picked")


def test_its_exit_code_is_the_jobs(fakenvml: FakeNvml, tmp_path: Path) -> None:
    assert preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--", "sh", "-c", "exit 37")[0] == 37


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGUSR1, signal.SIGPIPE])
def test_signals_reach_the_job_itself(fakenvml: FakeNvml, tmp_path: Path, number: signal.Signals) -> None:
    """The job is the process that the caller started, with nothing ignored but what the caller ignored."""
    env = environ(fakenvml, "[gpu]\n", tmp_path)
    job = started(env, "--", "sh", "-c", "echo ready; exec sleep 60", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert job.stdout is not None and job.stdout.readline() == "ready\n"
    job.send_signal(number)
    assert job.wait(20) == -number
    job.stdout.close()
    assert preflight(env)[0] == 0, "the claim outlived the job"


def test_a_command_that_is_not_there_claims_nothing(fakenvml: FakeNvml, tmp_path: Path) -> None:
    code, out, err = preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--", "no-such-program")
    assert (code, out) == (2, "") and "no such program" in err


def test_a_file_that_cannot_be_started(fakenvml: FakeNvml, tmp_path: Path) -> None:
    program = tmp_path / "job"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    code, _, err = preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--", str(program))
    assert code == 2 and "cannot be started" in err and "Traceback" not in err


def test_another_preflight_picks_another_and_names_who_holds_the_first(fakenvml: FakeNvml, tmp_path: Path) -> None:
    env = environ(fakenvml, "[gpu x2]\n", tmp_path)
    job = started(env, "--", "sh", "-c", "echo ready; exec sleep 60", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert job.stdout is not None and job.stdout.readline() == "ready\n"
        code, out, err = preflight(env, "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES")
        assert (code, out) == (0, UUID.format(1) + "\n")
        code, _, err = preflight(env, "--gpus", "2", "--", "true")
        assert code == 75 and f"(pid {job.pid}, sleep)" in err
        assert f"claimed by {_user()} (pid {job.pid}, sleep)" in preflight(env)[1]
    finally:
        end(job)


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def test_holding_without_a_command(fakenvml: FakeNvml, tmp_path: Path) -> None:
    env = environ(fakenvml, "[gpu]\n", tmp_path)
    holding = started(env, "--claim", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert holding.stderr is not None and "holding" in holding.stderr.readline()
    assert preflight(env)[0] == 75
    holding.send_signal(signal.SIGINT)
    assert holding.wait(20) == 130
    holding.stderr.close()
    assert preflight(env)[0] == 0


def test_where_no_claim_can_be_made_it_says_so_and_goes_on(fakenvml: FakeNvml, tmp_path: Path) -> None:
    (tmp_path / "claims").write_text("in the way")
    code, out, err = preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--", "echo", "ran")
    assert (code, out) == (0, "ran\n") and "nothing is claimed" in err


def test_for_a_shell(fakenvml: FakeNvml, tmp_path: Path) -> None:
    code, out, _ = preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--format", "shell")
    assert out == f"export CUDA_DEVICE_ORDER=PCI_BUS_ID\nexport CUDA_VISIBLE_DEVICES={UUID.format(0)}\n"
    code, out, _ = preflight(environ(fakenvml, "[gpu]\ncompute_mode = 2\n", tmp_path), "--format", "shell")
    assert (code, out) == (1, "")


def test_for_a_task_prolog(fakenvml: FakeNvml, tmp_path: Path) -> None:
    _, out, err = preflight(environ(fakenvml, "[gpu]\n", tmp_path), "--format", "task-prolog")
    lines = out.splitlines()
    assert err == "" and all(line.startswith(("print ", "export ")) for line in lines)
    assert lines[-1] == f"export CUDA_VISIBLE_DEVICES={UUID.format(0)}"


@pytest.mark.parametrize(("third", "exported"), [("", 2), ("\nproc = C 1 38000 95", 0)])
def test_a_task_prolog_takes_nothing_from_a_task(fakenvml: FakeNvml, tmp_path: Path, third: str, exported: int) -> None:
    state = f"[gpu x2]\n[gpu]{third}\n"
    env = environ(fakenvml, state, tmp_path, CUDA_VISIBLE_DEVICES="1,2", SLURM_STEP_GPUS="1,2", SLURM_JOB_ID="7")
    _, out, _ = preflight(env, "--format", "task-prolog")
    lines = [line for line in out.splitlines() if line.startswith("export CUDA_VISIBLE_DEVICES")]
    assert lines == [f"export CUDA_VISIBLE_DEVICES={UUID.format(1)},{UUID.format(2)}"][: exported // 2]
    assert "print envdoctor: GPU 2" in out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--mem", "much"), "20GiB"),
        (("--wait", "soon"), "90s"),
        (("--gpus", "0"), "--gpus"),
        (("--max-util", "x"), "x"),
    ],
)
def test_a_mistake_is_one_sentence(fakenvml: FakeNvml, tmp_path: Path, args: tuple[str, ...], says: str) -> None:
    code, out, err = preflight(environ(fakenvml, "[gpu]\n", tmp_path), *args)
    assert (code, out) == (2, "") and says in err and "Traceback" not in err


class TestSite:
    def env(self, fakenvml: FakeNvml, tmp_path: Path, text: str, state: str = "[gpu x2]\n") -> Dict[str, str]:
        (tmp_path / "site.toml").write_text(text)
        return environ(fakenvml, state, tmp_path, ENVDOCTOR_SITE=str(tmp_path / "site.toml"))

    def test_reserved(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        text = '[[gpus.reserved]]\ngpu = "0"\nusers = ["maria"]\nwhy = "deadline"\n'
        said = answers(self.env(fakenvml, tmp_path, text))
        assert said["gpus"][0]["why"].startswith("reserved for maria: deadline")
        assert said["picked"] == [UUID.format(1)]

    def test_too_many(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        env = self.env(fakenvml, tmp_path, "[gpus]\nmax_per_user = 1\n")
        assert answers(env, "--gpus", "2")["exit_code"] == 1
        script = "echo ready; exec sleep 60"
        job = started(env, "--", "sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert job.stdout is not None and job.stdout.readline() == "ready\n"
            code, _, err = preflight(env, "--", "true")
            assert code == 75 and "at most 1" in err and "you hold 1" in err
        finally:
            end(job)

    def test_quiet_hours(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        always = '[gpus]\nquiet_hours = "00:00-24:00"\n'
        assert answers(self.env(fakenvml, tmp_path, always))["exit_code"] == 75
        warned = answers(self.env(fakenvml, tmp_path, always + 'limits = "warn"\n'))
        assert warned["exit_code"] == 0 and "quiet" in warned["warnings"][0]

    def test_minimum_free_memory(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        """Whatever the job asks for; the limit is of the cards, so `limits` has no say in it."""
        env = self.env(
            fakenvml, tmp_path, '[gpus]\nmin_free = "50GiB"\nlimits = "warn"\n', "[gpu]\nproc = C 1 38000 0\n"
        )
        said = answers(env, "--mem", "1GiB")
        assert said["exit_code"] == 75 and "free" in said["gpus"][0]["why"]
        less = self.env(fakenvml, tmp_path, '[gpus]\nmin_free = "20GiB"\n', "[gpu]\nproc = C 1 38000 0\n")
        assert answers(less, "--mem", "1GiB")["exit_code"] == 0

    def test_reserved_for_oneself(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        me = pwd.getpwuid(os.geteuid()).pw_name
        text = f'[[gpus.reserved]]\ngpu = "{UUID.format(0)[:12]}"\nusers = ["{me}"]\n'
        assert answers(self.env(fakenvml, tmp_path, text))["picked"] == [UUID.format(0)]

    def test_the_folder_for_claims(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        env = self.env(fakenvml, tmp_path, f'[gpus]\nclaims = "{tmp_path}/elsewhere"\n')
        del env["ENVDOCTOR_CLAIMS"]
        assert preflight(env, "--", "true")[0] == 0
        assert (tmp_path / "elsewhere" / UUID.format(0)).exists() and not (tmp_path / "claims").exists()

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("[gpus]\nmax_per_usr = 1\n", "gpus.max_per_usr is not known"),
            ('[gpus]\nquiet_hours = "at night"\n', "22:00-07:00"),
            ('[gpus]\nmin_free = "some"\n', "amount of memory"),
            ('[gpus]\nlimits = "maybe"\n', '"refuse"'),
            ('[gpus]\nclaims = "here"\n', "absolute path"),
            ("[[gpus.reserved]]\nusers = []\n", "names no gpu"),
        ],
    )
    def test_each_slip_is_said(self, fakenvml: FakeNvml, tmp_path: Path, text: str, says: str) -> None:
        (said,) = answers(self.env(fakenvml, tmp_path, text))["warnings"]
        assert says in said and "going on without it" in said

    def test_an_administrators_slip_stops_no_job(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        said = answers(self.env(fakenvml, tmp_path, "[gpus\n"))
        assert said["exit_code"] == 0 and "going on without it" in said["warnings"][0]


class TestCheck:
    def test_what_would_end_the_job_says_no(self, fakenvml: FakeNvml, tmp_path: Path) -> None:
        env = environ(fakenvml, "driver = 470.57\ncuda = 11.4\n[gpu]\n", tmp_path, PATH="/nonexistent")
        begun = time.monotonic()
        said = answers(env, "--check")
        assert time.monotonic() - begun < 6  # two seconds, and a machine that is busy with other tests
        assert said["answer"] in ("go", "no")
        assert said["answer"] == ("no" if any(each["severity"] == "error" for each in said["findings"]) else "go")
