"""All findings together: one list in an order that works, nothing twice, nothing that another step makes needless."""

from typing import Tuple

from envdoctor.compat import CompatTable
from envdoctor.cure.plan import plan
from envdoctor.facts import Facts
from envdoctor.render.plain import plain
from envdoctor.render.plan_page import commands_text, explanation, plan_page
from envdoctor.report import (
    Finding,
    Need,
    NeedCommand,
    NeedDeleted,
    NeedEnvironment,
    NeedPackages,
    NeedRemoved,
    NeedTorch,
    NeedVariable,
    Plan,
    Remedy,
    Report,
    Verdict,
)
from tests.cure.cases import PYTHON, system
from tests.healthy import SITE, healthy

MACHINE = healthy()
PIP = (PYTHON, "-m", "pip")


def one(*needs: Need, severity: str = "error", rule: str = "AAA101", title: str = "mend it") -> Finding:
    remedies = (Remedy(title, needs),) if needs else ()
    return Finding(rule, rule.lower(), severity, f"{rule} is true", "", (), remedies)


def planned(*findings: Finding, facts: Facts = MACHINE) -> Plan:
    verdicts = tuple(Verdict(finding.rule, finding.name, "fail", (finding,)) for finding in findings)
    return plan(Report(facts, verdicts, (), "2026-11-22", "0.1.0"), CompatTable())


def programs(made: Plan) -> Tuple[str, ...]:
    """What each command does, short: unset, rm, pip uninstall, pip install."""
    return tuple(" ".join(argv[2:4]) if argv[0] == PYTHON else argv[0] for argv in made.commands)


def test_nothing_wrong_is_nothing_to_do() -> None:
    made = planned(one(NeedVariable("X"), severity="note"))
    assert (made.commands, made.admin_commands, made.checks, made.unmended) == ((), (), (), ())
    assert commands_text(made, admin=True, root=False) == ""
    assert explanation(made, admin=True) == "Nothing to mend."


def test_the_order() -> None:
    made = planned(
        one(NeedPackages(("numpy<2",)), rule="AAA101"),
        one(NeedTorch(), rule="AAA102"),
        one(NeedPackages(("pip",), upgrade=True), rule="AAA103"),
        one(NeedRemoved(("ultralytics",)), rule="AAA104"),
        one(NeedDeleted((f"{SITE}/~orch",)), rule="AAA105"),
        one(NeedCommand((("pip-config", "unset"),)), rule="AAA106"),
        one(NeedVariable("LD_LIBRARY_PATH"), rule="AAA107"),
    )
    assert programs(made)[:5] == ("unset", "pip-config", "rm", "pip uninstall", "pip install")
    installs = [argv for argv in made.commands if argv[2:4] == ("pip", "install")]
    assert installs[0][-1] == "pip" and installs[-1][-1] == "numpy<2"
    assert any(word.startswith("torch==") for word in installs[1])


def test_what_follows_an_install_within_a_remedy_stays_after_it() -> None:
    kernel = (PYTHON, "-m", "ipykernel", "install", "--user")
    made = planned(
        one(NeedPackages(("ipykernel",)), NeedCommand((kernel,)), rule="AAA101"),
        one(NeedPackages(("numpy<2",)), rule="AAA102"),
    )
    assert made.commands[-1] == kernel


def test_the_same_command_stands_once() -> None:
    made = planned(one(NeedVariable("PYTHONPATH"), rule="AAA101"), one(NeedVariable("PYTHONPATH"), rule="AAA102"))
    assert made.commands == (("unset", "PYTHONPATH"),)
    assert len(made.mended) == 2


def test_several_needs_of_torch_are_one_install_that_meets_them_all() -> None:
    made = planned(
        one(NeedTorch(accelerator="cu118"), rule="AAA101"),
        one(NeedTorch(version="2.5.1"), rule="AAA102"),
        one(NeedTorch(), rule="AAA103"),
    )
    text = commands_text(made, admin=False, root=False)
    last = text.splitlines()[-1]
    assert "torch==2.5.1" in last and "cu118" in last
    assert text.count("cu118") == text.count("torch==2.5.1") == len(text.splitlines())


def test_where_they_differ_the_worst_finding_wins() -> None:
    made = planned(
        one(NeedTorch(accelerator="cu121"), rule="AAA101", severity="warning"),
        one(NeedTorch(accelerator="cu118"), rule="AAA102", severity="error"),
    )
    assert "cu118" in str(made.commands) and "cu121" not in str(made.commands)


def test_what_torch_brings_is_not_installed_again() -> None:
    made = planned(
        one(NeedTorch(), rule="AAA101"),
        one(NeedPackages(("torchvision==0.20.1",)), rule="AAA102"),
        one(NeedPackages(("nvidia-cudnn-cu12==9.1.0.70",)), rule="AAA103"),
        one(NeedPackages(("numpy<2",)), rule="AAA104"),
    )
    assert "nvidia-cudnn" not in str(made.commands)
    assert made.commands[-1] == (*PIP, "install", "numpy<2")


