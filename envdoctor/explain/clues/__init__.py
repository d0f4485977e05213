"""Relations between lines that a single signature cannot see: one kind a file, found by walking this folder.

A file has `read(case) -> clues`. One that throws is left out; the others go on.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Iterator

from ..evidence import Case, Clue


def all_clues(case: Case) -> Iterator[Clue]:
    """Every clue of every file, in the order of their names."""
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        try:
            yield from module.read(case)
        except Exception as error:  # noqa: BLE001 - one reader that stumbles must not silence the others
            case.faults.append(f"{info.name}: {type(error).__name__}: {error}")
