"""Every form of the message, whole, wrapped, quoted, cut, repeated, and things that only look like one."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.explain.memory import message
from envdoctor.explain.memory.message import OomMessage
from envdoctor.explain.memory.reader import FIRST, LAST, Reader, read, read_lines
from envdoctor.explain.memory.sizes import GIB, MIB, NO_FIGURE, TIB
from envdoctor.pasted import blocks, lines

from .memory_texts import ASYNC, MAPPING, parentheses, sentences, size, unit_of


def messages(text: str) -> Tuple[OomMessage, ...]:
    return read(blocks([text.encode()])).messages


def only(text: str) -> OomMessage:
    found = messages(text)
    assert len(found) == 1, found
    return found[0]


def near(value: object, printed: str) -> bool:
    number, unit = printed.split()
    scale = {"bytes": 1, "KiB": 1 << 10, "MiB": MIB, "GiB": GIB, "TiB": TIB}[unit]
    return isinstance(value, int) and abs(value - float(number) * scale) <= 1


class TestForms:
    def test_cached(self) -> None:
        found = only(
            "RuntimeError: CUDA out of memory. Tried to allocate 196.00 MiB (GPU 3; 11.17 GiB total capacity; "
            "10.29 GiB already allocated; 46.19 MiB free; 444.56 MiB cached)"
        )
        assert (found.gpu, found.form, found.since, found.until) == (3, "parentheses", "1.0", "1.3")
        assert near(found.tried, "196 MiB") and near(found.total, "11.17 GiB") and near(found.free, "46.19 MiB")
        assert found.allocated is not None and found.reserved is not None
        assert near(found.reserved - found.allocated, "444.56 MiB")
        assert found.this_process is None and found.others == () and found.line == 1

    def test_reserved(self) -> None:
        found = only(
            "RuntimeError: CUDA out of memory. Tried to allocate 84.00 MiB (GPU 0; 23.69 GiB total capacity; "
            "1.71 GiB already allocated; 13.12 MiB free; 1.84 GiB reserved in total by PyTorch)"
        )
        assert near(found.reserved, "1.84 GiB") and near(found.allocated, "1.71 GiB")
        assert (found.since, found.until) == ("1.4", "2.0")

    def test_the_hint_says_since_when(self) -> None:
        text = parentheses(MIB, GIB, MIB, 0, 2 * MIB, "1.12")
        assert only(text).since == "1.10"

    def test_a_fraction_is_kept(self) -> None:
        found = only(parentheses(GIB, 24 * GIB, 5 * GIB, 17 * GIB, 6 * GIB, "1.9", allowed=6 * GIB))
        assert near(found.allowed, "6 GiB") and near(found.reserved, "6 GiB")
        found = only(sentences(GIB, 24 * GIB, 5 * GIB, 17 * GIB, 6 * GIB, ours=7 * GIB, allowed=6 * GIB))
        assert near(found.allowed, "6 GiB") and near(found.this_process, "7 GiB") and near(found.reserved, "6 GiB")

    @pytest.mark.parametrize(
        ("series", "since", "until"), [("2.1", "2.1", "2.1"), ("2.4", "2.2", ""), ("2.9", "2.9", "")]
    )
    def test_sentences(self, series: str, since: str, until: str) -> None:
        listed = [(4242, 10 * GIB), (77, 6 * GIB)]
        sizes = (50 * MIB, 24 * GIB, 3 * GIB, 20 * MIB, 4 * GIB)
        found = only(sentences(*sizes, series, "1", others=listed, ours=5 * GIB, pools=46 * MIB))
        assert (found.form, found.gpu, found.since, found.until) == ("sentences", 1, since, until)
        assert found.others == ((4242, 10 * GIB), (77, 6 * GIB))
        assert (found.this_process, found.private_pools, found.reserved) == (5 * GIB, 46 * MIB, 4 * GIB)
        assert (found.tried, found.total, found.free, found.allocated) == (50 * MIB, 24 * GIB, 20 * MIB, 3 * GIB)

    def test_an_index_that_was_printed_as_a_character(self) -> None:
        for index in ("", "\x00", "\x01"):
            found = only(sentences(MIB, GIB, MIB, 0, 2 * MIB, gpu=index))
            assert found.gpu is None and found.total == GIB

    def test_other_devices(self) -> None:
        text = sentences(MIB, GIB, MIB, 0, 2 * MIB, device="HIP")
        assert only(text).device == "HIP"
        npu = text.replace("HIP", "NPU").replace("GPU 0 has", "NPU 5 has")
        assert (only(npu).device, only(npu).gpu) == ("NPU", 5)
        xpu = (
            "XPU out of memory. Tried to allocate 4.00 GiB. GPU 0 has a total capacity of 15.56 GiB of which 2.00 GiB "
        )
        xpu += (
            "is free. Of the allocated memory 13.00 GiB is allocated by PyTorch, and 96.00 MiB is reserved by PyTorch "
        )
        assert only(xpu + "but unallocated. Please use `empty_cache` to release all unoccupied cached memory.").total

    def test_more_than_an_exabyte(self) -> None:
        assert only("RuntimeError: CUDA out of memory. Tried to allocate more than 1EB memory.").tried == NO_FIGURE

    def test_cuda_malloc_async(self) -> None:
        found = only(ASYNC)
        assert (found.form, found.gpu, found.allowed, found.reserved) == ("async", 1, None, None)
        assert near(found.tried, "10.12 GiB") and near(found.allocated, "4.86 GiB") and near(found.free, "17.19 MiB")
        assert near(only(ASYNC.replace("17179869184.00", "12.00")).allowed, "12 GiB")
        one_line = (
            "OutOfMemoryError: Allocation on device 0 would exceed allowed memory. Currently allocated: 26.53 GiB / "
        )
        assert near(only(one_line + "Requested: 1.00 GiB / Device limit: 15.92 GiB").total, "15.92 GiB")

    def test_a_warning_of_expandable_segments(self) -> None:
        found = only(MAPPING)
        assert (found.form, found.gpu, found.tried, found.free) == ("mapping", 2, 20971520, 4521984)

    def test_a_request_that_was_rejected_before_the_driver_was_asked(self) -> None:
        text = "Preemptively rejecting allocation: requested 1073741824 but total_allocated_memory (5368709120) + "
        found = only(text + "requested size would exceed memory limit (6442450944). Set throw_on_cudamalloc_oom:false")
        assert (found.form, found.tried, found.reserved, found.allowed) == ("rejected", GIB, 5 * GIB, 6 * GIB)

    def test_host_memory(self) -> None:
        text = (
            "RuntimeError: [enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
        )
        found = only(text + "you tried to allocate 2097152 bytes. Error code 12 (Cannot allocate memory)")
        assert (found.device, found.tried, found.total) == ("CPU", 2097152, None)

    @pytest.mark.parametrize(
        "text",
        [
            "RuntimeError: CUDA error: out of memory",
            "RuntimeError: cuda runtime error (2) : out of memory at /pytorch/aten/src/THC/generic/THCStorage.cu:58",
            "RuntimeError: CUDA driver error: out of memory",
            "RuntimeError: HIP error: out of memory",
            "torch.cuda.OutOfMemoryError: CUDA out of memory.",
            "torch.OutOfMemoryError: Allocation on device",
            "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
            "cuMemCreate failed: CUDA_ERROR_OUT_OF_MEMORY",
            "ncclUnhandledCudaError: Call to CUDA function failed. Last error: Cuda failure 2 'out of memory'",
        ],
    )
    def test_no_figures(self, text: str) -> None:
        found = only(f"Traceback (most recent call last):\n{text}\n")
        assert (found.form, found.line, found.tried, found.total, found.starting) == ("bare", 2, None, None, False)

    def test_cuda_that_does_not_start(self) -> None:
        text = "UserWarning: CUDA initialization: Unexpected error from cudaGetDeviceCount(). Error 2: out of memory"
        assert only(text).starting

    def test_what_nvml_does_not_know_is_kept_as_printed(self) -> None:
        text = sentences(MIB, 32 * GIB, 20 * GIB, 0, 21 * GIB, ours=0).replace(
            "this process has 0 bytes", "this process has 17179869184.00 GiB"
        )
        found = only(text)
        assert found.this_process == 1 << 64 and found.reserved == 21 * GIB


class TestNoMessage:
    @pytest.mark.parametrize(
        "text",
        [
            "MPS backend out of memory (MPS allocated: 17.83 GB, max allowed: 18.13 GB). Tried to allocate 1.00 GB on "
            "private pool.",
            "java.lang.OutOfMemoryError: Java heap space",
            "RESOURCE_EXHAUSTED: failed to allocate memory",
            "ArrayMemoryError: Unable to allocate 3.91 GiB for an array with shape (1000, 1000, 525)",
            "mmap: tried to allocate 12 bytes",
            "Out of memory: Killed process 4711 (python)",
            "the run does not run out of memory any more",
            "except torch.cuda.OutOfMemoryError:",
            "",
        ],
    )
    def test_others(self, text: str) -> None:
        assert messages(text) == ()


EACH = (
    parentheses(84 * MIB, 24 * GIB, 2 * GIB, 13 * MIB, 3 * GIB, "1.2"),
    parentheses(84 * MIB, 24 * GIB, 2 * GIB, 13 * MIB, 3 * GIB, "1.8"),
    parentheses(84 * MIB, 24 * GIB, 2 * GIB, 13 * MIB, 3 * GIB, "2.0"),
    sentences(84 * MIB, 24 * GIB, 2 * GIB, 0, 3 * GIB, "2.1", ours=4 * GIB),
    sentences(
        84 * MIB, 24 * GIB, 2 * GIB, 0, 3 * GIB, "2.6", others=[(1, 9 * GIB), (2, 5 * GIB)], ours=4 * GIB, pools=MIB
    ),
)


class TestLines:
    @pytest.mark.parametrize("text", EACH)
    @pytest.mark.parametrize("width", [41, 50, 57, 72, 80, 100, 119])
    def test_wrapped_anywhere(self, text: str, width: int) -> None:
        whole = only(text)
        broken = "\n".join(text[at : at + width] for at in range(0, len(text), width))
        for form in (broken, broken.replace("\n", "\r\n"), "\n".join(f"> {line}" for line in broken.split("\n"))):
            assert only(form) == whole

    def test_in_a_frame_and_behind_prefixes(self) -> None:
        text = EACH[4]
        framed = "\n".join(f"│ {text[at : at + 70]:<70} │" for at in range(0, len(text), 70))
        assert only(framed).this_process == 4 * GIB
        ranks = "\n".join(f"[rank3]: {text[at : at + 70]}" for at in range(0, len(text), 70))
        assert only(ranks).others == ((1, 9 * GIB), (2, 5 * GIB))
        workers = "\n".join(f"(Worker pid=2421) {text[at : at + 70]}" for at in range(0, len(text), 70))
        assert only(workers).private_pools == MIB

    def test_the_line_where_it_begins(self) -> None:
        text = "epoch 1\nepoch 2\n\n" + EACH[1] + "\nsome more\n" + EACH[4] + "\n"
        assert [(one.line, one.form) for one in messages(text)] == [(4, "parentheses"), (6, "sentences")]

    def test_two_on_one_line_and_one_that_is_cut(self) -> None:
        assert [one.form for one in messages(f"{EACH[1]} during handling: {EACH[4]}")] == ["parentheses", "sentences"]
        cut = only(EACH[4][: EACH[4].index("Of the allocated")])
        assert cut.total == 24 * GIB and cut.this_process == 4 * GIB and cut.allocated is None
        assert only("CUDA out of memory. Tried to allocate 20.00 MiB").form == "cut"

    def test_what_follows_a_cut_message_is_no_part_of_it(self) -> None:
        text = (
            "CUDA out of memory. Tried to allocate 20.00 MiB\nstep 3\nGPU 1 has a total capacity of 9.00 GiB of which "
        )
        assert only(text + "1.00 GiB is free.").total is None

    def test_bare_ones_and_numbers_side_by_side(self) -> None:
        text = "RuntimeError: CUDA error: out of memory\n" + "x\n" * 3 + EACH[1]
        assert [one.form for one in messages(text)] == ["bare", "parentheses"]

    def test_the_last_block_may_end_inside_a_message(self) -> None:
        reader = Reader()
        for block in blocks(
            [b"CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 8.00 GiB"]
        ):
            reader.feed(block)
        assert [one.tried for one in reader.seen().messages] == [20 * MIB]

    def test_lines_that_fit_in_memory(self) -> None:
        assert read_lines(lines([f"a\n{EACH[1]}\n".encode()])).messages[0].line == 2
        assert read_lines([]).messages == ()


class TestMany:
    def test_the_same_one_again_and_again(self) -> None:
        text = f"{EACH[4]}\nretry\n" * 5000
        seen = read(blocks([text.encode()]))
        assert seen.count == 5000
        assert [(one.count, one.line, one.last_line) for one in seen.messages] == [(5000, 1, 9999)]

    def test_different_ones_are_bounded_and_the_last_is_kept(self) -> None:
        texts = [parentheses((2 + at) * MIB, 24 * GIB, 22 * GIB, MIB, 23 * GIB) for at in range(1000)]
        seen = read(blocks(["\n".join(texts).encode()]))
        assert seen.count == 1000 and len(seen.messages) == FIRST + LAST
        assert (seen.messages[0].tried, seen.messages[-1].tried) == (2 * MIB, 1001 * MIB)
        assert (seen.messages[-1].line, seen.messages[-1].total) == (1000, 24 * GIB)


class TestHostile:
    @given(st.text(max_size=400))
    def test_any_text_behind_the_beginning(self, tail: str) -> None:
        for head in ("CUDA out of memory. Tried to allocate ", EACH[4][:120], EACH[1][:110]):
            for found in messages(head + tail):
                assert isinstance(found.line, int)

    @pytest.mark.parametrize(
        "text",
        [
            "CUDA out of memory. Tried to allocate " + "9" * 10_000 + " GiB (GPU 0;",
            "CUDA out of memory. Tried to allocate 1.00 GiB (GPU 0; " + "1.00 GiB free; " * 20_000,
            EACH[3].replace("Including", "Process 1 has 1.00 GiB memory in use. " * 20_000 + "Including"),
            "CUDA out of memory. Tried to allocate 1.00 MiB\n" + "1.00 GiB total capacity;" * 2000 + "\n" * 100_000,
            "out of memory" * 100_000,
        ],
    )
    def test_huge_ones_end(self, text: str) -> None:
        for found in messages(text):
            assert found.line >= 1

    def test_no_number_is_too_large_to_read(self) -> None:
        found = only("CUDA out of memory. Tried to allocate 99999999999999999999.99 GiB")
        assert found.tried is not None and found.tried > NO_FIGURE


figures = st.integers(min_value=0, max_value=200 * GIB)


class TestRoundTrip:
    """What a release prints is read back within the rounding of what it prints."""

    @given(figures, figures, figures, figures, figures, st.sampled_from(["1.1", "1.8", "1.13"]), st.integers(0, 15))
    def test_parentheses(self, tried: int, total: int, used: int, free: int, slack: int, series: str, gpu: int) -> None:
        found = only(parentheses(tried, total, used, free, used + slack, series, gpu))
        expected = [(found.tried, tried), (found.total, total), (found.allocated, used), (found.free, free)]
        assert found.gpu == gpu
        for got, true in expected:
            assert got is not None and abs(got - true) <= unit_of(true), (got, true, size(true))
        assert found.reserved is not None
        assert abs(found.reserved - used - slack) <= unit_of(used) + unit_of(slack) + unit_of(used + slack)

    @given(
        figures, figures, figures, figures, figures, st.sampled_from(["2.1", "2.4", "2.9"]),
        st.lists(st.tuples(st.integers(1, 4_000_000), figures), max_size=9), st.none() | figures,
    )  # fmt: skip
    def test_sentences(
        self, tried: int, total: int, used: int, free: int, slack: int, series: str,
        others: List[Tuple[int, int]], ours: Optional[int],
    ) -> None:  # fmt: skip
        found = only(sentences(tried, total, used, free, used + slack, series, others=others, ours=ours))
        assert [pid for pid, _ in found.others] == [pid for pid, _ in others]
        assert (found.this_process is None) == (ours is None)
        pairs = [(found.tried, tried), (found.total, total), (found.allocated, used), (found.free, free)]
        pairs += [(got, true) for (_, got), (_, true) in zip(found.others, others)]
        pairs += [(found.this_process, ours)] if ours is not None else []
        for got, true in pairs:
            assert got is not None and abs(got - true) <= unit_of(true)
        assert found.slack is not None and abs(found.slack - slack) <= 2 * unit_of(slack)


def test_compact_takes_all_white_space() -> None:
    assert message.compact(" a\tb\n c\u00a0d ") == "abcd"
