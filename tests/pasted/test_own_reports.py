"""What our own commands print, pasted: the facts that come back are those that went in, as far as the text shows."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envdoctor.compat import CompatTable
from envdoctor.explain.explaining import explain
from envdoctor.facts import Facts, Gpu
from envdoctor.gpus.as_json import as_json
from envdoctor.gpus.look import look
from envdoctor.gpus.page import page
from envdoctor.pasted import blocks, read_pasted
from envdoctor.pasted._gpu import FIELDS
from envdoctor.reading import Absent, Known, Reading, Unknown
from envdoctor.render.page import check_page
from envdoctor.render.plain import plain
from envdoctor.report import Report
from tests.fakes import FakeHost
from tests.gpus import machines
from tests.healthy import change, gpu, healthy

from .reading import value

GIB = 1 << 30
WORDS = st.text(alphabet="abcXYZ019._+-", min_size=1, max_size=12)
VERSIONS = st.builds("{}.{}.{}".format, st.integers(0, 3), st.integers(0, 20), st.integers(0, 9))
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of_text(text: str) -> Facts:
    found = read_pasted(blocks([text.encode("utf-8", "surrogateescape")]))
    assert found.faults == ()
    return found.facts


def close(read: Any, shown: int) -> bool:
    """As near as a size with one decimal, or without one from 10 GiB on, can tell."""
    return read is not None and abs(read - shown) <= (GIB / 2 if shown >= 9 * GIB else GIB / 20)


@st.composite
def checked(draw: st.DrawFn) -> Facts:
    """A machine as `check` may see it, one thing or another unknown or absent."""
    machine = healthy()
    python = {
        "executable": Known(f"/home/{draw(WORDS)}/{draw(WORDS)} {draw(WORDS)}/bin/python", "PATH"),
        "version": Known(draw(VERSIONS), "it"),
        "implementation": Known(draw(st.sampled_from(["CPython", "PyPy"])), "it"),
        "kind": draw(
            st.sampled_from([Known("venv", "x"), Known("conda", "x"), Known("system", "x"), Unknown("failed")])
        ),
        "chosen_by": Known(draw(st.sampled_from(["PATH", "--python", "VIRTUAL_ENV"])), "x"),
    }
    build, cuda = draw(st.sampled_from([("cuda", "12.1"), ("cuda", "11.8"), ("cpu", ""), ("", "")]))
    version = draw(VERSIONS)
    torch = {
        "version": draw(st.sampled_from([Known(version, "v"), Absent(("site",)), Unknown("timeout", "no answer")])),
        "build": Known(build, "v") if build else Unknown("not-looked"),
        "cuda": Known(cuda, "v") if cuda else Absent(("v",)),
    }
    driver = {
        "module_version": draw(st.sampled_from([Known("550.54.15", "p"), Unknown("denied"), Known("390.157", "p")])),
        "nvml_driver_version": Unknown("denied"),
        "library_version": Unknown("denied"),
        "cuda": draw(st.sampled_from([Known("12.4", "n"), Unknown("failed")])),
    }
    names = draw(
        st.lists(st.sampled_from(["Tesla T4", "NVIDIA A100-SXM4-80GB", "NVIDIA GeForce RTX 3090"]), max_size=5)
    )
    cards = [dataclasses.replace(gpu(place), name=Known(name, "n")) for place, name in enumerate(names)]
    for place in draw(st.sets(st.integers(0, 4), max_size=2)):
        if place < len(cards):
            cards[place] = dataclasses.replace(cards[place], status=draw(st.sampled_from(["GPU_IS_LOST", "NO_ANSWER"])))
        if place + 1 < len(cards):
            size = draw(st.integers(0, 200 * GIB))
            cards[place + 1] = dataclasses.replace(cards[place + 1], memory_free=Known(size, "n"))
    machine = change(change(change(machine, "python", **python), "torch", **torch), "driver", **driver)
    return change(machine, "gpus", gpus=Known(tuple(cards), "nvml"))


@few
@given(checked(), st.booleans())
def test_the_page_of_check(machine: Facts, verbose: bool) -> None:
    found = of_text(plain(check_page(Report(machine, (), (), "2026-11-24", "0.1"), verbose)))
    for name in ("executable", "version", "implementation", "chosen_by"):
        assert value(getattr(found.python, name)) == value(getattr(machine.python, name)), name
    if isinstance(machine.python.kind, Known):
        assert value(found.python.kind) == machine.python.kind.value
    assert value(found.torch.version) == value(machine.torch.version)
    if isinstance(machine.torch.version, Known):
        assert value(found.torch.cuda) == (
            value(machine.torch.cuda) if value(machine.torch.cuda) != "absent" else value(found.torch.cuda)
        )
        if isinstance(machine.torch.build, Known):
            assert value(found.torch.build) == machine.torch.build.value
    assert value(found.driver.nvml_driver_version) == value(machine.driver.module_version)
    if isinstance(machine.driver.module_version, Known):
        assert value(found.driver.cuda) == value(machine.driver.cuda)
    shown = value(machine.gpus.gpus)
    cards = value(found.gpus.gpus)
    assert len(cards) == len(shown) if cards != "absent" else not shown
    for one, other in zip(shown, cards):
        assert (other.index, other.status, value(other.name)) == (one.index, one.status, value(one.name))
        if one.status == "ok":
            assert value(other.capability) == value(one.capability)
            assert close(value(other.memory_free), value(one.memory_free))
            assert close(value(other.memory_total), value(one.memory_total))


@st.composite
def held(draw: st.DrawFn) -> FakeHost:
    """A machine with cards of every state, and processes on them."""
    records: List[Dict[str, object]] = []
    pids: List[int] = []
    for index in range(draw(st.integers(1, 4))):
        mine = list(range(100 * index + 50, 100 * index + 50 + draw(st.integers(0, 3))))
        pids += mine
        fields: Dict[str, object] = {
            "name": machines.field(draw(st.sampled_from(["NVIDIA A100-SXM4-80GB", "Tesla T4"]))),
            "utilisation": machines.field({"gpu": draw(st.integers(0, 100)), "memory": 0}),
            "temperature": machines.field(draw(st.integers(20, 99))),
            "power": machines.field(1000 * draw(st.integers(10, 700))),
            "power_limit": machines.field(1000 * draw(st.integers(100, 700))),
            "compute_mode": machines.field(draw(st.sampled_from(["default", "prohibited", "exclusive-process"]))),
            "capability": machines.field(draw(st.sampled_from(["8.0", "7.5", "12.0"]))),
            "persistence": machines.field(draw(st.booleans())),
            "pcie_width": machines.field(draw(st.sampled_from([1, 16]))),
            "pcie_width_max": machines.field(16),
            "pcie_generation": machines.field(draw(st.sampled_from([1, 4]))),
            "pcie_generation_max": machines.field(4),
            "ecc_uncorrected": machines.field(draw(st.integers(0, 3))),
        }
        if draw(st.booleans()):
            fields.pop(draw(st.sampled_from(sorted(fields))))
        record = machines.gpu(index, *mine, used=draw(st.integers(0, 79 * GIB)), **fields)
        if draw(st.integers(0, 9)) == 0:
            record["status"] = "GPU_IS_LOST"
        records.append(record)
    host = machines.machine(*records)
    for pid in pids:
        machines.process(host, pid, user=draw(st.sampled_from(["bo", "ana"])))
    return host


def cards_of(facts: Facts) -> Tuple[Gpu, ...]:
    return value(facts.gpus.gpus) or ()


@few
@given(held())
def test_the_json_of_gpus(host: FakeHost) -> None:
    picture = look(host, machines.target())
    found = of_text("$ envdoctor gpus --format json\n" + as_json(picture, 0) + "\nthat is all\n")
    assert value(found.driver.nvml_driver_version) == value(picture.driver)
    cards = [card.gpu for card in value(picture.cards)]
    assert [(one.index, one.status) for one in cards_of(found)] == [(one.index, one.status) for one in cards]
    for one, other in zip(cards, cards_of(found)):
        for name in FIELDS:
            if name in ("holders", "mig_devices", "nvlink"):
                continue
            assert same(getattr(one, name), getattr(other, name)), name
    for card, other in zip(value(picture.cards), cards_of(found)):
        listed = [one.holder for one in value(card.held) or ()]
        read = value(other.holders) or ()
        assert len(read) == len(listed)
        for holder, again in zip(listed, read):
            assert (again.pid, again.kind) == (holder.pid, holder.kind)
            for name in ("memory", "user", "command", "state", "mine", "started"):
                assert same(getattr(holder, name), getattr(again, name)), name


def same(one: Reading[Any], other: Reading[Any]) -> bool:
    """The same value, or the same want of one; the source is now a line of the text."""
    if isinstance(one, Known):
        return isinstance(other, Known) and one.value == other.value
    return type(one) is type(other)


@few
@given(held())
def test_the_page_of_gpus(host: FakeHost) -> None:
    picture = look(host, machines.target())
    found = of_text(plain(page(picture)))
    assert value(found.driver.nvml_driver_version) == value(picture.driver)
    cards = [card.gpu for card in value(picture.cards)]
    assert [(one.index, one.status) for one in cards_of(found)] == [(one.index, one.status) for one in cards]
    for one, other in zip(cards, cards_of(found)):
        assert value(other.name) == value(one.name)
        if one.status != "ok":
            continue
        assert close(value(other.memory_used), value(one.memory_used))
        assert close(value(other.memory_total), value(one.memory_total))
        for name in ("uuid", "pci_bus_id", "capability", "compute_mode", "utilisation", "temperature", "persistence"):
            known: Optional[Reading[Any]] = getattr(one, name)
            if isinstance(known, Known):
                assert value(getattr(other, name)) == known.value, name
        for names in (("power", "power_limit"), ("pcie_width", "pcie_width_max", "pcie_generation")):
            if all(isinstance(getattr(one, name), Known) for name in (*names, "pcie_generation_max")):
                assert [value(getattr(other, name)) for name in names] == [value(getattr(one, name)) for name in names]
        listed = {
            pid.holder.pid: pid.holder for card in value(picture.cards) if card.gpu is one for pid in value(card.held)
        }
        read = {holder.pid: holder for holder in value(other.holders)}
        assert set(read) == set(listed)
        assert all(value(read[pid].user) == value(listed[pid].user) for pid in listed)
        assert all(close(value(read[pid].memory), value(listed[pid].memory)) for pid in listed)


@pytest.mark.parametrize("made", [lambda picture: as_json(picture, 0), lambda picture: plain(page(picture))])
def test_the_same_rules_judge_what_gpus_printed(made: Any) -> None:
    holds = machines.field([{"pid": 50, "memory": 79 * GIB, "gpu_instance": None}])
    host = machines.machine(machines.gpu(0, 50, used=79 * GIB, compute_processes=holds))
    machines.process(host, 50)
    text = made(look(host, machines.target())) + "\nRuntimeError: CUDA error: out of memory\n"
    found = explain(blocks([text.encode()]), CompatTable())
    assert found.findings[0].name == "gpu-occupied-by-others"


@pytest.mark.parametrize("cut", [100, 700, 1500])
def test_json_of_gpus_that_is_cut_or_changed_is_no_report(cut: int) -> None:
    text = as_json(look(machines.machine(machines.gpu(0, 50)), machines.target()), 0)
    assert not isinstance(of_text(text[:cut]).gpus.gpus, Known)
    assert not isinstance(of_text(text.replace('"index": 0', '"index": "none"')).gpus.gpus, Known)
    assert not isinstance(of_text(text.replace('"gpus": [', '"gpus": [3, ')).gpus.gpus, Known)
