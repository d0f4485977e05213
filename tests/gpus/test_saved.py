"""What other programs take from `gpus`: a file that is never half written, and a line for logins that holds up none."""

from __future__ import annotations

import os
import pty
import select
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Tuple

import pytest

from envdoctor.gpus.login_line import login_line
from envdoctor.gpus.look import look
from envdoctor.gpus.saved import replace_file
from envdoctor.host import NvmlAnswer
from envdoctor.reading import Known
from envdoctor.voice import Unusable
from tests.cli.run import envdoctor
from tests.conftest import FakeNvml
from tests.fakes import FakeHost
from tests.gpus.machines import GIB, field, gpu, machine, process, target

DOCS = Path(__file__).resolve().parents[2] / "docs" / "slurm.md"


class TestFile:
    def test_it_is_replaced_and_readable_for_all(self, tmp_path: Path) -> None:
        file = tmp_path / "gpus.prom"
        file.write_text("old")
        before = os.umask(0o077)
        try:
            with open(file) as reader:
                replace_file(str(file), "new ü\n")
                assert reader.read() == "old"  # who had it open reads on in what it had
        finally:
            os.umask(before)
        assert file.read_bytes() == "new ü\n".encode()
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        assert os.listdir(tmp_path) == ["gpus.prom"]

    @pytest.mark.parametrize("name", ["nowhere/gpus.prom", "folder"])
    def test_where_it_cannot_be_written_nothing_is_left(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(Unusable, match="cannot be written"):
            replace_file(str(tmp_path / name), "x")
        assert os.listdir(tmp_path) == ["folder"]

    @pytest.mark.real
    @pytest.mark.parametrize("form", ["prometheus", "json", "plain"])
    def test_the_command(self, fakenvml: FakeNvml, tmp_path: Path, form: str) -> None:
        env = fakenvml.environ("[gpu]\n")
        file = tmp_path / "out"
        written = envdoctor("gpus", "--format", form, "--output", str(file), env=env)
        assert (written.code, written.out, written.err) == (0, "", "")
        text = file.read_text()
        start = {"prometheus": "# HELP", "json": "{", "plain": "1 GPU"}[form]
        assert text.startswith(start) and text.endswith("\n")
        refused = envdoctor("gpus", "--output", str(tmp_path), env=env)
        assert refused.code == 2 and "cannot be written" in refused.err


def line_of(host: FakeHost) -> str:
    return login_line(look(host, target()))


class TestLine:
    def test_free_cards_and_ones_own(self) -> None:
        host = machine(gpu(0, 50), gpu(1), gpu(2, 51), gpu(3, status="GPU_IS_LOST"), gpu(4, used=9 * GIB))
        process(host, 50, "ana", cpu_seconds=1)
        process(host, 51)
        assert line_of(host) == (
            "GPUs: 1 of 5 free (1); 3 does not answer\nYours: python (pid 50) on GPU 0 with 1.0 GiB for 4.0 h idle\n"
        )

    def test_all_are_free(self) -> None:
        assert line_of(machine(gpu(0), gpu(1))) == "GPUs: 2 of 2 free\n"

    def test_a_card_that_takes_no_job_is_not_free(self) -> None:
        closed = gpu(0, compute_mode=field("prohibited"))
        assert line_of(machine(closed, gpu(1))) == "GPUs: 1 of 2 free (1)\n"

    def test_no_driver_and_one_that_fails(self) -> None:
        assert line_of(FakeHost()) == ""
        host = machine()
        host.nvml_answer = Known(NvmlAnswer({"status": "UNKNOWN"}, (), "ok", ""), "NVML")
        assert line_of(host).startswith("GPUs: the look failed")


def login(line: str, environ: Dict[str, str], folder: Path) -> Tuple[str, float]:
    """What an interactive shell shows that reads this line, and how long it took."""
    (folder / "profile.sh").write_text(line)
    ours, theirs = pty.openpty()
    begun = time.monotonic()
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i", "-c", f". {folder}/profile.sh; echo prompt"],
        env=environ, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    shell.wait(60)
    took = time.monotonic() - begun
    text = b""
    while select.select([ours], [], [], 0)[0]:
        text += os.read(ours, 1 << 16)
    os.close(ours)
    os.close(theirs)
    return text.decode().replace("\r\n", "\n"), took


@pytest.mark.real
@pytest.mark.skipif(shutil.which("timeout") is None, reason="needs coreutils")
class TestLogin:
    @pytest.fixture
    def documented(self, tmp_path: Path) -> str:
        """The line of the documentation, with this envdoctor in the place of the installed one."""
        (line,) = [line.strip() for line in DOCS.read_text().splitlines() if line.startswith("    case $- in")]
        program = tmp_path / "envdoctor"
        paths = os.pathsep.join(path for path in sys.path if path)
        program.write_text(f"#!/bin/sh\nPYTHONPATH='{paths}' exec {sys.executable} -m envdoctor \"$@\"\n")
        program.chmod(0o755)
        assert "timeout -s KILL 0.3 " in line and "/opt/envdoctor/bin/envdoctor" in line
        return line.replace("/opt/envdoctor/bin/envdoctor", str(program))

    def test_it_tells(self, documented: str, fakenvml: FakeNvml, tmp_path: Path) -> None:
        patient = documented.replace(" 0.3 ", " 30 ").replace(
            "--patience 0.2", "--patience 20"
        )  # this machine may be busy
        text, _ = login(patient, fakenvml.environ("[gpu x2]\n"), tmp_path)
        assert text == "GPUs: 2 of 2 free\nprompt\n"

    @pytest.mark.parametrize("trouble", ["fault = nvmlInit* * hang", "fault = nvmlDeviceGetName 0 hang", "nothing"])
    def test_nothing_holds_it_up(self, documented: str, fakenvml: FakeNvml, tmp_path: Path, trouble: str) -> None:
        text, took = login(documented, fakenvml.environ(f"[gpu]\n{trouble}\n"), tmp_path)
        assert text.endswith("prompt\n") and took < 5  # 0.3 s, and a machine that is busy with other tests
