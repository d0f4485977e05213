"""json-v1: every field named here. Adding a key is no break; a renamed or dropped one needs a json-v2."""

from __future__ import annotations

import json
from typing import Any, Dict

from ..codec import to_plain
from ..facts import Facts
from ..reading import Known, Reading
from ..report import Evidence, Finding, Fix, Plan, ProbeRun, Report, Step, Verdict
from . import shell

FORMAT = "json-v1"


def error_text(message: str, exit_code: int) -> str:
    """What is said in place of a report when there is none."""
    return text_of({"format": FORMAT, "error": {"message": message, "exit_code": exit_code}})


def text_of(value: Dict[str, Any]) -> str:
    """The document: one line a value, so that two of them can be compared line by line."""
    # Pure ASCII, so that no locale can break it.
    return json.dumps(_clean(value), indent=1) + "\n"


def _clean(value: Any) -> Any:
    """Bytes that are not UTF-8 are spelled \\xNN: a lone surrogate makes the whole document unreadable to strict
    parsers. Commands keep the exact bytes, because the shell line spells them in octal."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def report_object(report: Report, exit_code: int) -> Dict[str, Any]:
    return {
        "format": FORMAT,
        "envdoctor": report.version,
        "table": report.table,
        "taken_at": report.facts.taken_at,
        "exit_code": exit_code,
        "target": target_object(report.facts),
        "findings": [finding_object(finding) for finding in report.findings],
        "verdicts": [_verdict(verdict) for verdict in report.verdicts],
        "probes": [_probe(run) for run in report.probes],
        "facts": to_plain(report.facts),
    }


def plan_object(plan: Plan, report: Report, exit_code: int) -> Dict[str, Any]:
    """What `fix` prints: one list of commands for all findings."""
    return {
        "format": FORMAT,
        "envdoctor": report.version,
        "table": report.table,
        "taken_at": report.facts.taken_at,
        "exit_code": exit_code,
        "target": target_object(report.facts),
        "mended": [finding.name for finding in plan.mended],
        "steps": [_step(step) for step in plan.steps],
        "admin": [_step(step) for step in plan.admin],
        "checks": [shell.line(argv) for argv in plan.checks],
        "unmended": [{"name": finding.name, "why": why} for finding, why in plan.unmended],
        "later": [finding.name for finding in plan.later],
    }


def _step(step: Step) -> Dict[str, Any]:
    return {
        "title": step.title,
        "commands": [shell.line(argv) for argv in step.commands],
        "argv": [list(argv) for argv in step.commands],
        "safety": step.safety,
        "note": step.note,
    }


def _value(reading: Reading[str]) -> Any:
    return reading.value if isinstance(reading, Known) else None


def target_object(facts: Facts) -> Dict[str, Any]:
    """The environment in question, null where it is not known; facts.python says why."""
    return {
        "executable": _value(facts.python.executable),
        "chosen_by": _value(facts.python.chosen_by),
        "version": _value(facts.python.version),
        "kind": _value(facts.python.kind),
        "manager": _value(facts.python.manager),
        "prefix": _value(facts.python.prefix),
        "torch": _value(facts.torch.version),
        "torch_cuda": _value(facts.torch.cuda),
        "driver": _value(facts.driver.module_version),
        "driver_cuda": _value(facts.driver.cuda),
    }


def finding_object(finding: Finding) -> Dict[str, Any]:
    return {
        "name": finding.name,
        "id": finding.rule,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "title": finding.title,
        "meaning": finding.meaning,
        "because": [_evidence(evidence) for evidence in finding.because],
        "fixes": [_fix(fix) for fix in finding.fixes],
    }


def _evidence(evidence: Evidence) -> Dict[str, Any]:
    return {"says": evidence.says, "source": evidence.source}


def _fix(fix: Fix) -> Dict[str, Any]:
    return {
        "title": fix.title,
        "commands": [shell.line(argv) for argv in fix.commands],
        "argv": [list(argv) for argv in fix.commands],
        "who": fix.who,
        "safety": fix.safety,
        "check": shell.line(fix.check) if fix.check else None,
        "note": fix.note,
    }


def _verdict(verdict: Verdict) -> Dict[str, Any]:
    return {"id": verdict.rule, "name": verdict.name, "status": verdict.status, "why": verdict.why}


def _probe(run: ProbeRun) -> Dict[str, Any]:
    return {"name": run.name, "status": run.status, "seconds": round(run.seconds, 4), "detail": run.detail}
