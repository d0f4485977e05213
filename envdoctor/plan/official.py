"""The command of PyTorch's page of previous versions, for the build that was chosen."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..compat import CompatTable, OfficialLine
from ..cure.planner import TorchPlan, pip_words

Argv = Tuple[str, ...]
CONDA = ("conda", "mamba", "micromamba")


def words_of(plan: TorchPlan) -> Argv:
    """Arguments of an install command: conda's where the plan is of conda's builds, else pip's."""
    return pip_words(plan) if plan.recipe is None else plan.recipe.words


def started(manager: str, words: Argv, pip: str = "pip") -> Argv:
    """The whole line, for pip (`pip`: as the page spells it) and conda to the letter; mamba and uv take the same
    words."""
    if manager in CONDA:
        return (manager, "install", *words)
    return ("uv", "pip", "install", *words) if manager == "uv" else (pip, "install", *words)


def erratum(table: CompatTable, torch: str, manager: str, os: str, variant: Optional[str]) -> Optional[OfficialLine]:
    """What is wrong with the page's own line for that build, if anything is."""
    if variant is None:
        return None
    return table.official(torch, "conda" if manager in CONDA else "pip", os, variant)


def notes(plan: TorchPlan, wrong: Optional[OfficialLine]) -> List[str]:
    """Where the line differs from the published one, and why."""
    found = [wrong.note] if wrong is not None and wrong.note else []
    recipe = plan.recipe
    if recipe is not None:
        if recipe.extra:
            added = " ".join(recipe.extra)
            found.append(f"{added} is added to the published line: with newer ones this torch does not load.")
        if not recipe.published:
            found.append(f"No official line gives this build: it is from {' and '.join(recipe.channels)}.")
    return found
