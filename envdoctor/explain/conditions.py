"""Conditions of the table's signatures: facts, rules and other signatures that confirm or refute a reading."""

from __future__ import annotations

from typing import Optional

from ..compat import Condition
from ..reading import Absent, Known, Reading, source_of, value_or
from ..report import Evidence
from .evidence import Case


def holds(condition: Condition, case: Case) -> Optional[Evidence]:
    """The evidence where the condition is met, None where it is not or where that is not known."""
    kind, _, what = condition.on.partition(" ")
    if kind == "signature":
        hit = case.hit(what)
        return Evidence(hit.text[:160], hit.source) if hit else None
    if kind == "rule":
        return _rule(what, case)
    if kind == "fact":
        return _fact(what, condition.like, case)
    raise ValueError(f"a condition on {condition.on!r} is not known")


def _rule(what: str, case: Case) -> Optional[Evidence]:
    name, _, status = what.partition(":")
    for verdict in case.verdicts:
        if verdict.name == name and verdict.status == (status or "fail"):
            finding = verdict.findings[0] if verdict.findings else None
            source = finding.because[0].source if finding and finding.because else "the facts in the text"
            return Evidence(finding.title if finding else f"by the facts it is not {name}", source)
    return None


def _fact(what: str, like: str, case: Case) -> Optional[Evidence]:
    if what == "gpus.mig" or what == "gpus.compute_mode":
        return _gpu(what, like, case)
    group, _, field = what.partition(".")
    reading: Reading[object] = getattr(getattr(case.facts, group), field)
    source = source_of(reading)
    if like == "known":
        return Evidence(f"{what} is {reading.value}", source) if isinstance(reading, Known) else None
    if like == "absent":
        return Evidence(f"{what} is not there", source) if isinstance(reading, Absent) else None
    value = str(value_or(reading, ""))
    fits = value.startswith(like[:-1]) if like.endswith("*") else value == like
    return Evidence(f"{what} is {value}", source) if value and fits else None


def _gpu(what: str, like: str, case: Case) -> Optional[Evidence]:
    for gpu in value_or(case.facts.gpus.gpus, ()):
        mode, mig = value_or(gpu.compute_mode, ""), value_or(gpu.mig_mode, False)
        reading = source_of(gpu.compute_mode) if what == "gpus.compute_mode" else source_of(gpu.mig_mode)
        if (mode == like) if what == "gpus.compute_mode" else (mig and like == "on"):
            return Evidence(f"GPU {gpu.index}: {what.partition('.')[2]} {like}", reading)
    return None
