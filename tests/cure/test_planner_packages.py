"""What is installed, what is asked for, and what other packages ask of torch."""

from __future__ import annotations

import dataclasses
from typing import Tuple

import pytest

from envdoctor.facts import Companion, CondaRecord, Distribution
from envdoctor.reading import Absent, Known
from tests.cure.machines import build, machine, no_plan, plan, with_driver, with_gpus, with_packages
from tests.healthy import change, dist, healthy


def test_what_works_stays() -> None:
    found = plan(healthy())
    assert (found.torch, found.variant, found.notes) == ("2.5.1", "cu121", ())


def test_the_release_stays_and_its_build_changes() -> None:
    assert build(with_driver(healthy(), "470.57.02")) == "2.5.1+cu118"
    assert build(with_gpus(with_driver(healthy(), "580.82.07"), "7.0")) == "2.5.1+cu121"
    cpu = change(healthy(), "torch", version=Known("2.5.1+cpu", "version.py"), build=Known("cpu", "version.py"))
    assert build(cpu) == "2.5.1+cu124"  # the CUDA that driver 550 has itself


def test_a_release_that_cannot_stay_is_replaced_and_said_so() -> None:
    found = plan(with_gpus(with_driver(healthy(), "570.133.07"), "12.0"))
    assert f"{found.torch}+{found.variant}" == "2.11.0+cu128"
    assert found.notes[0].startswith("torch 2.5.1, installed, has no build that works here: no build that this driver")


def test_a_release_asked_for_goes_before_the_one_installed() -> None:
    assert build(healthy(), version="2.4.1") == "2.4.1+cu124"
    found = plan(with_gpus(with_driver(healthy(), "570.133.07"), "12.0"), version="2.4.1")
    assert found.torch == "2.11.0"
    assert "torch 2.4.1, asked for, has no build that works here" in found.notes[0]


def test_a_release_that_the_table_does_not_have() -> None:
    found = plan(machine("550.54.15", "8.6"), version="99.0.0")
    assert found.torch == "2.14.1"
    assert found.notes == ("torch 99.0.0, asked for, has no build in the table that is in question here.",)


def test_an_accelerator_asked_for() -> None:
    assert build(healthy(), accelerator="cu118") == "2.5.1+cu118"
    assert build(healthy(), accelerator="cpu") == "2.5.1+cpu"
    assert build(machine(None), accelerator="cu126") == "2.14.1+cu126"  # for jobs on other machines
    assert "runs none of these builds" in no_plan(machine("470.57.02", "8.6"), accelerator="cu126")
    assert "compute capability 7.0" in no_plan(machine("580.82.07", "7.0"), accelerator="cu130")
    assert (
        no_plan(machine("580.82.07", "7.0"), accelerator="cu999") == "no cu999 build of torch for linux_x86_64 is known"
    )


def test_a_cuda_build_stays_on_a_machine_without_a_gpu() -> None:
    login = with_gpus(with_driver(healthy(), None))
    assert build(login) == "2.5.1+cu121"


def test_an_unadvertised_build_only_where_nothing_else_serves() -> None:
    found = plan(machine("570.133.07", "12.0"), version="2.13.0")
    assert found.variant == "cu129"
    assert found.notes == ("The cu129 builds of torch 2.13.0 stand in no official command.",)


def test_only_what_is_there_is_installed() -> None:
    two = with_packages(healthy(), dist("torch", "2.5.1+cu121"), dist("torchvision", "0.20.1+cu121"))
    two = change(two, "torch", companions=Known((), "site-packages"))
    assert [name for name, _ in plan(two).packages] == ["torch", "torchvision"]
    one = with_packages(two, dist("torch", "2.5.1+cu121"))
    assert [name for name, _ in plan(one).packages] == ["torch"]
    assert plan(one).torchvision is None
    assert [name for name, _ in plan(machine("535.129.03", "8.6"), version="2.5.1").packages] == [
        "torch",
        "torchvision",
        "torchaudio",
    ]


def test_torch_alone_has_more_pythons() -> None:
    one = with_packages(change(healthy(), "torch", companions=Known((), "x")), dist("torch", "2.5.1+cu121"))
    one = change(one, "python", version=Known("3.13.0", "ask"))
    assert plan(one).torch == "2.5.1"
    assert plan(change(healthy(), "python", version=Known("3.13.0", "ask"))).torch != "2.5.1"


def test_torchaudio_holds_torch_at_the_last_release_that_has_one() -> None:
    facts = with_driver(healthy(), "580.82.07")
    facts = with_gpus(change(facts, "torch", version=Known("1.2.0", "version.py"), cuda=Absent(())), "8.6")
    assert build(facts) == "2.11.0+cu130"
    newer = plan(facts, version="2.13.0")
    assert newer.torchaudio is None
    assert "No torchaudio was made for torch 2.13.0" in newer.notes[0]


