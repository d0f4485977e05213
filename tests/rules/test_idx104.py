from __future__ import annotations

from envdoctor.facts import Facts, Setting
from envdoctor.reading import Known
from envdoctor.report import NeedCommand

from .asking import NOT_KNOWN, change, evidence, found, healthy, needs, silent, the_one
from .installed import conda_env, record

ID = "IDX104"
CONDARC = "/home/ana/.condarc"
TUNA = "https://mirrors.tuna.tsinghua.edu.cn/anaconda"


def condarc(*settings: tuple[str, tuple[str, ...]], facts: Facts | None = None, effective: bool = True) -> Facts:
    made = tuple(Setting(key, values, CONDARC, effective) for key, values in settings)
    return change(facts or conda_env(record("python", "3.11.7")), "indexes", conda=Known(made, "conda configuration"))


def test_a_channel_that_never_was_on_that_mirror() -> None:
    finding = the_one(ID, condarc(("channels", ("conda-forge", f"{TUNA}/cloud/nvidia/"))))
    assert finding.severity == "warning" and f"{TUNA}/cloud/nvidia" in finding.title
    assert CONDARC in evidence(finding)
    (command,) = needs(finding)
    assert isinstance(command, NeedCommand)
    words = ("conda", "config", "--file", CONDARC, "--remove", "channels", f"{TUNA}/cloud/nvidia/")
    assert command.commands == (words,)


def test_custom_channels_and_an_alias_make_addresses() -> None:
    custom = the_one(ID, condarc(("custom_channels.nvidia", (f"{TUNA}/cloud",)), ("channels", ("nvidia",))))
    (command,) = needs(custom)
    assert isinstance(command, NeedCommand)
    own = ("--set", "custom_channels.nvidia", "https://conda.anaconda.org")
    assert command.commands == (("conda", "config", "--file", CONDARC, *own),)
    alias = condarc(("channel_alias", (f"{TUNA}/cloud",)), ("channels", ("nvidia", "defaults")))
    assert "nvidia" in the_one(ID, alias).title


def test_default_channels_that_answer_404() -> None:
    facts = condarc(("default_channels", (f"{TUNA}/pkgs/main", f"{TUNA}/pkgs/r", f"{TUNA}/pkgs/msys2")))
    assert len(found(ID, facts)) == 2


def test_where_conda_does_not_manage_the_environment_it_is_a_note() -> None:
    facts = condarc(("channels", (f"{TUNA}/cloud/nvidia",)), facts=healthy())
    assert the_one(ID, facts).severity == "note"


def test_working_and_unknown_channels() -> None:
    assert silent(ID, condarc(("channels", (f"{TUNA}/cloud/pytorch", "https://conda.lab/main")))) == "pass"
    assert silent(ID, condarc(("channels", (f"{TUNA}/cloud/nvidia-labs",)))) == "pass"
    overridden = condarc(("channels", (f"{TUNA}/cloud/nvidia",)), effective=False)
    assert silent(ID, overridden) == "not-applicable"
    assert silent(ID, condarc(("channels", ("nvidia", "pytorch")))) == "not-applicable"  # Anaconda's own


def test_without_conda_and_unknown() -> None:
    assert silent(ID, healthy()) == "not-applicable"
    assert silent(ID, change(healthy(), "indexes", conda=NOT_KNOWN)) == "cannot-tell"
