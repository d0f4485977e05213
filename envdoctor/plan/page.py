"""A plan as a page, as JSON, and as a command alone."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Sequence

from ..cure.planner import Refused, TorchPlan
from ..render import shell
from ..render.page import BLANK, Line, line
from ..render.page import command as command_line
from ..render.words import shown
from ..report import Evidence
from ..versions import cuda_of_tag
from .command import Planned

FORMAT = "plan-v1"


def title(plan: TorchPlan) -> str:
    """'torch 2.5.1 for CUDA 12.1 (cu121), with torchvision 0.20.1 and torchaudio 2.5.1'."""
    what = plan.variant
    if plan.variant.startswith("cu"):
        what = f"CUDA {cuda_of_tag(plan.variant)} ({plan.variant})"
    beside = [f"{name} {version}" for name, version in _beside(plan) if version]
    return f"torch {plan.torch} for {what}" + (f", with {' and '.join(beside)}" if beside else "")


def _beside(plan: TorchPlan) -> Iterable[Sequence[str]]:
    if plan.recipe is None:
        return (("torchvision", plan.torchvision or ""), ("torchaudio", plan.torchaudio or ""))
    pairs = [package.split("==") for package in plan.recipe.packages if "==" in package]
    return [pair for pair in pairs if pair[0].startswith(("torchvision", "torchaudio"))]


def page(planned: Planned) -> Iterator[Line]:
    if planned.plan is not None:
        yield line(title(planned.plan), "strong")
    for argv in planned.commands:
        yield command_line(argv, 2)
    yield BLANK
    yield from evidence(planned.reasons)
    for note in planned.notes:
        yield line(shown(note), "note", 2)


def evidence(reasons: Iterable[Evidence]) -> Iterator[Line]:
    for one in reasons:
        where = f"  [{shown(one.source)}]" if one.source else ""
        yield Line(((f"- {shown(one.says)}", ""), (where, "dim")), 2, hang=2)


def refusal(planned: Planned) -> str:
    """Why nothing fits, in one sentence."""
    # Where a build fits and cannot be put there, the notes say why.
    said = planned.notes if planned.plan is not None else ()
    told = "; ".join(said or (f"{one.says} [{one.source}]" for one in planned.reasons))
    return f"no build fits: {told}"


def why_page(version: str, builds: Sequence[Refused]) -> Iterator[Line]:
    free = [one.variant for one in builds if one.why is None]
    if free:
        yield line(f"Nothing refuses torch {version} there: {', '.join(free)}", "good")
    else:
        yield line(f"torch {version} is refused", "strong")
    told: Dict[Evidence, List[str]] = {}
    for one in builds:
        if one.why is not None:
            told.setdefault(one.why, []).append(one.variant)
    for why, variants in told.items():
        lead = f"{', '.join(variants)}: " if any(variants) else ""
        yield Line(((f"- {lead}{shown(why.says)}", ""), (f"  [{shown(why.source)}]", "dim")), 2, hang=2)


def as_json(planned: Planned, exit_code: int) -> Dict[str, Any]:
    plan = planned.plan
    return {
        "format": FORMAT,
        "exit_code": exit_code,
        "fits": bool(planned.command),
        "torch": plan.torch if plan else None,
        "torchvision": plan.torchvision if plan else None,
        "torchaudio": plan.torchaudio if plan else None,
        "accelerator": plan.variant if plan else None,
        "pythons": list(plan.pythons) if plan else [],
        "argv": list(planned.command),
        "command": " && ".join(map(shell.line, planned.commands)) or None,
        "commands": [list(argv) for argv in planned.commands],
        "reasons": _listed(planned.reasons),
        "notes": list(planned.notes),
    }


def why_json(version: str, builds: Sequence[Refused], exit_code: int) -> Dict[str, Any]:
    told: List[Dict[str, Any]] = [
        {
            "accelerator": one.variant or None,
            "refused": one.why is not None,
            "says": one.why.says if one.why else None,
            "source": one.why.source if one.why else None,
        }
        for one in builds
    ]
    return {"format": FORMAT, "exit_code": exit_code, "torch": version, "why_not": told}


def _listed(reasons: Iterable[Evidence]) -> List[Dict[str, str]]:
    return [{"says": one.says, "source": one.source} for one in reasons]
