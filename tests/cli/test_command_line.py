"""The command line as a user meets it: help, mistakes, closed doors."""

import json
import os
import re
import subprocess
import sys

import pytest

from envdoctor import __version__
from envdoctor.commands import NAMES
from envdoctor.rules import all_rules
from tests.cli.run import PLAIN, envdoctor


def test_alone_it_prints_its_help() -> None:
    ended = envdoctor()
    assert ended.code == 0 and ended.err == ""
    assert all(f"  {name} " in ended.out for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_is_explained_with_an_example(name: str) -> None:
    ended = envdoctor(name, "--help")
    assert ended.code == 0 and ended.err == ""
    assert f"envdoctor {name}" in re.split("Examples?:", ended.out)[1]
    lines = ended.out.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("  -"):
            # The explanation stands beside the option, or on the next line where the option is long.
            beside = line[34:].strip() or lines[at + 1].strip()
            assert beside and not beside.startswith("-"), line


def test_the_version() -> None:
    ended = envdoctor("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"envdoctor {__version__}\n", "")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("chekc",), "No such command 'chekc'"),
        (("check", "--pyhton", "x"), "--python"),
        (("check", "--format", "yaml"), "'yaml'"),
        (("check", "--fail-on", "always"), "'always'"),
        (("check", "--patience", "soon"), "'soon'"),
        (("check", "--patience", "0"), "0"),
        (("check", "--patience", "nan"), "nan"),
        (("fix", "--patience", "inf"), "inf"),
        (("gpus", "--patience", "nan"), "nan"),
        (("record", "somewhere", "--patience", "nan"), "nan"),
        (("explain", "--patience", "nan"), "nan"),
        (("memory", "--params", "7B", "--patience", "inf"), "inf"),
        (("check", "--select", "driver-to-old"), "did you mean driver-too-old?"),
        (("check", "--ignore", "DRV1O1"), "did you mean DRV10"),
        (("rule", "driver-to-old"), "did you mean driver-too-old?"),
        (("rule",), "NAME"),
        (("check", "--python", "a", "--env", "b"), "one of them"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(args: "tuple[str, ...]", says: str) -> None:
    ended = envdoctor(*args)
    assert ended.code == 2
    assert ended.out == ""
    assert says in ended.err
    assert ended.err.startswith("envdoctor: ") and ended.err.count("\n") == 1


def test_an_error_with_format_json_is_json_too() -> None:
    for args in (("check", "--format", "json", "--selct", "x"), ("check", "--format=json", "--select", "no-such-rule")):
        ended = envdoctor(*args)
        assert ended.code == 2
        made = json.loads(ended.out)
        assert made["format"] == "json-v1" and made["error"]["exit_code"] == 2
        assert f"envdoctor: {made['error']['message']}\n" == ended.err


def test_control_characters_in_a_mistake_are_spelled_out() -> None:
    ended = envdoctor("rule", "\x1b[2Jx\ny")
    assert ended.code == 2 and "\x1b" not in ended.err
    assert "\\x1b[2Jx\\ny" in ended.err


def test_rules_lists_every_rule_on_one_line() -> None:
    ended = envdoctor("rules")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert [line.split()[:3] for line in lines] == [[rule.id, rule.name, rule.severity] for rule in all_rules()]
    assert all(len(line.split()) > 4 for line in lines)


def test_rules_as_json() -> None:
    made = json.loads(envdoctor("rules", "--format", "json").out)
    assert [rule["id"] for rule in made["rules"]] == [rule.id for rule in all_rules()]
    assert set(made["rules"][0]) == {"id", "name", "severity", "tags", "says"}


def test_a_rule_by_name_and_by_id() -> None:
    rule = all_rules()[0]
    by_name, by_id = envdoctor("rule", rule.name), envdoctor("rule", rule.id)
    assert by_name == by_id
    assert by_name.code == 0
    assert by_name.out.startswith(f"{rule.id} {rule.name} ({rule.severity})\n\n")
    assert rule.page in by_name.out


def shell(line: str) -> "subprocess.CompletedProcess[bytes]":
    env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PY": sys.executable}
    return subprocess.run(["sh", "-c", line], capture_output=True, env=env, timeout=60)


def test_a_reader_that_leaves_is_no_error() -> None:
    # The reader ends before anything is written, so that the write meets a broken pipe for certain.
    done = shell('{ sleep 1; "$PY" -m envdoctor rules; echo "code $?" >&2; } | true')
    assert done.stderr == b"code 0\n"


def test_a_closed_stdout_is_no_error() -> None:
    done = shell('"$PY" -m envdoctor rules >&-; echo "code $?" >&2')
    assert done.stderr == b"code 0\n"


def test_closed_stdout_and_stderr_leave_the_exit_code() -> None:
    assert shell('"$PY" -m envdoctor rule no-such-rule >&- 2>&-; echo "code $?"').stdout == b"code 2\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("options", ["rules", "rules --format json"])
def test_a_full_disk_is_one_sentence(options: str) -> None:
    done = shell(f'"$PY" -m envdoctor {options} > /dev/full; echo "code $?"')
    assert done.stdout == b"code 2\n"
    assert done.stderr == b"envdoctor: the output cannot be written: No space left on device\n"


def test_an_ascii_locale_can_be_written_to() -> None:
    env = {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = envdoctor("rule", "caf\u00e9", env=env)
    assert ended.code == 2 and ended.err.count("\n") == 1 and "Traceback" not in ended.err


def test_help_and_rules_load_no_rich() -> None:
    for args in (["--help"], ["rules"], ["check", "--selct"]):
        script = f"import sys, envdoctor.cli as c; c.run({args!r}); sys.exit('rich' in sys.modules)"
        env = {**PLAIN, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        assert (
            subprocess.run(
                [sys.executable, "-c", script],
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=60,
            ).returncode
            == 0
        )
