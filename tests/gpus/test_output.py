"""What is shown of a picture: a page, JSON, Prometheus; and how much of others goes where it is kept."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List

import pytest

from envdoctor.exits import Exit
from envdoctor.gpus.as_json import as_json
from envdoctor.gpus.choice import only, place_of_host, reserved
from envdoctor.gpus.command import exit_code
from envdoctor.gpus.look import look
from envdoctor.gpus.model import Picture
from envdoctor.gpus.page import page
from envdoctor.gpus.prometheus import as_prometheus
from envdoctor.host import NvmlAnswer, Output
from envdoctor.reading import Absent, Known, Unknown, value_or
from envdoctor.render.plain import plain
from tests.fakes import FakeHost
from tests.gpus.machines import AT, GIB, field, gpu, logins, machine, process, target

SAMPLE = re.compile(r'[a-z_]+(\{(\w+="([^"\\\n]|\\[\\"n])*",?)*\})? -?[0-9.e+-]+')


def lab(**card: object) -> FakeHost:
    """Ana, who asks, and Bo, who came from 10.0.0.6, on one card."""
    host = machine(gpu(0, 50, 51, **card))  # type: ignore[arg-type]
    process(host, 50, tty=136 << 8 | 3)
    process(host, 51, user="ana", command="python\0mine.py")
    host.files["/run/utmp"] = logins((7, 40, "pts/3", "bo", "10.0.0.6", AT - 60))
    return host


def seen(host: FakeHost) -> Picture:
    return look(host, target())


def words(picture: Picture) -> str:
    return plain(page(picture))


def parsed(picture: Picture) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(as_json(picture, 0))
    return found


def test_the_page_names_who_and_from_where() -> None:
    said = words(seen(lab()))
    assert "bo  pid 50  1.0 GiB  0 % of SM  python train.py --token=x" in said
    assert "login from 10.0.0.6 (certain: utmp's line of its terminal pts/3)" in said
    assert "since 2026-11-24 08:00Z (4.0 h ago); 1.0 h of CPU; 256 MiB of host memory" in said


def test_what_is_kept_names_no_arguments_and_no_addresses_of_others() -> None:
    picture = reserved(seen(lab()))
    for text in (words(picture), as_json(picture, 0), as_prometheus(picture)):
        assert "--token" not in text and "10.0.0.6" not in text
    bo, ana = parsed(picture)["gpus"][0]["holders"]
    assert (bo["command"], bo["login"]["host"], bo["login"]["certainty"]) == ("python", "elsewhere", "certain")
    assert ana["command"] == "python mine.py"


def test_prometheus_never_has_arguments() -> None:
    assert "mine.py" not in as_prometheus(seen(lab()))


@pytest.mark.parametrize(
    ("host", "said"), [("", ""), ("127.0.0.1", "this machine"), ("::1", "this machine"), ("1270.example", "elsewhere")]
)
def test_addresses_in_short(host: str, said: str) -> None:
    assert place_of_host(host) == said


@pytest.mark.parametrize(
    ("mine", "others", "pids"),
    [(False, False, [50, 51, 52]), (True, False, [51]), (False, True, [50, 52]), (True, True, [50, 51, 52])],
)
def test_mine_and_others(mine: bool, others: bool, pids: List[int]) -> None:
    host = lab()
    host.nvml_answer = machine(gpu(0, 50, 51, 52)).nvml_answer
    held = value_or(value_or(only(seen(host), mine, others).cards, ())[0].held, ())
    assert [one.holder.pid for one in held] == pids


def test_what_is_not_known_is_never_a_number() -> None:
    processes = field(
        [{"pid": 50, "memory": None, "gpu_instance": None}, {"pid": 99, "memory": GIB, "gpu_instance": None}]
    )
    host = lab(compute_processes=processes, temperature={"error": "NO_PERMISSION"}, power={"error": "UNKNOWN"})
    picture = seen(host)
    card = parsed(picture)["gpus"][0]
    assert (card["temperature"], card["power"]) == (None, None)
    assert "permission denied" in card["not_known"]["temperature"]
    untold, gone = card["holders"]
    assert untold["memory"] is None and "per process" in untold["not_known"]["memory"]
    assert (gone["user"], gone["cpu_seconds"], gone["invisible"]) == (None, None, "gone")
    text = as_prometheus(picture)
    assert "temperature" not in text and "power_watts{" not in text
    assert 'holders_memory_untold{gpu="0",uuid="GPU-0",user="bo",program="python",visible="yes"} 1' in text
    said = words(picture)
    assert "not visible to you" in said and "memory not told by the driver" in said and "no such process here" in said


def test_memory_of_nobody_visible() -> None:
    assert "20 GiB held by nobody visible" in words(seen(machine(gpu(0, used=20 * GIB))))
    assert "held by nobody" not in words(seen(machine(gpu(0, used=GIB // 2))))


def test_a_list_of_processes_that_is_refused() -> None:
    said = words(seen(machine(gpu(0, compute_processes={"error": "NO_PERMISSION"}))))
    assert "Who holds it: not visible to you" in said


def test_a_sick_card() -> None:
    sick = gpu(
        0,
        ecc_uncorrected=field(2),
        ecc_corrected=field(7),
        remapped_rows=field({"correctable": 1, "uncorrectable": 2, "pending": True, "failure": True}),
        clocks_event_reasons=field(0x48),
        clock_sm=field(300),
        clock_sm_max=field(1410),
        pcie_width=field(8),
        pcie_width_max=field(16),
    )
    said = words(seen(machine(sick)))
    for part in (
        "SM 300 of 1410 MHz",
        "clocks held down by hw-slowdown, hw-thermal",
        "ECC errors: 2 uncorrected, 7 corrected, a row remap waits for a reset, a row remap failed, "
        "remapped rows: 1 for corrected, 2 for uncorrected",
        "x8 of gen",
    ):
        assert part in said


def test_hostile_names() -> None:
    host = machine(gpu(0, 50, name=field('A"100\\\n')))
    process(host, 50, user="ana", command='py"\\\n\x1b[31m\udcff\u202e\0x')
    picture = seen(host)
    for line in as_prometheus(picture).splitlines():
        assert line.startswith("# ") or SAMPLE.fullmatch(line), line
    as_prometheus(picture).encode("utf-8")
    as_json(picture, 0).encode("ascii")
    assert "\x1b" not in words(picture) and "\u202e" not in words(picture)


def test_the_collectors_rules() -> None:
    text = as_prometheus(seen(lab()))
    assert text.endswith("\n") and "\r" not in text
    samples = [line for line in text.splitlines() if line[0] != "#"]
    assert len(samples) == len({line.rpartition(" ")[0] for line in samples})
    named = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            named.add(line.split()[2])
        elif line[0] != "#":
            assert re.split(r"[{ ]", line)[0] in named


def test_no_driver_and_no_answer() -> None:
    none = seen(FakeHost())
    assert isinstance(none.cards, Absent) and exit_code(none) == Exit.OK
    assert "No NVIDIA driver" in words(none) and "envdoctor_gpus_up 0" in as_prometheus(none)
    stuck = seen(
        FakeHost(nvml_answer=Known(NvmlAnswer({"status": "NO_ANSWER"}, (), "timeout", "stuck in nvmlInit"), "NVML"))
    )
    assert isinstance(stuck.cards, Unknown) and exit_code(stuck) == Exit.CANNOT_TELL
    assert "stuck in nvmlInit" in words(stuck) and "`envdoctor check`" in words(stuck)
    assert parsed(stuck)["gpus"] is None


def test_xids_of_the_kernel_log() -> None:
    host = machine(gpu(0), uid=0)
    host.dirs.add("/sys/module/nvidia")
    line = "[  12.3] NVRM: Xid (PCI:0000:07:00): 79, GPU has fallen off the bus."
    host.commands[("dmesg",)] = Known(Output(0, f"other\n{line}\n", ""), "dmesg")
    assert line in words(seen(host)) and parsed(seen(host))["xids"] == [line]
