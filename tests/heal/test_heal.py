"""Broken environments, put through one round of the printed commands: a handful always, all of them with `-m big`.

`scripts/heal_rate.py` runs the same and prints the report.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ..envs import build
from .bench import Workshop, heal
from .recipes import Recipe, recipes

RECIPES = {recipe.name: recipe for recipe in recipes()}
HANDFUL = ("cpu-torchvision-beside-cuda-torch", "pip-told-to-use-no-index")


def _for_this_python(name: str) -> Recipe:
    recipe = RECIPES[name]
    if build.interpreter(recipe.python) is None:
        pytest.skip(f"there is no Python {recipe.python} here")
    return recipe


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("name", HANDFUL)
def test_the_printed_lines_heal(name: str, tmp_path: Path, workshop: Workshop) -> None:
    asked = len(workshop.stage.asked)
    outcome = heal(_for_this_python(name), tmp_path / "here", workshop)
    assert (outcome.healed, outcome.left, outcome.changed, outcome.trouble) == (True, [], [], ""), outcome
    assert outcome.commands
    # What was downloaded came from PyTorch's own addresses, as the lines say.
    assert any("https://download.pytorch.org/whl/cu121/torch/" in one for one in workshop.stage.asked[asked:])


@pytest.mark.slow
@pytest.mark.real
def test_a_version_that_changes_without_need_is_told(tmp_path: Path, workshop: Workshop) -> None:
    made = "pip install --no-deps torch==2.5.1 --index-url https://download.pytorch.org/whl/cpu"
    made += "\npip install numpy==1.26.4 pillow filelock sympy networkx jinja2 fsspec typing-extensions"
    made += "\npip install --no-deps torchvision==0.19.1 --index-url https://download.pytorch.org/whl/cpu"
    recipe = dataclasses.replace(_for_this_python(HANDFUL[0]), made=made, machine="", changes=())
    outcome = heal(recipe, tmp_path / "here", workshop)
    assert outcome.healed, outcome
    assert outcome.changed == ["torchvision 0.19.1+cpu -> 0.20.1+cpu"]


@pytest.mark.slow
@pytest.mark.real
def test_what_was_not_broken_as_meant_is_not_healed(tmp_path: Path, workshop: Workshop) -> None:
    recipe = dataclasses.replace(_for_this_python(HANDFUL[0]), made="true", options=("--without-pip",))
    outcome = heal(recipe, tmp_path / "here", workshop)
    assert not outcome.healed and "torch-torchvision-mismatch is not found in what was built" in outcome.trouble


@pytest.mark.big
@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("name", [one.name for one in RECIPES.values() if one.kind != "conda"])
def test_every_environment_heals(name: str, tmp_path: Path, workshop: Workshop) -> None:
    _heals(RECIPES[name], tmp_path / "here", workshop)


@pytest.mark.big
@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("name", [one.name for one in RECIPES.values() if one.kind == "conda"])
def test_every_conda_environment_heals(name: str, tmp_path: Path, conda_workshop: Workshop) -> None:
    _heals(RECIPES[name], tmp_path / "here", conda_workshop)


def _heals(recipe: Recipe, folder: Path, workshop: Workshop) -> None:
    outcome = heal(recipe, folder, workshop)
    assert (outcome.healed, outcome.changed) == (True, []), outcome
