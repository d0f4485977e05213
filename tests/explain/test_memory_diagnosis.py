"""From texts and facts to findings: the name, the figures, and what helps with this torch on this machine."""

from __future__ import annotations

import dataclasses
from typing import Any, Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.cure import prescribe
from envdoctor.explain.memory import advice
from envdoctor.explain.memory.diagnosis import IDS, diagnose
from envdoctor.explain.memory.message import OomMessage
from envdoctor.explain.memory.reader import read
from envdoctor.facts import Facts, Holder, nothing_known
from envdoctor.pasted import blocks
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.report import Finding, NeedCommand, NeedVariable
from envdoctor.rules import all_rules
from envdoctor.versions import numbers
from tests.healthy import change, gpu, healthy

from .memory_texts import ASYNC, GIB, MAPPING, MIB, parentheses, sentences

TABLE = CompatTable()
NOTHING = nothing_known("", Unknown("not-looked", "", "a text"))


def findings(text: str, facts: Facts = NOTHING) -> Tuple[Finding, ...]:
    seen = read(blocks([text.encode()]))
    return diagnose(seen.messages, facts, TABLE, seen.growing)


def first(text: str, facts: Facts = NOTHING) -> Finding:
    found = findings(text, facts)
    assert found and found[0].severity == "error"
    assert all(one.severity != "error" for one in found[1:])
    return found[0]


def said(finding: Finding) -> str:
    return "\n".join((finding.title, finding.meaning, *(evidence.says for evidence in finding.because)))


def variables(finding: Finding) -> dict[str, str | None]:
    return {need.name: need.value for one in finding.remedies for need in one.needs if isinstance(need, NeedVariable)}


def with_torch(version: str, facts: Facts = NOTHING) -> Facts:
    return change(facts, "torch", version=Known(version, "torch/version.py"))


def with_variables(facts: Facts, **pairs: str) -> Facts:
    return change(facts, "session", variables=Known(tuple(pairs.items()), "environment"))


def holder(pid: int, memory: int, **changes: Any) -> Holder:
    base = Holder(
        pid, "C", Known(memory, "nvml"), Known("bo", "/proc"), Known("python", "/proc"), Known("S", "/proc"),
        Known(False, "uid"), Known("2026-11-24T08:00:00Z", "/proc"),
    )  # fmt: skip
    return dataclasses.replace(base, **changes)


def with_gpus(*used: int, holders: tuple[Holder, ...] | None = None) -> Facts:
    """A machine of 24-GiB cards, each with so many GiB in use."""
    cards = tuple(
        gpu(
            at,
            uuid=Known(f"GPU-{at}", "nvml"),
            memory_used=Known(gib * GIB, "nvml"),
            memory_free=Known((24 - gib) * GIB, "nvml"),
            holders=Known((holder(4242, gib * GIB),) if holders is None and gib else (holders or ()), "nvml"),
        )
        for at, gib in enumerate(used)
    )
    return change(healthy(), "gpus", gpus=Known(cards, "nvml"))


LAB = parentheses(84 * MIB, round(23.69 * GIB), round(1.71 * GIB), round(13.12 * MIB), round(1.84 * GIB), "1.9")
LAPTOP = parentheses(84 * MIB, 4 * GIB, round(3.32 * GIB), 0, round(3.42 * GIB), "1.12")
PIECES = sentences(3 * GIB, 24 * GIB, 12 * GIB, GIB, 22 * GIB, ours=round(22.6 * GIB))


