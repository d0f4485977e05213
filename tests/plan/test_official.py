"""A pinned release and accelerator give the very line of PyTorch's page; where that page is wrong, the right one."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Tuple

import pytest

from envdoctor.plan.command import Planned
from tests.plan.asking import line, planned, refusal
from tests.plan.previous_versions import Entry, page

STABLE = "-f https://download.pytorch.org/whl/torch_stable.html"
BOUND = "mkl<2024.1"


def oddity(entry: Entry) -> str:
    """What is wrong with a line of the page; "" where nothing is known to be."""
    torch, os, manager, accelerator, _ = entry
    if manager == "conda" and torch in ("1.8.1", "1.9.0", "1.9.1") and accelerator == "cudatoolkit=11.3":
        return "the channel has no such build"
    if manager == "pip" and torch == "1.10.0" and accelerator != "rocm4.0.1":
        return "torchvision 0.11.0 was yanked"
    if accelerator == "rocm4.0.1" and torch in ("1.10.0", "1.10.1"):
        return "torchvision is of another torch"
    no_windows_build = ("1.11.0", "1.12.0", "1.12.1")
    if os == "windows" and accelerator in ("cu102", "cudatoolkit=10.2") and torch in no_windows_build:
        return "Windows has no such build"
    if os == "windows" and manager == "pip" and "://" not in entry.line and accelerator != "cpu":
        return "without an index, Windows gets a CPU build or none"
    return ""


@lru_cache(maxsize=1)
def answers() -> Tuple[Tuple[Entry, Planned], ...]:
    """Every line of the page, and what is planned for its heading."""
    return tuple((one, planned(f"torch=={one.torch}", one.accelerator, one.manager, os=one.os)) for one in page())


def test_every_line_of_the_page_or_the_right_one_with_a_note() -> None:
    wrong = []
    counts: Dict[str, int] = {}
    for entry, found in answers():
        words = [word for word in found.command if word != BOUND]
        same = " ".join(words) == entry.line
        why = oddity(entry)
        counts[why] = counts.get(why, 0) + 1
        said = [*found.notes, *(reason.says for reason in found.reasons)]
        # What differs does so for a reason that is said; what is said to be wrong differs.
        if same == bool(why) or (why and not any("PyTorch's page" in one for one in said)):
            wrong.append((entry, why, words))
    assert wrong == []
    assert counts.pop("") == 623
    assert sum(counts.values()) == 33


def test_the_bound_of_mkl_belongs_to_linux_builds_of_the_channel_and_is_never_added_unsaid() -> None:
    for entry, found in answers():
        older = entry.torch in ("1.0.0", "1.0.1", "1.1.0", "1.2.0")
        bounded = BOUND in found.command
        assert bounded == (entry.manager == "conda" and entry.os == "linux" and not older), entry
        assert any("mkl" in note for note in found.notes) == bounded, entry


@pytest.mark.parametrize(
    ("torch", "os", "manager", "accelerator", "right"),
    [
        # The channel pytorch has no CUDA 11.3 builds of these.
        (
            "1.8.1",
            "linux",
            "conda",
            "cudatoolkit=11.3",
            "conda install pytorch==1.8.1 torchvision==0.9.1 torchaudio==0.8.1 cudatoolkit=11.1 'mkl<2024.1' "
            "-c pytorch -c nvidia",
        ),
        (
            "1.9.1",
            "windows",
            "conda",
            "cu113",
            "conda install pytorch==1.9.1 torchvision==0.10.1 torchaudio==0.9.1 cudatoolkit=11.1 "
            "-c pytorch -c conda-forge",
        ),
        # torchvision 0.11.0 was yanked.
        (
            "1.10.0",
            "linux",
            "pip",
            "cu111",
            f"pip install torch==1.10.0+cu111 torchvision==0.11.1+cu111 torchaudio==0.10.0 {STABLE}",
        ),
        # Without an index Windows gets a CPU build, or none.
        (
            "2.0.1",
            "windows",
            "pip",
            "cu117",
            "pip install torch==2.0.1 torchvision==0.15.2 torchaudio==2.0.2 "
            "--index-url https://download.pytorch.org/whl/cu117",
        ),
        ("1.5.0", "windows", "pip", "cu102", f"pip install torch===1.5.0 torchvision===0.6.0 {STABLE}"),
    ],
)
def test_the_right_line_with_a_note(torch: str, os: str, manager: str, accelerator: str, right: str) -> None:
    found = planned(f"torch=={torch}", accelerator, manager, os=os)
    assert line(f"torch=={torch}", accelerator, manager, os=os) == right
    assert any("PyTorch's page" in note for note in found.notes)


@pytest.mark.parametrize(
    ("torch", "os", "manager", "accelerator", "because"),
    [
        ("1.8.0", "linux", "pip", "rocm4.0.1", "unpinned"),
        ("1.10.1", "linux", "pip", "rocm4.0.1", "made for another torch"),
        ("1.12.1", "windows", "conda", "cudatoolkit=10.2", "no Windows build for CUDA 10.2"),
        ("1.12.0", "windows", "pip", "cu102", "no Windows build for CUDA 10.2"),
    ],
)
def test_a_line_that_cannot_be_right_is_refused(
    torch: str, os: str, manager: str, accelerator: str, because: str
) -> None:
    assert because in refusal(f"torch=={torch}", accelerator, manager, os=os)


def test_uv_and_mamba_take_the_same_words() -> None:
    pip = line("torch==1.10.1", "cu113", "pip").split()
    assert line("torch==1.10.1", "cu113", "uv").split() == ["uv", *pip]
    conda = line("torch==2.4.0", "cu121", "conda").split()
    assert line("torch==2.4.0", "cu121", "micromamba").split() == ["micromamba", *conda[1:]]


def test_a_release_older_than_the_table_has_its_line_alone() -> None:
    found = planned("torch==1.1.0", "cpu", "conda")
    assert found.command == (
        "conda", "install", "pytorch-cpu==1.1.0", "torchvision-cpu==0.3.0", "cpuonly", "-c", "pytorch",
    )  # fmt: skip
    assert "does not go back" in found.notes[0]


def test_the_chosen_build_is_not_given_a_wrong_line_either() -> None:
    # Nobody asked for cu102 here: the driver leads to it.
    found = planned("torch==1.5.0", None, "pip", os="windows", driver="441.22", gpus=("sm_70",))
    assert found.plan is not None
    assert found.plan.variant == "cu102"
    assert "torch===1.5.0" in found.command
