"""The project asks for a compiled package that has no prebuilt wheel for this torch.

It finds requirements (mmcv, torch-scatter, ...) whose prebuilt wheels are known and end before this torch or do not
exist for its CUDA: mmcv's last ones are for torch 2.4 and CUDA 12.1. What is installed already is left alone.

It matters because pip says nothing of it: it takes the source and compiles for many minutes, and where there is no nvcc
it stops, or makes a package without its CUDA operators.

It is mended by a torch that there is a wheel for, where the project can live with it, or by compiling: with the CUDA
toolkit of torch's own version and a compiler that it takes.

Example: mmcv in requirements.txt, with torch 2.5.1+cu121.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import Downstream, DownstreamWheel
from ..facts import Facts
from ..reading import Absent, need
from ..report import Evidence, Finding, NotApplicable
from ..versions import numbers
from ._common import distributions_of, finding
from ._requirements import Requirement, requested
from ._torch import release, series, torch_seen, torch_words, variant

ID = "PKG105"
NAME = "no-prebuilt-wheel"
SEVERITY = "note"
TAGS = ("install", "torch", "build")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.installs.requested, "requirements.txt")
    asked = [(one, row) for one in requested(facts).requirements for row in _compiled(table, one)]
    if not asked:
        raise NotApplicable("no package is asked for that has wheels for one torch each")
    here, tag = release(facts, table).version, variant(facts)
    for requirement, row in asked:
        if not any(_serves(wheel, tag, here) for wheel in row.wheels) and not _installed(facts, requirement):
            yield _none(facts, requirement, row, tag)


def _compiled(table: CompatTable, requirement: Requirement) -> List[Downstream]:
    """The table's row, if the requirement leaves it to an index: a path or address brings what it brings."""
    if requirement.specifier.startswith("@"):
        return []
    try:
        row = table.downstream(requirement.name)
    except NoRow:
        return []
    return [row] if row.compiled and row.wheels else []


def _serves(wheel: DownstreamWheel, tag: str, torch: str) -> bool:
    """cu12 stands for every CUDA 12."""
    any_minor = len(wheel.variant) == 4 and wheel.variant.startswith("cu") and tag.startswith(wheel.variant)
    return (wheel.variant == tag or any_minor) and numbers(wheel.torch)[:2] == series(torch)


def _installed(facts: Facts, requirement: Requirement) -> bool:
    return any(True for _ in distributions_of(facts, requirement.name))


def _none(facts: Facts, requirement: Requirement, row: Downstream, tag: str) -> Finding:
    last = _last(row, tag)
    what = f"its last ones for {tag} are for torch {last}" if last else f"it has none for {tag}"
    nvcc = isinstance(facts.toolkit.cuda_home, Absent)
    return finding(
        ID,
        NAME,
        "warning" if nvcc and tag != "cpu" else SEVERITY,
        f"{row.name} has no prebuilt wheel for {torch_words(facts)}: {what}",
        "pip compiles it, and there is no nvcc here: it stops, or the package has no CUDA operators."
        if nvcc
        else "pip compiles it without saying so, for many minutes.",
        [
            Evidence(f"{requirement.line} is asked for", "requirements.txt"),
            torch_seen(facts),
            Evidence(what, str(row.origin)),
        ],
    )


def _last(row: Downstream, tag: str) -> Optional[str]:
    found: List[Tuple[int, ...]] = [numbers(wheel.torch) for wheel in row.wheels if wheel.variant == tag]
    return ".".join(map(str, max(found))) if found else None
