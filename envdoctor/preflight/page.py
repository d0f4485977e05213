"""A decision as lines for people, as JSON, and as lines for a shell or for Slurm's TaskProlog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, Tuple

from ..exits import Exit
from ..reading import value_or
from ..render.words import shown
from .choice import Choice
from .decide import Decision

if TYPE_CHECKING:
    from ..render.page import Line
    from ..report import Finding

_STYLES = {"go": "good", "busy": "warning", "no": "error", "unknown": "warning"}

Spans = Tuple[Tuple[str, str], ...]  # text and style, as in render/page.py


def environment(picked: Iterable[Choice]) -> Dict[str, str]:
    """What a job needs in its environment to see these GPUs and no other, counted as nvidia-smi counts."""
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": ",".join(choice.uuid for choice in picked)}


def page(decision: Decision, findings: Tuple[Finding, ...] = ()) -> Tuple[Line, ...]:
    from ..render.page import Line

    return tuple(Line(spans) for spans in _lines(decision, findings))


def texts(decision: Decision, findings: Tuple[Finding, ...] = ()) -> Tuple[str, ...]:
    return tuple("".join(text for text, _ in spans) for spans in _lines(decision, findings))


def _lines(decision: Decision, findings: Tuple[Finding, ...]) -> Iterator[Spans]:
    """One line a GPU, what else there is to say, and the verdict."""
    for opinion in decision.opinions:
        chosen = opinion.choice.uuid and any(choice.uuid == opinion.choice.uuid for choice in decision.picked)
        answer = f"{'picked' if chosen else opinion.answer:<7} "
        yield (f"{opinion.choice.label}  ", "strong"), (answer, _STYLES[opinion.answer]), (shown(opinion.why), "")
    for text in decision.warnings:
        yield ("warning ", "warning"), (shown(text), "")
    for finding in findings:
        yield (f"{finding.severity} ", finding.severity), (f"{finding.name}  ", "strong"), (shown(finding.title), "")
    yield ((shown(decision.sentence), "good" if decision.code == Exit.OK else "strong"),)


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
    import json

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
    from ..render.shell import line as shell_line

    made = environment(decision.picked) if decision.picked else {}
    return "".join(f"export {shell_line((f'{name}={value}',))}\n" for name, value in made.items())


def as_task_prolog(decision: Decision, findings: Tuple[Finding, ...] = ()) -> str:
    """What Slurm reads from a TaskProlog: `print` lines reach the user, `export` lines the job's environment."""
    told = "".join(f"print envdoctor: {text}\n" for text in texts(decision, findings))
    made = environment(decision.picked) if decision.picked else {}
    return told + "".join(f"export {name}={value}\n" for name, value in made.items())
