"""Every error of NVML on every call that the worker makes: none crashes it, and each is said, never shown as a value.

One worker is asked again and again, so that some nine hundred looks take seconds.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, Tuple

import pynvml
import pytest

from envdoctor._machine.nvml_session import ALL, Session
from envdoctor.gpus.as_json import as_json
from envdoctor.gpus.command import exit_code
from envdoctor.gpus.login_line import login_line
from envdoctor.gpus.look import look
from envdoctor.gpus.model import Card, Picture
from envdoctor.gpus.page import page
from envdoctor.gpus.prometheus import as_prometheus
from envdoctor.gpus.watch_page import Page
from envdoctor.host import NvmlAnswer
from envdoctor.preflight.choice import choices
from envdoctor.preflight.judge import judge
from envdoctor.preflight.options import Wish
from envdoctor.preflight.site import Site
from envdoctor.probes._nvml import error as as_reading
from envdoctor.reading import Absent, Known, Reading, mapped, value_or
from envdoctor.render.plain import plain
from tests.conftest import FakeNvml
from tests.fakes import FakeHost
from tests.gpus.machines import process, target

pytestmark = [pytest.mark.real, pytest.mark.slow]

ERRORS: Dict[int, str] = {
    value: name[len("NVML_ERROR_") :]
    for name, value in sorted(vars(pynvml).items())
    if name.startswith("NVML_ERROR_") and isinstance(value, int)
}

#: What a look asks of one card -> the fields of the worker's record that then have no value.
CALLS: Dict[str, Tuple[str, ...]] = {
    "nvmlDeviceGetName": ("name",),
    "nvmlDeviceGetUUID": ("uuid",),
    "nvmlDeviceGetSerial": ("serial",),
    "nvmlDeviceGetPciInfo*": ("pci_bus_id",),
    "nvmlDeviceGetCudaComputeCapability": ("capability",),
    "nvmlDeviceGetMemoryInfo*": ("memory",),
    "nvmlDeviceGetUtilizationRates": ("utilisation",),
    "nvmlDeviceGetTemperature*": ("temperature",),
    "nvmlDeviceGetPowerUsage": ("power",),
    "nvmlDeviceGetEnforcedPowerLimit": ("power_limit",),
    "nvmlDeviceGetComputeMode": ("compute_mode",),
    "nvmlDeviceGetMigMode": ("mig_mode",),
    "nvmlDeviceGetTotalEccErrors": ("ecc_uncorrected", "ecc_corrected"),
    "nvmlDeviceGetRemappedRows": ("remapped_rows",),
    "nvmlDeviceGetCurrentClocks*Reasons": ("clocks_event_reasons",),
    "nvmlDeviceGetClockInfo": ("clock_sm", "clock_memory"),
    "nvmlDeviceGetMaxClockInfo": ("clock_sm_max", "clock_memory_max"),
    "nvmlDeviceGetNumGpuCores": ("cores",),
    "nvmlDeviceGetPersistenceMode": ("persistence",),
    "nvmlDeviceGetCurrPcieLinkGeneration": ("pcie_generation",),
    "nvmlDeviceGetMaxPcieLinkGeneration": ("pcie_generation_max",),
    "nvmlDeviceGetCurrPcieLinkWidth": ("pcie_width",),
    "nvmlDeviceGetMaxPcieLinkWidth": ("pcie_width_max",),
    "nvmlDeviceGetComputeRunningProcesses*": ("compute_processes",),
    "nvmlDeviceGetGraphicsRunningProcesses*": ("graphics_processes",),
    "nvmlDeviceGetMPSComputeRunningProcesses*": ("mps_processes",),
    "nvmlDeviceGetProcessUtilization": ("process_utilisation",),
    "nvmlDeviceGetAccountingMode": ("accounting",),
    "nvmlDeviceGetAccountingStats": ("accounting",),
    "nvmlDeviceGetP2PStatus": ("nvlink",),
}
MIG_CALLS = (
    *("nvmlDeviceGetMaxMigDeviceCount", "nvmlDeviceGetMigDeviceHandleByIndex", "nvmlDeviceGetGpuInstanceId"),
    "nvmlDeviceGetComputeInstanceId",
)
#: Answers that a call may give by the rules of NVML, which mean "none" and not that something failed.
NONE = {
    ("nvmlDeviceGetProcessUtilization", "NOT_FOUND"),
    ("nvmlDeviceGetAccountingStats", "NOT_FOUND"),
    ("nvmlDeviceGetP2PStatus", "GPU_IS_LOST"),
    ("nvmlDeviceGetP2PStatus", "RESET_REQUIRED"),
    # Here the binding itself takes the code for "more room is needed", and asks again.
    *((call, "INSUFFICIENT_SIZE") for call in CALLS if "Process" in call),
}
STATE = "[gpu x2]\n[gpu 1]\naccounting = 1\nproc = C 50 900 7\nlife = 50 3 100\n"
LOST = ("GPU_IS_LOST", "RESET_REQUIRED")


@pytest.fixture(scope="module")
def session(nvml_library: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuple[Session, FakeNvml]]:
    fake = FakeNvml(nvml_library, tmp_path_factory.mktemp("nvml") / "state")
    made = Session(fake.environ(STATE))
    yield made, fake
    made.end()


Asked = Tuple[Session, FakeNvml]


def asked(session: Asked, state: str) -> Reading[NvmlAnswer]:
    session[1].environ(state)
    return mapped(session[0].ask(ALL, 20.0), lambda answer: NvmlAnswer(*answer))


def seen(answer: Reading[NvmlAnswer]) -> Picture:
    host = FakeHost(nvml_answer=answer)
    process(host, 50)
    return look(host, target())


def every_output(picture: Picture) -> str:
    """All are made without a fault; what preflight thinks of each card, too."""
    json.loads(as_json(picture, exit_code(picture)))
    gpus = tuple(card.gpu for card in value_or(picture.cards, ()))
    why = [judge(choice, [choice.gpu], Wish(), Site(), "ana").why for choice in choices(gpus)]
    assert all(why) and login_line(picture)
    return plain(page(picture)) + plain(Page().lines(picture)) + as_prometheus(picture)


def said_of(answer: Reading[NvmlAnswer], index: int) -> Dict[str, Any]:
    assert isinstance(answer, Known) and answer.value.ended == "ok", answer
    (record,) = [record for record in answer.value.gpus if record["index"] == index]
    return dict(record)


@pytest.mark.parametrize("call", CALLS)
def test_on_one_call_of_one_card(session: Asked, call: str) -> None:
    for number, error in ERRORS.items():
        answer = asked(session, f"{STATE}fault = {call} 1 {number}\n")
        record = said_of(answer, 1)
        assert said_of(answer, 0)["name"] == {"value": "NVIDIA A100-SXM4-80GB"}
        picture = seen(answer)
        text = every_output(picture)
        if (call, error) in NONE:
            continue
        for field in CALLS[call]:
            assert record[field] == {"error": error}, (error, field)
        assert record["status"] == (error if error in LOST else "ok"), error
        shown_as(picture, call, error, text)


def shown_as(picture: Picture, call: str, error: str, text: str) -> None:
    """No number stands where none was told, and the reason is NVML's own."""
    card: Card = value_or(picture.cards, ())[1]
    if call == "nvmlDeviceGetMemoryInfo*":
        assert 'memory_used_bytes{gpu="1"' not in text
        assert type(card.gpu.memory_used) is type(as_reading(error))
    if call == "nvmlDeviceGetComputeRunningProcesses*":
        assert not isinstance(card.held, Known)
        assert isinstance(card.held, Absent) or "Who holds it" in text or error in LOST
    if error in LOST:
        assert card.gpu.status == error and ("fallen off" in text or "needs a reset" in text)


