"""The wanted cudatoolkit or pytorch-cuda is not in the channels asked.

It finds a requirements.txt that asks pip for conda's packages (cudatoolkit, pytorch-cuda, cpuonly), an environment
that pins a pytorch-cuda that never existed, and a CUDA package pinned on macOS, which has none.

It matters because conda ends in PackagesNotFoundError, pip in "No matching distribution found".

It is mended for pip by leaving the line out, since the CUDA comes with torch's own wheel; for conda by a version that
exists.

It leaves alone pins that exist, and channels about which nothing is known.

Example: conda-meta/pinned has pytorch-cuda=12.6; the last one is 12.4.
"""

from __future__ import annotations

import re
from typing import Iterator, Optional

from ..compat import CompatTable
from ..facts import Facts
from ..reading import given, value_or
from ..report import Evidence, Finding, NeedTorch, Remedy
from ._common import finding, listed, seen
from ._requirements import requested
from ._wanted import torch_gone

ID = "IDX106"
NAME = "cudatoolkit-not-on-channel"
SEVERITY = "warning"
TAGS = ("conda", "index")

#: Names that exist on conda channels alone.
CONDA_ONLY = ("cudatoolkit", "pytorch-cuda", "cpuonly", "pytorch-mutex")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    given(facts.installs.requested, "requirements.txt")
    pins = given(facts.installs.conda_pins, "conda's pins") or ()
    if value_or(facts.python.manager, "pip") not in ("conda", "pixi"):
        yield from _asked_of_pip(facts)
    for pin in pins:
        found = _pin(facts, table, pin)
        if found:
            yield found


def _asked_of_pip(facts: Facts) -> Iterator[Finding]:
    lines = [asked.line for asked in requested(facts).requirements if asked.name in CONDA_ONLY]
    if lines:
        yield finding(
            ID,
            NAME,
            # Where torch is not there, this is why: `pip install -r` stops at that line.
            "error" if torch_gone(facts) else "warning",
            f"requirements.txt asks pip for {listed(lines, 3)}, which only conda channels have",
            "pip finds no such package; a torch wheel brings its CUDA along.",
            (seen(lines[0], facts.installs.requested),),
            (Remedy("install torch in a build that brings its CUDA", (NeedTorch(),)),),
        )


def _pin(facts: Facts, table: CompatTable, pin: str) -> Optional[Finding]:
    found = re.match(r"([a-z0-9_-]+)\s*[=\s]=?\s*(\d+(?:\.\d+)*)", pin.strip()[:200])
    if not found:
        return None
    name, version = found.groups()
    cuda = name in ("cudatoolkit", "pytorch-cuda", "cuda-toolkit", "cuda")
    if cuda and value_or(facts.session.os, "") == "darwin":
        return _report(facts, pin, f"{name} {version} is pinned, and macOS has no CUDA packages", ())
    if name != "pytorch-cuda":
        return None
    known = _pytorch_cuda_versions(table)
    wanted = ".".join(version.split(".")[:2])
    if not known or wanted in known:
        return None
    evidence = Evidence(f"pytorch-cuda exists for CUDA {listed(known, 8)}", f"the table, {table.date}")
    return _report(facts, pin, f"pytorch-cuda {version} is pinned, and no channel has it", (evidence,))


def _pytorch_cuda_versions(table: CompatTable) -> tuple[str, ...]:
    """The versions that PyTorch's own install lines for conda ever named."""
    found = set()
    for release in table.torch_releases():
        for variant in table.conda_variants(release.version):
            for package in table.conda_recipe(release.version, variant).packages:
                if package.startswith("pytorch-cuda="):
                    found.add(package.partition("=")[2].lstrip("="))
    return tuple(sorted(found, key=lambda text: [int(part) for part in text.split(".")]))


def _report(facts: Facts, pin: str, title: str, because: tuple[Evidence, ...]) -> Finding:
    return finding(
        ID,
        NAME,
        "warning",
        title,
        "Every conda command in this environment fails to solve, or ends in PackagesNotFoundError.",
        (seen(pin, facts.installs.conda_pins), *because),
    )