class TestStories:
    def test_the_shared_server(self) -> None:
        found = first(LAB)
        assert (found.rule, found.name, found.confidence) == ("GPU101", "gpu-occupied-by-others", "certain")
        assert (
            found.title == "others hold 20.3 to 21.8 GiB of the 23.7 GiB on GPU 0; this process has reserved 1.84 GiB"
        )
        assert "no allocator option" in found.meaning
        assert found.because[0].source == "line 1"
        assert any(isinstance(need, NeedCommand) for one in found.remedies for need in one.needs)
        assert variables(found) == {}

    def test_the_laptop(self) -> None:
        found = first(LAPTOP)
        assert (found.rule, found.name) == ("MEM101", "oom-too-large")
        assert "no allocator option can win back more than 102 MiB, whatever the hint in the message says" in said(
            found
        )
        assert variables(found) == {}
        assert any("batch" in one.title for one in found.remedies)

    def test_pieces(self) -> None:
        found = first(PIECES)
        assert (found.rule, found.name) == ("MEM102", "oom-fragmentation")
        assert found.title == "10 GiB are reserved and in no tensor, in pieces too small for 3 GiB"
        assert "empty_cache() cannot help" in said(found)
        assert variables(found) == {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}

    def test_a_leak(self) -> None:
        log = "".join(f"epoch {at} mem {3 + 2 * at}.00 GiB\n" for at in range(10))
        found = findings(log + parentheses(MIB, 22 * GIB, 21 * GIB, 0, 21 * GIB))
        assert (found[0].rule, found[0].name, found[0].severity) == ("MEM103", "oom-leak", "error")
        assert "mem grows from 3 GiB to 21 GiB over 10 lines" in found[0].title
        assert found[0].because[0].source == "lines 1 to 10" and found[0].because[1].source == "line 11"
        assert [one.severity for one in found[1:]] == ["note"]
        assert any("loss.item()" in one.title for one in found[0].remedies)

    def test_a_log_that_only_grows(self) -> None:
        found = findings("".join(f"epoch {at} mem {3 + 2 * at}.00 GiB\n" for at in range(10)))
        assert [(one.name, one.severity, one.confidence) for one in found] == [("oom-leak", "warning", "likely")]

    def test_growth_is_not_to_blame_for_what_others_hold(self) -> None:
        log = "".join(f"epoch {at} mem {500 + 100 * at} MiB\n" for at in range(10))
        assert first(log + LAB).name == "gpu-occupied-by-others"

    def test_host_memory(self) -> None:
        text = "RuntimeError: DefaultCPUAllocator: not enough memory: you tried to allocate 1073741824 bytes."
        assert findings(text) == ()
        rising = "".join(f"step {at} rss {1 + at}.00 GiB\n" for at in range(10))
        found = first(rising + text)
        assert found.name == "oom-leak" and "host memory ran out" in said(found)
        on_gpu = "".join(f"step {at} gpu mem {1 + at}.00 GiB\n" for at in range(10))
        assert findings(on_gpu + text)[0].confidence == "likely"

    def test_one_tensor_too_large(self) -> None:
        found = first(sentences(13535 * GIB, 79 * GIB, 14 * GIB, 61 * GIB, 16 * GIB))
        assert found.name == "oom-too-large" and found.confidence == "certain"
        assert found.title == "13.2 TiB were asked for in one piece, and GPU 0 has 79 GiB in all"
        assert "shapes" in found.remedies[0].title
        found = first("RuntimeError: CUDA out of memory. Tried to allocate more than 1EB memory.")
        assert found.name == "oom-too-large"

    def test_its_own_limit(self) -> None:
        found = first(sentences(4 * GIB, 32 * GIB, 7 * GIB, 16 * GIB, 13 * GIB, allowed=16 * GIB))
        assert found.title == "this process may use 16 GiB of GPU 0, and needs more"
        assert "set_per_process_memory_fraction" in found.meaning and "fraction" in found.remedies[0].title

    def test_the_async_allocator_and_windows(self) -> None:
        assert first(ASYNC).name in ("oom-too-large", "gpu-occupied-by-others")
        found = first(parentheses(GIB, 8 * GIB, 17 * GIB, 0, 19 * GIB))
        assert found.name == "oom-too-large" and "11 GiB more than the GPU has: Windows lends" in said(found)

    def test_a_warning_alone_is_nothing(self) -> None:
        assert findings(MAPPING) == ()

    def test_cuda_that_does_not_start_is_nothing(self) -> None:
        assert findings("Unexpected error from cudaGetDeviceCount(). Error 2: out of memory") == ()

    def test_nothing(self) -> None:
        assert findings("all is well\n") == ()
        assert diagnose((), NOTHING, TABLE) == ()

    def test_the_last_attempt_counts(self) -> None:
        assert first(LAB + "\nbatch halved\n" + PIECES).name == "oom-fragmentation"
        assert first(PIECES + "\nRuntimeError: CUDA error: out of memory\n").name == "oom-fragmentation"

    def test_repetition_is_told(self) -> None:
        assert first((LAB + "\n") * 7).because[0].source == "line 1, 7 times until line 7"

    def test_ranks_that_all_took_the_first_gpu(self) -> None:
        same = tuple((pid, round(5.4 * GIB)) for pid in (11, 12, 13))
        found = first(sentences(GIB, 24 * GIB, 5 * GIB, GIB, 5 * GIB, ours=round(5.5 * GIB), others=same))
        assert found.name == "gpu-occupied-by-others" and "ranks of one job" in said(found)
        assert "set_device(local_rank)" in found.remedies[0].title
        other = first(sentences(GIB, 24 * GIB, 5 * GIB, GIB, 5 * GIB, ours=round(5.5 * GIB), others=((1, 16 * GIB),)))
        assert "ranks of one job" not in said(other)

    def test_the_process_list(self) -> None:
        text = sentences(MIB, 40 * GIB, GIB, 0, GIB, ours=2 * GIB, others=((7, 8 * GIB),))
        assert "process 7 holds 8 GiB" in said(first(text)) and "29.5 GiB more are held by" in said(first(text))
        container = sentences(2 * GIB, 16 * GIB, 15 * GIB, 0, 15 * GIB, others=((2514, round(15.5 * GIB)),))
        assert first(container).name == "oom-too-large"


