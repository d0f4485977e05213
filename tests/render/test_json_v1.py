"""The contract of json-v1: exactly these keys. A key may be added, here and in the code; none may go or change."""

import json

from envdoctor.codec import from_plain
from envdoctor.facts import Facts
from envdoctor.render.json_v1 import error_text, plan_object, report_object, text_of
from envdoctor.report import Evidence, Fix, Plan, Step, Verdict
from tests.healthy import healthy
from tests.render.reports import PYTHON, finding, report

KEYS = {
    "": "format envdoctor table taken_at exit_code target findings verdicts probes facts",
    "target": "executable chosen_by version kind manager prefix torch torch_cuda driver driver_cuda",
    "findings": "name id severity confidence title meaning because fixes",
    "because": "says source",
    "fixes": "title commands argv who safety check note",
    "verdicts": "id name status why",
    "probes": "name status seconds detail",
    "facts": "taken_at python installs torch driver gpus toolkit compiler libraries indexes session storage",
}


def test_exactly_these_keys() -> None:
    made = json.loads(text_of(report_object(report(finding()), 1)))
    places = {
        "": made,
        "target": made["target"],
        "findings": made["findings"][0],
        "because": made["findings"][0]["because"][0],
        "fixes": made["findings"][0]["fixes"][0],
        "verdicts": made["verdicts"][0],
        "probes": made["probes"][0],
        "facts": made["facts"],
    }
    assert {place: " ".join(value) for place, value in places.items()} == KEYS


def test_the_values() -> None:
    made = json.loads(text_of(report_object(report(finding()), 1)))
    assert made["format"] == "json-v1" and made["exit_code"] == 1 and made["table"] == "2026-11-22"
    assert made["target"]["executable"] == PYTHON
    assert made["target"]["torch"] == "2.5.1+cu121"
    assert [one["name"] for one in made["findings"]] == ["driver-too-old"]
    assert made["findings"][0]["id"] == "DRV101"
    fix = made["findings"][0]["fixes"][0]
    assert fix["commands"] == [f"{PYTHON} -m pip install torch==2.5.1 'numpy<2'"]
    assert fix["argv"] == [[PYTHON, "-m", "pip", "install", "torch==2.5.1", "numpy<2"]]
    assert fix["check"] == f"{PYTHON} -c 'import torch; print(torch.cuda.is_available())'"
    assert made["findings"][0]["fixes"][1]["check"] is None
    assert {one["name"]: one["status"] for one in made["verdicts"]} == {
        "driver-too-old": "fail",
        "cpu-only-build": "pass",
    }


def test_findings_come_worst_and_surest_first() -> None:
    guess = finding(rule="AAA101", name="guess", confidence="likely")
    note = finding(rule="AAA100", name="note", severity="note")
    made = json.loads(text_of(report_object(report(note, guess, finding()), 1)))
    assert [one["name"] for one in made["findings"]] == ["driver-too-old", "guess", "note"]


def test_the_facts_can_be_read_back() -> None:
    assert from_plain(Facts, json.loads(text_of(report_object(report(), 0)))["facts"]) == healthy()


def test_any_name_makes_a_document_that_strict_parsers_read() -> None:
    odd = "caf\u00e9 \udcff\x1b\n"
    one = finding(title=odd, because=(Evidence(odd, odd),), fixes=(Fix(odd, (("rm", "--", odd + "x"),)),))
    text = text_of(report_object(report(one, verdicts=(Verdict("AAA101", odd, "cannot-tell", why=odd),)), 1))
    assert text.isascii()
    made = json.loads(text)
    text_again = json.dumps(made, ensure_ascii=False)
    text_again.encode("utf-8")  # fails on a lone surrogate
    assert made["findings"][0]["title"] == "caf\u00e9 \\xff\x1b\n"
    assert made["findings"][0]["fixes"][0]["commands"] == ["rm -- \"$(printf 'caf\\303\\251 \\377\\033\\012x')\""]


def test_an_error_is_json_too() -> None:
    assert json.loads(error_text("no such file: /x", 2)) == {
        "format": "json-v1",
        "error": {"message": "no such file: /x", "exit_code": 2},
    }


PLAN_KEYS = {
    "": "format envdoctor table taken_at exit_code target mended steps admin checks unmended later",
    "steps": "title commands argv safety note",
    "unmended": "name why",
}


def test_a_plan_has_exactly_these_keys() -> None:
    step = Step("Install it", ((PYTHON, "-m", "pip", "install", "numpy<2"),))
    plan = Plan((finding(),), (step,), (), (("envdoctor", "check"),), ((finding(), "no way"),))
    made = json.loads(text_of(plan_object(plan, report(finding()), 1)))
    places = {"": made, "steps": made["steps"][0], "unmended": made["unmended"][0]}
    assert {place: " ".join(value) for place, value in places.items()} == PLAN_KEYS
    assert made["steps"][0]["commands"] == [f"{PYTHON} -m pip install 'numpy<2'"]
    assert (made["mended"], made["checks"]) == (["driver-too-old"], ["envdoctor check"])