def test_a_new_environment_replaces_every_repair_of_the_old_one() -> None:
    made = planned(
        one(NeedPackages(("torchvision",), reinstall=True), NeedPackages(("numpy<2",)), rule="AAA101"),
        one(NeedEnvironment("3.11", requirements=("ultralytics",)), rule="AAA102"),
        one(NeedDeleted((f"{SITE}/~orch",)), rule="AAA103"),
        one(NeedVariable("PYTHONPATH"), rule="AAA104"),
    )
    assert made.commands[0] == ("unset", "PYTHONPATH")
    assert made.commands[1][1:3] == ("-m", "venv")
    folder = made.commands[1][-1]
    assert all(argv[0] == f"{folder}/bin/python" for argv in made.commands[2:])
    assert made.commands[-1][-2:] == ("ultralytics", "numpy<2")
    assert made.checks[-1] == ("envdoctor", "check", "--python", f"{folder}/bin/python")


def test_an_environment_that_takes_no_installs_is_replaced_too() -> None:
    made = planned(one(NeedTorch()), facts=system())
    assert made.commands[0] == ("/usr/bin/python3.11", "-m", "venv", "/home/ana/envs/torch")
    assert not any(argv[0] == "/usr/bin/python3" for argv in made.commands)


def test_a_way_without_root_is_taken_before_one_with() -> None:
    finding = Finding(
        "AAA101", "a-rule", "error", "true", "", (),
        (
            Remedy("renew the driver", (NeedCommand((("apt-get", "install", "driver"),), who="admin"),)),
            Remedy("take another torch", (NeedTorch(),)),
        ),
    )  # fmt: skip
    made = planned(finding)
    assert made.admin == () and "torch==" in str(made.commands)


ADMIN = one(NeedCommand((("modprobe", "nvidia"),), who="admin"), rule="AAA101", title="load the module")


def test_what_only_an_administrator_can_run_is_kept_apart() -> None:
    made = planned(ADMIN, one(NeedVariable("PYTHONPATH"), rule="AAA102"))
    assert commands_text(made, admin=False, root=False) == "unset PYTHONPATH\n"
    assert commands_text(made, admin=True, root=False) == "unset PYTHONPATH\nsudo modprobe nvidia\n"
    assert commands_text(made, admin=True, root=True) == "unset PYTHONPATH\nmodprobe nvidia\n"
    assert "--admin" in explanation(made, admin=False) and "load the module" in explanation(made, admin=False)
    assert made.unmended == ()


def test_what_no_command_mends_is_said() -> None:
    made = planned(one(rule="AAA101"), one(NeedDeleted(("/home",)), rule="AAA102"))
    assert [finding.rule for finding, _ in made.unmended] == ["AAA101", "AAA102"]
    assert "not debris" in explanation(made, admin=False)
    assert made.commands == ()


def test_the_page_has_reasons_commands_and_checks() -> None:
    finding = one(NeedPackages(("numpy<2",)), title="bring NumPy below 2")
    made = planned(finding, ADMIN)
    verdict = Verdict("AAA101", "a", "fail", (finding,))
    lines = plain(plan_page(made, Report(healthy(), (verdict,), (), "2026-11-22", "0.1.0"))).splitlines()
    assert "error aaa101 AAA101 is true" in lines
    at = lines.index("1. bring NumPy below 2")
    assert lines[at + 1] == f"    {PYTHON} -m pip install 'numpy<2'"
    assert lines.index("Only an administrator can do this:") > at
    assert f"    envdoctor check --python {PYTHON}" in lines
    assert lines[-1].startswith("Nothing was executed")


def test_advice_is_not_taken_for_a_cure() -> None:
    finding = Finding(
        "AAA101", "a-rule", "error", "true", "", (),
        (
            Remedy("use the other one", (NeedCommand((("/other/bin/python", "-V"),), safety="safe"),)),
            Remedy("install it here", (NeedPackages(("ultralytics",)),)),
        ),
    )  # fmt: skip
    assert planned(finding).commands == ((*PIP, "install", "ultralytics"),)


def test_what_is_wrong_with_a_shadow_goes_away_with_it() -> None:
    shadow = Finding(
        "PYT102", "shadowed-module", "error", "true", "", (), (Remedy("off", (NeedVariable("PYTHONPATH"),)),)
    )
    made = planned(shadow, one(NeedTorch(), rule="TOR103"), one(NeedDeleted((f"{SITE}/~orch",)), rule="PKG102"))
    assert programs(made) == ("unset", "rm")
    assert [finding.rule for finding in made.later] == ["TOR103"]
    assert "tor103" in explanation(made, admin=False)


def test_advice_alone_is_no_cure_and_is_said() -> None:
    advice = one(NeedCommand((("nvidia-smi",),), who="admin", safety="safe"), title="reboot the host")
    made = planned(advice, one(rule="AAA102"))
    assert made.commands == made.admin_commands == ()
    assert [why for _, why in made.unmended] == ["reboot the host", "no command is known that mends this"]


def test_removals_by_one_owner_are_one() -> None:
    made = planned(
        one(NeedRemoved(("torch",)), rule="AAA101"), one(NeedRemoved(("ultralytics", "torch")), rule="AAA102")
    )
    assert made.commands == ((*PIP, "uninstall", "-y", "torch", "ultralytics"),)


def test_sudo_stands_once_and_not_for_root() -> None:
    made = planned(one(NeedCommand((("sudo", "nvidia-smi", "-c", "0"),), who="admin")))
    assert commands_text(made, admin=True, root=False) == "sudo nvidia-smi -c 0\n"
    assert commands_text(made, admin=True, root=True) == "nvidia-smi -c 0\n"