class TestWithFacts:
    def test_who_and_where_to_go(self) -> None:
        found = first(LAB, with_gpus(22, 0, 12))
        assert "GPU 0 (NVIDIA GeForce RTX 3090): bo, pid 4242, 22528 MiB, python, since 2026-11-24T08:00:00Z" in said(
            found
        )
        assert variables(found) == {"CUDA_VISIBLE_DEVICES": "GPU-1"}

    def test_no_other_gpu_is_free(self) -> None:
        assert variables(first(LAB, with_gpus(22, 23))) == {}

    def test_they_have_gone(self) -> None:
        found = first(LAB, with_gpus(1))
        assert any(one.title.startswith("run it again: 23 GiB are free there now") for one in found.remedies)

    def test_a_larger_gpu_for_what_is_too_large(self) -> None:
        text = parentheses(GIB, 8 * GIB, 7 * GIB, 0, 7 * GIB)
        assert variables(first(text, with_gpus(0, 0))) == {"CUDA_VISIBLE_DEVICES": "GPU-0"}
        assert variables(first(text, with_gpus(20, 20))) == {}

    def test_without_figures_the_gpu_decides(self) -> None:
        bare = "RuntimeError: CUDA error: out of memory"
        assert [one.name for one in findings(bare)] == ["oom-too-large", "gpu-occupied-by-others"]
        assert all(one.confidence == "likely" for one in findings(bare))
        assert any(isinstance(need, NeedCommand) for need in first(bare).remedies[0].needs)
        full, empty = with_gpus(22, 0), with_gpus(0, 22)
        assert first(bare, full).name == "gpu-occupied-by-others"
        assert variables(first(bare, full)) == {"CUDA_VISIBLE_DEVICES": "GPU-1"}
        assert first(bare, empty).name == "oom-too-large"
        chosen = with_variables(empty, CUDA_VISIBLE_DEVICES="1")
        assert first(bare, chosen).name == "gpu-occupied-by-others"

    def test_another_gpu_than_the_one_of_the_text(self) -> None:
        """A message about an 80-GiB card says nothing of the 24-GiB cards that are here."""
        text = sentences(MIB, 79 * GIB, 2 * GIB, 0, 2 * GIB, ours=3 * GIB)
        assert "NVIDIA GeForce RTX 3090" not in said(first(text, with_gpus(22, 0)))

    def test_memory_that_nobody_holds(self) -> None:
        found = findings(LAB, with_gpus(22, holders=()))
        assert found[0].name == "zombie-process-holds-memory" and found[0].rule == "GPU105"
        assert found[1].name == "gpu-occupied-by-others"
        assert "22 GiB of GPU 0 (NVIDIA GeForce RTX 3090) are in use" in found[0].title
        in_container = change(with_gpus(22, holders=()), "session", container=Known("docker", "/.dockerenv"))
        assert "zombie-process-holds-memory" not in [one.name for one in findings(LAB, in_container)]
        unknown = change(with_gpus(22, holders=()), "session", container=Unknown("not-looked"))
        assert first(LAB, unknown).name == "gpu-occupied-by-others"
        named = with_gpus(22)
        assert "zombie-process-holds-memory" not in [one.name for one in findings(LAB, named)]
        silent = with_gpus(22, holders=(dataclasses.replace(holder(1, 0), memory=Unknown("not-looked")),))
        assert "zombie-process-holds-memory" not in [one.name for one in findings(LAB, silent)]


