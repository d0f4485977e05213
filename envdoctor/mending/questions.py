"""A command of a plan as a question to its own package manager: what would you do, and could you?"""

from __future__ import annotations

import posixpath
from typing import Dict, Sequence, Tuple, Union

from ..frozen import frozen

Argv = Tuple[str, ...]
_CONDA = ("conda", "mamba", "micromamba")
_CONDA_ASKED = ("install", "create", "remove", "update")


@frozen
class Question:
    argv: Argv
    language: str  # of the answer: pip | uv | conda


def question(argv: Argv, makers: Dict[str, str], scratch: str) -> Union[Question, str]:
    """The question to ask, or why none can be asked: "" where no resolver has a part in the command.

    `makers`: folder of an environment that an earlier command makes -> the Python that makes it;
    `scratch`: an empty folder that stands for it, because uv writes a lock file even in a dry run.
    """
    program = posixpath.basename(argv[0])
    if argv[1:4] == ("-m", "pip", "install"):
        return _pip(argv, makers)
    if program == "uv":
        return _uv(argv, makers, scratch)
    if program in _CONDA and len(argv) > 1 and argv[1] in _CONDA_ASKED:
        return Question((*argv, "--dry-run", "--json"), "conda")
    if program == "poetry" and argv[1:2] == ("add",):
        return "poetry says what it would do only in words that change with its version"
    if program == "pixi" and argv[1:2] == ("add",):
        return "pixi has no dry run"
    return ""


def made_by(argv: Argv) -> Tuple[str, str]:
    """(folder, Python or version that makes it) where the command makes a virtual environment; ("", "") else."""
    if argv[1:3] == ("-m", "venv"):
        return argv[-1], argv[0]
    if posixpath.basename(argv[0]) == "uv" and argv[1:2] == ("venv",):
        return argv[-1], argv[argv.index("--python") + 1] if "--python" in argv else ""
    return "", ""


def _pip(argv: Argv, makers: Dict[str, str]) -> Union[Question, str]:
    # --report makes it a pure question: since 22.2 it prints JSON, and an externally managed Python answers too.
    asking = ("-m", "pip", "install", "--dry-run", "--quiet", "--report", "-")
    maker = _maker(argv[0], makers)
    if maker is None:
        return Question((argv[0], *asking, *argv[4:]), "pip")
    if not maker:
        return "its environment is made by an earlier line"
    return Question((maker, *asking, "--ignore-installed", *argv[4:]), "pip")


def _uv(argv: Argv, makers: Dict[str, str], scratch: str) -> Union[Question, str]:
    if argv[1:3] != ("pip", "install"):
        return "" if argv[1:2] == ("venv",) or argv[1:3] == ("pip", "uninstall") else f"uv {argv[1]} has no dry run"
    python = argv[argv.index("--python") + 1] if "--python" in argv else ""
    maker = _maker(python, makers)
    if maker is None:
        return Question((*argv[:3], "--dry-run", *argv[3:]), "uv")
    if not maker:
        return "its environment is made by an earlier line"
    asking = ("--dry-run", "--python", maker, "--target", scratch)
    return Question((*argv[:3], *asking, *_without_python(argv[3:])), "uv")


def _maker(python: str, makers: Dict[str, str]) -> Union[str, None]:
    """The Python that will make the environment of this one; None where it is there already."""
    return next((maker for folder, maker in makers.items() if python.startswith(f"{folder}/")), None)


def _without_python(words: Sequence[str]) -> Argv:
    return tuple(word for before, word in zip(("", *words), words) if "--python" not in (before, word))
