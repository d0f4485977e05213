"""What stands on the page, in which order, and that nothing in it can drive the terminal."""

import dataclasses
import io
import json
import re

from rich.cells import cell_len

from envdoctor.reading import Absent, Known, Unknown
from envdoctor.render.page import check_page
from envdoctor.render.plain import plain
from envdoctor.render.terminal import breaks, painted
from envdoctor.report import Evidence, Fix, ProbeRun, Report, Verdict
from tests.healthy import change, gpu, healthy
from tests.render.reports import PYTHON, finding, report


def text_of(made: Report, verbose: bool = False) -> str:
    return plain(check_page(made, verbose))


def test_healthy_is_one_short_screen() -> None:
    lines = text_of(report()).splitlines()
    assert len(lines) <= 8
    assert any(PYTHON in line and "3.11.7" in line for line in lines)
    assert any("2.5.1+cu121" in line and "CUDA 12.1" in line for line in lines)
    assert any("550.54.15" in line and "12.4" in line for line in lines)
    assert any("RTX 3090" in line and "8.6" in line and "24 GiB" in line for line in lines)
    assert lines[-1] == "Nothing wrong: 1 rule passed."


def test_a_finding_says_what_why_and_the_command() -> None:
    lines = text_of(report(finding())).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("error driver-too-old"))
    assert lines[at + 1].strip() == finding().title
    assert lines[at + 2].strip() == "torch will find no GPU."
    assert lines[at + 3].strip() == "- the driver is 470.57.02  [/sys/module/nvidia/version]"
    assert f"    {PYTHON} -m pip install torch==2.5.1 'numpy<2'" in lines


def test_only_the_first_way_out_is_spelled_unless_verbose() -> None:
    assert "nvidia-driver-535" not in text_of(report(finding()))
    assert "Or (an administrator): renew the driver" in text_of(report(finding()))
    assert "apt-get install nvidia-driver-535" in text_of(report(finding()), verbose=True)


def test_several_findings_are_listed_first_worst_first() -> None:
    note = finding(rule="AAA101", name="a-note", severity="note", title="Small.", fixes=())
    likely = finding(rule="AAA102", name="a-guess", title="Perhaps.", confidence="likely", fixes=())
    lines = text_of(report(note, likely, finding())).splitlines()
    at = lines.index("2 errors, 1 note")
    assert [line.split()[1] for line in lines[at + 1 : at + 4]] == ["driver-too-old", "a-guess", "a-note"]
    assert any(line.startswith("error a-guess") and "likely" in line for line in lines)


def test_notes_have_a_line_and_are_spelled_out_on_request() -> None:
    note = finding(severity="note")
    lines = text_of(report(note)).splitlines()
    assert "Nothing wrong: 1 rule passed, 1 note." in lines
    assert "  note    driver-too-old  " + note.title in lines
    assert "torch will find no GPU." in lines[-1]
    assert "note driver-too-old  DRV101" in text_of(report(note), verbose=True).splitlines()


def test_reasons_for_not_telling_are_grouped() -> None:
    why = "driver: permission denied from /dev/nvidiactl"
    untold = tuple(Verdict(f"GPU10{i}", f"rule-{i}", "cannot-tell", why=why) for i in range(5))
    lines = text_of(report(verdicts=untold)).splitlines()
    assert "Could not tell: 5 questions" in lines
    assert f"  rule-0, rule-1, rule-2 and 2 more: {why}" in lines
    assert f"  rule-0, rule-1, rule-2, rule-3, rule-4: {why}" in text_of(report(verdicts=untold), True).splitlines()


def test_nothing_told_is_not_called_healthy() -> None:
    untold = (Verdict("GPU101", "some-rule", "cannot-tell", why="no answer in time"),)
    made = Report(healthy(), untold, (), "2026-11-22", "0.1.0")
    assert "Nothing wrong" not in text_of(made)


def test_not_everything_told_is_not_called_healthy_either() -> None:
    untold = (Verdict("GPU101", "some-rule", "cannot-tell", why="no answer in time"),)
    assert "Nothing wrong was seen: 1 rule passed, 1 could not tell." in text_of(report(verdicts=untold)).splitlines()


def test_own_faults_are_said_as_such() -> None:
    crashed = (Verdict("GPU101", "some-rule", "crashed", why="KeyError: 'x'"),)
    text = text_of(report(verdicts=crashed, probes=(ProbeRun("gpus", "crashed", 0.1, "ValueError: y"),)))
    assert "the rule some-rule crashed: KeyError: 'x'" in text
    assert "the probe gpus crashed: ValueError: y" in text