@pytest.mark.parametrize("call", MIG_CALLS)
def test_on_the_calls_of_a_divided_card(session: Asked, call: str) -> None:
    for number, error in ERRORS.items():
        answer = asked(session, f"[gpu]\n[gpu]\nmig = 2\nfault = {call} * {number}\n")
        devices = said_of(answer, 1)["mig_devices"]
        every_output(seen(answer))
        if call.endswith("InstanceId"):
            part = devices["value"][0]
            field = "gpu_instance" if "Gpu" in call else "compute_instance"
            assert part[field] == {"error": error}, error
        elif (call, error) == ("nvmlDeviceGetMigDeviceHandleByIndex", "NOT_FOUND"):
            assert devices == {"value": []}
        else:
            assert devices == {"error": error}, error


@pytest.mark.parametrize("call", ["nvmlInit*", "nvmlDeviceGetCount*", "nvmlDeviceGetHandleByIndex*"])
def test_before_any_card_is_known(session: Asked, call: str) -> None:
    for number, error in ERRORS.items():
        answer = asked(session, f"[gpu]\nfault = {call} * {number}\n")
        picture = seen(answer)
        text = every_output(picture) if isinstance(picture.cards, Known) else plain(page(picture))
        if call.startswith("nvmlDeviceGetHandle"):
            assert said_of(answer, 0)["status"] == error
            continue
        assert not isinstance(picture.cards, Known), error
        assert "could not be told" in text or "No NVIDIA driver" in text, error


@pytest.mark.parametrize(
    "call", ["nvmlSystemGetDriverVersion", "nvmlSystemGetNVMLVersion", "nvmlSystemGetCudaDriverVersion*"]
)
def test_of_the_system(session: Asked, call: str) -> None:
    for number, error in ERRORS.items():
        answer = asked(session, f"[gpu]\nfault = {call} * {number}\n")
        assert isinstance(answer, Known)
        field = {"D": "driver_version", "N": "nvml_version", "C": "cuda_driver_version"}[call[13]]
        assert answer.value.system[field] == {"error": error}
        assert "GPU 0" in every_output(seen(answer))
