"""Mirrors: what is asked for, what is configured, and the line that comes of it."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest

from envdoctor.cure import case_of, fix_of
from envdoctor.cure.channels import channels_at
from envdoctor.cure.mirrors import NoMirror, asked_for
from envdoctor.facts import Facts, Setting
from envdoctor.reading import Known
from envdoctor.report import NeedEnvironment, NeedTorch, Remedy
from tests.cure.cases import PYTHON, conda, project, record, with_tools
from tests.cure.machines import TABLE, machine
from tests.healthy import change, healthy

PIP_CONF, CONDARC = "/home/ana/.config/pip/pip.conf", "/home/ana/.condarc"
TUNA = "https://mirrors.tuna.tsinghua.edu.cn/anaconda/cloud"
INSTALL = (PYTHON, "-m", "pip", "install")


def configured(facts: Facts, key: str, *values: str, effective: bool = True) -> Facts:
    return change(facts, "indexes", pip=Known((Setting(key, values, PIP_CONF, effective),), "pip's files"))


def condarc(facts: Facts, **settings: str) -> Facts:
    found = tuple(Setting(key.replace("__", "."), (value,), CONDARC, True) for key, value in settings.items())
    return change(facts, "indexes", conda=Known(found, "conda's files"))


def words(facts: Facts, mirror: Optional[str] = None, need: Optional[NeedTorch] = None) -> Tuple[str, ...]:
    fix = fix_of(Remedy("torch", (need or NeedTorch("2.5.1", "cu121"),)), case_of(facts, TABLE, None, mirror))
    assert fix.commands, fix.note
    return fix.commands[-1]


def note(facts: Facts, mirror: Optional[str] = None) -> str:
    return fix_of(Remedy("torch", (NeedTorch("2.5.1", "cu121"),)), case_of(facts, TABLE, None, mirror)).note


BARE = machine("550.54.15", "8.6")
TRIO = ("torch==2.5.1", "torchvision==0.20.1", "torchaudio==2.5.1")


@pytest.mark.parametrize(
    ("mirror", "source"),
    [
        ("sjtu", "https://mirror.sjtu.edu.cn/pytorch-wheels/cu121"),
        (" NJU ", "https://mirrors.nju.edu.cn/pytorch/whl/cu121"),
        ("https://wheels.lab/whl", "https://wheels.lab/whl/cu121"),
        ("https://wheels.lab/whl/cu118/", "https://wheels.lab/whl/cu121"),
        ("https://wheels.lab/{variant}", "https://wheels.lab/cu121"),
    ],
)
def test_a_mirror_of_the_wheels_stands_in(mirror: str, source: str) -> None:
    assert words(BARE, mirror) == (*INSTALL, *TRIO, "--index-url", source)
    assert "mirror" in note(BARE, mirror)


def test_a_folder_without_index_pages_is_given_with_tags() -> None:
    tagged = tuple(f"{one}+cu121" for one in TRIO)
    assert words(BARE, "Aliyun") == (*INSTALL, *tagged, "-f", "https://mirrors.aliyun.com/pytorch-wheels/cu121/")
    old = words(machine("470.57.02", "7.5", python="3.8.10"), "aliyun", NeedTorch("1.13.1", "cu116"))
    # torchaudio had no tags then.
    assert old[4:7] == ("torch==1.13.1+cu116", "torchvision==0.14.1+cu116", "torchaudio==0.13.1")


def test_a_mirror_of_pypi_has_one_build() -> None:
    assert words(BARE, "tuna")[-1] == "https://download.pytorch.org/whl/cu121"
    assert "only the build of torch 2.5.1 for cu124, not for cu121" in note(BARE, "tuna")
    same = words(BARE, "tuna", NeedTorch("2.5.1", "cu124"))
    assert same == (*INSTALL, *TRIO, "--index-url", "https://pypi.tuna.tsinghua.edu.cn/simple")


def test_what_pip_is_set_to() -> None:
    tuna = configured(BARE, "index-url", "https://pypi.tuna.tsinghua.edu.cn/simple")
    assert words(tuna)[-1] == "https://download.pytorch.org/whl/cu121"
    assert PIP_CONF in note(tuna)
    # The same build: pip asks its own mirror for it.
    assert words(tuna, None, NeedTorch("2.5.1", "cu124")) == (*INSTALL, *TRIO)
    wheels = configured(BARE, "extra-index-url", "https://mirror.sjtu.edu.cn/pytorch-wheels/cu118")
    assert words(wheels)[-1] == "https://mirror.sjtu.edu.cn/pytorch-wheels/cu121"
    # Of a company's own index nothing is known: what would fit might not be on it.
    own = configured(BARE, "index-url", "https://nexus.corp/simple")
    assert words(own, None, NeedTorch("2.5.1", "cu124"))[-1] == "https://download.pytorch.org/whl/cu124"
    assert "--mirror" in note(own)


def test_what_does_not_count() -> None:
    official = "https://download.pytorch.org/whl/cu121"
    for facts in (
        configured(BARE, "index-url", "https://pypi.org/simple"),
        configured(BARE, "index-url", "https://pypi.tuna.tsinghua.edu.cn/simple", effective=False),
        configured(BARE, "find-links", "https://mirrors.tuna.tsinghua.edu.cn/pytorch/whl/torch_stable.html"),
        configured(BARE, "timeout", "60"),
    ):
        assert words(facts)[-1] == official
        assert "mirror" not in note(facts)


def test_a_new_environment_and_a_project_take_it_too() -> None:
    fresh = fix_of(Remedy("new", (NeedEnvironment(),)), case_of(with_tools(BARE, "uv"), TABLE, None, "sjtu"))
    assert any(word.startswith("https://mirror.sjtu.edu.cn/pytorch-wheels/cu") for word in fresh.commands[-1])
    fix = fix_of(Remedy("torch", (NeedTorch("2.5.1", "cu121"),)), case_of(project("uv"), TABLE, None, "nju"))
    assert "pytorch-cu121=https://mirrors.nju.edu.cn/pytorch/whl/cu121" in fix.commands[0]


def test_channels_by_name_stay_names_where_nothing_is_wrong_with_them() -> None:
    names = ("pytorch", "nvidia")
    assert channels_at(names, healthy(), TABLE) == (names, ())
    alive = condarc(healthy(), custom_channels__pytorch=TUNA)
    assert channels_at(names, alive, TABLE) == (names, ())


@pytest.mark.parametrize("setting", ["custom_channels__nvidia", "channel_alias"])
def test_a_name_that_leads_nowhere_is_given_by_address(setting: str) -> None:
    channels, notes = channels_at(("pytorch", "nvidia"), condarc(healthy(), **{setting: TUNA}), TABLE)
    assert channels == ("pytorch", "https://conda.anaconda.org/nvidia")
    assert len(notes) == 1
    assert CONDARC in notes[0]


def test_a_mirror_of_channels() -> None:
    facts = conda(record("pytorch", "2.5.1"))
    found = words(facts, "TUNA")
    assert found[-4:] == ("-c", f"{TUNA}/pytorch", "-c", "https://conda.anaconda.org/nvidia")
    assert channels_at(("pytorch", "nvidia"), facts, TABLE, "https://conda.lab")[0] == (
        "https://conda.lab/pytorch",
        "https://conda.lab/nvidia",
    )


@pytest.mark.parametrize(
    "said",
    [
        "",
        "nowhere",
        "https://",
        "ftp://example.org/whl",
        "https://mirrors.tuna.tsinghua.edu.cn/pytorch/whl",
        "' \x1b[31m\n;rm -rf /",
    ],
)
def test_what_is_no_mirror(said: str) -> None:
    with pytest.raises(NoMirror):
        asked_for(said, TABLE)


def test_a_password_stands_in_the_command_alone() -> None:
    (place,) = asked_for("https://ana:s3cret@pypi.example.org/simple", TABLE)
    assert "s3cret" in place.url and "s3cret" not in place.name
    with pytest.raises(NoMirror) as told:
        asked_for("ftp://ana:s3cret@example.org/whl", TABLE)
    assert "s3cret" not in str(told.value)