def test_pins_of_other_packages() -> None:
    xformers = dist("xformers", "0.0.23", requires=("numpy", "torch (==2.1.1)", "torchvision; extra == 'vision'"))
    found = plan(with_packages(machine("550.54.15", "8.6"), xformers))
    assert f"{found.torch}+{found.variant}" == "2.1.1+cu121"
    assert any("xformers 0.0.23 asks for torch==2.1.1" in reason.says for reason in found.reasons)
    # ultralytics takes anything from 1.8.0 on.
    any_torch = dist("ultralytics", "8.3.0", requires=("torch>=1.8.0", "torch!=2.4.0,>=1.8.0; sys_platform == 'win32'"))
    assert plan(with_packages(machine("550.54.15", "8.6"), any_torch)).torch == "2.14.1"


def test_a_marker_is_judged_for_the_interpreter_in_question() -> None:
    line = "torch==2.1.2; python_version < '3.9'"
    facts = with_packages(machine("550.54.15", "8.6", python="3.8.18"), dist("old", "1", requires=(line,)))
    assert plan(facts).torch == "2.1.2"
    facts = with_packages(machine("550.54.15", "8.6", python="3.11.7"), dist("old", "1", requires=(line,)))
    assert plan(facts).torch == "2.14.1"


def test_a_pin_that_this_machine_cannot_meet_is_named() -> None:
    xformers = dist("xformers", "0.0.23", requires=("torch==2.1.1",))
    found = plan(with_packages(machine("570.133.07", "12.0"), xformers))
    assert f"{found.torch}+{found.variant}" == "2.11.0+cu128"
    assert found.notes == (
        "xformers 0.0.23 asks for torch==2.1.1, which cannot be met here: it needs another version itself.",
    )


def test_an_installed_release_that_others_refuse_is_not_kept() -> None:
    others = (*(healthy_distributions()), dist("xformers", "0.0.23", requires=("torch==2.1.1",)))
    found = plan(with_packages(healthy(), *others))
    assert found.torch == "2.1.1"
    assert found.notes[0] == "torch 2.5.1 is not kept: another package asks for another version."


def healthy_distributions() -> Tuple[Distribution, ...]:
    found = healthy().installs.distributions
    assert isinstance(found, Known)
    return found.value


@pytest.mark.parametrize(
    "line", ["torch ===", "torch @ file:///x", "torch (", "torch==2.1.1; bad_name == '1'", "torch" * 900]
)
def test_requirements_that_make_no_sense_are_passed_over(line: str) -> None:
    assert plan(with_packages(machine("550.54.15", "8.6"), dist("odd", "1", requires=(line,)))).torch == "2.14.1"


def test_packages_compiled_against_torch() -> None:
    # mmcv 2.1.0 has wheels up to torch 2.1.
    facts = with_packages(machine("550.54.15", "8.6"), dist("mmcv", "2.1.0"))
    assert build(facts) == "2.1.2+cu121"
    others = (*healthy_distributions(), dist("flash_attn", "2.7.3"))
    moved = plan(with_gpus(with_driver(with_packages(healthy(), *others), "570.133.07"), "12.0"))
    assert moved.notes[-1].endswith("to be installed again for this one: flash_attn 2.7.3.")


def test_numpy_two() -> None:
    two = dist("numpy", "2.0.2")
    assert plan(with_packages(machine("550.54.15", "8.6"), two)).notes == ()
    found = plan(with_packages(machine("550.54.15", "8.6"), two), version="2.1.0")
    assert found.torch == "2.1.0"
    assert found.notes == ('torch 2.1.0 was built for NumPy 1, and NumPy 2.0.2 is here: "numpy<2".',)
    assert plan(with_packages(machine("550.54.15", "8.6"), dist("numpy", "1.26.4")), version="2.1.0").notes == ()


def test_a_conda_environment_counts_as_what_its_records_say() -> None:
    records = tuple(
        CondaRecord(name, version, "py", "pytorch", "", False)
        for name, version in (("pytorch", "2.1.0"), ("torchvision", "0.16.0"))
    )
    facts = change(machine("470.57.02", "8.6"), "installs", conda=Known(records, "conda-meta"))
    found = plan(facts)
    assert (found.torch, found.variant, found.torchaudio) == ("2.1.0", "cu118", None)


def test_the_plan_cites_what_it_weighed() -> None:
    found = plan(with_driver(healthy(), "470.57.02"))
    said = {reason.says: reason.source for reason in found.reasons}
    assert said["driver 470.57.02"] == "/sys/module/nvidia/version"
    assert said["GPU 0 (NVIDIA GeForce RTX 3090) has compute capability 8.6"] == "nvml"
    assert "CUDA 11.8 runs on driver 450.80.02 and newer, by minor-version compatibility" in said
    assert any(says.startswith("torch 2.5.1+cu118 has code for sm_50") or "sm_86" in says for says in said)
    assert all(reason.source for reason in found.reasons)
    assert found.pythons == ("3.9", "3.10", "3.11", "3.12")


def test_companions_that_no_installer_recorded_are_kept_too() -> None:
    audio = Companion("torchaudio", "2.5.1", "/x", Absent(()), Absent(()), Absent(()), Absent(()))
    facts = change(healthy(), "torch", companions=Known((audio,), "site-packages"))
    facts = with_packages(facts)
    assert [name for name, _ in plan(facts).packages] == ["torch", "torchaudio"]


def test_a_plan_is_a_value() -> None:
    assert plan(healthy()) == plan(healthy())
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan(healthy()).torch = "0"  # type: ignore[misc]