class TestAllocatorOptions:
    @pytest.mark.parametrize(
        ("torch", "variable", "value"),
        [
            ("1.10.2", "PYTORCH_CUDA_ALLOC_CONF", "max_split_size_mb:128"),
            ("1.13.1+cu117", "PYTORCH_CUDA_ALLOC_CONF", "max_split_size_mb:128"),
            ("2.0.1", "PYTORCH_CUDA_ALLOC_CONF", "max_split_size_mb:128"),
            ("2.1.0+cu121", "PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True"),
            ("2.8.0", "PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True"),
            ("2.9.0", "PYTORCH_ALLOC_CONF", "expandable_segments:True"),
            ("2.15.0", "PYTORCH_ALLOC_CONF", "expandable_segments:True"),
        ],
    )
    def test_by_release(self, torch: str, variable: str, value: str) -> None:
        found = first(PIECES, with_torch(torch))
        assert variables(found) == {variable: value}
        assert f"torch {'.'.join(torch.split('.')[:2])} knows {value.split(':')[0]}" in said(found)

    def test_before_there_were_any(self) -> None:
        found = first(PIECES, with_torch("1.9.1"))
        assert variables(found) == {}
        assert "torch 1.9 has no allocator option against it: the first one came with torch 1.10" in said(found)
        assert found.remedies

    @pytest.mark.parametrize(
        ("series", "value"),
        [("1.2", None), ("1.8", "max_split_size_mb:128"), ("2.0", "max_split_size_mb:128")],
    )
    def test_by_the_wording_alone(self, series: str, value: str | None) -> None:
        found = first(parentheses(3 * GIB, 24 * GIB, 12 * GIB, GIB, 22 * GIB, series))
        assert variables(found).get("PYTORCH_CUDA_ALLOC_CONF") == value
        if series == "1.8":
            assert "an older one does not read the variable" in found.remedies[0].title

    def test_the_facts_win_over_the_wording(self) -> None:
        assert variables(first(PIECES, with_torch("2.9.1"))) == {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}
        odd = with_torch("nightly")
        assert variables(first(PIECES, odd)) == {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}

    def test_what_is_set_is_kept(self) -> None:
        facts = with_variables(with_torch("2.5.1"), PYTORCH_CUDA_ALLOC_CONF="backend:native,max_split_size_mb:64")
        assert variables(first(PIECES, facts)) == {"PYTORCH_CUDA_ALLOC_CONF": "backend:native,expandable_segments:True"}

    def test_what_is_on_already_is_not_advised(self) -> None:
        facts = with_variables(with_torch("2.5.1"), PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True")
        found = first(PIECES, facts)
        assert variables(found) == {} and "already has expandable_segments:True" in said(found)

    def test_the_variable_that_is_set_is_changed(self) -> None:
        facts = with_variables(with_torch("2.9.1"), PYTORCH_CUDA_ALLOC_CONF="backend:native")
        assert list(variables(first(PIECES, facts))) == ["PYTORCH_CUDA_ALLOC_CONF"]
        unread = with_variables(with_torch("2.5.1"), PYTORCH_ALLOC_CONF="backend:native")
        assert list(variables(first(PIECES, unread))) == ["PYTORCH_CUDA_ALLOC_CONF"]

    @pytest.mark.parametrize("where", [{"os": Known("windows", "x")}, {"wsl": Known("2", "/proc/version")}])
    def test_segments_do_not_grow_on_windows(self, where: dict[str, Any]) -> None:
        facts = change(with_torch("2.5.1"), "session", **where)
        assert variables(first(PIECES, facts)) == {"PYTORCH_CUDA_ALLOC_CONF": "max_split_size_mb:128"}

    def test_on_rocm(self) -> None:
        found = first(sentences(3 * GIB, 24 * GIB, 12 * GIB, GIB, 22 * GIB, device="HIP"))
        assert variables(found) == {"PYTORCH_HIP_ALLOC_CONF": "max_split_size_mb:128"}

    def test_no_option_is_advised_that_the_release_does_not_know(self) -> None:
        rows = {row.name: row for row in TABLE.allocator_options()}
        for release in TABLE.torch_releases():
            for name, value in variables(first(PIECES, with_torch(release.version))).items():
                series = ".".join(release.version.split(".")[:2])
                for option in (name, *(pair.split(":")[0] for pair in (value or "").split(","))):
                    assert numbers(rows[option].first) <= numbers(series), (release.version, option)
                    assert not rows[option].last or numbers(series) <= numbers(rows[option].last)

    def test_the_command(self) -> None:
        facts = with_torch("2.5.1+cu121", healthy())
        fixes = prescribe(first(PIECES, facts), facts, TABLE)
        assert fixes[0].commands == (("export", "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"),)
        assert fixes[0].safety == "safe"


class TestSpans:
    @pytest.mark.parametrize(
        ("since", "until", "knows"),
        [("1.4", "1.9", False), ("1.10", "2.0", True), ("1.4", "2.0", None), ("2.9", "", True), ("", "", None)],
    )
    def test_an_option_that_stays(self, since: str, until: str, knows: bool | None) -> None:
        row = next(row for row in TABLE.allocator_options() if row.name == "max_split_size_mb")
        assert advice.knows(row, advice.Span(since, until, "")) is knows

    @pytest.mark.parametrize(
        ("since", "until", "knows"),
        [
            ("1.13", "1.13", True),
            ("2.0", "2.0", True),
            ("2.1", "2.1", False),
            ("1.12", "1.12", False),
            ("1.13", "", None),
        ],
    )
    def test_an_option_that_went(self, since: str, until: str, knows: bool | None) -> None:
        row = next(row for row in TABLE.allocator_options() if row.name == "roundup_bypass_threshold_mb")
        assert advice.knows(row, advice.Span(since, until, "")) is knows


class TestTable:
    def test_options_are_in_order_and_stay_until_they_go(self) -> None:
        rows = TABLE.allocator_options()
        assert [numbers(row.first) for row in rows] == sorted(numbers(row.first) for row in rows)
        assert all(not row.last or numbers(row.first) <= numbers(row.last) for row in rows)
        assert {row.name for row in rows if row.kind == "variable"} >= {"PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"}

    def test_ids_are_those_of_the_rules(self) -> None:
        rules = {rule.name: rule.id for rule in all_rules()}
        for name, number in IDS.items():
            assert rules.get(name, number) == number
        assert not set(IDS.values()) & {rule.id for rule in all_rules() if rule.name not in IDS}


def test_every_finding_is_whole() -> None:
    """Whatever the message: a title with figures, evidence with a place, and a way out."""
    texts = [LAB, LAPTOP, PIECES, ASYNC, parentheses(3 * GIB, 6 * GIB, GIB, 4 * GIB, GIB), "CUDA error: out of memory"]
    texts += ["CUDA out of memory. Tried to allocate 20.00 MiB", "HIP out of memory.", PIECES[: PIECES.index("Of the")]]
    for text in texts:
        for facts in (NOTHING, healthy(), with_gpus(22, 0)):
            for one in findings(text, facts):
                assert one.title and one.meaning and one.because and one.remedies, (text, one)
                assert all(evidence.says and evidence.source for evidence in one.because)
                assert "None" not in said(one)


def test_without_a_gpu_in_the_message_none_is_named() -> None:
    text = sentences(3 * GIB, 24 * GIB, 12 * GIB, GIB, 22 * GIB, gpu="")
    assert "24 GiB on the GPU = " in said(first(text))


def test_messages_of_other_devices_do_not_meet_nvidia_facts() -> None:
    one = OomMessage(3, "bare", "HIP", says="HIP out of memory")
    found = diagnose((one,), with_gpus(22), TABLE)
    assert "RTX 3090" not in said(found[0])
    needs = [need for remedy in found[0].remedies for need in remedy.needs]
    assert any(isinstance(need, NeedCommand) and need.commands[0][0] == "rocm-smi" for need in needs)
    absent = change(NOTHING, "gpus", gpus=Absent(("libnvidia-ml.so.1",)))
    assert diagnose((one,), absent, TABLE)[0].name == "oom-too-large"
