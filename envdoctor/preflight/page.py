"""A decision as lines for people, as JSON, and as lines for a shell or for Slurm's TaskProlog."""

from __future__ import annotations

import json
from typing import Dict, Iterable, List, Tuple

from ..exits import Exit
from ..reading import value_or
from ..render.page import Line
from ..render.shell import line as shell_line
from ..render.words import shown
from ..report import Finding
from .choice import Choice, Opinion
from .decide import Decision

_STYLES = {"go": "good", "busy": "warning", "no": "error", "unknown": "warning"}


def environment(picked: Iterable[Choice]) -> Dict[str, str]:
    """What a job needs in its environment to see these GPUs and no other, counted as nvidia-smi counts."""
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": ",".join(choice.uuid for choice in picked)}


def page(decision: Decision, findings: Tuple[Finding, ...] = ()) -> Tuple[Line, ...]:
    """One line a GPU, what else there is to say, and the verdict."""
    lines = [_opinion(opinion, decision.picked) for opinion in decision.opinions]
    lines += [Line((("warning ", "warning"), (shown(text), ""))) for text in decision.warnings]
    lines += [_finding(finding) for finding in findings]
    style = "good" if decision.code == Exit.OK else "strong"
    return (*lines, Line(((shown(decision.sentence), style),)))


def _opinion(opinion: Opinion, picked: Tuple[Choice, ...]) -> Line:
    chosen = any(choice.uuid == opinion.choice.uuid for choice in picked) and opinion.choice.uuid
    answer = "picked" if chosen else opinion.answer
    return Line(
        ((f"{opinion.choice.label}  ", "strong"), (f"{answer:<7}", _STYLES[opinion.answer]), (shown(opinion.why), ""))
    )


def _finding(finding: Finding) -> Line:
    return Line(
        ((f"{finding.severity} ", finding.severity), (f"{finding.name}  ", "strong"), (shown(finding.title), ""))
    )


def as_json(decision: Decision, findings: Tuple[Finding, ...] = ()) -> str:
    picked = [choice.uuid for choice in decision.picked]
    gpus: List[Dict[str, object]] = [
        {
            "index": opinion.choice.gpu.index,
            "uuid": opinion.choice.uuid or None,
            "mig": opinion.choice.mig.profile if opinion.choice.mig else None,
            "name": value_or(opinion.choice.gpu.name, None),
            "answer": opinion.answer,
            "why": opinion.why,
            "picked": opinion.choice.uuid in picked,
        }
        for opinion in decision.opinions
    ]
    content = {
        "format": "preflight-v1",
        "answer": {Exit.OK: "go", Exit.FINDINGS: "no", Exit.TRY_LATER: "later"}.get(decision.code, "unknown"),
        "exit_code": int(decision.code),
        "says": decision.sentence,
        "gpus": gpus,
        "picked": picked,
        "environment": environment(decision.picked) if picked else {},
        "warnings": list(decision.warnings),
        "findings": [
            {"name": each.name, "id": each.rule, "severity": each.severity, "title": each.title} for each in findings
        ],
    }
    return json.dumps(content, indent=2) + "\n"


def as_shell(decision: Decision) -> str:
    """`export` lines for eval, nothing where no GPU was picked: a job must not go on to all of them by mistake."""
    made = environment(decision.picked) if decision.picked else {}
    return "".join(f"export {shell_line((f'{name}={value}',))}\n" for name, value in made.items())


def as_task_prolog(decision: Decision, lines: Iterable[Line]) -> str:
    """What Slurm reads from a TaskProlog: `print` lines reach the user, `export` lines the job's environment."""
    told = "".join(f"print envdoctor: {line.text}\n" for line in lines)
    made = environment(decision.picked) if decision.picked else {}
    return told + "".join(f"export {name}={value}\n" for name, value in made.items())
