"""nvidia-smi's text: layouts of all years, fields it does not know, and the stand-in as a real command."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Tuple

import pytest

from envdoctor.host import LocalHost, Output
from envdoctor.probes import _nvidia_smi, _smi_gpu, driver, gpus
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.target import Request, Target
from tests.conftest import FakeNvml
from tests.fakes import FakeHost

STAND_IN = Path(__file__).resolve().parent.parent / "fakesmi" / "nvidia-smi"
SMI = "/usr/bin/nvidia-smi"


def target(patience: float = 5.0) -> Target:
    return Target(Absent(), Absent(), (), Request(patience=patience))


@pytest.mark.parametrize(
    "line, driver_version, cuda",
    [
        ("| NVIDIA-SMI 418.87.00    Driver Version: 418.87.00    CUDA Version: 10.1     |", "418.87.00", "10.1"),
        (
            "| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |",
            "550.54.15",
            "12.4",
        ),
        ("| NVIDIA-SMI 515.65.01    Driver Version: 516.94       CUDA Version: 11.6     |", "516.94", "11.6"),
        ("| NVIDIA-SMI 610.43.02   KMD Version: 610.43.02   CUDA UMD Version: 13.3     |", "610.43.02", "13.3"),
        ("| NVIDIA-SMI 610.43.02   KMD Version: 610.47      CUDA UMD Version: 13.3     |", "610.47", "13.3"),
    ],
)
def test_banners_of_all_years(line: str, driver_version: str, cuda: str) -> None:
    assert _nvidia_smi.banner(f"Wed Nov 12 03:22:39 2025\n+---+\n{line}\n|---|") == {
        "driver": driver_version,
        "cuda": cuda,
    }


@pytest.mark.parametrize(
    "text", ["", "| NVIDIA-SMI 340.29     Driver Version: 340.29 |", "| CUDA Version: N/A |", "\x00\udcff"]
)
def test_a_banner_without_a_version_raises(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (CUDA|driver) version"):
        _nvidia_smi.banner(text)


class OldSmi(FakeHost):
    """Knows fewer fields, as those of old drivers do: it names the first unknown one and prints nothing else."""

    known: Tuple[str, ...] = ("index", "name", "driver_version")

    def run(
        self, argv: Any, seconds: float, env: Optional[Mapping[str, Optional[str]]] = None, limit: int = 1 << 20
    ) -> Reading[Output]:
        fields: List[str] = argv[1].partition("=")[2].split(",")
        unknown = [field for field in fields if field not in self.known]
        if unknown:
            return Known(Output(2, f'Field "{unknown[0]}" is not a valid field to query.\n\n', ""), SMI)
        return Known(Output(0, ", ".join(f"<{field}>" for field in fields) + "\n", ""), SMI)


def test_fields_that_an_old_nvidia_smi_does_not_know_are_left_out() -> None:
    host = OldSmi(files={SMI: "ELF"})
    host.known = tuple(field for field in _nvidia_smi.FIELDS if field not in ("mig.mode.current", "compute_cap"))
    rows = _nvidia_smi.rows(host, target())
    assert isinstance(rows, Known)
    (row,) = rows.value
    assert row["name"] == "<name>" and "compute_cap" not in row
    assert isinstance(_nvidia_smi.value(row, "compute_cap"), Unknown)


def test_one_that_knows_nearly_nothing_is_given_up() -> None:
    rows = _nvidia_smi.rows(OldSmi(files={SMI: "ELF"}), target())
    assert isinstance(rows, Unknown) and rows.reason == "unparsable" and "uuid" in rows.detail


def test_values_that_are_none() -> None:
    row = {
        "a": "[N/A]",
        "b": "[Not Supported]",
        "c": "[Unknown Error]",
        "d": "[Insufficient Permissions]",
        "e": "",
        "f": "8",
    }
    read = {name: _nvidia_smi.value(row, name) for name in row}
    assert isinstance(read["a"], Absent) and isinstance(read["b"], Absent)
    assert read["c"] == Unknown("failed", "Unknown Error", "nvidia-smi")
    assert read["d"] == Unknown("denied", "Insufficient Permissions", "nvidia-smi")
    assert isinstance(read["e"], Unknown)
    assert read["f"] == Known("8", "nvidia-smi")


@pytest.mark.parametrize("power", ["inf", "nan", "-1", "\u00b2", "9" * 400])
def test_a_power_that_is_none_is_unparsable(power: str) -> None:
    row = {**dict.fromkeys(_nvidia_smi.FIELDS, "0"), "power.draw": power}
    reading = _smi_gpu.gpu(FakeHost(), row, Known((), SMI)).power
    assert isinstance(reading, Unknown) and reading.reason == "unparsable"


Machine = Callable[..., LocalHost]


@pytest.fixture
def machine(tmp_path: Path, fakenvml: FakeNvml) -> Machine:
    """This machine with the stand-in nvidia-smi, which alone finds an NVML library."""
    folder = tmp_path / "bin"
    folder.mkdir()
    wrapper = folder / "nvidia-smi"
    wrapper.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={fakenvml.library} exec "{sys.executable}" -S "{STAND_IN}" "$@"\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)

    def made(state: str = "[gpu x2]\n", **environ: str) -> LocalHost:
        environ = {**fakenvml.environ(state), **environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        del environ["LD_LIBRARY_PATH"]
        return LocalHost(environ)

    return made


@pytest.mark.real
def test_the_real_command_on_a_machine_without_nvml(machine: Machine) -> None:
    host = machine(
        f"driver = 535.129.03\ncuda = 12.2\n[gpu x2]\n[gpu 1]\nmig = 2\necc = -1\nproc = C {os.getpid()} 3000\n"
    )
    aim = target()
    facts, seen = driver.look(host, aim), gpus.look(host, aim)
    assert facts.nvml_status == Known("SUCCESS", _nvidia_smi.program(host) or "")
    assert isinstance(facts.cuda, Known) and facts.cuda.value == "12.2"
    assert isinstance(seen.asked, Known) and seen.asked.value == "nvidia-smi"
    assert isinstance(seen.gpus, Known)
    first, second = seen.gpus.value
    assert isinstance(first.memory_total, Known) and first.memory_total.value == 81920 << 20
    assert isinstance(first.power, Known) and first.power.value == 61000
    assert first.compute_mode == Known("default", "nvidia-smi")
    assert second.mig_mode == Known(True, "nvidia-smi") and isinstance(second.ecc_uncorrected, Absent)
    assert isinstance(second.holders, Known)
    (holder,) = second.holders.value
    assert holder.pid == os.getpid() and holder.memory == Known(3000 << 20, "nvidia-smi")
    assert isinstance(holder.mine, Known) and holder.mine.value


@pytest.mark.real
@pytest.mark.parametrize(
    "mode, reason, detail",
    [
        ("garbage", "unparsable", "asked"),
        ("empty", "unparsable", "nothing"),
        ("rc:7", "failed", "exit 7"),
        ("hang", "timeout", "killed"),
        ("deaf", "timeout", "killed"),
        ("lost", "failed", "GPU is lost"),
    ],
)
def test_the_real_command_misbehaving(machine: Machine, mode: str, reason: str, detail: str) -> None:
    seen = gpus.look(machine(FAKESMI=mode), target(patience=2.0))
    assert isinstance(seen.gpus, Unknown)
    assert (seen.gpus.reason, detail in seen.gpus.detail) == (reason, True), seen.gpus


@pytest.mark.real
@pytest.mark.parametrize(
    "mode, status",
    [
        ("mismatch", "LIB_RM_VERSION_MISMATCH"),
        ("nodriver", "DRIVER_NOT_LOADED"),
        ("noperm", "NO_PERMISSION"),
        ("lost", "GPU_IS_LOST"),
    ],
)
def test_exit_codes_of_the_real_command(machine: Machine, mode: str, status: str) -> None:
    facts = driver.look(machine(FAKESMI=mode), target())
    assert isinstance(facts.nvml_status, Known) and facts.nvml_status.value == status
