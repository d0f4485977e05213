"""The broken environments, read from recipes.toml: how each is made, on which machine, and what may change."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Tuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MINORS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
FILE = Path(__file__).parent / "recipes.toml"


@dataclass(frozen=True)
class Machine:
    """An NVIDIA machine as its driver describes it."""

    driver: str
    cuda: str
    gpu: str
    capability: str
    cards: int = 1

    @property
    def nvml(self) -> str:
        """The state of the stand-in NVML."""
        head = f"driver = {self.driver}\ncuda = {self.cuda}\n[default]\nname = {self.gpu}\ntotal = 24576\n"
        return f"{head}cc = {self.capability}\n[gpu x{self.cards}]\n"


@dataclass(frozen=True)
class Recipe:
    name: str
    cause: str  # the finding that must be there before, and gone after
    python: str  # minor version; of a conda prefix, the one that runs the tests
    made: str  # lines of bash, run in the environment; $SITE is its site-packages, $ENV its folder
    changes: Tuple[str, ...]  # packages whose version may change or that may go (fnmatch); no other may
    kind: str = "venv"  # venv | conda | system
    machine: str = ""  # "": no NVIDIA GPU
    specs: Tuple[str, ...] = ()  # of a conda prefix
    channels: Tuple[str, ...] = ("pytorch", "nvidia", "defaults")
    solved_with: str = ""  # the CUDA of the driver where a conda prefix was solved; "": no driver there
    options: Tuple[str, ...] = ()  # of `python -m venv`
    variables: Dict[str, str] = field(default_factory=dict)  # of the user's shell, with $ENV, $SITE, $HOME
    path: Tuple[str, ...] = ()  # of PATH, before the environment's own folder
    pythons: bool = False  # whether python3.8 to python3.13 are on PATH


def machines() -> Dict[str, Machine]:
    return {name: Machine(**words) for name, words in _read()["machines"].items()}


def recipes() -> Tuple[Recipe, ...]:
    return tuple(Recipe(**{key: _frozen(value) for key, value in row.items()}) for row in _read()["environment"])


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _read() -> Dict[str, Any]:
    with open(FILE, "rb") as file:
        return tomllib.load(file)
