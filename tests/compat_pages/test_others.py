"""The pages of Python, cuDNN, compilers, the C library, variables and uv; and what an unknown name is answered."""

from __future__ import annotations

import json

import pytest

from envdoctor.compat import CompatTable, NoRow
from envdoctor.compat.loader import packaged
from envdoctor.compat_pages.entry import page
from envdoctor.compat_pages.questions import EXAMPLES, QUESTIONS, near
from envdoctor.render.plain import plain
from tests.cli.run import envdoctor

TABLE = CompatTable()
SUBJECTS = tuple(QUESTIONS)


def shown(subject: str, name: str) -> str:
    return plain(page(QUESTIONS[subject](TABLE, name)))


@pytest.mark.parametrize(
    ("subject", "name", "told"),
    [
        ("python", "3.13", ("torch, linux_x86_64      2.5.0 to 2.15.0", "all three, linux_x86_64  2.6.0 to 2.15.0")),
        ("python", "3.8.10", ("Python 3.8\n", "1.4.0 to 2.4.1")),
        ("python", "3.13t", ("torch, linux_x86_64   2.7.0 to 2.12.0",)),
        ("python", "3.14.1", ("Refused by the companions", "2.11.0")),
        ("cudnn", "9.10.2", ("for CUDA 12  GPUs from 5.0 on", "torch 2.8.0 cu128")),
        ("cudnn", "9.11", ("for CUDA 12  GPUs from 7.5 on",)),
        ("gcc", "13.2.0", ("12.4, 12.5", "torch 2.11.0 to 2.15.0, CUDA 12.3", "lets it pass, nvcc refuses it")),
        ("gcc", "10.3", ("torch 1.13.0 to 1.13.1, CUDA 11.3", "refuses it (5.0.0 to below 10.2.2), nvcc takes it")),
        ("clang", "16", ("12.2, 12.3, 12.4",)),
        ("glibc", "2.17", ("torch 2.6.0 (needs 2.17)", "manylinux1_x86_64", "GLIBC_2.17")),
        ("glibc", "2.28", ("cu130", "torch 2.15.0 (needs 2.28)")),
        ("variable", "CUDA_HOME", ("the toolkit that torch compiles extensions with",)),
        ("allocator", "PYTORCH_ALLOC_CONF", ("from 2.9 on", "takes no notice of it")),
        ("allocator", "expandable_segments", ("from 2.1 on", "stops with \"Unrecognized CachingAllocator option\"")),
        ("uv", "cu126", ("525.60.13", "takes it for every GPU", "2.14.1")),
        ("uv", "cpu", ("https://download.pytorch.org/whl/cpu",)),
        ("torch", "1.13.1", ("manylinux1_x86_64 alone", "GLIBC_2.17", "torch: gcc below 11.5.1")),
        ("torch", "2.11.0", ("CUDA 13.0, driver 580.65.06 or newer", "Not known", "cu129")),
        ("torch", "2.1.0", ("conda-forge beside it", "cu112, cu118, cu120")),
        ("cuda", "12.3", ("gcc                    up to 12", "gcc from 6.0.0 to below 14.0", "Update 1: 545.23.08")),
        ("driver", "535", ("torch up to 2.10.0 (CUDA 12.8)", "cu129")),
        ("driver", "580.95.05", ("torch up to 2.15.0 (CUDA 13.2)", "cu132")),
        ("gpu", "Tesla V100-SXM2-16GB", ("8.8 to 9.10", "proprietary")),
        ("gpu", "RTX 5090", ("open",)),
        ("package", "mmcv", ("torch 2.4 (cu121, cu118, cpu); newer ones are compiled here",)),
        ("package", "torchvision", ("Taken back on PyPI", "0.11.0")),
        ("package", "tensorflow", ("12.5", "rarely serves both")),
    ],
)  # fmt: skip
def test_answers(subject: str, name: str, told: tuple[str, ...]) -> None:
    text = shown(subject, name)
    for words in told:
        assert words in text, text
    assert "source: " in text


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_has_a_question_and_an_example_that_it_answers(subject: str) -> None:
    assert tuple(EXAMPLES) == SUBJECTS
    entry = QUESTIONS[subject](TABLE, EXAMPLES[subject].strip("'"))
    assert all(section.facts and section.origins for section in entry.sections)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("name", ["9999", "nonsense", "9.9.9.9", "[red]x[/]", "a\nb", "\x1b[31m", "x" * 5000, "\udcff"])
def test_what_is_not_there_is_one_sentence(subject: str, name: str) -> None:
    if subject in ("cudnn", "gcc", "clang", "glibc") and name[0] == "9":
        return  # a number above all that are known is served, refused or run as they are
    with pytest.raises(NoRow) as caught:
        QUESTIONS[subject](TABLE, name)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)
    assert len(near(TABLE, subject, name)) <= 3


@pytest.mark.parametrize(
    ("subject", "said", "meant"),
    [
        ("torch", "2.5.2", "2.5.0"),
        ("cuda", "12.7", "12.6"),
        ("gpu", "RTX 3099", "GeForce RTX 3090"),
        ("package", "mmcv-ful", "mmcv-full"),
        ("variable", "CUDA_HOMES", "CUDA_HOME"),
        ("allocator", "expandable_segment", "expandable_segments"),
        ("uv", "cu127", "cu128"),
        ("python", "3.16", "3.15"),
    ],
)
def test_near_names(subject: str, said: str, meant: str) -> None:
    assert meant in near(TABLE, subject, said)


@pytest.mark.parametrize(
    ("subject", "name", "files"),
    [
        ("torch", "2.5.1", {"torch", "wheel_index", "arch", "cuda", "conda", "conda_forge", "compilers"}),
        ("gpu", "RTX 3090", {"gpus", "architectures", "torch", "arch", "cudnn"}),
        ("package", "mmcv", {"downstream"}),
        ("glibc", "2.17", {"torch"}),
        ("uv", "cu126", {"uv", "torch"}),
    ],
)
def test_only_the_files_that_are_asked_for_are_read(subject: str, name: str, files: set[str]) -> None:
    read = set()

    def recorded(file: str) -> bytes:
        read.add(file[: -len(".json")])
        return packaged(file)

    QUESTIONS[subject](CompatTable(recorded), name)
    assert read == files


def test_the_command_line() -> None:
    said = envdoctor("compat", "package", "mmcv-ful")
    assert (said.code, said.out) == (2, "")
    assert said.err == ("envdoctor: the table has no row for package mmcv-ful; did you mean mmcv-full or mmcv?\n")
    said = envdoctor("compat", "allocator", "expandable_segment", "--format", "json")
    assert said.code == 2
    assert "did you mean expandable_segments" in json.loads(said.out)["error"]["message"]
    said = envdoctor("compat", "python", "3.13", "--format", "json")
    assert said.code == 0
    made = json.loads(said.out)
    assert (made["format"], made["title"]) == ("compat-v1", "Python 3.13")
    assert envdoctor("compat", "planet", "mars").code == 2
    assert f"SUBJECT: {', '.join(SUBJECTS)}, or update" in " ".join(envdoctor("compat", "--help").out.split())
    assert "which one? (for example 3.13)" in envdoctor("compat", "python").err