def test_details_are_for_verbose() -> None:
    skipped = (Verdict("WSL101", "windows-wsl", "not-applicable", why="this is no WSL"),)
    assert "windows-wsl" not in text_of(report(verdicts=skipped))
    text = text_of(report(verdicts=skipped), verbose=True)
    assert "not applicable: windows-wsl: this is no WSL" in text
    assert re.search(r"python +ok +12 ms", text)
    assert "table of 2026-11-22" in text


def test_equal_gpus_fold_into_one_line() -> None:
    facts = change(healthy(), "gpus", gpus=Known((gpu(0), gpu(1), gpu(2, status="GPU_IS_LOST")), "nvml"))
    lines = text_of(dataclasses.replace(report(), facts=facts)).splitlines()
    assert any(line.startswith("gpu 0-1") for line in lines)
    assert any(line.startswith("gpu 2") and "GPU_IS_LOST" in line for line in lines)


def test_what_is_not_known_is_said_with_its_reason() -> None:
    facts = change(healthy(), "python", executable=Absent(("PATH",)))
    facts = change(facts, "torch", version=Absent(("sys.path",)))
    facts = change(
        facts,
        "driver",
        module_version=Unknown("denied", "", "/sys"),
        nvml_driver_version=Absent(()),
        library_version=Absent(()),
    )
    facts = change(facts, "gpus", gpus=Unknown("timeout", "no answer within 10 s"))
    text = text_of(dataclasses.replace(report(), facts=facts))
    assert "no interpreter found" in text
    assert "not installed" in text
    assert "permission denied from /sys" in text
    assert "1 NVIDIA GPU on the bus, not answering: no answer in time: no answer within 10 s" in text


HOSTILE = "/tmp/\x1b[2J[red]x\nfake: line\udcff\u202e"


def hostile() -> Report:
    one = finding(
        title=f"torch lies in {HOSTILE}",
        because=(Evidence(f"seen {HOSTILE}", HOSTILE),),
        fixes=(Fix(f"delete {HOSTILE}", (("rm", "-rf", "--", HOSTILE),), safety="removes"),),
    )
    made = report(one)
    return dataclasses.replace(made, facts=change(healthy(), "python", executable=Known(HOSTILE, "PATH")))


def test_names_cannot_drive_a_terminal_or_fake_a_line() -> None:
    for text in (text_of(hostile(), True), plain(check_page(hostile()))):
        assert "\x1b" not in text and "\u202e" not in text
        assert not any(line.startswith("fake") for line in text.splitlines())
        assert "\\x1b[2J[red]x\\nfake: line\\xff\\u202e" in text
        text.encode("utf-8")


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_the_terminal_says_the_same_in_colour() -> None:
    made = report(finding(), finding(rule="AAA101", name="a-note", severity="note", fixes=()))
    coloured = painted(check_page(made), Terminal(), width=200)
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == text_of(made).splitlines()


def test_the_terminal_wraps_prose_and_never_commands() -> None:
    bare = re.sub(r"\x1b\[[0-9;]*m", "", painted(check_page(report(finding())), Terminal(), width=40))
    assert f"    {PYTHON} -m pip install torch==2.5.1 'numpy<2'" in bare.splitlines()
    assert all(len(line) <= 40 or len(line.split()) == 1 or PYTHON in line for line in bare.splitlines())
    assert not any(line.endswith(" ") for line in bare.splitlines())


def test_wide_characters_count_twice_and_long_words_stay_whole() -> None:
    text = "\u9a71\u52a8 \u592a\u65e7 /a/very/long/path/that/nobody/breaks end"
    assert [text[a:b].strip() for a, b in zip([0, *breaks(text, 9, cell_len)], [*breaks(text, 9, cell_len), None])] == [
        "\u9a71\u52a8 \u592a\u65e7",
        "/a/very/long/path/that/nobody/breaks",
        "end",
    ]


def test_rich_markup_in_names_is_text() -> None:
    assert "[red]x" in painted(check_page(hostile()), Terminal(), width=500)


def test_page_of_json_and_text_agree_on_the_number_of_findings() -> None:
    from envdoctor.render.json_v1 import report_object, text_of

    made = report(finding(), finding(rule="AAA101", name="a-note", severity="note", fixes=()))
    assert len(json.loads(text_of(report_object(made, 1)))["findings"]) == 2
